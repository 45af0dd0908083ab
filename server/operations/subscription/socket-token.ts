/**
 * `Subscription/$get-ws-binding-token` and `Subscription/[id]/$get-ws-binding-token` (Subscriptions R5 Backport 1.1): with it the caller
 * binds a websocket, which cannot bring an access token of its own from a browser. Of it only a digest is stored.
 */
import { randomBytes } from 'node:crypto'
import { subscriberOf } from '../../access/subscriber.ts'
import type { Actor } from '../../auth/actor.ts'
import { parseResource } from '../../fhir/resource-text.ts'
import { jsonAnswer, notFound } from '../../interactions/answers.ts'
import { audited } from '../../interactions/audited.ts'
import { checkId, requireScope } from '../../interactions/checks.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import type { Stored } from '../../store/types.ts'
import { OPERATION } from '../../subscriptions/backport.ts'
import { SUBSCRIPTION_BOUNDS } from '../../subscriptions/bounds.ts'
import { socketUrl, tokenId } from '../../subscriptions/socket-address.ts'
import { socketTokensOf, subscriptionsOf } from '../../subscriptions/tables.ts'
import type { Operation } from '../types.ts'
import { askedOf, subscriptionsSeen } from './asked.ts'

export const socketTokenOfMany: Operation = {
  code: 'get-ws-binding-token',
  on: 'Subscription',
  level: 'type',
  methods: ['GET', 'POST'],
  // A token is of no use but to who has the answer: each that is fetched has one of its own.
  writes: false,
  definition: `${OPERATION}get-ws-binding-token`,
  run,
}
export const socketTokenOfOne: Operation = { ...socketTokenOfMany, level: 'instance', definition: '' }

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const { actor } = request
  requireScope(actor, 'Subscription', 'r')
  const asked = askedOf(request, ['id'])
  const [, second = ''] = request.segments
  const one = second.startsWith('$') ? undefined : second
  if (one !== undefined) checkId(one)
  // An operator sees those of others as well: without ids it is asked for its own.
  const ids = one === undefined ? (asked.get('id') ?? (await ownIds(deps, actor))) : [one]
  const seen = await subscriptionsSeen(deps, request, ids)
  const found = seen.value.filter((doc) => doc.acc.o === subscriberOf(actor) && isForSocket(doc)).slice(0, SUBSCRIPTION_BOUNDS.perClient)
  await audited(deps, request, { interaction: 'subscription-token', action: 'R', type: 'Subscription', found, seen })
  if (found.length === 0) throw notFound()
  const token = randomBytes(32).toString('base64url')
  const expires = new Date(deps.now().getTime() + SUBSCRIPTION_BOUNDS.socketTokenSeconds * 1000)
  const subscriptions = found.map(({ id }) => id)
  await socketTokensOf(deps.store).insert({ _id: tokenId(token), client: subscriberOf(actor), subscriptions, expires })
  return jsonAnswer(200, {
    resourceType: 'Parameters',
    parameter: [
      { name: 'token', valueString: token },
      { name: 'expiration', valueDateTime: expires.toISOString() },
      ...subscriptions.map((id) => ({ name: 'subscription', valueString: id })),
      { name: 'websocket-url', valueUrl: socketUrl(deps.baseUrl) },
    ],
  })
}

async function ownIds({ store }: FhirDeps, actor: Actor): Promise<string[]> {
  const rows = await subscriptionsOf(store).find({ client: subscriberOf(actor) })
  return rows.map(({ _id }) => _id)
}

function isForSocket(doc: Stored): boolean {
  const { channel, status } = parseResource(Buffer.from(doc.body).toString('utf8')).resource as unknown as {
    channel: { type: string }
    status: string
  }
  return channel.type === 'websocket' && status !== 'off'
}
