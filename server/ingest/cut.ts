/**
 * Rows of a table file whose patients refused that they be collected are cut out of the bytes that are kept of it: what is left can be
 * looked at and played again. Of what cannot be cut (an archive, a message of several records) no bytes are kept.
 */
import { createHash } from 'node:crypto'
import { keepChunks, markKept, payloadBytes } from './receive.ts'
import { forgetBytes, hasBytes } from './forget.ts'
import { randomId } from './ids.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import type { IngestTables } from './tables.ts'
import { FINAL, type IngestDeps, type PayloadDoc } from './types.ts'

const DIGEST_BYTES = 16
const LF = 10
const CR = 13
const SPACE = 32

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest().subarray(0, DIGEST_BYTES).toString('base64url')

/** By what a part of a payload is found in its bytes; '' where it is all of them. */
export const partOf = (raw: Uint8Array | undefined): string => (raw ? digestOf(raw) : '')

/**
 * Remembers a refused part until the payload is done, however often its process is stopped.
 * @param digest as `partOf` makes it
 */
export async function noteRefusedPart(tables: IngestTables, payload: string, digest = ''): Promise<void> {
  await tables.refusedParts.put({ _id: `${payload}|${digest}`, payload, digest })
}

/** Of a payload that is done. Idempotent: after it nothing of what was noted is kept any more. */
export async function cutRefused(
  deps: Pick<IngestDeps, 'now'>,
  tables: IngestTables,
  payload: PayloadDoc,
  isTable: boolean,
): Promise<Partial<PayloadDoc>> {
  const digests = new Set((await tables.refusedParts.find({ payload: payload._id })).map(({ digest }) => digest))
  if (digests.size === 0) return {}
  const isCut = isTable && payload.status !== 'rejected' && !digests.has('') && hasBytes(payload)
  const cut = isCut ? await withoutLines(deps, tables, payload, digests) : undefined
  if (!cut) await forgetBytes(tables, payload)
  await tables.refusedParts.delete({ payload: payload._id })
  return cut ?? { inline: null, chunks: 0, fileName: '', contentType: '' }
}

type Sites = Pick<IngestDeps, 'now' | 'sources' | 'mapping'>

const isTable = (deps: Sites, { source }: PayloadDoc): boolean =>
  deps.mapping(deps.sources.find(({ id }) => id === source)?.mapping ?? '')?.mode === 'table'

/** A record that waited for its patient is refused now that he is known: it was all that its payload held, or one of many. What was noted of it goes. */
export async function forgetRefused(deps: Sites, tables: IngestTables, id: string): Promise<void> {
  const payload = await tables.payloads.update({ _id: id }, { inc: { 'counts.refused': 1 } })
  // One that is in work is cut when it is done.
  if (!payload || !FINAL.includes(payload.status)) return
  const isGone = payload.counts.refused >= payload.counts.total
  if (isGone) await tables.payloads.update({ _id: id }, { set: { status: 'rejected' } })
  await cutRefused(deps, tables, { ...payload, ...(isGone && { status: 'rejected' }) }, isTable(deps, payload))
}

/** Of a payload that may be done: this part of its bytes names somebody who refuses, and goes. One that is in work is cut when it is done. */
export async function forgetPart(deps: Sites, tables: IngestTables, id: string, part: string): Promise<void> {
  await noteRefusedPart(tables, id, part)
  const payload = await tables.payloads.get(id)
  if (!payload || !FINAL.includes(payload.status)) return
  await cutRefused(deps, tables, payload, isTable(deps, payload))
}

/** What a process left that died behind the end of a payload. @returns payloads */
export async function sweepRefused(deps: Sites, tables: IngestTables): Promise<number> {
  const left = await tables.refusedParts.find({}, { limit: INGEST_BOUNDS.listPageMax })
  const payloads = await tables.payloads.getMany([...new Set(left.map(({ payload }) => payload))])
  const done = payloads.filter(({ status }) => FINAL.includes(status))
  for (const payload of done) await cutRefused(deps, tables, payload, isTable(deps, payload))
  return done.length
}

/** undefined: not every part was found as a line of the file. */
async function withoutLines(
  deps: Pick<IngestDeps, 'now'>,
  tables: IngestTables,
  payload: PayloadDoc,
  digests: ReadonlySet<string>,
): Promise<Partial<PayloadDoc> | undefined> {
  const found = new Set<string>()
  const upload = randomId()
  const lines = blanked(payloadBytes(tables, payload), digests, found)
  const { inline, chunks, compressed } = await keepChunks(tables, upload, lines, INGEST_BOUNDS.batchBytesMax, deps.now())
  if (found.size < digests.size) {
    await tables.chunks.delete({ upload })
    return undefined
  }
  // Until the payload names the new ones they are an upload that was not finished, and from then on the old ones are (sweepUploads).
  await tables.chunks.update({ _id: `${payload.upload}|0` }, { set: { kept: false, since: deps.now() } })
  const set = { upload, inline, chunks, compressed, cut: true }
  await tables.payloads.update({ _id: payload._id }, { set })
  if (chunks > 0) await markKept(tables, upload)
  await tables.chunks.delete({ upload: payload.upload })
  return set
}

/** The same file; lines of these digests are blank, which is no row to a reader. */
async function* blanked(chunks: AsyncIterable<Uint8Array>, digests: ReadonlySet<string>, found: Set<string>): AsyncGenerator<Uint8Array> {
  let held = Buffer.alloc(0)
  for await (const chunk of chunks) {
    held = Buffer.concat([held, chunk])
    const end = held.lastIndexOf(LF) + 1
    if (end === 0) continue
    yield blankedLines(held.subarray(0, end), digests, found)
    held = held.subarray(end)
  }
  if (held.length > 0) yield blankedLines(held, digests, found)
}

function blankedLines(bytes: Buffer, digests: ReadonlySet<string>, found: Set<string>): Uint8Array {
  const copy = Buffer.from(bytes)
  for (let from = 0; from < copy.length; ) {
    const next = copy.indexOf(LF, from)
    const end = next < 0 ? copy.length : next
    const line = copy.subarray(from, end > from && copy[end - 1] === CR ? end - 1 : end)
    const digest = digestOf(line)
    if (digests.has(digest)) {
      found.add(digest)
      line.fill(SPACE)
    }
    from = end + 1
  }
  return copy
}
