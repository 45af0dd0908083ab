/** Subscriptions as one part: what start.ts wires, and what interactions and operations ask of it. */
import type { Subscriptions } from '../interactions/types.ts'
import { createFeedReader } from './feed.ts'
import { prepareWrites } from './intake.ts'
import { createScheduler } from './scheduler.ts'
import { createSockets, type Sockets } from './sockets.ts'
import { prepareTables } from './tables.ts'
import type { Spec, SubscriptionDeps, SubscriptionRow } from './types.ts'
import { restHook, type Way, webSocket } from './ways.ts'

const KICK_MS = 50

export interface SubscriptionService extends Subscriptions {
  start(): Promise<void>
  upgrade: Sockets['upgrade']
  stop(): Promise<void>
}

export function createSubscriptions(deps: SubscriptionDeps): SubscriptionService {
  const wayOf = (row: SubscriptionRow, spec: Spec): Way | undefined => {
    if (spec.channel.kind === 'rest-hook') return restHook(deps, row, spec)
    return sockets.of(row._id) ? webSocket(deps, row, spec, () => sockets.of(row._id)) : undefined
  }
  const scheduler = createScheduler(deps, wayOf)
  const sockets = createSockets(deps, scheduler.kick)
  const feed = createFeedReader(deps, scheduler.kick)
  return {
    async prepare(request, drafts, current) {
      const prepared = await prepareWrites(deps, request, drafts, current)
      // Soon it is stored: who waits for it to become active need not wait for the next look.
      if (prepared.side.length > 0) setTimeout(scheduler.kick, KICK_MS).unref()
      return prepared
    },
    async start() {
      await prepareTables(deps.fhir.store)
      scheduler.start()
      feed.start()
    },
    upgrade: sockets.upgrade,
    async stop() {
      await sockets.close()
      await feed.stop()
      await scheduler.stop()
    },
  }
}
