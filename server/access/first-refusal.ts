/**
 * Most sites of today know nobody who refused that data of him be collected. Until somebody does, what is stored need not look whose it is:
 * it leans on one row of the store (`lean`), which is ended before the first refusal is committed. From then on each person is asked about.
 */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { AuditRecord, SideWrite, Store } from '../store/types.ts'
import { type AccessTables, LABELLING, TABLES } from './tables.ts'

/** The row that tells whether anybody refuses at all: its id is no person's. */
export const ANYBODY = '~anybody'
/** What leans on this is stored while nobody refuses. */
const NOBODY = '~nobody'

export interface FirstRefusal {
  /** to be written beside what is stored of whomever; undefined where somebody refuses, or did */
  guard(): SideWrite | undefined
  /** looks in the store whether the guard still holds: it is of no more use to who met a conflict by it */
  look(): Promise<void>
  /** before a refusal is committed: what rests on there being none is stored by then, or will not be. @throws OutcomeError busy, unavailable */
  comes(): Promise<void>
}

export interface FirstRefusalOptions {
  store: Pick<Store, 'endLeaning'>
  tables: Pick<AccessTables, 'collection'>
  /** tells in the account of uses that from now on each person is asked about */
  entry(): AuditRecord
}

/** @throws OutcomeError busy, unavailable */
export async function createFirstRefusal({ store, tables, entry }: FirstRefusalOptions): Promise<FirstRefusal> {
  const { collection } = tables
  let isOver = false
  let ending: Promise<void> | undefined
  const end = async (): Promise<void> => {
    isOver = true
    if ((await collection.get(ANYBODY))?.closed === true) return
    // Others learn of it first, so that nobody new leans on what is being ended.
    if (!(await collection.update({ _id: ANYBODY }, { set: { over: true } }, { upsert: true }))) throw new OutcomeError('busy')
    await store.endLeaning(LABELLING, { table: TABLES.collection, row: NOBODY }, entry)
    await collection.update({ _id: ANYBODY }, { set: { closed: true } })
  }
  const comes = (): Promise<void> => {
    ending ??= end().catch((error: unknown) => {
      ending = undefined
      throw error
    })
    return ending
  }
  const look = async (): Promise<void> => {
    if (!isOver) isOver = (await collection.get(ANYBODY))?.over === true
  }
  // Refusals of before this row was there.
  if (((await collection.get(ANYBODY))?.v ?? 0) > 0) await comes()
  await look()
  return { guard: () => (isOver ? undefined : { table: TABLES.collection, op: 'lean', row: NOBODY }), look, comes }
}
