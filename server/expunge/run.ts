/**
 * A job of legal deletion. Looks first, and counts; then bars what is to go, so that nothing brings it back; then removes; then
 * sweeps again until what was under way when the bars were set has ended. Every step may be repeated: a process that takes the
 * job up does the sweep anew and finds what is left.
 */
import type { Access } from '../access/types.ts'
import type { Audit } from '../audit/audit.ts'
import { forgetThings } from '../ingest/fold/rows.ts'
import { countRevision, definesCodes, revisionTable } from '../store/codes-revision.ts'
import type { Store, Stored } from '../store/types.ts'
import type { Bars } from './bars.ts'
import { EXPUNGE_BOUNDS } from './bounds.ts'
import { type FoundBatch, foundOf, type Target } from './found.ts'
import { clearMentions } from './mentions.ts'
import { clearUnmapped, type PayloadDeps, payloadsOf, quarantinedOf, removePayload } from './payloads.ts'
import { reasonOf } from './reason.ts'
import { grown } from './subject.ts'
import { EXPUNGE_JOBS, EXPUNGING, type ExpungeTables, rowsOf } from './tables.ts'
import type { Counts, ExpungeJob, Subject } from './types.ts'

export interface ExpungeDeps {
  store: Store
  audit: Audit
  access: Pick<Access, 'auditAcc'>
  tables: ExpungeTables
  payloads: PayloadDeps
  bars: Bars
  now(): Date
}

/** Works on a job until it has ended or has to wait, or `alive` says that it is somebody else's. */
export async function runJob(deps: ExpungeDeps, job: ExpungeJob, alive: () => boolean): Promise<void> {
  if (job.status !== 'accepted') return
  const target: Target = { type: job.type, id: job.id, subject: JSON.parse(job.subject) as Subject }
  if (job.phase === 'looking') {
    const counts = await countOf(deps, target, alive)
    if (!alive()) return
    const isShared = Object.keys(counts.shared).length > 0
    if (job.dryRun) return end(deps, job, counts, 'completed')
    if (isShared && job.shared === '') return end(deps, job, counts, 'failed')
    await update(deps, job, { phase: 'removing', counts: JSON.stringify(counts) })
  }
  // The last sweep begins after everything that had begun before the bars has ended.
  const isLast = job.phase === 'settling' && job.settles !== undefined && job.settles <= deps.now()
  await sweep(deps, job, target, { isThorough: isLast || job.phase !== 'settling', alive })
  if (!alive()) return
  if (isLast) return end(deps, job, JSON.parse(job.counts) as Counts, 'completed')
  const now = deps.now().getTime()
  const settles = job.settles ?? new Date(now + EXPUNGE_BOUNDS.settleMs)
  await update(deps, job, { phase: 'settling', settles, due: new Date(Math.min(now + EXPUNGE_BOUNDS.sweepMs, settles.getTime())) })
}

const update = (deps: ExpungeDeps, { _id }: ExpungeJob, set: Partial<ExpungeJob>): Promise<unknown> =>
  deps.tables.jobs.update({ _id, status: 'accepted' }, { set })

/** Counts what would be removed, and what is of others too. */
async function countOf(deps: ExpungeDeps, target: Target, alive: () => boolean): Promise<Counts> {
  const counts: Counts = { resources: {}, shared: {}, rows: {} }
  for await (const { type, kind, own, shared } of foundOf(deps.store, target)) {
    if (!alive()) return counts
    const of = counts.resources[type] ?? { current: 0, versions: 0 }
    if (kind === 'current') of.current += own.length
    of.versions += own.length
    if (own.length > 0) counts.resources[type] = of
    if (shared.length > 0) counts.shared[type] = (counts.shared[type] ?? 0) + shared.length
  }
  if (target.subject.patients.length === 0) {
    const of = counts.resources[target.type]
    if (of) of.versions = (await deps.store.read(EXPUNGING, target.type, target.id))?.v ?? 0
    return counts
  }
  for (const { name, table, where } of rowsOf(deps.tables, target.subject)) {
    const rows = await table.count(where)
    if (rows > 0) counts.rows[name] = rows
  }
  for await (const { shared } of payloadsOf(deps.payloads, target.subject)) {
    const of = shared ? counts.shared : counts.rows
    of.payloads = (of.payloads ?? 0) + 1
  }
  const quarantined = (await quarantinedOf(deps.payloads, target.subject)).length
  if (quarantined > 0) counts.rows.quarantine = quarantined
  return counts
}

interface Sweep {
  /** also what takes long to look through, payloads and files: the first time and the last */
  isThorough: boolean
  alive: () => boolean
}

async function sweep(deps: ExpungeDeps, job: ExpungeJob, target: Target, how: Sweep): Promise<void> {
  const subject = await grown(deps.tables, target.subject)
  if (subject !== target.subject) await update(deps, job, { subject: JSON.stringify(subject) })
  return sweepOf(deps, job, { ...target, subject }, how)
}

async function sweepOf(deps: ExpungeDeps, job: ExpungeJob, target: Target, { isThorough, alive }: Sweep): Promise<void> {
  const { subject } = target
  await deps.bars.set(job._id, 'number', subject.numbers)
  if (subject.patients.length === 0) await deps.bars.set(job._id, 'resource', [`${target.type}/${target.id}`])
  const barred = new Set<string>()
  for await (const batch of foundOf(deps.store, target)) await barBatch(deps, job, batch, barred)
  for await (const batch of foundOf(deps.store, target)) {
    // What was written since the first look goes in this one, and must be barred as well.
    await barBatch(deps, job, batch, barred)
    const going = goingOf(job, batch)
    for (let at = 0; at < going.length; at += EXPUNGE_BOUNDS.batch) {
      if (!alive()) return
      const part = going.slice(at, at + EXPUNGE_BOUNDS.batch)
      if (batch.kind === 'superseded') await deps.store.expungeVersions(EXPUNGING, batch.type, part)
      else
        await removeResources(
          deps,
          batch.type,
          part.map(({ id }) => id),
        )
    }
  }
  if (isThorough && subject.patients.length > 0) await removePayloads(deps, job, subject, alive)
  if (subject.patients.length > 0 && alive()) await removeRows(deps, subject)
  if (isThorough && alive()) await clearMentions(deps.store, deps.bars, job._id, subject)
}

/** Bars what is not among `barred` yet, and adds it. */
async function barBatch({ bars }: ExpungeDeps, job: ExpungeJob, batch: FoundBatch, barred: Set<string>): Promise<void> {
  // An older version may be of a resource that is somebody else's by now and stays.
  if (batch.kind === 'superseded') return
  const names = goingOf(job, batch).map(({ id }) => `${batch.type}/${id}`)
  const fresh = names.filter((name) => !barred.has(name))
  await bars.set(job._id, 'resource', fresh)
  for (const name of fresh) barred.add(name)
}

const goingOf = ({ shared }: ExpungeJob, batch: FoundBatch): Stored[] => (shared === 'remove' ? [...batch.own, ...batch.shared] : batch.own)

/** What is kept of a resource elsewhere goes before it: until the resource is gone, the next sweep finds it. */
async function removeResources({ store, tables }: ExpungeDeps, type: string, ids: readonly string[]): Promise<void> {
  const names = ids.map((id) => `${type}/${id}`)
  await forgetThings(tables.ingest, names)
  await tables.ingest.batchMembers.delete({ _id: { $in: names } })
  await tables.ingest.batchMembers.delete({ thing: { $in: names } })
  await tables.access.relations.delete({ _id: { $in: names } })
  await store.expunge(EXPUNGING, type, ids)
  if (definesCodes(type)) await countRevision(revisionTable(store, EXPUNGING))
}

async function removePayloads(deps: ExpungeDeps, job: ExpungeJob, subject: Subject, alive: () => boolean): Promise<void> {
  for await (const { payload, shared } of payloadsOf(deps.payloads, subject)) {
    if (!alive()) return
    if (!shared || job.shared === 'remove') await removePayload(deps.payloads, payload)
  }
  for (const _id of await quarantinedOf(deps.payloads, subject)) await deps.tables.ingest.quarantine.delete({ _id })
  await clearUnmapped(deps.payloads, subject)
}

async function removeRows(deps: ExpungeDeps, subject: Subject): Promise<void> {
  for (const { table, where } of rowsOf(deps.tables, subject)) await table.delete(where)
  for (const order of await deps.tables.access.legalOrders.find({ persons: { $in: subject.patients } })) {
    const persons = order.persons.filter((person) => !subject.patients.includes(person))
    await deps.tables.access.legalOrders.update({ _id: order._id }, { set: { persons } })
  }
}

/** The account tells that it was done, on what ground and how much; what the job knew of the person goes. */
async function end(deps: ExpungeDeps, job: ExpungeJob, counts: Counts, status: 'completed' | 'failed'): Promise<void> {
  const patients = job.type === 'Patient' ? [job.id] : []
  const entry = deps.audit.record({
    interaction: 'expunge',
    action: job.dryRun ? 'E' : 'D',
    outcome: status === 'completed' ? '0' : '4',
    reason: reasonOf(job, status === 'failed' ? 'shared' : job.dryRun ? 'counted' : 'removed'),
    patients,
    resources: [`${job.type}/${job.id}`],
    count: Object.values(counts.resources).reduce((sum, { versions }) => sum + versions, 0),
    type: job.type,
    acc: deps.access.auditAcc((JSON.parse(job.subject) as Subject).patients, job.organization),
  })
  const set = { status, counts: JSON.stringify(counts), ended: deps.now(), id: '', subject: '' }
  const where = { _id: job._id, status: 'accepted' }
  // One transaction: whoever was faster has told it already.
  await deps.store.commit({ writes: [], audit: [entry], side: [{ table: EXPUNGE_JOBS, op: 'update', where, set, mustMatch: true }] })
}
