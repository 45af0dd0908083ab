/**
 * A Subscription belongs to the client that made it, and to nobody else of its organisation: its custodian is that client.
 * No organisation has such an id, since ids have no slash.
 */
import type { Actor } from '../auth/actor.ts'

export const SUBSCRIPTION = 'Subscription'

/** Of the person behind the client too, where it acts for one: one app serves many, and none of them sees another's. */
export const subscriberOf = ({ clientId, user, patient }: Pick<Actor, 'clientId' | 'user' | 'patient'>): string =>
  [`Device/${clientId}`, user, patient === undefined ? undefined : `for ${patient}`].filter((part) => part !== undefined).join(' ')
