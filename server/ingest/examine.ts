/**
 * What is looked at before anything of a message is kept: whether it is the sender's to send (formats.md D48), and whether those whom
 * it is about let it be collected (D49). What is refused here leaves nothing but its audit. What is decided here is decided again
 * in the transaction that stores it; this look is for the bytes, of which there is no other copy to take back.
 */
import type { DecodeResult, MappingContext, RejectedRecord, SourceMapping } from '../../mappings/engine/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { Turns } from '../store/turns.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import type { ConfirmedCodes } from './confirmed-codes.ts'
import { contextOf } from './context.ts'
import { decodePayload } from './decode.ts'
import { namedBy, prepareInTurns } from './prepare-in-turns.ts'
import { WHOLE_PAYLOAD } from './quarantine.ts'
import { type Refused, refusalOfUnread, refusalsIn, refusalsOfUnread, type Unread } from './refusals.ts'
import type { IngestTables } from './tables.ts'
import { piecesOf } from './turns.ts'
import type { IngestDeps, IngestSource, PreparedRecord } from './types.ts'

/** What was read of a message on the way: it need not be read again. */
export interface Examined {
  decoded: readonly DecodeResult[]
  prepared: ReadonlyMap<DecodeResult, PreparedRecord>
  /** the others, as far as can be told whom they are about */
  unread: ReadonlyMap<DecodeResult, Unread & { rejected?: RejectedRecord }>
}

export type Examination =
  | { verdict: 'take'; examined?: Examined }
  /** `codes` and places of the records that are another organisation's */
  | { verdict: 'foreign'; code: ForeignCode; at: string }
  | { verdict: 'not-collected'; refused: readonly Refused[] }

type ForeignCode = 'mapping-organization' | 'sender-foreign-scope'

export interface Examining {
  deps: IngestDeps
  tables: IngestTables
  source: IngestSource
  mapping: SourceMapping
  confirmed: ConfirmedCodes
  receivedAt: Date
}

/**
 * @throws OutcomeError busy, unavailable; payload-too-large: more records than are held in memory at once. What cannot be read is taken: it
 * ends in quarantine with its reason.
 */
export async function examine(way: Examining, bytes: Uint8Array, fileName: string): Promise<Examination> {
  await Promise.all([way.confirmed.refresh(), way.deps.refresh?.()])
  const turns = new Turns()
  const decoded = await decodedOf(way, bytes, fileName, turns)
  if (!decoded) {
    const refused = await refusalOfUnread(way, { recordType: '', at: WHOLE_PAYLOAD, raw: bytes })
    return refused ? { verdict: 'not-collected', refused: [refused] } : { verdict: 'take' }
  }
  const prepared = new Map<DecodeResult, PreparedRecord>()
  const unread = new Map<DecodeResult, Unread & { rejected?: RejectedRecord }>()
  const context = contextOf(way.deps, way.source)
  for (const [at, one] of decoded.entries()) {
    await turns.take()
    const read = await readOne(way, one, context, at + 1)
    if (read && 'foreign' in read) return { verdict: 'foreign', code: read.foreign, at: read.at }
    if (read && 'record' in read) prepared.set(one, read.record)
    else unread.set(one, { ...(await unreadOf(way, one, context, decoded.length === 1 ? bytes : undefined)), ...read })
  }
  const refused = [...(await refusalsIn(way, [...prepared.values()])), ...(await refusalsOfUnread(way, [...unread.values()]))]
  const isWhole = refused.length > 0 && refused.length === decoded.length
  if (isWhole) return { verdict: 'not-collected', refused }
  return { verdict: 'take', examined: { decoded, prepared, unread } }
}

async function decodedOf(
  { mapping, source }: Examining,
  bytes: Uint8Array,
  fileName: string,
  turns: Turns,
): Promise<DecodeResult[] | undefined> {
  const found: DecodeResult[] = []
  let weight = 0
  const isTooMuch = (): boolean => found.length > INGEST_BOUNDS.messageRecordsMax || weight > INGEST_BOUNDS.messageWeightMax
  try {
    for await (const one of decodePayload(mapping, () => piecesOf(bytes, turns), { charset: source.charset, fileName })) {
      found.push(one)
      weight += one.ok ? (one.weight ?? 0) : 0
      if (isTooMuch()) break
      await turns.take()
    }
  } catch {
    return undefined
  }
  if (isTooMuch()) throw new OutcomeError('payload-too-large')
  return found
}

/** Neither record nor foreign: it cannot be read or mapped, which its processing says. */
async function readOne(
  way: Examining,
  decoded: DecodeResult,
  context: MappingContext,
  position: number,
): Promise<{ record: PreparedRecord } | { foreign: ForeignCode; at: string } | { rejected: RejectedRecord } | undefined> {
  if (!decoded.ok) return undefined
  try {
    const made = await prepareInTurns({ ...way, context }, decoded, { receivedAt: way.receivedAt.toISOString(), generation: 0, position })
    if ('record' in made) return made
    const { at, reason } = made.rejected
    return reason.code === 'mapping-organization' ? { foreign: 'mapping-organization', at: `${at}: ${reason.at}` } : made
  } catch (error) {
    const isForeign = error instanceof OutcomeError && error.issues[0]?.code === 'sender-foreign-scope'
    return isForeign ? { foreign: 'sender-foreign-scope', at: decoded.at } : undefined
  }
}

/** @param whole the payload, where it is all that there is of this record */
async function unreadOf(way: Examining, decoded: DecodeResult, context: MappingContext, whole: Uint8Array | undefined): Promise<Unread> {
  const { recordType, at } = decoded.ok ? decoded : decoded.rejected
  const raw = (decoded.ok ? decoded.raw : decoded.rejected.raw) ?? whole
  const origin = { receivedAt: way.receivedAt.toISOString(), generation: 0 }
  const named = decoded.ok ? await namedBy({ ...way, context }, decoded, origin) : undefined
  return { recordType, at, ...(raw && { raw }), ...(named && { named }) }
}
