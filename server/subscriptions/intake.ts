/**
 * A Subscription that is to be stored: who may ask for it, whether it can be done, and the rows beside it. Its status is the
 * server's: whatever a client sends, it is `requested` until the endpoint has been reached, but for `off`.
 */
import { SUBSCRIPTION, subscriberOf } from '../access/subscriber.ts'
import type { Actor } from '../auth/actor.ts'
import { members, parseResource } from '../fhir/resource-text.ts'
import type { FhirResource } from '../fhir/types.ts'
import { withAskedCodes } from '../interactions/asked-codes.ts'
import { requireScope } from '../interactions/checks.ts'
import { parseSearch } from '../interactions/search-request.ts'
import { withoutSecrets } from '../interactions/subscription-text.ts'
import type { FhirRequest, PreparedWrites } from '../interactions/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { SideWrite, Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import { SUBSCRIPTION_BOUNDS } from './bounds.ts'
import { isStillRegistered } from './registration.ts'
import { specOf } from './spec.ts'
import { SUBSCRIPTIONS, subscriptionsOf } from './tables.ts'
import type { Spec, State, SubscriptionDeps, SubscriptionRow } from './types.ts'

interface Prepared {
  draft: Draft
  side: SideWrite[]
}

export async function prepareWrites(
  deps: SubscriptionDeps,
  request: FhirRequest,
  drafts: readonly Draft[],
  current: readonly (Stored | undefined)[],
): Promise<PreparedWrites> {
  const { actor } = request
  const prepared: Prepared[] = []
  for (const [at, draft] of drafts.entries()) {
    const standing = current[at]?.deleted ? undefined : current[at]
    prepared.push(draft.type === SUBSCRIPTION ? await prepare(deps, request, draft, standing) : { draft, side: [] })
  }
  const made = prepared.filter(({ side }) => side.some(({ op }) => op === 'put')).length
  if (made > 0) await requireRoom(deps, actor, made)
  return { drafts: prepared.map(({ draft }) => draft), side: prepared.flatMap(({ side }) => side) }
}

async function requireRoom({ fhir }: SubscriptionDeps, actor: Actor, made: number): Promise<void> {
  const max = SUBSCRIPTION_BOUNDS.perClient
  const known = await subscriptionsOf(fhir.store).count({ client: subscriberOf(actor), gone: { $ne: true } })
  if (known + made > max) throw new OutcomeError('subscription-limit', { params: { max } })
}

async function prepare(deps: SubscriptionDeps, request: FhirRequest, draft: Draft, current: Stored | undefined): Promise<Prepared> {
  const { actor } = request
  if (!draft.parsed) return { draft, side: [ending(deps, draft.id)] }
  const sent = draft.parsed.text
  const status = draft.parsed.resource.status as State
  if (current && current.acc.o !== subscriberOf(actor)) return ofOthers(deps, draft, current, status)
  const before = current ? (JSON.parse(Buffer.from(current.body).toString('utf8')) as FhirResource) : undefined
  if (before && status === before.status && meaning(sent) === meaning(Buffer.from(current?.body ?? '').toString('utf8')))
    return { draft: withErrorOf(before, draft), side: [] }
  await checkAsked(deps, request, specOf(draft.parsed.resource))
  const state: State = status === 'off' ? 'off' : 'requested'
  return { draft: withStatus(draft, sent, state), side: [rowWrite(deps, actor, draft.id, state, current !== undefined)] }
}

/** Nothing is kept for it any more, and its next turn takes away what was, dead letters too. */
const ending = ({ fhir }: SubscriptionDeps, id: string): SideWrite => {
  const set = { state: 'off', gone: true, edition: fhir.newId(), due: fhir.now(), failures: 0, ...kept('off') }
  return { table: SUBSCRIPTIONS, op: 'update', where: { _id: id }, set }
}

/** @throws OutcomeError forbidden, subscription-endpoint, subscription-end, subscription-criteria with what a search says */
async function checkAsked(deps: SubscriptionDeps, request: FhirRequest, spec: Spec): Promise<void> {
  const { actor } = request
  requireScope(actor, SUBSCRIPTION, 'c')
  requireScope(actor, spec.type, 's')
  // No release is anonymous before an audit of it exists.
  if (actor.form === 'ANON' && !actor.unrestricted) throw new OutcomeError('not-permitted')
  if (!isStillRegistered(deps, actor, spec))
    throw new OutcomeError('subscription-endpoint', { expression: ['Subscription.channel.endpoint'] })
  if (spec.end && spec.end <= deps.fhir.now()) throw new OutcomeError('subscription-end', { expression: ['Subscription.end'] })
  try {
    await withAskedCodes(deps.fhir, request, async (fhir) => parseSearch(fhir, actor, spec.type, spec.query, true))
  } catch (error) {
    if (!(error instanceof OutcomeError) || error.status >= 500) throw error
    // What a search by it would say, beside where it stands.
    throw new OutcomeError([{ code: 'subscription-criteria', expression: ['Subscription.criteria'] }, ...error.issues])
  }
}

/** An operator stops another's, or has it tried again; it stays whose it is, and as whom it was made. */
function ofOthers({ fhir }: SubscriptionDeps, draft: Draft, current: Stored, status: State): Prepared {
  const stands = Buffer.from(current.body).toString('utf8')
  const sent = draft.parsed?.text ?? ''
  const isSame = meaning(withoutSecrets(withNarrative(sent, stands))) === meaning(withoutSecrets(stands))
  if (!isSame) throw new OutcomeError('subscription-others')
  const state: State = status === 'off' ? 'off' : 'requested'
  const set = { state, edition: fhir.newId(), due: fhir.now(), failures: 0, ...kept(state) }
  return {
    draft: { ...withStatus(draft, stands, state), custodian: current.acc.o },
    side: [{ table: SUBSCRIPTIONS, op: 'update', where: { _id: draft.id }, set }],
  }
}

function rowWrite({ fhir }: SubscriptionDeps, actor: Actor, id: string, state: State, isKnown: boolean): SideWrite {
  const common = {
    client: subscriberOf(actor),
    actor: { ...actor },
    edition: fhir.newId(),
    state,
    due: fhir.now(),
    failures: 0,
    ...kept(state),
  }
  if (isKnown) return { table: SUBSCRIPTIONS, op: 'update', where: { _id: id }, set: common }
  const doc: SubscriptionRow = { _id: id, ...common, life: fhir.newId(), wakes: 0, count: 0 }
  return { table: SUBSCRIPTIONS, op: 'put', doc }
}

/** While it is off, no events are kept for it. */
const kept = (state: State): Partial<SubscriptionRow> => (state === 'off' ? { since: null } : {})

/** What of it is its client's to say: without the stamp, status and error. */
function meaning(text: string): string {
  const { id: _, meta, status: _status, error: _error, ...rest } = JSON.parse(text) as FhirResource
  const { versionId: _v, lastUpdated: _l, security: _s, ...labels } = meta ?? {}
  return JSON.stringify([Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)), labels])
}

/**
 * A patch leaves out a narrative that was made of the data (interactions/patch-narrative.ts): of another's Subscription it stays, as
 * where the server itself changes the status.
 */
function withNarrative(sent: string, stands: string): string {
  const { text: told } = JSON.parse(sent) as FhirResource
  const { text } = JSON.parse(stands) as FhirResource & { text?: { status?: unknown } }
  if (told !== undefined || (text?.status !== 'generated' && text?.status !== 'extensions')) return sent
  return JSON.stringify({ ...(JSON.parse(sent) as object), text })
}

/** What is said of an error is the server's, too: it stays as it stands, whatever was sent. */
function withErrorOf({ status, error }: FhirResource, draft: Draft): Draft {
  const { text = '', resource } = draft.parsed ?? {}
  if (resource?.error === error) return draft
  return { ...draft, parsed: parseResource(statusText(text, status as State, typeof error === 'string' ? error : undefined)) }
}

function withStatus(draft: Draft, text: string, status: State): Draft {
  return { ...draft, parsed: parseResource(statusText(text, status)) }
}

/** The text with this status in its place, and with what is said of an error, or nothing; all else keeps its bytes. */
export function statusText(text: string, status: State, error?: string): string {
  const all = members(text)
  const parts = all.flatMap(({ key, valueStart, valueEnd }) => {
    if (key === 'error' || key === '_error') return []
    return [`${JSON.stringify(key)}:${key === 'status' ? JSON.stringify(status) : text.slice(valueStart, valueEnd)}`]
  })
  if (!all.some(({ key }) => key === 'status')) parts.push(`"status":${JSON.stringify(status)}`)
  if (error !== undefined) parts.push(`"error":${JSON.stringify(error)}`)
  return `{${parts.join(',')}}`
}
