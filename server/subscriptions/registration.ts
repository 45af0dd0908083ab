/** What the site's configuration says of a subscriber now: it counts at each delivery, not only when the Subscription was made. */
import type { Actor } from '../auth/actor.ts'
import { allows } from '../auth/scopes.ts'
import type { Client } from '../config/config.ts'
import { intersectScopes } from '../config/scope.ts'
import { mayReceive } from './endpoint.ts'
import type { Spec, SubscriptionDeps } from './types.ts'

export const clientOf = ({ config }: SubscriptionDeps, actor: Actor): Client | undefined =>
  config.noAuth ? undefined : config.clients.find(({ clientId }) => clientId === actor.clientId)

/** As whom it was made, with what of the scopes its client still has: chains of the criteria lead through types that need their own. */
export function actorNow(deps: SubscriptionDeps, actor: Actor): Actor {
  const client = clientOf(deps, actor)
  return client ? { ...actor, scopes: intersectScopes(actor.scopes, client.scopes) } : actor
}

/** Whether it may (still) ask for what it asked for, as whom it asked, and be told where it said. */
export function isStillRegistered(deps: SubscriptionDeps, actor: Actor, spec: Spec): boolean {
  const client = clientOf(deps, actor)
  if (!client) return deps.config.noAuth && actor.unrestricted === true && reachable(undefined, spec)
  const isSame = client.party === actor.party && client.organization === actor.organization && client.role === actor.role
  const asked = [client.purposes.includes(actor.purpose), client.forms.includes(actor.form)]
  const study = actor.study === undefined || client.studies === undefined || client.studies.includes(actor.study)
  const registered = actorNow(deps, actor)
  const scopes = allows(registered, 'Subscription', 'c') && allows(registered, spec.type, 's')
  return isSame && asked.every(Boolean) && study && scopes && reachable(client, spec)
}

const reachable = (client: Client | undefined, { channel }: Spec): boolean =>
  channel.kind === 'websocket' || mayReceive(client, channel.endpoint)
