/** Who a client is where it does not come with a token: by its registration alone, with the first purpose and form that it has. */
import type { Client } from '../config/config.ts'
import type { Actor } from './actor.ts'
import { grant } from './grant.ts'

/** undefined: the registration grants nothing without a user or patient. */
export function registeredActor(client: Client): Actor | undefined {
  const granted = grant(client, {}, 'client')
  if (!granted.ok) return undefined
  return Object.freeze(clientActor(client, granted.grant))
}

/** What an actor has by its client's registration and what was granted of it, without user, patient, study and reason. */
export function clientActor(client: Client, { scopes, purpose, form }: Pick<Actor, 'scopes' | 'purpose' | 'form'>): Actor {
  return {
    clientId: client.clientId,
    party: client.party,
    organization: client.organization,
    role: client.role,
    purpose,
    form,
    scopes: Object.freeze(scopes),
    ...(client.createIds === undefined ? {} : { createIds: client.createIds }),
    ...(client.foreign ? { foreign: true } : {}),
  }
}
