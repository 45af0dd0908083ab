/**
 * Who is due gets a turn. Each Subscription has a lane of its own for as long as it takes; those whose last delivery failed
 * have other lanes than those that are well, and no client has them all: a slow endpoint holds up nobody but itself.
 */
import { setTimeout } from 'node:timers/promises'
import { workOne } from '../jobs/worker.ts'
import { SUBSCRIPTION_BOUNDS as BOUNDS } from './bounds.ts'
import { takeTurn } from './deliver.ts'
import { waitMs } from './failed.ts'
import { subscriptionsOf } from './tables.ts'
import type { Spec, SubscriptionDeps, SubscriptionRow } from './types.ts'
import type { Way } from './ways.ts'

export interface Scheduler {
  start(): void
  /** somebody may be due: looks at once */
  kick(): void
  /** waits for what is under way, but not as long as an endpoint may take: what it had not taken by then is sent again */
  stop(): Promise<void>
}

interface Lane {
  client: string
  failing: boolean
  done: Promise<void>
}

export function createScheduler(deps: SubscriptionDeps, wayOf: (row: SubscriptionRow, spec: Spec) => Way | undefined): Scheduler {
  const lanes = new Map<string, Lane>()
  let stopped = false
  let wake = new AbortController()
  let running: Promise<void> = Promise.resolve()

  const kick = () => wake.abort()
  const hasRoom = ({ client, failures }: SubscriptionRow): boolean => {
    const all = [...lanes.values()]
    const failing = failures > 0
    const alike = all.filter((lane) => lane.failing === failing)
    return (
      alike.length < (failing ? BOUNDS.failingLanes : BOUNDS.lanes) &&
      all.filter((lane) => lane.client === client).length < BOUNDS.lanesOfClient
    )
  }
  const begin = (row: SubscriptionRow): void => {
    const done = turnOf(deps, row, () => !stopped, wayOf).finally(() => {
      lanes.delete(row._id)
      kick()
    })
    lanes.set(row._id, { client: row.client, failing: row.failures > 0, done })
  }
  const round = async (): Promise<void> => {
    const now = deps.fhir.now()
    const table = subscriptionsOf(deps.fhir.store)
    const free = { $or: [{ leaseUntil: { $exists: false } }, { leaseUntil: { $lte: now } }] }
    // A websocket is told by the process that holds it.
    const here = { $or: [{ socket: { $exists: false } }, { socket: deps.owner }, { socketUntil: { $lte: now } }] }
    const busy = { _id: { $nin: [...lanes.keys()] } }
    const limit = BOUNDS.lanes * BOUNDS.lanesOfClient
    for (const failures of [{ $lte: 0 }, { $gt: 0 }]) {
      const due = await table.find({ $and: [{ due: { $lte: now }, failures }, busy, free, here] }, { sort: { due: 1 }, limit })
      for (const row of due) if (!stopped && hasRoom(row)) begin(row)
    }
  }
  const loop = async (): Promise<void> => {
    while (!stopped) {
      wake = new AbortController()
      try {
        await round()
      } catch (error) {
        deps.log.warn({ kind: error instanceof Error ? error.name : 'unknown' }, 'subscriptions could not be looked for')
      }
      await setTimeout(BOUNDS.pollMs, undefined, { signal: wake.signal }).catch(() => undefined)
    }
  }
  return {
    start() {
      running = loop()
    },
    kick,
    async stop() {
      stopped = true
      kick()
      await running
      const waited = new AbortController()
      const late = setTimeout(BOUNDS.stopMs, undefined, { signal: waited.signal }).catch(() => undefined)
      await Promise.race([Promise.all([...lanes.values()].map(({ done }) => done)), late])
      waited.abort()
    },
  }
}

async function turnOf(
  deps: SubscriptionDeps,
  row: SubscriptionRow,
  mayGoOn: () => boolean,
  wayOf: (row: SubscriptionRow, spec: Spec) => Way | undefined,
): Promise<void> {
  const table = subscriptionsOf(deps.fhir.store)
  const kind = {
    name: 'subscription',
    table,
    due: {},
    sort: {},
    work: (one: SubscriptionRow, alive: () => boolean) => takeTurn(deps, one, () => alive() && mayGoOn(), wayOf),
  }
  let isBroken = false
  const failed = (_kind: string, id: string | number, error: unknown): void => {
    isBroken = true
    deps.log.warn({ subscription: id, kind: error instanceof Error ? error.name : 'unknown' }, 'subscription: turn failed')
  }
  const { owner, fhir } = deps
  const options = { owner, leaseMs: BOUNDS.leaseMs, heartbeatMs: BOUNDS.heartbeatMs, pageMax: 1, now: fhir.now, failed }
  await workOne(kind, row, options).catch((error: unknown) => failed('', row._id, error))
  // What could not be done is not tried again at once; what was due at another time by now has been done.
  const failures = isBroken ? row.failures + 1 : row.failures
  const due = new Date(fhir.now().getTime() + Math.max(BOUNDS.pollMs, isBroken ? waitMs(BOUNDS.pollMs, failures) : 0))
  await table.update({ _id: row._id, due: row.due }, { set: { due, failures } }).catch(() => undefined)
}
