/** Jobs about whose a record is: records that move to another person, persons that were joined or parted, and comparisons. */
import { workThrough, type WorkerOptions, type WorkKind } from '../../jobs/worker.ts'
import type { Table, TableDoc } from '../../store/types.ts'
import { compareRecord } from '../likely/compare-record.ts'
import { followRegroup } from '../likely/follow.ts'
import { COMPARE_JOB, type CompareJob } from '../likely/table-writes.ts'
import { type IngestTables, TABLES } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import { VISIT_JOB, type VisitJob } from '../visit/job.ts'
import { moveVisit } from '../visit/move.ts'
import { settleVisit } from '../visit/settle.ts'
import { movePatient } from './follow.ts'
import { MOVE_JOB, type MoveJob, REGROUP_JOB, type RegroupJob, thisJob } from './move-job.ts'

/**
 * One after the other: they may be about the same persons. A job that had to stop is due again at the next round, and goes on.
 * @param isStopped the process ends: what takes long is left
 * @returns jobs done
 */
export async function workOnPersons(
  deps: IngestDeps,
  tables: IngestTables,
  options: WorkerOptions,
  isStopped: () => boolean = () => false,
): Promise<number> {
  const moves: Table<MoveJob> = deps.store.table(deps.decision, TABLES.jobs)
  const regroups: Table<RegroupJob> = deps.store.table(deps.decision, TABLES.jobs)
  const alone = { ...options, concurrency: 1 }
  const move = jobs(MOVE_JOB, moves, async (row, alive) => {
    if (await movePatient(deps, tables, row, () => alive() && !isStopped())) await moves.delete(thisJob(row))
  })
  const regroup = jobs(REGROUP_JOB, regroups, async (row, alive) => {
    if (await followRegroup(deps, tables, row, () => alive() && !isStopped())) await regroups.delete({ _id: row._id })
  })
  const compare = jobs<CompareJob>(COMPARE_JOB, deps.store.table(deps.decision, TABLES.jobs), (row) => compareRecord(deps, tables, row))
  const visits: Table<VisitJob> = deps.store.table(deps.decision, TABLES.jobs)
  const visit = jobs(VISIT_JOB, visits, async (row) => {
    await settleVisit(deps, tables, row.visit)
    await moveVisit(deps, tables, row.visit)
  })
  const onPersons = (await workThrough(move, alone)) + (await workThrough(regroup, alone)) + (await workThrough(compare, alone))
  return onPersons + (await workThrough(visit, alone))
}

const jobs = <T extends TableDoc & { kind: string }>(name: string, table: Table<T>, work: WorkKind<T>['work']): WorkKind<T> => ({
  name,
  table,
  due: { kind: name },
  sort: { _id: 1 },
  work,
})
