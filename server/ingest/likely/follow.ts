/** What follows when records were linked or parted by likeness: labels, the account, and things of which both spoke. */
import type { Moved } from '../../access/regrouping.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { namedSo, thingsOf } from '../fold/rows.ts'
import type { StatementFor } from '../fold/stored.ts'
import type { RegroupJob } from '../link/move-job.ts'
import { refold } from '../link/refold.ts'
import { type IngestTables, TABLES } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import { settleVisits, visitsAmong } from '../visit/settle.ts'

/** Idempotent: a worker does it where this process ends before. */
export async function regroupAfter(deps: IngestDeps, tables: IngestTables, job: RegroupJob): Promise<void> {
  try {
    await followRegroup(deps, tables, job)
    await deps.store.table(deps.decision, TABLES.jobs).delete({ _id: job._id })
  } catch (error) {
    deps.log?.('link-not-followed', { name: error instanceof Error ? error.name : 'unknown' })
  }
}

export async function followRegroup(deps: IngestDeps, tables: IngestTables, job: RegroupJob): Promise<void> {
  await deps.regrouped?.(JSON.parse(job.moved) as Moved[])
  if (job.sides) await refoldShared(deps, tables, job.sides)
}

/** One thing of which a record of either side spoke: as one person's both are heard, as two persons' the first alone. */
async function refoldShared(deps: IngestDeps, tables: IngestTables, { a, b }: NonNullable<RegroupJob['sides']>): Promise<void> {
  let batch: StatementFor[] = []
  const visits: string[] = []
  for await (const things of thingsOf(tables, a)) {
    visits.push(...visitsAmong(things))
    const shared = things.filter(({ patients }) => patients.some((patient) => b.includes(patient)))
    batch.push(...shared.map(({ name }) => namedSo(name)))
    if (batch.length < INGEST_BOUNDS.refoldBatch) continue
    await refold(deps, tables, batch)
    batch = []
  }
  await refold(deps, tables, batch)
  await settleVisits(deps, tables, visits)
}
