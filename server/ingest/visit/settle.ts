/**
 * What is said of one visit under two numbers stands in one Encounter. Words, persons and times may change at any time: whoever changed one of them
 * looks, after the commit, whether the visit still stands where it should. Doing so twice changes nothing, and a job
 * makes sure that what was begun is finished.
 */
import { knownOf, patientsIn } from '../fold/rows.ts'
import type { Statement } from '../fold/types.ts'
import { retryingConflicts } from '../retry.ts'
import { type IngestTables, TABLES, type VisitDoc } from '../tables.ts'
import type { IngestDeps, PreparedVisit } from '../types.ts'
import { visitOf } from './judge.ts'
import { doneBy, visitJob } from './job.ts'
import { moveVisit } from './move.ts'
import { rowWrite } from './plan.ts'
import { isPending, withWords, wordOf } from './words.ts'

const TYPE = 'Encounter'

type Things = readonly { name: string }[]

/** Ids of the Encounters among these. */
export const visitsAmong = (things: Things): string[] =>
  things.flatMap(({ name }) => (name.startsWith(`${TYPE}/`) ? [name.slice(TYPE.length + 1)] : []))

export async function encountersAmong(rows: AsyncIterable<Things>): Promise<string[]> {
  const found: string[] = []
  for await (const things of rows) found.push(...visitsAmong(things))
  return found
}

/** The visits that are known by one of these Encounters, under either number. */
export async function settleVisits(deps: IngestDeps, tables: IngestTables, encounters: readonly string[]): Promise<void> {
  if (encounters.length === 0) return
  const among = { $in: [...encounters] }
  for (const { _id } of await tables.visits.find({ $or: [{ _id: among }, { 'words.own': among }] })) await settleVisit(deps, tables, _id)
}

/** Of looks that changed something: persons and times may have become others while the row was written. */
const LOOKS_MAX = 5

/** @param words that may not be kept yet */
export async function settleVisit(deps: IngestDeps, tables: IngestTables, id: string, words: readonly PreparedVisit[] = []): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const found = await lookAt(deps, tables, id, words)
    if (found === 'as it should') return
    if (found === 'to be moved') await moveVisit(deps, tables, id)
  }
}

type Look = 'as it should' | 'written' | 'to be moved'

function lookAt(deps: IngestDeps, tables: IngestTables, id: string, words: readonly PreparedVisit[]): Promise<Look> {
  return retryingConflicts<Look>(async () => {
    const known = await tables.visits.get(id)
    const row = withWords(known, id, words)
    if (!row) return { done: 'as it should' }
    const { now, isToMove } = await standing(tables, row)
    const changes = row !== known || now.visit !== row.visit || now.patients.join() !== row.patients.join()
    if (!changes && !isToMove) {
      if (known && isPending(known)) await deps.store.table(deps.decision, TABLES.jobs).delete(doneBy(id, known.rev))
      return { done: 'as it should' }
    }
    const job = isToMove ? [visitJob(id, (known?.rev ?? 0) + 1, deps.now())] : []
    const result = await deps.store.commit({ writes: [], side: [rowWrite(known, now), ...job] })
    return result.ok ? { done: isToMove ? 'to be moved' : 'written' } : undefined
  })
}

/** Where the visit should stand by what is known now, and whether something of it stands elsewhere. */
async function standing(tables: IngestTables, row: VisitDoc): Promise<{ now: VisitDoc; isToMove: boolean }> {
  const { _id, left } = row
  const own = wordOf(row)?.own ?? ''
  const homes = [...new Set([row.visit, ...left])].filter((home) => home !== '' && home !== _id)
  const known = await knownOf(
    tables,
    [...new Set([_id, own, ...homes])].map((home) => `${TYPE}/${home}`),
  )
  const statementsOf = (home: string): readonly Statement[] => known.get(`${TYPE}/${home}`)?.statements ?? []
  const under = new Map(homes.map((home) => [home, statementsOf(home).filter(({ via }) => via === _id)]))
  const insured = [...statementsOf(_id), ...[...under.values()].flat()]
  const sides = { insured, own: statementsOf(own).filter(({ via }) => via !== _id) }
  const visit = await visitOf(tables, row, sides)
  const places = [_id, ...homes].filter((home) => (home === _id ? statementsOf(home) : (under.get(home) ?? [])).length > 0)
  const target = visit === '' ? _id : visit
  const patients = [...new Set([...row.patients, ...patientsIn(insured)])].sort()
  const isToMove = left.length > 0 || visit !== row.visit || places.some((place) => place !== target)
  const stillThere = [...new Set([...left, ...homes])].filter((home) => home !== target)
  return { now: { ...row, visit, patients, left: isToMove ? stillThere : left }, isToMove }
}
