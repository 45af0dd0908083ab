/**
 * Tables of a day or a week that hold content of resources, or name them: files of exports, requests that were put off, events
 * of Subscriptions, jobs. They are looked through by the bars that the job has set.
 */
import { asyncJobsOf, asyncPartsOf } from '../interactions/async-jobs.ts'
import { indexingTables } from '../indexing/tables.ts'
import { chunksOf, jobsOf } from '../operations/export/job.ts'
import type { PageMark, Store } from '../store/types.ts'
import { eventsOf, subscriptionsOf } from '../subscriptions/tables.ts'
import type { Bars } from './bars.ts'
import { type Names, namesOf } from './named.ts'
import { EXPUNGING } from './tables.ts'
import type { Subject } from './types.ts'

const SUBSCRIPTION = 'Subscription'

type IsGone = (type: string, id: string) => boolean

/** Idempotent. */
export async function clearMentions(store: Store, bars: Bars, job: string, subject: Subject): Promise<void> {
  const gone = await bars.ofJob(job)
  const isGone: IsGone = (type, id) => gone.has(bars.idOf('resource', `${type}/${id}`))
  const isNamed = namesOf(subject)
  await clearExports(store, isGone, isNamed)
  await clearPutOff(store, isGone, isNamed)
  await clearReindexing(store, isGone)
  for await (const event of eventsOf(store).stream({})) if (isGone(event.type, event.id)) await eventsOf(store).delete({ _id: event._id })
  await clearSubscriptions(store, subject, isNamed)
}

/** Subscriptions that the person made, or that name it in their criteria: what they asked for is no more. */
async function clearSubscriptions(store: Store, { patients }: Subject, isNamed: Names): Promise<void> {
  const gone = new Set<string>()
  if (patients.length === 0) return
  for await (const row of subscriptionsOf(store).stream({}))
    if (row.actor.patient !== undefined && patients.includes(row.actor.patient)) gone.add(row._id)
  for await (const rows of store.stream(EXPUNGING, SUBSCRIPTION, { kind: 'everything' }, { tombstones: true }))
    for (const { id, body } of rows) if (isNamed(withoutEscapes(body))) gone.add(id)
  for (const id of gone) {
    await eventsOf(store).delete({ sub: id })
    await store.expunge(EXPUNGING, SUBSCRIPTION, [id])
    await subscriptionsOf(store).delete({ _id: id })
  }
  await clearFormer(store, isNamed)
}

const PAGE = 500

/** Of a Subscription that names somebody else by now, the versions that named the person. */
async function clearFormer(store: Store, isNamed: Names): Promise<void> {
  let after: PageMark | undefined
  do {
    const page = await store.changes(EXPUNGING, { types: [SUBSCRIPTION], count: PAGE, ...(after ? { after } : {}) })
    const named = page.rows.filter(({ body }) => isNamed(withoutEscapes(body)))
    if (named.length > 0) await store.expungeVersions(EXPUNGING, SUBSCRIPTION, named)
    after = page.next
  } while (after)
}

/** As its client wrote it, but for characters that are written as escapes. */
function withoutEscapes(body: Uint8Array): string {
  const text = Buffer.from(body).toString('utf8')
  return text.includes('\\') ? JSON.stringify(JSON.parse(text)) : text
}

async function clearExports(store: Store, isGone: IsGone, isNamed: Names): Promise<void> {
  for await (const chunk of chunksOf(store).stream({})) {
    const rows = chunk.rows.filter(({ id }) => !isGone(chunk.type, id))
    if (rows.length < chunk.rows.length) await chunksOf(store).update({ _id: chunk._id }, { set: { rows } })
  }
  for await (const job of jobsOf(store).stream({})) {
    if (isNamed(JSON.stringify({ ...job, cursor: undefined }))) {
      await chunksOf(store).delete({ job: job._id })
      await jobsOf(store).delete({ _id: job._id })
    } else if (isGone(job.types[job.cursor.type] ?? job.types.at(-1) ?? '', job.cursor.id) && job.status !== 'accepted') {
      await jobsOf(store).update({ _id: job._id }, { set: { 'cursor.id': '' } })
    }
  }
}

/** A result of which a part is gone is gone as a whole: it answers as one whose day is over. */
async function clearPutOff(store: Store, isGone: IsGone, isNamed: Names): Promise<void> {
  const jobs = new Set<string>()
  for await (const row of asyncJobsOf(store).stream({})) if (isNamed(JSON.stringify(row)) || names(row, isGone)) jobs.add(row._id)
  for await (const part of asyncPartsOf(store).stream({})) {
    const hasGone = part.entries.some(({ version }) => version !== undefined && isGone(version.type, version.id))
    if (hasGone || isNamed(JSON.stringify(part)) || names(part, isGone)) jobs.add(part.job)
  }
  for (const job of jobs) {
    await asyncPartsOf(store).delete({ job })
    await asyncJobsOf(store).delete({ _id: job })
  }
}

/** A finished job keeps the place at which it ended, and the names of what it could not index. */
async function clearReindexing(store: Store, isGone: IsGone): Promise<void> {
  const { jobs } = indexingTables(store)
  for await (const job of jobs.stream({ status: { $ne: 'accepted' } })) {
    const named = job.named.filter((name) => !isGone(...partsOf(name)))
    const isPlaced = job.types.some((type) => isGone(type, job.cursor.id))
    const isAsked = job.id !== undefined && job.types.some((type) => isGone(type, job.id ?? ''))
    if (named.length === job.named.length && !isPlaced && !isAsked) continue
    await jobs.update({ _id: job._id }, { set: { named, ...(isPlaced ? { 'cursor.id': '' } : {}), ...(isAsked ? { id: '' } : {}) } })
  }
}

const partsOf = (name: string): [string, string] => name.split('/') as [string, string]

/** References in a request or an outcome that was kept. */
const names = (row: unknown, isGone: IsGone): boolean =>
  [...JSON.stringify(row).matchAll(/\b([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})/g)].some(([, type = '', id = '']) => isGone(type, id)) ||
  [...JSON.stringify(row).matchAll(/"segments":\["([A-Za-z]+)","([A-Za-z0-9.-]{1,64})"/g)].some(([, type = '', id = '']) =>
    isGone(type, id),
  )
