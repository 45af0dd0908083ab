/** The gate at collection, as the ingest way asks it (formats.md D49; the rules are in server/access/collection.ts). */
import type { Collecting } from '../access/types.ts'
import type { FhirResource } from '../fhir/types.ts'
import { fold } from './fold/fold.ts'
import type { IngestDeps, IngestSource, PreparedRecord, ReceiptIssue, RecordOutcome } from './types.ts'

/** Of a record whose patient is one of these: may it be stored, and what has to be written beside it. */
export type CollectionGate = (patients: readonly string[]) => Promise<Collecting>

const OPEN: Collecting = { refusers: [], side: [] }

/** @param records of one patient: may all of them be stored? */
export function gateOf(deps: IngestDeps, source: IngestSource, ...records: readonly PreparedRecord[]): CollectionGate {
  return (patients) => {
    if (!deps.mayCollect || source.statutory === true) return Promise.resolve(OPEN)
    return deps.mayCollect({
      patients,
      organization: source.organization,
      resources: () => records.flatMap((record) => resourcesOf(record, source)),
    })
  }
}

/** What the record alone says: what others said of the same things is there already. */
function resourcesOf({ statements }: PreparedRecord, source: IngestSource) {
  return statements.map(({ type, id = 'own', statement }) => {
    const { text } = fold(type, id, [statement], (patient) => patient)
    return { type, id, resource: JSON.parse(text) as FhirResource, custodian: source.organization }
  })
}

const NOT_COLLECTED = 'not-collected'

/** The sender is told that nothing is stored, and not why: that is the patient's to say. */
export const notCollected = ({ at }: Pick<PreparedRecord, 'at'>): ReceiptIssue => ({ severity: 'error', code: NOT_COLLECTED, at })

export const notCollectedOutcome = (record: PreparedRecord): RecordOutcome => ({
  status: 'refused',
  resources: 0,
  issues: [notCollected(record)],
})

export const wasNotCollected = ({ status, issues }: Pick<RecordOutcome, 'status' | 'issues'>): boolean =>
  status === 'refused' && issues.some(({ code }) => code === NOT_COLLECTED)
