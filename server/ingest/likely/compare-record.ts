/**
 * Compares a record with those like it, once what is known of it is committed: links, or asks a clerk. Idempotent, and the row of its job
 * stands until it is done, so that nothing is forgotten where a process ends.
 */
import { retryingConflicts } from '../retry.ts'
import { type IngestTables, type LinkTaskDoc, type PatientRecordDoc, TABLES } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import type { SideWrite } from '../../store/types.ts'
import { LIKELY_BOUNDS } from './bounds.ts'
import { linkLikely, type Obstacle } from './join.ts'
import type { Doubt } from './judge.ts'
import { type CompareJob, compareId, eventWrite, taskId, taskWrite } from './table-writes.ts'
import { type Likely, membersOf, personsOf, weigh } from './weigh.ts'

/** @throws OutcomeError busy, unavailable: it is tried again */
export async function compareRecord(deps: IngestDeps, tables: IngestTables, { _id, patient, mark }: CompareJob): Promise<void> {
  if (deps.likely) await compareNow(deps, tables, patient)
  await deps.store.table<CompareJob>(deps.decision, TABLES.jobs).delete({ _id, mark })
}

async function compareNow(deps: IngestDeps, tables: IngestTables, patient: string): Promise<void> {
  const obstacles = new Map<string, Doubt | undefined>()
  for (let step = 0; step < LIKELY_BOUNDS.stepsMax; step++) {
    const more = await retryingConflicts(() => stepOf(deps, tables, patient, obstacles))
    if (!more) return
  }
}

/** Records of links that were undone just now, so that nobody has to wait for a worker. */
export async function compareParted(deps: IngestDeps, tables: IngestTables, patients: readonly string[]): Promise<void> {
  const jobs = deps.store.table<CompareJob>(deps.decision, TABLES.jobs)
  for (const job of await jobs.getMany(patients.slice(0, LIKELY_BOUNDS.stepsMax).map(compareId))) await compareRecord(deps, tables, job)
}

/** One link, or at the end all questions. Undefined: met another writer. `done: true`: there may be more. */
async function stepOf(
  deps: IngestDeps,
  tables: IngestTables,
  patient: string,
  obstacles: Map<string, Doubt | undefined>,
): Promise<{ done: boolean } | undefined> {
  const record = await tables.records.get(patient)
  const standing = await tables.tasks.find({ patients: patient })
  if (!record?.traits || record.absorbedBy !== null) return asked(deps, tables, patient, [], standing)
  const decided = await byDecision(tables, record, standing, obstacles)
  const likely = decided ? [decided] : await weigh(tables, record, deps.likely?.thresholds ?? { link: Infinity, review: Infinity })
  const next = likely.find(({ record: other, verdict }) => verdict.kind === 'link' && !obstacles.has(other._id))
  if (!next)
    return asked(
      deps,
      tables,
      patient,
      likely.flatMap((one) => questionOf(one, obstacles)),
      standing,
    )
  const { score, levels } = next
  const task = standing.find(({ _id }) => _id === taskId(patient, next.record._id))
  const side: SideWrite[] = task && task.state === 'open' ? [taskWrite(task, { ...task, state: 'settled' })] : []
  const linking = await linkLikely(deps, tables, [patient, next.record._id], { score, levels, side })
  if (linking === 'met') return undefined
  if (linking !== 'linked') obstacles.set(next.record._id, doubtOf(linking))
  return { done: true }
}

/** What is one already, or is two whatever is said, is nothing to ask. */
const doubtOf = (obstacle: Obstacle): Doubt | undefined => (obstacle === 'too-many' || obstacle === 'conflict' ? obstacle : undefined)

/** What a clerk decided is done again where it had to give way to something else for a while. */
async function byDecision(
  tables: IngestTables,
  record: PatientRecordDoc,
  standing: readonly LinkTaskDoc[],
  obstacles: ReadonlyMap<string, unknown>,
): Promise<Likely | undefined> {
  const linked = standing.filter(({ state }) => state === 'linked')
  if (linked.length === 0) return undefined
  const persons = await personsOf(
    tables,
    linked.flatMap(({ patients }) => patients),
  )
  for (const { patients, score, levels } of linked) {
    const other = patients.find((one) => one !== record._id) ?? ''
    const found = persons.get(other) === persons.get(record._id) || obstacles.has(other) ? undefined : await tables.records.get(other)
    if (found && found.absorbedBy === null && (!found.number || !record.number || found.number.value === record.number.value))
      return { record: found, person: persons.get(other) ?? other, score, levels, verdict: { kind: 'link' } }
  }
  return undefined
}

interface Question extends Likely {
  doubt: Doubt
}

function questionOf(one: Likely, obstacles: ReadonlyMap<string, Doubt | undefined>): Question[] {
  const { verdict, record } = one
  const doubt = verdict.kind === 'ask' ? verdict.doubt : obstacles.get(record._id)
  return doubt === undefined ? [] : [{ ...one, doubt }]
}

/** The questions about the record as they are now: new ones are asked, those that are answered by what happened end. */
async function asked(
  deps: IngestDeps,
  tables: IngestTables,
  patient: string,
  all: readonly Question[],
  standing: readonly LinkTaskDoc[],
): Promise<{ done: boolean } | undefined> {
  const now = deps.now()
  const possible = new Set(all.map((one) => taskId(patient, one.record._id)))
  const wanted = await withoutSaid(tables, patient, all.slice(0, LIKELY_BOUNDS.asksMax))
  const side: SideWrite[] = []
  for (const task of standing) {
    if (task.state !== 'open' || possible.has(task._id)) continue
    side.push(taskWrite(task, { ...task, state: 'settled' }), eventWrite({ at: now, patients: task.patients, act: 'settle' }))
  }
  for (const [_id, { record, score, levels, doubt }] of wanted) {
    const known = standing.find((task) => task._id === _id)
    if (known && (known.state === 'apart' || (known.state === 'open' && known.score === score && known.doubt === doubt))) continue
    const patients = [patient, record._id].sort()
    const organizations = await organizationsOf(tables, patients)
    const within = organizations[0] === organizations[1] ? (organizations[0] ?? '') : ''
    side.push(taskWrite(known, { _id, patients, organizations, within, at: now, score, levels, doubt, state: 'open' }))
    if (known?.state !== 'open') side.push(eventWrite({ at: now, patients, act: 'ask', reason: doubt, score, levels }))
  }
  if (side.length === 0) return { done: false }
  return (await deps.writer.write([], { side })).ok ? { done: false } : undefined
}

/** Without those about whose persons it is asked already, by other records of theirs. */
async function withoutSaid(tables: IngestTables, patient: string, all: readonly Question[]): Promise<Map<string, Question>> {
  const wanted = new Map(all.map((one) => [taskId(patient, one.record._id), one]))
  if (wanted.size === 0) return wanted
  const own = (await personsOf(tables, [patient])).get(patient) ?? patient
  const open = (await tables.tasks.find({ patients: { $in: await membersOf(tables, own) }, state: 'open' })).filter(
    ({ _id }) => !wanted.has(_id),
  )
  const persons = await personsOf(tables, [...new Set(open.flatMap(({ patients }) => patients))])
  const said = new Set(open.flatMap(({ patients }) => patients.map((one) => persons.get(one))))
  said.delete(own)
  for (const [id, { person }] of wanted) if (said.has(person)) wanted.delete(id)
  return wanted
}

async function organizationsOf({ records }: IngestTables, patients: readonly string[]): Promise<string[]> {
  const found = new Map((await records.getMany(patients)).map(({ _id, domain }) => [_id, domain]))
  return patients.map((patient) => organizationOf(found.get(patient) ?? ''))
}

/** A domain is `kind:organization`. */
export const organizationOf = (domain: string): string => domain.slice(domain.indexOf(':') + 1)
