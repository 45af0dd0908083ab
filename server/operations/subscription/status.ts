/**
 * `Subscription/$status` and `Subscription/[id]/$status` (Subscriptions R5 Backport 1.1): how the caller's Subscriptions stand, one
 * Parameters for each. Numbers of events count what was told, and so nothing that is hidden.
 */
import { parseResource } from '../../fhir/resource-text.ts'
import type { FhirResource } from '../../fhir/types.ts'
import { notFound } from '../../interactions/answers.ts'
import { audited } from '../../interactions/audited.ts'
import { bundleAnswer, type BundleEntry } from '../../interactions/bundle-text.ts'
import { checkId, requireScope } from '../../interactions/checks.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../../interactions/types.ts'
import type { Stored } from '../../store/types.ts'
import { renderOutcome } from '../../outcome/render.ts'
import { OPERATION } from '../../subscriptions/backport.ts'
import { SUBSCRIPTION_BOUNDS } from '../../subscriptions/bounds.ts'
import { type StatusFacts, statusParameters } from '../../subscriptions/notification.ts'
import { countOf } from '../../subscriptions/numbers.ts'
import { subscriptionsOf } from '../../subscriptions/tables.ts'
import { topicOf } from '../../subscriptions/topics.ts'
import type { State } from '../../subscriptions/types.ts'
import type { Operation } from '../types.ts'
import { askedOf, subscriptionsSeen } from './asked.ts'

export const statusOfMany: Operation = {
  code: 'status',
  on: 'Subscription',
  level: 'type',
  methods: ['GET', 'POST'],
  writes: false,
  definition: `${OPERATION}status`,
  run: status,
}
export const statusOfOne: Operation = { ...statusOfMany, level: 'instance', definition: '' }

async function status(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireScope(request.actor, 'Subscription', 'r')
  const asked = askedOf(request, ['id', 'status'])
  const [, second = ''] = request.segments
  const one = second.startsWith('$') ? undefined : second
  if (one !== undefined) checkId(one)
  // Of one Subscription its id and status are what they are (operation definition).
  const ids = one === undefined ? asked.get('id') : [one]
  const wanted = one === undefined ? asked.get('status') : undefined
  const max = SUBSCRIPTION_BOUNDS.statusesAnswered
  const isWanted = (doc: Stored): boolean => !wanted || wanted.includes(stateOf(doc))
  const seen = await subscriptionsSeen(deps, request, ids, { max: max + 1, isWanted })
  const found = seen.value.slice(0, max)
  await audited(deps, request, { interaction: 'subscription-status', action: 'R', type: 'Subscription', found, seen, ...named(one) })
  if (one !== undefined && found.length === 0) throw notFound()
  const facts = await Promise.all(found.map((doc) => factsOf(deps, doc)))
  const entries = facts.map((fact) => entryOf(deps, fact))
  if (found.length === seen.value.length) return bundleAnswer('searchset', entries, { total: entries.length })
  // How many there are is not counted: that there are more is said.
  return bundleAnswer('searchset', [...entries, cutOff(max)])
}

function cutOff(max: number): BundleEntry {
  const outcome = renderOutcome([{ code: 'subscription-statuses', severity: 'warning', params: { max } }])
  return { resource: JSON.stringify(outcome), search: { mode: 'outcome' } }
}

const resourceOf = (doc: Stored): FhirResource => parseResource(Buffer.from(doc.body).toString('utf8')).resource
const stateOf = (doc: Stored): State => resourceOf(doc).status as State

const named = (id: string | undefined): { id?: string } => (id === undefined ? {} : { id })

/** As the resource says, with the number of events so far. */
export async function factsOf(deps: FhirDeps, doc: Stored): Promise<StatusFacts> {
  const resource = resourceOf(doc)
  const row = await subscriptionsOf(deps.store).get(doc.id)
  const topic = topicOf(String(resource.criteria))?.url
  return {
    id: doc.id,
    state: resource.status as State,
    count: row ? await countOf({ fhir: deps }, row) : 0,
    ...(topic === undefined ? {} : { topic }),
    ...(typeof resource.error === 'string' ? { error: resource.error } : {}),
  }
}

function entryOf(deps: FhirDeps, facts: StatusFacts): BundleEntry {
  const parameters = statusParameters(deps, facts, 'query-status')
  return { fullUrl: `urn:uuid:${String(parameters.id)}`, resource: JSON.stringify(parameters), search: { mode: 'match' } }
}
