/** What is kept of Subscriptions beside the resources, and what they are made of. */
import type { Actor } from '../auth/actor.ts'
import type { Config } from '../config/config.ts'
import type { FhirDeps } from '../interactions/types.ts'
import type { IndexEntry } from '../search/plan.ts'
import type { FeedPlace } from '../store/feed-types.ts'
import type { Stored, TableDoc } from '../store/types.ts'

export type State = 'requested' | 'active' | 'error' | 'off'
export type Content = 'empty' | 'id-only' | 'full-resource'

/** The state of one Subscription; `_id` is the resource's. */
export interface SubscriptionRow extends TableDoc {
  _id: string
  /** whose it is, and as whom it is told: as in the token with which it was made */
  client: string
  /** the actor as it was then; `client` is who of it counts as one (subscriberOf) */
  actor: Actor
  /** changes with each write of its client */
  edition: string
  /** changes when an id that was deleted is used again: its events are others */
  life: string
  state: State
  /** it was deleted: what was kept for it is still to be taken away */
  gone?: boolean
  /** its endpoint has refused the handshake: nothing of an event goes there before one has been answered */
  noHandshake?: boolean
  /** since when its events are kept; absent or null: it was never active, or is off */
  since?: Date | null
  end?: Date
  /** when it is to be looked at again */
  due: Date
  /** grows with each event, so that whoever is just looking does not miss it */
  wakes: number
  /** deliveries that failed one after the other */
  failures: number
  /** the highest number of an event that may have left */
  count: number
  /** when something was sent last, heartbeats too */
  sentAt?: Date
  /** websocket: the process that holds the connection, and until when that counts: it is renewed while the process lives */
  socket?: string
  socketUntil?: Date
}

/** Something that happened, of one Subscription; `_id` is life/type/id/version. */
export interface EventRow extends TableDoc {
  _id: string
  sub: string
  life: string
  /** order of commits */
  order: string
  type: string
  id: string
  v: number
  at: Date
  method: Stored['method']
  state: 'pending' | 'sent' | 'dropped' | 'dead'
  /** its number, once it may have left */
  n?: number
  attempts: number
  /** what criteria are compared with; gone once it is sent or dropped */
  index?: IndexEntry
  /** of a dead letter: what the last attempt ended with */
  error?: string
  made: Date
}

/** Where the feed of commits was read up to. */
export interface FeedRow extends TableDoc {
  _id: 'feed'
  place?: FeedPlace
  /** time of the last version that was looked at */
  at?: Date
  /** grows with each Subscription that comes to rest on it */
  uses?: number
}

export interface Channel {
  kind: 'rest-hook' | 'websocket'
  endpoint: string
  headers: [name: string, value: string][]
  /** media type of what is sent; '' when nothing of the resource is */
  payload: string
}

/** A Subscription, read. */
export interface Spec {
  type: string
  /** canonical of the topic; absent: R4's own form, with criteria */
  topic?: string
  /** criteria, or filters of the topic */
  query: [string, string][]
  content: Content
  channel: Channel
  heartbeatSeconds?: number
  timeoutSeconds: number
  maxCount: number
  end?: Date
}

export interface SubscriptionLog {
  info(facts: object, event: string): void
  warn(facts: object, event: string): void
}

export interface SubscriptionDeps {
  fhir: FhirDeps
  config: Pick<Config, 'clients' | 'noAuth' | 'policy' | 'publicUrl'>
  log: SubscriptionLog
  /** this process */
  owner: string
}
