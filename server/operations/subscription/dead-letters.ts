/**
 * Ours, for operators: notifications that were given up (`Subscription/$dead-letters`), and to have those of a Subscription sent
 * again (`Subscription/[id]/$redeliver`). What they are about is not told, and is decided anew when they are sent.
 */
import { BASE } from '../../fhir/canonical.ts'
import { jsonAnswer, notFound } from '../../interactions/answers.ts'
import { audited } from '../../interactions/audited.ts'
import { checkId, requireScope } from '../../interactions/checks.ts'
import { checkParameters } from '../../interactions/parameters.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { SUBSCRIPTION_BOUNDS } from '../../subscriptions/bounds.ts'
import { errorText } from '../../subscriptions/lifecycle.ts'
import { eventsOf, subscriptionsOf } from '../../subscriptions/tables.ts'
import type { EventRow } from '../../subscriptions/types.ts'
import type { Operation } from '../types.ts'

const on = 'Subscription'
const definition = (code: string): string => `${BASE}/OperationDefinition/${code}`

export const deadLetters: Operation = {
  code: 'dead-letters',
  on,
  level: 'type',
  methods: ['GET'],
  writes: false,
  definition: definition('Subscription-dead-letters'),
  run: list,
}
export const redeliver: Operation = {
  code: 'redeliver',
  on,
  level: 'instance',
  methods: ['POST'],
  writes: true,
  definition: definition('Subscription-redeliver'),
  run: again,
}

/** The oldest first, of all Subscriptions; that there are more is said. */
async function list(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireOperator(request, 'r')
  checkParameters(request, request.query)
  const limit = SUBSCRIPTION_BOUNDS.deadLettersAnswered
  const dead = await eventsOf(deps.store).find({ state: 'dead' }, { sort: { made: 1 }, limit: limit + 1 })
  await accounted(deps, request, 'subscription-dead-letters', 'R')
  const more = dead.length > limit ? [{ name: 'more', valueBoolean: true }] : []
  return jsonAnswer(200, { resourceType: 'Parameters', parameter: [...dead.slice(0, limit).map((row) => parameterOf(deps, row)), ...more] })
}

const parameterOf = (deps: FhirDeps, { sub, n, made, attempts, error = '' }: EventRow): object => ({
  name: 'dead-letter',
  part: [
    { name: 'subscription', valueReference: { reference: `${deps.baseUrl}/Subscription/${sub}` } },
    ...(n === undefined ? [] : [{ name: 'event-number', valueString: String(n) }]),
    { name: 'noted', valueInstant: made.toISOString() },
    { name: 'attempts', valueInteger: attempts },
    { name: 'error', valueString: errorText(error) },
  ],
})

async function again(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireOperator(request, 'u')
  checkParameters(request, request.query)
  const id = request.segments[1] ?? ''
  checkId(id)
  const row = await subscriptionsOf(deps.store).get(id)
  if (!row) throw notFound()
  // What waits goes when one is off, or begins anew: what was given up would be lost.
  if (!row.since) throw new OutcomeError('subscription-not-started')
  await accounted(deps, request, 'subscription-redeliver', 'E', id)
  const { life } = row
  const count = await eventsOf(deps.store).updateMany({ life, state: 'dead' }, { state: 'pending', attempts: 0 })
  await subscriptionsOf(deps.store).update({ _id: id, life }, { set: { due: deps.now(), failures: 0 }, inc: { wakes: 1 } })
  return jsonAnswer(200, { resourceType: 'Parameters', parameter: [{ name: 'count', valueInteger: count }] })
}

function requireOperator({ actor }: FhirRequest, permission: 'r' | 'u'): void {
  requireScope(actor, on, permission)
  if (actor.party !== 'operator') throw new OutcomeError('not-permitted')
}

async function accounted(deps: FhirDeps, request: FhirRequest, interaction: string, action: 'R' | 'E', id?: string): Promise<void> {
  const asked = { interaction, action, type: on, ...(id === undefined ? {} : { id }) }
  await audited(deps, request, { ...asked, found: [], seen: { reason: 'maintenance' } })
}
