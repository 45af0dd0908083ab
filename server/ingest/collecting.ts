/** The gate at collection, as the ingest way asks it (formats.md D49; the rules are in server/access/collection.ts). */
import type { Collecting } from '../access/types.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { SideWrite } from '../store/types.ts'
import { fold } from './fold/fold.ts'
import type { IngestTables } from './tables.ts'
import type { IngestDeps, IngestSource, PreparedIdentity, PreparedRecord, ReceiptIssue, RecordOutcome } from './types.ts'

/**
 * Of a record whose patient is one of these: may it be stored, and what has to be written beside it.
 * @param numbers hashes of those of its patient numbers that are nobody's yet
 */
export type CollectionGate = (patients: readonly string[], numbers?: readonly string[]) => Promise<Collecting>

const OPEN: Collecting = { refusers: [], nobody: true, side: [] }

/** @param records of one patient: may all of them be stored? */
export function gateOf(deps: IngestDeps, source: IngestSource, ...records: readonly PreparedRecord[]): CollectionGate {
  return (patients, numbers = []) => {
    if (!deps.mayCollect || source.statutory === true) return Promise.resolve(OPEN)
    return deps.mayCollect({
      patients,
      numbers,
      organization: source.organization,
      resources: () => {
        const told = records.flatMap((record) => resourcesOf(record, source))
        return told.length > 0 ? told : [bareOf('Patient', source)]
      },
    })
  }
}

/** By these a record is known to be somebody's who refused: none of one that names an identity number, which says by itself whose it is. */
export const unknownNumbers = ({ numbers, legal }: PreparedIdentity, unknown: (hash: string) => boolean): string[] =>
  legal?.links ? [] : numbers.flatMap(({ hash }) => (unknown(hash) ? [hash] : []))

/** So that what comes under one of its numbers alone is refused as well. @returns those numbers: what waits for them is refused, too */
export async function rememberRefused(
  deps: Pick<IngestDeps, 'refusedUnder'>,
  { numbers: known }: Pick<IngestTables, 'numbers'>,
  { identity }: PreparedRecord,
  refusers: readonly string[],
): Promise<string[]> {
  const hashes = identity?.numbers.map(({ hash }) => hash) ?? []
  const others = new Set((await known.getMany(hashes)).map(({ _id }) => _id))
  const nobodys = hashes.filter((hash) => !others.has(hash))
  await deps.refusedUnder?.(nobodys, refusers)
  return nobodys
}

/** Of what stores nothing the bytes are kept: whoever refuses all refuses that. */
export const bareOf = (type: string, { organization }: Pick<IngestSource, 'organization'>) => ({
  ...{ type, id: 'own', custodian: organization },
  resource: { resourceType: type },
})

/** What the record alone says: what others said of the same things is there already. */
function resourcesOf({ statements }: PreparedRecord, source: IngestSource) {
  return statements.map(({ type, id = 'own', statement }) => {
    const { text } = fold(type, id, [statement], (patient) => patient)
    return { type, id, resource: JSON.parse(text) as FhirResource, custodian: source.organization }
  })
}

/** Of a record that somebody refuses whose its numbers are not. */
export const ofNobody = ({ identity: _identity, ...record }: PreparedRecord): PreparedRecord => record

/** The same row is met once in a transaction. */
export const distinctWrites = (side: readonly SideWrite[]): SideWrite[] => [
  ...new Map(side.map((write) => [JSON.stringify(write), write])).values(),
]

const NOT_COLLECTED = 'not-collected'

/** The sender is told that nothing is stored, and not why: that is the patient's to say. */
export const notCollected = ({ at }: Pick<PreparedRecord, 'at'>): ReceiptIssue => ({ severity: 'error', code: NOT_COLLECTED, at })

export const notCollectedOutcome = (record: PreparedRecord): RecordOutcome => ({
  status: 'refused',
  resources: 0,
  issues: [notCollected(record)],
})

/** Are the bytes that a record came in to be kept? Not of what was refused, nor where they name somebody else who refuses. */
export const leavesNoBytes = ({ status, issues, isWithheld }: Pick<RecordOutcome, 'status' | 'issues' | 'isWithheld'>): boolean =>
  isWithheld === true || (status === 'refused' && issues.some(({ code }) => code === NOT_COLLECTED))
