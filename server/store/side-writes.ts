/** Writes to the server's own tables inside a transaction, one command per run of like writes. */
import type { ClientSession, Db, Document } from 'mongodb'
import { checkTableName } from './collections.ts'
import { Conflict } from './conflict.ts'
import type { SideWrite } from './types.ts'
import { safeSet, safeWhere } from './where.ts'

interface SideStep {
  unit: number
  at: number
  write: SideWrite
}

type Command = 'insert' | 'update' | 'delete'

/**
 * @param apart writes that must match go one by one, so that the one that did not can be named
 * @throws Conflict `side` naming the write that failed, or none of a run where only the number of matches is known
 */
export async function applySide(db: Db, session: ClientSession, steps: readonly SideStep[], apart: boolean): Promise<void> {
  for (const run of runsOf(steps, apart)) {
    const reply = await db.command(commandOf(run), { session })
    const failed = (reply.writeErrors as { index: number; code: number }[] | undefined)?.[0]
    if (failed) throw new Conflict('side', failed.code, placeOf(run, failed.index))
    const [only] = run
    if (only && mustMatch(only.write) && reply.n !== run.length)
      throw new Conflict('side', undefined, run.length === 1 ? placeOf(run, 0) : undefined)
  }
}

function placeOf(run: readonly SideStep[], index: number): { unit: number; at: number } {
  const step = run[index] as SideStep
  return { unit: step.unit, at: step.at }
}

/**
 * Tables do not see each other, so each table's writes can go together as long as their own order is kept. Those that must
 * match are never mixed with others, because a command tells only how many of its writes matched.
 */
function runsOf(steps: readonly SideStep[], apart: boolean): SideStep[][] {
  const runs: SideStep[][] = []
  const open = new Map<string, SideStep[]>()
  for (const step of steps) {
    const table = step.write.table
    const run = open.get(table)
    const first = run?.[0]
    if (run && first && goTogether(first.write, step.write, apart)) {
      run.push(step)
    } else {
      const fresh = [step]
      runs.push(fresh)
      open.set(table, fresh)
    }
  }
  return runs
}

function goTogether(a: SideWrite, b: SideWrite, apart: boolean): boolean {
  if (commandName(a) !== commandName(b) || mustMatch(a) !== mustMatch(b)) return false
  return !(apart && mustMatch(a))
}

function commandName(write: SideWrite): Command {
  return write.op === 'insert' ? 'insert' : write.op === 'delete' ? 'delete' : 'update'
}

function mustMatch(write: SideWrite): boolean {
  return write.op === 'update' && write.mustMatch === true
}

function commandOf(run: readonly SideStep[]): Document {
  const { write } = run[0] as SideStep
  checkTableName(write.table)
  const writes = run.map((step) => step.write)
  switch (commandName(write)) {
    case 'insert':
      return { insert: write.table, documents: writes.map((w) => (w as { doc: Document }).doc), ordered: true }
    case 'delete':
      return {
        delete: write.table,
        deletes: writes.map((w) => ({ q: safeWhere((w as { where: Document }).where), limit: 0 })),
        ordered: true,
      }
    case 'update':
      return { update: write.table, updates: writes.map(updateOf), ordered: true }
  }
}

function updateOf(write: SideWrite): Document {
  if (write.op === 'put') return { q: { _id: { $eq: write.doc._id } }, u: write.doc, upsert: true }
  if (write.op !== 'update') throw new TypeError('not an update')
  return { q: safeWhere(write.where), u: safeSet(write), upsert: write.upsert === true }
}
