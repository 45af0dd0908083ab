/**
 * How often what codes mean was changed (a CodeSystem, a ValueSet, a system that was loaded): one row, counted in the transaction of
 * the change. Whoever keeps something that follows from them looks at it first, in every process.
 */
import type { Decision } from '../access/decision.ts'
import type { SideWrite, Store, Table, TableDoc } from './types.ts'

export interface CodesRevisionDoc extends TableDoc {
  _id: string
  n: number
}

const TABLE = 'codes_revision'
const ROW = 'codes'
export const DEFINING: ReadonlySet<string> = new Set(['CodeSystem', 'ValueSet'])

export const revisionTable = (store: Pick<Store, 'table'>, decision: Decision): Table<CodesRevisionDoc> => store.table(decision, TABLE)

export const revisionOf = async (table: Table<CodesRevisionDoc>): Promise<number> => (await table.get(ROW))?.n ?? 0

/** What is to be written beside resources of these types. */
export const revisionWrites = (types: readonly string[]): SideWrite[] =>
  types.some((type) => DEFINING.has(type)) ? [{ table: TABLE, op: 'update', where: { _id: ROW }, inc: { n: 1 }, upsert: true }] : []

/** Of a change that is no transaction of resources: to be called behind it, and again where it is done again. */
export async function countRevision(table: Table<CodesRevisionDoc>): Promise<void> {
  await table.update({ _id: ROW }, { inc: { n: 1 } }, { upsert: true })
}

/** Whether taking resources of the type away changes what codes mean. */
export const definesCodes = (type: string): boolean => DEFINING.has(type)
