/**
 * The receive step: a payload's raw bytes are hashed and kept, compressed in chunks, before anything is answered for.
 * Memory is bounded by one chunk. The same bytes from the same source are one payload (formats.md D22).
 */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { Turns } from '../store/turns.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import { keyedId, randomId } from './ids.ts'
import type { IngestTables } from './tables.ts'
import { piecesOf } from './turns.ts'
import { hasBytes } from './forget.ts'
import { FINAL, type IngestDeps, type IngestSource, type PayloadCounts, type PayloadDoc, type ReceiptIssue } from './types.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

export interface PayloadMeta {
  contentType: string
  fileName: string
  bytesMax: number
}

export interface Received {
  payload: PayloadDoc
  /** these very bytes came before: its first receipt is the answer */
  again: boolean
  /** the bytes of a small payload that is new, so that they need not be read again */
  raw?: Uint8Array
}

export const NO_COUNTS: PayloadCounts = { total: 0, unchanged: 0, withIssues: 0, refused: 0, nothing: 0, resources: 0, open: 0 }

/**
 * Durable (majority, journal) when it resolves, and leased by `owner`.
 * @param came when all of it had come, where that is known; of two that come at the same time it is the one that is there later that came last
 * @throws OutcomeError body-too-large, or what the stream throws; then nothing is kept
 */
export async function keepPayload(
  deps: Pick<IngestDeps, 'secret' | 'now'>,
  tables: IngestTables,
  source: IngestSource,
  stream: AsyncIterable<Uint8Array>,
  meta: PayloadMeta,
  owner: string,
  came?: Date,
): Promise<Received> {
  const upload = randomId()
  const kept = await keepChunks(tables, upload, stream, meta.bytesMax, came ?? deps.now())
  const now = came ?? deps.now()
  const payload: PayloadDoc = {
    _id: payloadId(deps.secret, source, kept.hash),
    source: source.id,
    client: source.client,
    receivedAt: now,
    hash: kept.hash,
    bytes: kept.bytes,
    chunks: kept.chunks,
    upload,
    contentType: meta.contentType.slice(0, INGEST_BOUNDS.labelCharactersMax),
    fileName: meta.fileName.slice(0, INGEST_BOUNDS.labelCharactersMax),
    status: 'received',
    inline: kept.inline,
    compressed: kept.compressed,
    leaseOwner: owner,
    leaseUntil: new Date(now.getTime() + INGEST_BOUNDS.leaseMs),
    leaseTerm: 0,
    attempts: 0,
    generation: 0,
    checkpoint: 0,
    counts: NO_COUNTS,
    issues: '[]',
    finishedAt: null,
  }
  if (await tables.payloads.insert(payload)) {
    if (kept.chunks > 0) await markKept(tables, upload)
    return { payload, again: false, ...(kept.raw && { raw: kept.raw }) }
  }
  const first = await tables.payloads.get(payload._id)
  const taken = first && isRefused(first) ? await takenAnew(tables, payload, first) : undefined
  if (taken) return { payload: taken, again: false, ...(kept.raw && { raw: kept.raw }) }
  await tables.chunks.delete({ upload })
  if (!first) throw new OutcomeError('unavailable')
  return { payload: first, again: true }
}

export const payloadId = (secret: Uint8Array, source: IngestSource, hash: string): string => keyedId(secret, 'payload', source.id, hash)

/** What somebody refused of it may be taken by now, and is not among the bytes that were kept. */
const isRefused = (payload: PayloadDoc): boolean => FINAL.includes(payload.status) && (payload.cut === true || !hasBytes(payload))

/**
 * As if it came for the first time, but that what was stored of it is judged already.
 * @returns undefined: somebody else was faster
 */
async function takenAnew(tables: IngestTables, payload: PayloadDoc, first: PayloadDoc): Promise<PayloadDoc | undefined> {
  const { upload, status } = first
  const { _id, ...own } = payload
  const set = { ...own, cut: false, isKnown: status !== 'rejected', leaseTerm: first.leaseTerm + 1 }
  // What is kept of it is an upload that was not finished, from when the row no longer names it (sweepUploads).
  await tables.chunks.update({ _id: `${upload}|0` }, { set: { kept: false, since: payload.receivedAt } })
  const taken = await tables.payloads.update({ _id, status, upload, leaseTerm: first.leaseTerm }, { set })
  if (!taken) return undefined
  if (payload.chunks > 0) await markKept(tables, payload.upload)
  await tables.chunks.delete({ upload })
  await tables.quarantine.updateMany({ payload: _id, state: 'open' }, { state: 'replayed' })
  return taken
}

/** The row of a message of which nothing is kept; it is answered with and never stored. */
export function rejectedPayload(
  deps: Pick<IngestDeps, 'secret'>,
  source: IngestSource,
  bytes: Uint8Array,
  { now, issues }: { now: Date; issues: readonly ReceiptIssue[] },
): PayloadDoc {
  const hash = createHash('sha256').update(bytes).digest('hex')
  const counts = { ...NO_COUNTS, total: issues.length, refused: issues.length }
  return {
    _id: payloadId(deps.secret, source, hash),
    source: source.id,
    client: source.client,
    receivedAt: now,
    hash,
    bytes: bytes.byteLength,
    chunks: 0,
    upload: '',
    contentType: '',
    fileName: '',
    status: 'rejected',
    inline: null,
    leaseOwner: '',
    leaseUntil: now,
    leaseTerm: 0,
    attempts: 0,
    generation: 0,
    checkpoint: 0,
    counts,
    issues: JSON.stringify(issues),
    finishedAt: now,
  }
}

interface Kept {
  hash: string
  bytes: number
  chunks: number
  inline: Uint8Array | null
  compressed: boolean
  raw?: Uint8Array
}

export async function keepChunks(
  tables: IngestTables,
  upload: string,
  stream: AsyncIterable<Uint8Array>,
  bytesMax: number,
  now: Date,
): Promise<Kept> {
  const hash = createHash('sha256')
  let bytes = 0
  let chunks = 0
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  const flush = async (): Promise<void> => {
    const zstd = await compress(Buffer.concat(pending))
    await tables.chunks.insert({ _id: `${upload}|${chunks}`, upload, at: chunks, since: now, kept: false, zstd })
    chunks++
    pending = []
    pendingBytes = 0
  }
  try {
    for await (const piece of stream) {
      bytes += piece.byteLength
      if (bytes > bytesMax) throw new OutcomeError('body-too-large', { params: { max: bytesMax } })
      hash.update(piece)
      for (let from = 0; from < piece.byteLength; ) {
        const part = piece.subarray(from, from + INGEST_BOUNDS.chunkBytesMax - pendingBytes)
        pending.push(part)
        pendingBytes += part.byteLength
        from += part.byteLength
        if (pendingBytes >= INGEST_BOUNDS.chunkBytesMax) await flush()
      }
    }
    const small = chunks === 0 && bytes <= INGEST_BOUNDS.inlineChunkBytesMax
    if (!small && pendingBytes > 0) await flush()
    const raw = small ? Buffer.concat(pending) : undefined
    const compressed = bytes > INGEST_BOUNDS.plainBytesMax
    const inline = raw && compressed ? await compress(raw) : (raw ?? null)
    return { hash: hash.digest('hex'), bytes, chunks, inline, compressed, ...(raw && { raw }) }
  } catch (error) {
    if (chunks > 0) await tables.chunks.delete({ upload })
    throw error
  }
}

export const markKept = (tables: IngestTables, upload: string): Promise<unknown> =>
  tables.chunks.update({ _id: `${upload}|0` }, { set: { kept: true } })

/** Chunks of uploads that a dying process never finished: nobody was told that they are kept. @returns uploads removed */
export async function sweepUploads(tables: IngestTables, now: Date): Promise<number> {
  const before = new Date(now.getTime() - INGEST_BOUNDS.uploadMsMax)
  const first = await tables.chunks.find({ at: 0, kept: false, since: { $lt: before } }, { limit: INGEST_BOUNDS.listPageMax })
  let removed = 0
  for (const { upload } of first) {
    if ((await tables.payloads.count({ upload, chunks: { $gt: 0 } })) > 0) await markKept(tables, upload)
    else removed += Number((await tables.chunks.delete({ upload })) > 0)
  }
  return removed
}

/** The raw bytes as they came, in small pieces. */
export async function* payloadBytes(tables: IngestTables, payload: PayloadDoc): AsyncGenerator<Uint8Array> {
  const turns = new Turns()
  if (payload.inline) {
    const kept = Buffer.from(payload.inline)
    return yield* piecesOf(payload.compressed === false ? kept : await decompress(kept), turns)
  }
  for (let at = 0; at < payload.chunks; at++) {
    const chunk = await tables.chunks.get(`${payload.upload}|${at}`)
    if (!chunk) throw new OutcomeError('internal')
    yield* piecesOf(await decompress(Buffer.from(chunk.zstd)), turns)
  }
}
