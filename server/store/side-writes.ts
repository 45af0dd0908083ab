/** Writes to the server's own tables inside a transaction, one command per run of like writes. */
import type { ClientSession, Db, Document } from 'mongodb'
import { checkTableName } from './collections.ts'
import { Conflict } from './conflict.ts'
import { isContention } from './failures.ts'
import { leaning, nameOfRow } from './shared-rows.ts'
import type { SideWrite } from './types.ts'
import { safeSet, safeWhere } from './where.ts'

interface Step<W> {
  unit: number
  at: number
  write: W
}

/** A write that is a command's as it stands. */
type PlainWrite = Exclude<SideWrite, { op: 'lean' }>
type SideStep = Step<PlainWrite>

type Command = 'insert' | 'update' | 'delete'

/**
 * @param apart writes that must match go one by one, so that the one that did not can be named
 * @param copy of rows that are leant on
 * @throws Conflict `side` naming the write that failed, or none of a run where only the number of matches is known; `refused` for now
 */
export async function applySide(
  db: Db,
  session: ClientSession,
  steps: readonly Step<SideWrite>[],
  { apart, copy }: { apart: boolean; copy: number },
): Promise<void> {
  for (const run of runsOf(leaningOnce(steps, copy), apart)) {
    const reply = await db.command(commandOf(run), { session })
    const failed = (reply.writeErrors as { index: number; code: number }[] | undefined)?.[0]
    if (failed && isContention(failed.code)) throw new Conflict('refused', failed.code)
    if (failed) throw new Conflict('side', failed.code, placeOf(run, failed.index))
    const [only] = run
    if (only && mustMatch(only.write) && reply.n !== run.length)
      throw new Conflict('side', undefined, run.length === 1 ? placeOf(run, 0) : undefined)
  }
}

/** However many units lean on a row, it is one write; where that fails, each is tried alone. */
function leaningOnce(steps: readonly Step<SideWrite>[], copy: number): SideStep[] {
  const rows = new Set<string>()
  return steps.flatMap(({ unit, at, write }) => {
    if (write.op !== 'lean') return [{ unit, at, write }]
    const row = nameOfRow(write)
    if (rows.has(row)) return []
    rows.add(row)
    return [{ unit, at, write: leaning(write, copy) }]
  })
}

function placeOf(run: readonly SideStep[], index: number): { unit: number; at: number } {
  const step = run[index] as SideStep
  return { unit: step.unit, at: step.at }
}

/** Writes of one command, and the rows that they are about; undefined where some condition names more than one row. */
interface Run {
  steps: SideStep[]
  ids: Set<unknown> | undefined
}

/**
 * Tables do not see each other, nor do rows of one table but where a write says so: it goes into the last command of its kind, unless one
 * behind that is about the same row, or one that it names. Those that must match are never mixed with others, because a command tells only how many of its writes matched.
 */
function runsOf(steps: readonly SideStep[], apart: boolean): SideStep[][] {
  const runs: SideStep[][] = []
  const byTable = new Map<string, Run[]>()
  for (const step of steps) {
    const { table } = step.write
    const own = byTable.get(table) ?? []
    byTable.set(table, own)
    const id = rowOf(step.write)
    const run = runFor(own, step.write, rowsBefore(step.write, id), apart)
    if (run) {
      run.steps.push(step)
      if (id === undefined) run.ids = undefined
      else run.ids?.add(id)
    } else {
      const fresh = [step]
      runs.push(fresh)
      own.push({ steps: fresh, ids: id === undefined ? undefined : new Set([id]) })
    }
  }
  return runs
}

/** Rows whose writes it must not overtake; undefined where it may be any. */
function rowsBefore(write: PlainWrite, id: string | number | undefined): readonly (string | number)[] | undefined {
  if (id === undefined) return undefined
  return write.op === 'insert' && write.after ? [id, ...write.after] : [id]
}

function runFor(own: readonly Run[], write: PlainWrite, before: readonly (string | number)[] | undefined, apart: boolean): Run | undefined {
  for (let at = own.length - 1; at >= 0; at--) {
    const run = own[at] as Run
    if (goTogether((run.steps[0] as SideStep).write, write, apart)) return run
    // What is behind must not be overtaken where it may be about the same row.
    const { ids } = run
    if (before === undefined || ids === undefined || before.some((id) => ids.has(id))) return undefined
  }
  return undefined
}

/** The one row that a write is about. */
function rowOf(write: PlainWrite): string | number | undefined {
  const id = 'doc' in write ? write.doc._id : write.where._id
  return typeof id === 'string' || typeof id === 'number' ? id : undefined
}

function goTogether(a: PlainWrite, b: PlainWrite, apart: boolean): boolean {
  if (commandName(a) !== commandName(b) || mustMatch(a) !== mustMatch(b)) return false
  return !(apart && mustMatch(a))
}

function commandName(write: PlainWrite): Command {
  return write.op === 'insert' ? 'insert' : write.op === 'delete' ? 'delete' : 'update'
}

function mustMatch(write: PlainWrite): boolean {
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

/** `newestBy`, a field of text: a row of which it sorts behind that of the document stays as it is. What the document says stands for itself. */
function putOf({ doc, newestBy }: PlainWrite & { op: 'put' }): Document {
  if (newestBy === undefined) return doc
  if (!/^[A-Za-z]+$/.test(newestBy)) throw new TypeError('not a name of a field')
  const isOlder = { $gt: [`$${newestBy}`, { $literal: doc[newestBy] }] }
  return [{ $replaceWith: { $cond: [isOlder, '$$ROOT', { $literal: doc }] } }]
}

function updateOf(write: PlainWrite): Document {
  if (write.op === 'put') return { q: { _id: { $eq: write.doc._id } }, u: putOf(write), upsert: true }
  if (write.op !== 'update') throw new TypeError('not an update')
  return { q: safeWhere(write.where), u: safeSet(write), upsert: write.upsert === true }
}
