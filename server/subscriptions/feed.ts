/**
 * From what is committed to events that wait to be sent (docs/decisions/0012-subscriptions.md). One process at a time reads the
 * feed, under a lease; how far it has come is stored behind the events, so that whoever goes on loses none. To write the same
 * event twice is harmless.
 */
import { setTimeout } from 'node:timers/promises'
import { revisionOf, revisionTable } from '../store/codes-revision.ts'
import { FeedLost } from '../store/feed.ts'
import { type Lease, lease } from '../store/leases.ts'
import type { CommittedVersion, FeedPlace } from '../store/feed-types.ts'
import { SUBSCRIPTION_BOUNDS } from './bounds.ts'
import { missedVersions } from './catch-up.ts'
import { load } from './load.ts'
import { eventsOf, feedOf, notifying, subscriptionsOf } from './tables.ts'
import { candidateOf, eventIn, type Watched, watchedOf, watchedWhole } from './triggers.ts'
import type { EventRow, FeedRow, SubscriptionDeps, SubscriptionRow } from './types.ts'

/** Makes the feed keep everything from now on for one more Subscription: before it becomes active. */
export async function restOnFeed({ fhir }: SubscriptionDeps): Promise<void> {
  const feed = feedOf(fhir.store)
  for (;;) {
    if (await feed.update({ _id: 'feed', place: { $exists: true } }, { inc: { uses: 1 } })) return
    const set = { place: await fhir.store.feed.now(notifying), at: fhir.now() }
    if (await feed.update({ _id: 'feed', place: { $exists: false } }, { set, inc: { uses: 1 } }, { upsert: true })) return
  }
}

export interface FeedReader {
  start(): void
  stop(): Promise<void>
}

/** @param found called when there are new events */
export function createFeedReader(deps: SubscriptionDeps, found: () => void): FeedReader {
  const abort = new AbortController()
  const { signal } = abort
  let running: Promise<void> = Promise.resolve()
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await turn(deps, signal, found)
      } catch (error) {
        if (!signal.aborted) deps.log.warn({ kind: error instanceof Error ? error.name : 'unknown' }, 'feed of subscriptions broken off')
      }
      await setTimeout(SUBSCRIPTION_BOUNDS.pollMs, undefined, { signal }).catch(() => undefined)
    }
  }
  return {
    start() {
      running = loop()
    },
    async stop() {
      abort.abort()
      await running
    },
  }
}

/** As long as this process has the lease, and somebody rests on the feed. */
async function turn(deps: SubscriptionDeps, signal: AbortSignal, found: () => void): Promise<void> {
  const feed = feedOf(deps.fhir.store)
  if (!(await feed.get('feed'))?.place) return
  const held = await lease(feed, 'feed', deps.owner, SUBSCRIPTION_BOUNDS.feedLeaseMs, deps.fhir.now)
  if (!held) return
  const own = new AbortController()
  const both = AbortSignal.any([signal, own.signal])
  const renewal = setInterval(() => {
    held.renew().then(
      (still) => still || own.abort(),
      () => own.abort(),
    )
  }, SUBSCRIPTION_BOUNDS.feedLeaseMs / 3)
  try {
    await read(deps, held, both, found)
  } finally {
    clearInterval(renewal)
    await held.release().catch(() => undefined)
  }
}

async function read(deps: SubscriptionDeps, held: Lease, signal: AbortSignal, found: () => void): Promise<void> {
  const row = await feedOf(deps.fhir.store).get('feed')
  if (!row?.place) return
  const watching = new Map<string, Known>()
  const take = async (versions: readonly CommittedVersion[], place: FeedPlace): Promise<boolean> => {
    if (versions.length > 0 && (await note(deps, watching, versions))) found()
    const at = versions.at(-1)?.at
    const kept = await advance(deps, held, { place, ...(at ? { at } : {}) })
    return kept && (versions.length > 0 || !(await isUnused(deps, held)))
  }
  try {
    for await (const { versions, place } of deps.fhir.store.feed.read(notifying, row.place, signal))
      if (!(await take(versions, place))) return
  } catch (error) {
    if (!(error instanceof FeedLost)) throw error
    deps.log.warn({}, 'feed of subscriptions lost its place: made up for from the histories')
    const place = await deps.fhir.store.feed.now(notifying)
    for await (const versions of missedVersions(deps.fhir, row.at ?? new Date(0))) await note(deps, watching, versions)
    found()
    await advance(deps, held, { place })
  }
}

/** Only who still has the lease moves the place. */
async function advance({ fhir }: SubscriptionDeps, { term }: Lease, set: Partial<FeedRow>): Promise<boolean> {
  return (await feedOf(fhir.store).update({ _id: 'feed', leaseTerm: term }, { set })) !== undefined
}

/** Nobody rests on it any more: it is not read, until somebody does. */
async function isUnused({ fhir }: SubscriptionDeps, { term }: Lease): Promise<boolean> {
  const uses = (await feedOf(fhir.store).get('feed'))?.uses
  const active = await subscriptionsOf(fhir.store).find({ state: { $ne: 'off' } }, { limit: 1 })
  if (active.length > 0) return false
  const at = { _id: 'feed', leaseTerm: term, uses }
  return (await feedOf(fhir.store).update(at, { unset: ['place', 'at'] })) !== undefined
}

interface Known {
  edition: string
  /** of the search parameters by which its criteria were compiled */
  revision: number
  /** of what is stored of codes */
  codes: number
  watched: Watched | undefined
}

/** Stores an event for each Subscription whose event it may be. @returns whether there was one */
async function note(deps: SubscriptionDeps, watching: Map<string, Known>, versions: readonly CommittedVersion[]): Promise<boolean> {
  const watched = await watchedNow(deps, watching)
  const types = new Set(versions.map(({ type }) => type))
  const concerned = watched.filter(({ type }) => types.has(type))
  if (concerned.length === 0) return false
  const named = [...new Set(concerned.flatMap(({ parsed }) => [...parsed.patientKeys.values()]))]
  const persons = named.length === 0 ? new Map<string, string>() : await deps.fhir.access.personsOf(named)
  const rows: EventRow[] = []
  for (const version of versions) {
    const candidate = candidateOf(deps.fhir, version)
    for (const one of concerned.filter(({ type }) => type === version.type)) {
      const index = await eventIn(deps.fhir, one, candidate, persons)
      if (index) rows.push(rowOf(deps, one, version, index))
    }
  }
  await Promise.all(rows.map((row) => eventsOf(deps.fhir.store).insert(row)))
  for (const sub of new Set(rows.map((row) => row.sub))) await wake(deps, sub)
  return rows.length > 0
}

function rowOf({ fhir }: SubscriptionDeps, { sub, life }: Watched, version: CommittedVersion, index: EventRow['index']): EventRow {
  const { type, id, v, at, method, order } = version
  const _id = `${life}/${type}/${id}/${v}`
  return { _id, sub, life, order, type, id, v, at, method, state: 'pending', attempts: 0, made: fhir.now(), ...(index ? { index } : {}) }
}

/** One that fails waits for its time; it looks at all that came meanwhile. */
async function wake({ fhir }: SubscriptionDeps, sub: string): Promise<void> {
  const rows = subscriptionsOf(fhir.store)
  await rows.update({ _id: sub }, { inc: { wakes: 1 } })
  await rows.update({ _id: sub, failures: 0 }, { set: { due: fhir.now() } })
}

/** Those that were active once and are not off: as they stand now, so that none is missed that was active when it was committed. */
async function watchedNow(deps: SubscriptionDeps, watching: Map<string, Known>): Promise<Watched[]> {
  const { store } = deps.fhir
  const [rows, codes] = await Promise.all([
    subscriptionsOf(store).find({ state: { $ne: 'off' }, since: { $ne: null } }),
    revisionOf(revisionTable(store, notifying)),
  ])
  const known = new Set(rows.map(({ _id }) => _id))
  for (const id of watching.keys()) if (!known.has(id)) watching.delete(id)
  const watched = await Promise.all(rows.map((row) => watchedBy(deps, watching, row, codes)))
  return watched.flatMap((one) => one ?? [])
}

async function watchedBy(
  deps: SubscriptionDeps,
  watching: Map<string, Known>,
  row: SubscriptionRow,
  codes: number,
): Promise<Watched | undefined> {
  const known = watching.get(row._id)
  const { revision } = deps.fhir.search
  const isOfCodes = known?.watched?.asksCodes !== true || known.codes === codes
  if (known?.edition === row.edition && known.revision === revision && isOfCodes) return known.watched
  const loaded = await load(deps, row)
  if (loaded.waiting) return watchedWhole(row, loaded.waiting)
  const watched = loaded.spec ? await watchedOf(deps.fhir, row.actor, row._id, row.life, loaded.spec) : undefined
  watching.set(row._id, { edition: row.edition, revision, codes, watched })
  // Nothing would wake it any more, and it would stand there as if it were active.
  if (!watched) await wake(deps, row._id)
  return watched
}
