/** The tables of legal deletion, and those of others that it clears: all in one place, so that a new one is not forgotten. */
import { systemDecision } from '../access/decision.ts'
import { type AccessTables, accessTables } from '../access/tables.ts'
import { type IngestTables, ingestTables, TABLES as INGEST } from '../ingest/tables.ts'
import type { Store, Table, TableDoc } from '../store/types.ts'
import type { BarDoc, ExpungeJob, Subject } from './types.ts'

export const EXPUNGE_JOBS = 'expunge_jobs'
export const EXPUNGING = systemDecision('expunge')

export interface ExpungeTables {
  jobs: Table<ExpungeJob>
  bars: Table<BarDoc>
  access: AccessTables
  ingest: IngestTables
  moves: Table<TableDoc>
}

export function expungeTables(store: Store): ExpungeTables {
  return {
    jobs: store.table<ExpungeJob>(EXPUNGING, EXPUNGE_JOBS),
    bars: store.table<BarDoc>(EXPUNGING, 'expunged'),
    access: accessTables(store),
    ingest: ingestTables({ store, decision: EXPUNGING }),
    moves: store.table(EXPUNGING, INGEST.jobs),
  }
}

export async function ensureExpungeTables({ jobs, bars }: ExpungeTables): Promise<void> {
  await Promise.all([jobs.ensureIndex({ status: 1, due: 1 }), bars.ensureIndex({ job: 1 })])
}

interface Cleared {
  name: string
  // biome-ignore lint/suspicious/noExplicitAny: rows of any form are counted and removed alike
  table: Table<any>
  where: Record<string, unknown>
}

/** Rows that stand under a person, by table. */
export function rowsOf({ access, ingest, moves }: ExpungeTables, subject: Subject): Cleared[] {
  const { patients, identities, numbers } = subject
  if (patients.length === 0) return []
  const among = { $in: patients }
  const keyed = { $or: [{ _id: among }, { person: among }] }
  return [
    { name: 'contributions', table: ingest.contributions, where: { patients: among } },
    { name: 'visit_numbers', table: ingest.visits, where: { patients: among } },
    { name: 'waiting_records', table: ingest.waiting, where: { awaits: { $in: numbers } } },
    { name: 'jobs', table: moves, where: { $or: [{ patient: among }, { from: among }, { to: among }] } },
    { name: 'link_conflicts', table: ingest.conflicts, where: { _id: { $in: identities } } },
    { name: 'identity_numbers', table: ingest.identities, where: { _id: { $in: identities } } },
    { name: 'patient_numbers', table: ingest.numbers, where: { patient: among } },
    { name: 'merges', table: ingest.merges, where: { patients: among } },
    { name: 'link_tasks', table: ingest.tasks, where: { patients: among } },
    { name: 'link_events', table: ingest.linkEvents, where: { patients: among } },
    { name: 'patient_records', table: ingest.records, where: { $or: [{ _id: among }, { person: among }, { absorbedBy: among }] } },
    { name: 'relations', table: access.relations, where: { $or: [{ persons: among }, { patients: among }] } },
    { name: 'overlay', table: access.overlay, where: keyed },
    { name: 'relabel_grants', table: access.grants, where: keyed },
    { name: 'access_state', table: access.state, where: { _id: among } },
    { name: 'collection_refusals', table: access.collection, where: { $or: [{ _id: among }, { persons: among }] } },
    { name: 'persons', table: access.persons, where: keyed },
  ]
}
