/**
 * `Subscription/[id]/$events` (Subscriptions R5 Backport 1.1): events that were told, by their numbers, told again. Only to the
 * client itself under the view with which it subscribed, and only what its decision lets through now.
 */
import type { Actor } from '../../auth/actor.ts'
import { parseResource } from '../../fhir/resource-text.ts'
import { notFound } from '../../interactions/answers.ts'
import { audited } from '../../interactions/audited.ts'
import { checkId, requireScope } from '../../interactions/checks.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { FHIR_JSON } from '../../outcome/render.ts'
import { paramError } from '../../search/parse/names.ts'
import { OPERATION } from '../../subscriptions/backport.ts'
import { SUBSCRIPTION_BOUNDS } from '../../subscriptions/bounds.ts'
import { auditNotified, gate } from '../../subscriptions/gate.ts'
import { notificationBundle } from '../../subscriptions/notification.ts'
import { specOf } from '../../subscriptions/spec.ts'
import { eventsOf, subscriptionsOf } from '../../subscriptions/tables.ts'
import type { Content, EventRow, SubscriptionRow } from '../../subscriptions/types.ts'
import type { Operation } from '../types.ts'
import { askedOf, numberIn, subscriptionsSeen } from './asked.ts'
import { factsOf } from './status.ts'

export const events: Operation = {
  code: 'events',
  on: 'Subscription',
  level: 'instance',
  methods: ['GET', 'POST'],
  writes: false,
  definition: `${OPERATION}events`,
  run,
}

const PARAMETERS = ['eventsSinceNumber', 'eventsUntilNumber', 'content']
const CONTENTS: readonly string[] = ['empty', 'id-only', 'full-resource'] satisfies Content[]

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const { actor } = request
  requireScope(actor, 'Subscription', 'r')
  const asked = askedOf(request, PARAMETERS, PARAMETERS)
  const [from, until] = [numberIn(asked, 'eventsSinceNumber'), numberIn(asked, 'eventsUntilNumber')]
  const [content, ...others] = asked.get('content') ?? []
  if (others.length > 0 || (content !== undefined && !CONTENTS.includes(content))) throw paramError('parameter-invalid', 'content')
  const [, id = ''] = request.segments
  checkId(id)
  const seen = await subscriptionsSeen(deps, request, [id])
  const [doc] = seen.value
  await audited(deps, request, { interaction: 'subscription-events', action: 'R', type: 'Subscription', id, found: seen.value, seen })
  const row = await subscriptionsOf(deps.store).get(id)
  if (!doc || !row) throw notFound()
  requireSameView(row.actor, actor)
  const spec = specOf(parseResource(Buffer.from(doc.body).toString('utf8')).resource)
  requireScope(actor, spec.type, 's')
  const gated = await gate(deps, actor, spec, await told(deps, row, from, until))
  await auditNotified(deps, actor, spec, gated, 'subscription-events')
  const numbered = gated.passed.map((one) => ({ ...one, n: one.row.n ?? 0 }))
  const facts = await factsOf(deps, doc)
  const shown = { content: (content as Content | undefined) ?? spec.content, events: numbered }
  return { status: 200, headers: { 'Content-Type': FHIR_JSON }, body: [notificationBundle(deps, actor, facts, 'query-event', shown)] }
}

/** Another purpose, form or person is another view: what was numbered for one does not tell about the other. */
function requireSameView(then: Actor, now: Actor): void {
  const same = (['clientId', 'purpose', 'form', 'study', 'user', 'patient'] as const).every((part) => then[part] === now[part])
  if (!same) throw new OutcomeError('not-permitted')
}

/** Events with numbers, the lowest first. */
function told(deps: FhirDeps, { life }: SubscriptionRow, from = 1, until = Number.MAX_SAFE_INTEGER): Promise<EventRow[]> {
  const n = { $gte: from, $lte: until }
  return eventsOf(deps.store).find({ life, n }, { sort: { n: 1 }, limit: SUBSCRIPTION_BOUNDS.eventsAnswered })
}
