/** Raw bytes that must not be kept: of what was expunged, and of what its patient refused to have collected. */
import type { IngestTables } from './tables.ts'
import type { PayloadDoc } from './types.ts'

/** Its bytes, the name of its file and what the sender calls its type; the row says what became of it. */
export async function forgetBytes(tables: IngestTables, payload: Pick<PayloadDoc, '_id' | 'upload'>): Promise<void> {
  await tables.payloads.update({ _id: payload._id }, { set: { inline: null, chunks: 0, fileName: '', contentType: '' } })
  await tables.chunks.delete({ upload: payload.upload })
}

export const hasBytes = ({ inline, chunks, bytes }: PayloadDoc): boolean => inline !== null || chunks > 0 || bytes === 0
