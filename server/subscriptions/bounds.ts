/** Limits of Subscriptions, with their units in their names. */
export const SUBSCRIPTION_BOUNDS = {
  perClient: 100,
  criteriaChars: 4096,
  filters: 20,
  headers: 20,
  headerChars: 4096,
  /** one attempt, all of it */
  timeoutSeconds: 20,
  timeoutSecondsMax: 60,
  heartbeatSecondsMin: 10,
  maxCount: 20,
  maxCountMax: 100,
  /** resources of one notification; one that is larger goes alone */
  notificationBytes: 4 * 1024 * 1024,
  /** events that are looked at together */
  gatePage: 100,
  /** events whose persons are being relabelled: when they are looked at again, and how many one turn passes over */
  heldMs: 500,
  heldMax: 1000,
  /** Subscriptions that are worked on at the same time in one process; those whose last delivery failed have lanes of their own */
  lanes: 16,
  failingLanes: 8,
  lanesOfClient: 4,
  /** how often is looked for what is due, unless something is known to be */
  pollMs: 1000,
  leaseMs: 15_000,
  heartbeatMs: 5000,
  feedLeaseMs: 15_000,
  retryMsMax: 900_000,
  /** how long a server that is stopped waits for endpoints: who stops it kills it soon */
  stopMs: 5000,
  /** how long events are kept, sent or not */
  keptSeconds: 7 * 86_400,
  /** a place that is lost is made up for from so long before the last version that was looked at */
  catchUpMarginMs: 120_000,
  catchUpPage: 500,
  eventsAnswered: 100,
  deadLettersAnswered: 1000,
  /** an operator may see more */
  statusesAnswered: 1000,
  /** while an answer is awaited, and bytes may still be on their way: how often the decision is asked again */
  watchMs: 500,
  socketTokenSeconds: 1800,
  socketMessageChars: 4096,
  /** messages of one connection that wait for their answer: the next are not read before */
  socketWaiting: 20,
  /** of answers that it does not read: then it is cut off */
  socketUnreadBytes: 1024 * 1024,
  socketIdleMs: 30_000,
  /** how long a binding counts for the other processes unless its own renews it: two of its looks may come late */
  socketLeaseMs: 25_000,
  sockets: 2000,
  socketsOfSubscription: 20,
  bindingsOfSocket: 100,
} as const

/** No time at which something is due. */
export const NEVER = new Date('9999-12-31T00:00:00.000Z')
