/**
 * Which records are refused by whom, as things stand: by their patients, or by others whom they name in so many places that they cannot be stored
 * without them. Of what cannot be read, who is asked is whoever's identity number stands in its bytes.
 */
import { INGEST_BOUNDS } from './bounds.ts'
import { gateOf, ofNobody } from './collecting.ts'
import { eachOf } from './each-of.ts'
import { askKin, askNumbers, withoutKin } from './kin.ts'
import { wouldRefuse } from './link/link.ts'
import { identityNumbersIn } from './number-search.ts'
import type { IngestTables } from './tables.ts'
import type { IngestDeps, IngestSource, PreparedRecord } from './types.ts'

export interface Refused {
  record: PreparedRecord
  refusers: readonly string[]
}

/** A part of a payload that could not be mapped. */
export interface Unread {
  recordType: string
  at: string
  raw?: Uint8Array
  /** as far as it can be told whom it is about */
  named?: PreparedRecord
}

export interface Way {
  deps: IngestDeps
  tables: IngestTables
  source: IngestSource
}

/** Where nobody ever refused anything, nobody is looked up. */
export async function refusalsIn(way: Way, records: readonly PreparedRecord[]): Promise<Refused[]> {
  if (records.length === 0 || !(await mayBeRefused(way))) return []
  const found = await Promise.all(records.map((record) => refusalOf(way, record)))
  return found.filter(({ refusers }) => refusers.length > 0)
}

/** Its own patient is asked first; undefined: nobody refuses it who can be found in it. */
export async function refusalOfUnread(way: Way, { recordType, at, raw, named }: Unread): Promise<Refused | undefined> {
  if (!(await mayBeRefused(way))) return undefined
  const own = named && (await refusalOf(way, named))
  if (own && own.refusers.length > 0) return own
  const legals = raw ? identityNumbersIn(raw) : []
  if (legals.length === 0) return undefined
  const refusers = await refusersOfNumbers(way, legals)
  return refusers.length > 0 ? { record: bareRecord(recordType, at), refusers } : undefined
}

/** Of identity numbers, as they stand in bytes that nobody could read. */
export async function refusersOfNumbers({ deps, tables, source }: Way, legals: readonly string[]): Promise<readonly string[]> {
  return (await askNumbers(deps, tables, source, { numbers: [], legals }, 'Patient')).refusers
}

/** Of several, in their order. */
export async function refusalsOfUnread(way: Way, unread: readonly Unread[]): Promise<Refused[]> {
  if (unread.length === 0 || !(await mayBeRefused(way))) return []
  const found: (Refused | undefined)[] = []
  await eachOf([...unread.entries()], INGEST_BOUNDS.apartConcurrency, async ([at, one]) => {
    found[at] = await refusalOfUnread(way, one)
  })
  return found.filter((one) => one !== undefined)
}

/** false: nobody ever refused anything that this source sends */
export const mayBeRefused = async ({ deps, source }: Way): Promise<boolean> =>
  source.statutory !== true && (await deps.anybodyRefuses?.()) === true

async function refusalOf({ deps, tables, source }: Way, record: PreparedRecord): Promise<Refused> {
  const { identity } = record
  const refusers = identity ? await wouldRefuse(deps, tables, source, identity, gateOf(deps, source, record)) : []
  if (refusers.length > 0) return { record, refusers }
  const kin = await askKin(deps, tables, source, record)
  if (kin.refusing.length === 0 || withoutKin(record, kin)) return { record, refusers: [] }
  return { record: ofNobody(record), refusers: kin.refusers }
}

/** What stands in the account and the receipt of a part that was never read. */
const bareRecord = (recordType: string, at: string): PreparedRecord => ({
  recordType,
  deliveryId: at,
  at,
  statements: [],
  needsPatient: false,
  unmapped: [],
  issues: [],
  nothingToStore: true,
  digest: '',
})
