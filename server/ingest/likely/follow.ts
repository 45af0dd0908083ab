/** What follows when records were linked or parted by likeness: labels, the account, and things of which both spoke. */
import type { MayGoOn } from '../../access/may-go-on.ts'
import type { Moved } from '../../access/regrouping.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { namedSo, thingsOf } from '../fold/rows.ts'
import type { StatementFor } from '../fold/stored.ts'
import { mergedGroups } from '../link/merged.ts'
import { leaveToWorker, type RegroupJob, whileShort } from '../link/move-job.ts'
import { refold } from '../link/refold.ts'
import { type IngestTables, TABLES } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import { settleVisits, visitsAmong } from '../visit/settle.ts'
import { settleAnswered } from './answered.ts'

/**
 * Idempotent: a worker does it where this process ends before, and where it takes long. Until it is done nobody sees more of either than
 * before (access, regroup.ts).
 */
export async function regroupAfter(deps: IngestDeps, tables: IngestTables, job: RegroupJob): Promise<void> {
  try {
    if (await followRegroup(deps, tables, job, whileShort())) await deps.store.table(deps.decision, TABLES.jobs).delete({ _id: job._id })
    else await leaveToWorker(deps, job)
  } catch (error) {
    deps.log?.('link-not-followed', { name: error instanceof Error ? error.name : 'unknown' })
  }
}

/** @returns false: it stopped because `mayGoOn` said so */
export async function followRegroup(deps: IngestDeps, tables: IngestTables, job: RegroupJob, mayGoOn: MayGoOn): Promise<boolean> {
  const moved = JSON.parse(job.moved) as Moved[]
  await settleAnswered(
    deps,
    tables,
    moved.map(({ patient }) => patient),
  )
  if (deps.regrouped && !(await deps.regrouped(moved, mayGoOn))) return false
  return job.sides === undefined || refoldShared(deps, tables, job.sides, mayGoOn)
}

/** One thing of which a record of either side spoke: as one person's both are heard, as two persons' the first alone. */
async function refoldShared(
  deps: IngestDeps,
  tables: IngestTables,
  sides: NonNullable<RegroupJob['sides']>,
  mayGoOn: MayGoOn,
): Promise<boolean> {
  const [a, b] = await Promise.all([ofTheirPersons(tables, sides.a), ofTheirPersons(tables, sides.b)])
  // What is shared is found from either side: from the one with fewer records, who is mostly the new one.
  const [fewer, others] = a.length <= b.length ? [a, b] : [b, a]
  let batch: StatementFor[] = []
  const visits: string[] = []
  for await (const things of thingsOf(tables, fewer)) {
    visits.push(...visitsAmong(things))
    const shared = things.filter(({ patients }) => patients.some((patient) => others.includes(patient)))
    batch.push(...shared.map(({ name }) => namedSo(name)))
    if (batch.length < INGEST_BOUNDS.refoldBatch) continue
    if (!mayGoOn(batch.length)) return false
    await refold(deps, tables, batch)
    batch = []
  }
  if (!mayGoOn(batch.length)) return false
  await refold(deps, tables, batch)
  await settleVisits(deps, tables, visits)
  return true
}

/** With all that are one person with these: by an identity number, and whoever is linked to those by likeness. */
async function ofTheirPersons(tables: IngestTables, patients: readonly string[]): Promise<string[]> {
  const masters = (await tables.records.getMany(patients)).flatMap(({ person }) => person ?? [])
  const numbered = masters.length === 0 ? [] : await tables.records.find({ person: { $in: [...new Set(masters)] } })
  const groups = await mergedGroups(
    tables,
    numbered.map(({ _id }) => _id),
  )
  const like = [...groups.values()].flatMap(({ members }) => [...members])
  return [...new Set([...patients, ...numbered.map(({ _id }) => _id), ...like])]
}
