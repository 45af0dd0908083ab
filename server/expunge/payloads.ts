/**
 * Raw payloads of a person. Which they are is told by nothing that is stored with them, so those of the sources that know the
 * person are read again, record by record; what no mapping can read is known by the identity number in its bytes.
 */
import { numbersIn, sourcesOf } from '../ingest/numbers-in.ts'
import { payloadBytes } from '../ingest/receive.ts'
import type { IngestTables, QuarantineDoc } from '../ingest/tables.ts'
import type { IngestDeps, PayloadDoc } from '../ingest/types.ts'
import type { Subject } from './types.ts'

export interface PayloadDeps {
  ingest: IngestDeps
  tables: IngestTables
}

export interface PayloadFound {
  payload: PayloadDoc
  /** records of other patients are in it too */
  shared: boolean
}

export async function* payloadsOf({ ingest, tables }: PayloadDeps, subject: Subject): AsyncGenerator<PayloadFound> {
  const numbers = new Set(subject.numbers)
  for (const source of sourcesOf(ingest, subject.domains)) {
    for await (const payload of tables.payloads.stream({ source }, { sort: { _id: 1 } })) {
      let [mine, others] = [0, 0]
      for await (const record of numbersIn(ingest, tables, payload)) {
        if (record.some((hash) => numbers.has(hash))) mine++
        else if (record.length > 0) others++
      }
      if (mine === 0 && !(await holds(payloadBytes(tables, payload), subject.texts))) continue
      yield { payload, shared: others > 0 }
    }
  }
}

/** Digits are the same bytes in every charset that sources use. */
async function holds(bytes: AsyncIterable<Uint8Array>, texts: readonly string[]): Promise<boolean> {
  if (texts.length === 0) return false
  const longest = Math.max(...texts.map((text) => text.length))
  let tail = ''
  for await (const piece of bytes) {
    const text = tail + Buffer.from(piece).toString('latin1')
    if (texts.some((one) => text.includes(one))) return true
    tail = text.slice(1 - longest)
  }
  return false
}

/** With everything that was kept of its records, and what waits of it. */
export async function removePayload({ tables }: PayloadDeps, { _id, upload }: PayloadDoc): Promise<void> {
  await tables.quarantine.delete({ payload: _id })
  await tables.waiting.delete({ payload: _id })
  await tables.deliveries.delete({ payload: _id })
  await tables.chunks.delete({ upload })
  await tables.payloads.delete({ _id })
}

/** Where a sender shifted its fields a number of the person stands in the work list as a code without a target. */
export async function clearUnmapped({ tables }: PayloadDeps, { texts }: Subject): Promise<void> {
  for await (const { _id, code, display } of tables.unmapped.stream({}))
    if (texts.some((one) => code.includes(one) || display.includes(one))) await tables.unmapped.delete({ _id })
}

/** Rows of payloads that are kept: of the quarantine those that hold an identity number of the person. */
export async function quarantinedOf({ tables }: PayloadDeps, subject: Subject): Promise<string[]> {
  const found: string[] = []
  if (subject.texts.length === 0) return found
  for await (const row of tables.quarantine.stream({})) if (names(row, subject.texts)) found.push(row._id)
  return found
}

function names({ raw }: QuarantineDoc, texts: readonly string[]): boolean {
  if (!raw) return false
  const text = Buffer.from(raw).toString('latin1')
  return texts.some((one) => text.includes(one))
}
