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
import { MOVE_JOB, type Move, REGROUP_JOB, type RegroupJob } from './move-job.ts'

interface MoveJob extends TableDoc, Move {
  kind: string
}

/** One after the other: they may be about the same persons. @returns jobs done */
export async function workOnPersons(deps: IngestDeps, tables: IngestTables, options: WorkerOptions): Promise<number> {
  const moves: Table<MoveJob> = deps.store.table(deps.decision, TABLES.jobs)
  const regroups: Table<RegroupJob> = deps.store.table(deps.decision, TABLES.jobs)
  const alone = { ...options, concurrency: 1 }
  const move = jobs(MOVE_JOB, moves, async (row) => {
    await movePatient(deps, tables, row)
    await moves.delete({ _id: row._id })
  })
  const regroup = jobs(REGROUP_JOB, regroups, async (row) => {
    await followRegroup(deps, tables, row)
    await regroups.delete({ _id: row._id })
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

const jobs = <T extends TableDoc & { kind: string }>(name: string, table: Table<T>, work: (row: T) => Promise<void>): WorkKind<T> => ({
  name,
  table,
  due: { kind: name },
  sort: { _id: 1 },
  work,
})
