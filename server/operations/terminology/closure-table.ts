/** Closure tables: the concepts that a client has named, in which version of the table each came. One row for each client and name. */
import { createHash } from 'node:crypto'
import { type Decision, systemDecision } from '../../access/decision.ts'
import type { Actor } from '../../auth/actor.ts'
import type { Store, Table, TableDoc } from '../../store/types.ts'

export interface ClosureConcept {
  system: string
  code: string
  /** of the code system */
  version?: string
  /** of the table with which it came */
  v: number
}

export interface ClosureEntry {
  /** places in `concepts`: the first stands over the second */
  over: number
  under: number
  v: number
}

export interface ClosureTable extends TableDoc {
  /** digest of client and name */
  _id: string
  client: string
  /** grows with each question that added something */
  v: number
  concepts: ClosureConcept[]
  entries: ClosureEntry[]
  expires: Date
}

export const CONCEPTS_MAX = 2_000
export const TABLES_MAX = 100
/** A table that is not asked for so long is forgotten. */
export const CLOSURE_LIFE_MS = 90 * 24 * 3_600_000

const keeping: Decision = systemDecision('closure')

export const closuresOf = (store: Store): Table<ClosureTable> => store.table<ClosureTable>(keeping, 'closure_tables')

export async function prepareClosureTable(store: Store): Promise<void> {
  await Promise.all([
    closuresOf(store).ensureIndex({ expires: 1 }, { expireAfterSeconds: 0 }),
    closuresOf(store).ensureIndex({ client: 1 }),
  ])
}

export const closureId = ({ clientId }: Actor, name: string): string =>
  createHash('sha256')
    .update(JSON.stringify([clientId, name]))
    .digest('base64url')
