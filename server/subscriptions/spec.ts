/**
 * What a Subscription asks for: R4's own form (R4 subscription.html), or that of the Subscriptions R5 Backport 1.1 where its
 * profile is named. Whatever it asks for that is not done here is refused by name, before it is stored.
 */
import type { FhirResource } from '../fhir/types.ts'
import { isResourceType } from '../fhir/resource-types.ts'
import { parseQuery } from '../interactions/query-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { IssueCode } from '../outcome/issues.ts'
import { CHANNEL_TYPE, FILTER, HEARTBEAT, MAX_COUNT, PAYLOAD_CONTENT, SUBSCRIPTION_PROFILE, TIMEOUT } from './backport.ts'
import { SUBSCRIPTION_BOUNDS as BOUNDS } from './bounds.ts'
import { headersOf } from './headers.ts'
import { type Topic, topicOf } from './topics.ts'
import type { Channel, Content, Spec } from './types.ts'

interface Extended {
  extension?: { url?: string; [value: string]: unknown }[]
}

interface SubscriptionResource extends FhirResource {
  criteria: string
  _criteria?: Extended
  end?: string
  channel: Extended & {
    type: string
    _type?: Extended
    endpoint?: string
    payload?: string
    _payload?: Extended
    header?: string[]
  }
}

const wrong = (code: IssueCode, at: string, params: Record<string, string | number> = {}): OutcomeError =>
  new OutcomeError(code, { expression: [`Subscription.${at}`], params })

/** @throws OutcomeError subscription-… */
export function specOf(resource: FhirResource): Spec {
  const subscription = resource as SubscriptionResource
  const topic = isBackport(subscription) ? topicNamed(subscription) : undefined
  const channel = channelOf(subscription, topic)
  const asked = topic ? { type: topic.resource, query: filtersOf(subscription, topic) } : criteriaOf(subscription.criteria)
  const content = topic ? contentOf(subscription) : channel.payload === '' ? 'empty' : 'full-resource'
  const heartbeat = number(subscription.channel, HEARTBEAT, 'heartbeat-period', BOUNDS.heartbeatSecondsMin, 31_536_000)
  // R4's own form has nothing that could be sent where nothing has happened.
  if (heartbeat !== undefined && !topic) throw wrong('subscription-extension', 'channel', { name: 'heartbeat-period' })
  if (!topic) requireNoNarrowing(subscription)
  const end = subscription.end === undefined ? undefined : new Date(subscription.end)
  return {
    ...asked,
    ...(topic ? { topic: topic.url } : {}),
    content,
    channel,
    ...(heartbeat === undefined ? {} : { heartbeatSeconds: heartbeat }),
    timeoutSeconds: number(subscription.channel, TIMEOUT, 'timeout', 1, BOUNDS.timeoutSecondsMax) ?? BOUNDS.timeoutSeconds,
    maxCount: number(subscription.channel, MAX_COUNT, 'max-count', 1, Number.MAX_SAFE_INTEGER) ?? BOUNDS.maxCount,
    ...(end === undefined ? {} : { end }),
  }
}

/** Who narrows what is sent in the backport's way, without its profile, would be sent more than was asked for. */
function requireNoNarrowing({ _criteria, channel }: SubscriptionResource): void {
  if (_criteria?.extension?.some(({ url }) => url === FILTER))
    throw wrong('subscription-extension', 'criteria', { name: 'filter-criteria' })
  if (channel._payload?.extension?.some(({ url }) => url === PAYLOAD_CONTENT))
    throw wrong('subscription-extension', 'channel.payload', { name: 'payload-content' })
}

const isBackport = ({ meta }: FhirResource): boolean =>
  Array.isArray(meta?.profile) && meta.profile.some((profile) => String(profile).split('|')[0] === SUBSCRIPTION_PROFILE)

function topicNamed({ criteria }: SubscriptionResource): Topic {
  const topic = topicOf(criteria)
  if (!topic) throw wrong('subscription-topic', 'criteria')
  return topic
}

/** `Observation?code=…`; a type alone is all of it. */
function criteriaOf(criteria: string): { type: string; query: [string, string][] } {
  const { type, query } = splitCriteria(criteria, 'criteria')
  // The account of uses would tell of its own notifications, for ever.
  if (type === undefined || type === 'AuditEvent' || type === 'Subscription') throw wrong('subscription-criteria', 'criteria')
  return { type, query }
}

function splitCriteria(text: string, at: string): { type: string | undefined; query: [string, string][] } {
  if (text.length > BOUNDS.criteriaChars) throw wrong('subscription-criteria', at)
  // A filter may leave the type out, which its topic says.
  const mark = text.includes('?') ? text.indexOf('?') : text.includes('=') ? -1 : text.length
  const path = text.slice(0, Math.max(mark, 0))
  if (path !== '' && !isResourceType(path)) throw wrong('subscription-criteria', at)
  const query = queryIn(text.slice(mark + 1), at)
  if (query.some(([name]) => ABOUT_RESULT.has(name.split(':')[0] ?? ''))) throw wrong('subscription-criteria', at)
  return { type: path === '' ? undefined : path, query }
}

/** What the query of an address would be told, beside where it stands. */
function queryIn(text: string, at: string): [string, string][] {
  try {
    return parseQuery(text, `Subscription.${at}`)
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    throw new OutcomeError([{ code: 'subscription-criteria', expression: [`Subscription.${at}`] }, ...error.issues])
  }
}

/** There is one resource, and nothing to order, count, cut or put beside it. */
const ABOUT_RESULT: ReadonlySet<string> = new Set(
  '_sort _count _include _revinclude _summary _elements _total _contained _containedType _format _pretty _page _type _offset'.split(' '),
)

function filtersOf({ _criteria }: SubscriptionResource, topic: Topic): [string, string][] {
  const filters = (_criteria?.extension ?? []).flatMap((one, at) => (one.url === FILTER ? [{ at, value: one.valueString }] : []))
  if (filters.length > BOUNDS.filters) throw wrong('subscription-filter', 'criteria', { names: topic.filters.join(', ') })
  return filters.flatMap(({ at, value }) => {
    const place = `criteria.extension[${at}]`
    const { type, query } = splitCriteria(typeof value === 'string' ? value : '', place)
    const isOffered = query.length > 0 && query.every(([name]) => topic.filters.includes(name.split(':')[0] ?? ''))
    if ((type !== undefined && type !== topic.resource) || !isOffered)
      throw wrong('subscription-filter', place, { names: topic.filters.join(', ') })
    return query
  })
}

function channelOf({ channel }: SubscriptionResource, topic: Topic | undefined): Channel {
  const kind = channel.type
  const other = channel._type?.extension?.some(({ url }) => url === CHANNEL_TYPE)
  if (other || (kind !== 'rest-hook' && kind !== 'websocket')) throw wrong('subscription-channel', 'channel.type')
  const endpoint = channel.endpoint ?? ''
  if (kind === 'rest-hook' && endpoint === '') throw wrong('subscription-endpoint', 'channel.endpoint')
  const payload = channel.payload ?? ''
  const isKnown = payload === '' ? topic === undefined : PAYLOADS.has(payload)
  // R4's websocket says that there is something, and nothing of it.
  if (!isKnown || (kind === 'websocket' && !topic && payload !== '')) throw wrong('subscription-payload', 'channel.payload')
  // What is put below an address has no place for a query.
  if (!topic && payload !== '' && endpoint.includes('?')) throw wrong('subscription-endpoint', 'channel.endpoint')
  return { kind, endpoint, payload, headers: headersOf(channel.header ?? []) }
}

const PAYLOADS: ReadonlySet<string> = new Set(['application/fhir+json', 'application/json', 'application/fhir+xml', 'application/xml'])

const CONTENTS: ReadonlySet<string> = new Set(['empty', 'id-only', 'full-resource'])

function contentOf({ channel }: SubscriptionResource): Content {
  const [only, ...others] = (channel._payload?.extension ?? []).filter(({ url }) => url === PAYLOAD_CONTENT)
  if (others.length > 0 || !CONTENTS.has(String(only?.valueCode)))
    throw wrong('subscription-extension', 'channel.payload', { name: 'payload-content' })
  return only?.valueCode as Content
}

function number(of: Extended, url: string, name: string, least: number, most: number): number | undefined {
  const found = (of.extension ?? []).filter((one) => one.url === url)
  const [only] = found
  if (!only) return undefined
  const value = only.valueUnsignedInt ?? only.valuePositiveInt
  if (found.length > 1 || typeof value !== 'number' || value < least || value > most)
    throw wrong('subscription-extension', 'channel', { name })
  return value
}
