/** Legal deletion as the rest of the server sees it: jobs, and what must not come back. */
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { type WorkKind, workThrough } from '../jobs/worker.ts'
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
  const worker = createWorker(deps)
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

interface Worker {
  wake(): void
  start(): void
  stop(): Promise<void>
}

/** Takes up what is due, its own and what a stopped process left. */
function createWorker(deps: ExpungingDeps): Worker {
  const owner = randomUUID()
  let stopping = false
  let waking = new AbortController()
  let running: Promise<void> = Promise.resolve()
  const kindAt = (now: Date): WorkKind<ExpungeJob> => ({
    name: 'expunge',
    table: deps.tables.jobs,
    due: { status: 'accepted', due: { $lte: now } },
    sort: { started: 1 },
    work: (job, alive) => runJob(deps, job, () => alive() && !stopping),
  })
  const options = {
    owner,
    leaseMs: EXPUNGE_BOUNDS.jobLeaseMs,
    heartbeatMs: EXPUNGE_BOUNDS.jobHeartbeatMs,
    pageMax: EXPUNGE_BOUNDS.jobsAtOnce,
    now: deps.now,
    failed: (name: string, id: string | number, error: unknown) =>
      deps.log(`${name} failed, to be tried again`, { id, name: error instanceof Error ? error.name : 'unknown' }),
  }
  const loop = async (): Promise<void> => {
    while (!stopping) {
      const done = await workThrough(kindAt(deps.now()), options).catch(() => 0)
      if (done > 0) continue
      await setTimeout(EXPUNGE_BOUNDS.jobPollMs, undefined, { signal: waking.signal }).catch(() => undefined)
      if (waking.signal.aborted) waking = new AbortController()
    }
  }
  return {
    wake: () => waking.abort(),
    start() {
      running = loop()
    },
    async stop() {
      stopping = true
      waking.abort()
      await running
    },
  }
}
