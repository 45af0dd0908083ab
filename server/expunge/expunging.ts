/** Legal deletion as the rest of the server sees it: jobs, and what must not come back. */
import { randomUUID } from 'node:crypto'
import { createLoop } from '../jobs/loop.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Store } from '../store/types.ts'
import { EXPUNGE_BOUNDS } from './bounds.ts'
import { type ExpungeDeps, runJob } from './run.ts'
import { NOBODY, subjectOf } from './subject.ts'
import { ensureExpungeTables, type ExpungeTables, EXPUNGING } from './tables.ts'
import type { ExpungeJob, ExpungeRequest, Expunging, Subject } from './types.ts'

export interface ExpungingDeps extends ExpungeDeps {
  log(event: string, facts: object): void
}

const JOBS_SHOWN = 50

export async function createExpunging(deps: ExpungingDeps): Promise<Expunging> {
  const { tables, bars } = deps
  await ensureExpungeTables(tables)
  const worker = createLoop<ExpungeJob>({
    leaseMs: EXPUNGE_BOUNDS.jobLeaseMs,
    heartbeatMs: EXPUNGE_BOUNDS.jobHeartbeatMs,
    pollMs: EXPUNGE_BOUNDS.jobPollMs,
    // One that keeps failing must not hold up the others.
    pageMax: EXPUNGE_BOUNDS.jobsAtOnce,
    now: deps.now,
    log: deps.log,
    kindAt: (now) => ({
      name: 'expunge',
      table: tables.jobs,
      due: { status: 'accepted', due: { $lte: now } },
      sort: { started: 1 },
      work: (job, alive) => runJob(deps, job, alive),
    }),
  })
  return {
    async request(request) {
      const subject = await admitted(deps.store, tables, request)
      const { type, id, basis, reference, dryRun, organization } = request
      const shared: ExpungeJob['shared'] = request.shared ?? ''
      const now = deps.now()
      const counts = JSON.stringify({ resources: {}, shared: {}, rows: {} })
      const asked = { type, id, basis, reference, dryRun, shared, organization, subject: JSON.stringify(subject) }
      const job: ExpungeJob = { _id: randomUUID(), status: 'accepted', phase: 'looking', ...asked, counts, started: now, due: now }
      await tables.jobs.insert(job)
      worker.wake()
      return job
    },
    job: (id) => tables.jobs.get(id),
    jobs: () => tables.jobs.find({}, { sort: { started: -1 }, limit: JOBS_SHOWN }),
    barred: (names) => bars.among('resource', names),
    barsRecord: (names, numbers) => bars.any(names, numbers),
    start: worker.start,
    stop: worker.stop,
  }
}

/** A person as a whole; anything else once it was deleted, so that all that follows from a deletion has followed. */
async function admitted(store: Store, tables: ExpungeTables, { type, id }: ExpungeRequest): Promise<Subject> {
  const current = await store.read(EXPUNGING, type, id)
  if (!current) throw new OutcomeError('not-found')
  if (type === 'Patient') return subjectOf(tables, id)
  if (!current.deleted) throw new OutcomeError('expunge-standing')
  return NOBODY
}
