/**
 * A row that transactions lean on while it stands, many at the same time, and that is ended once. Were it one document, those that only lean
 * on it would conflict with each other; so it stands in several copies. A transaction without entries for the account of uses writes the copy
 * of its lane (one that has some leans by these: chain-ends.ts), whoever ends the row writes all of them: what leaned on it is committed before
 * that, or not at all.
 */
import type { Db } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { MAX_TIME_EXPIRED } from './failures.ts'
import type { SideWrite } from './types.ts'

type Lean = Extract<SideWrite, { op: 'lean' }>

export type LeantOn = Pick<Lean, 'table' | 'row'>

export const nameOfRow = ({ table, row }: LeantOn): string => `${table}:${row}`

/** Lanes of all processes that write without meeting: more than run at the same time, and few enough to be ended at once. */
const COPIES = 32

/** Another copy for a lane that met one of another process. */
export const anyCopy = (): number => Math.floor(Math.random() * COPIES)

const idOf = (row: string, copy: number): string => `${row}/${copy}`

/** What leans on a row, as the update of a copy: of an ended one the insertion meets what is there. */
export function leaning({ table, row }: Lean, copy: number): Extract<SideWrite, { op: 'update' }> {
  return { table, op: 'update', where: { _id: idOf(row, copy % COPIES), ended: false }, inc: { n: 1 }, upsert: true }
}

/** Whether it was ended: whoever does goes on only when all copies are. */
export async function isEnded(db: Db, table: string, row: string): Promise<boolean> {
  const copy = db.collection<{ _id: string; ended: boolean }>(table)
  return (await copy.findOne({ _id: idOf(row, 0) }, { projection: { ended: 1 } }))?.ended === true
}

/**
 * Ends the copies: what is under way and leans on one is waited for. Idempotent, and never taken back.
 * @throws OutcomeError busy where that takes too long; some copies may be ended then
 */
export async function endRow(db: Db, table: string, row: string): Promise<void> {
  const updates = Array.from({ length: COPIES }, (_, copy) => ({ q: { _id: idOf(row, copy) }, u: { $set: { ended: true } }, upsert: true }))
  const writeConcern = { w: 'majority' as const, j: true, wtimeout: BOUNDS.mongoWriteConcernMs }
  try {
    const reply = await db.command({ update: table, updates, ordered: false, maxTimeMS: BOUNDS.commitRetryMs, writeConcern })
    if (reply.writeErrors || reply.writeConcernError) throw busy()
  } catch (error) {
    rethrowLate(error)
  }
}

export const busy = (): OutcomeError => new OutcomeError('busy', {}, { 'Retry-After': '1' })

/** Who is waited for takes too long. */
export function rethrowLate(error: unknown): never {
  throw (error as { code?: unknown }).code === MAX_TIME_EXPIRED ? busy() : error
}
