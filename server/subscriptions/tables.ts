/** The tables of Subscriptions: their state, their events, and how far the feed of commits was read. */
import { type Decision, systemDecision } from '../access/decision.ts'
import type { Store, Table, TableDoc } from '../store/types.ts'
import { SUBSCRIPTION_BOUNDS } from './bounds.ts'
import type { EventRow, FeedRow, SubscriptionRow } from './types.ts'

export const SUBSCRIPTIONS = 'subscriptions'

/** Binds a websocket; `_id` is the digest of the token. */
export interface SocketTokenRow extends TableDoc {
  _id: string
  client: string
  subscriptions: string[]
  expires: Date
}

/** For the server's own work on them: what leaves is decided by the subscriber's decision. */
export const notifying: Decision = systemDecision('subscriptions')

export const subscriptionsOf = (store: Store): Table<SubscriptionRow> => store.table<SubscriptionRow>(notifying, SUBSCRIPTIONS)
export const eventsOf = (store: Store): Table<EventRow> => store.table<EventRow>(notifying, 'subscription_events')
export const feedOf = (store: Store): Table<FeedRow> => store.table<FeedRow>(notifying, 'subscription_feed')
export const socketTokensOf = (store: Store): Table<SocketTokenRow> => store.table<SocketTokenRow>(notifying, 'subscription_tokens')

export async function prepareTables(store: Store): Promise<void> {
  await Promise.all([
    subscriptionsOf(store).ensureIndex({ due: 1 }),
    subscriptionsOf(store).ensureIndex({ client: 1 }),
    subscriptionsOf(store).ensureIndex({ state: 1 }),
    eventsOf(store).ensureIndex({ life: 1, state: 1, order: 1 }),
    eventsOf(store).ensureIndex({ life: 1, n: 1 }),
    eventsOf(store).ensureIndex({ state: 1, made: 1 }),
    eventsOf(store).ensureIndex({ made: 1 }, { expireAfterSeconds: SUBSCRIPTION_BOUNDS.keptSeconds }),
    socketTokensOf(store).ensureIndex({ expires: 1 }, { expireAfterSeconds: 0 }),
  ])
}
