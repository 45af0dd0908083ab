/**
 * What is sent. Of the backport: a Bundle of type history, first the status as Parameters, then what happened (Subscriptions R5
 * Backport 1.1, notifications; its profiles for R4). Of R4's own form: the resource itself, or nothing.
 */
import { toXml } from '../fhir-xml/to-xml.ts'
import { etag } from '../interactions/answers.ts'
import { type BundleEntry, bundleAnswer } from '../interactions/bundle-text.ts'
import { masked, shown, stampOf } from '../interactions/read.ts'
import type { FhirDeps, FhirRequest } from '../interactions/types.ts'
import type { Actor } from '../auth/actor.ts'
import { NOTIFICATION_PROFILE, STATUS_PROFILE } from './backport.ts'
import { type Passed, requestOf } from './gate.ts'
import type { Content, Spec, State } from './types.ts'

export type NotificationType = 'handshake' | 'heartbeat' | 'event-notification' | 'query-status' | 'query-event'

export interface StatusFacts {
  id: string
  state: State
  /** numbers given so far */
  count: number
  topic?: string
  error?: string
}

/** An event with its number. */
export type Numbered = Passed & { n: number }

/** The status of a Subscription as Parameters; events as far as the content lets them be told. */
export function statusParameters(
  fhir: FhirDeps,
  { id, state, count, topic, error }: StatusFacts,
  type: NotificationType,
  events: readonly object[] = [],
): Record<string, unknown> {
  const failed = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/subscription-error', code: 'no-response' }], text: error }
  return {
    resourceType: 'Parameters',
    id: fhir.newId(),
    meta: { profile: [STATUS_PROFILE] },
    parameter: [
      { name: 'subscription', valueReference: { reference: `${fhir.baseUrl}/Subscription/${id}` } },
      ...(topic === undefined ? [] : [{ name: 'topic', valueCanonical: topic }]),
      { name: 'status', valueCode: state },
      { name: 'type', valueCode: type },
      { name: 'events-since-subscription-start', valueString: String(count) },
      ...events,
      ...(error === undefined ? [] : [{ name: 'error', valueCodeableConcept: failed }]),
    ],
  }
}

export function statusEntry(fhir: FhirDeps, status: Record<string, unknown>, id: string): BundleEntry {
  return {
    fullUrl: `urn:uuid:${String(status.id)}`,
    resource: JSON.stringify(status),
    request: { method: 'GET', url: `${fhir.baseUrl}/Subscription/${id}/$status` },
    response: { status: '200' },
  }
}

/** A whole notification as JSON text. */
export function notificationBundle(
  fhir: FhirDeps,
  actor: Actor,
  facts: StatusFacts,
  type: NotificationType,
  { content, events }: { content: Content; events: readonly Numbered[] } = { content: 'empty', events: [] },
): string {
  const request = requestOf(actor, '')
  const entries = content === 'empty' ? [] : events.map((event) => eventEntry(fhir, request, event, content))
  const told = events.map((event, at) => eventParameter(request, event, entries[at]?.fullUrl))
  // An empty notification does not say of which topic it is (profile backport-subscription-status-r4).
  const { topic: _, ...untold } = facts
  const status = statusParameters(fhir, content === 'empty' && events.length > 0 ? untold : facts, type, told)
  return bundleText(fhir, [statusEntry(fhir, status, facts.id), ...distinct(entries)])
}

function bundleText(fhir: FhirDeps, entries: BundleEntry[]): string {
  const { body = [] } = bundleAnswer('history', entries)
  const text = body.map((piece) => (typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8'))).join('')
  const head = { id: fhir.newId(), meta: { profile: [NOTIFICATION_PROFILE] }, type: 'history', timestamp: fhir.now().toISOString() }
  return text.replace('"type":"history"', JSON.stringify(head).slice(1, -1))
}

/** In the masked forms without a time: beside shifted dates it would tell the shift. */
function eventParameter(request: FhirRequest, { doc, n }: Numbered, focus: string | undefined): object {
  const { at } = stampOf(request, doc)
  return {
    name: 'notification-event',
    part: [
      { name: 'event-number', valueString: String(n) },
      ...(at ? [{ name: 'timestamp', valueInstant: at.toISOString() }] : []),
      ...(focus === undefined ? [] : [{ name: 'focus', valueReference: { reference: focus } }]),
    ],
  }
}

function eventEntry(fhir: FhirDeps, request: FhirRequest, { doc }: Numbered, content: Content): BundleEntry {
  const { actor } = request
  const entry = doc.deleted
    ? { fullUrl: `${fhir.baseUrl}/${doc.type}/${fhir.access.maskId(actor, doc.type, doc.id)}` }
    : shown(fhir, request, doc)
  const url = doc.method === 'POST' ? doc.type : entry.fullUrl.slice(fhir.baseUrl.length + 1)
  const { at } = stampOf(request, doc)
  return {
    ...(content === 'full-resource' ? entry : { fullUrl: entry.fullUrl }),
    request: { method: doc.method, url },
    response: {
      status: doc.method === 'POST' ? '201' : doc.method === 'DELETE' ? '204' : '200',
      etag: etag(doc.v),
      ...(at ? { lastModified: at.toISOString() } : {}),
    },
  }
}

/** Two versions of one resource stand beside each other (bdl-7): only what is the same in all is one too many. */
function distinct(entries: readonly BundleEntry[]): BundleEntry[] {
  return [...new Map(entries.map((entry) => [`${entry.fullUrl} ${entry.response?.etag}`, entry])).values()]
}

/** One request to an endpoint. */
export interface Sending {
  method: 'POST' | 'PUT'
  /** below the endpoint */
  path: string
  contentType?: string
  body: string
}

/** R4's own form: without a payload that there is something, else the resource as an update at the endpoint. */
export function plainSending(fhir: FhirDeps, actor: Actor, { channel }: Spec, [first]: readonly Passed[]): Sending {
  if (channel.payload === '' || !first) return { method: 'POST', path: '', body: '' }
  const text = masked(fhir, requestOf(actor, first.doc.type), first.doc)
  const json = typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
  const id = fhir.access.maskId(actor, first.doc.type, first.doc.id)
  return { method: 'PUT', path: `/${first.doc.type}/${id}`, ...inFormat(channel.payload, json) }
}

export const backportSending = ({ channel }: Spec, bundle: string): Sending => ({
  method: 'POST',
  path: '',
  ...inFormat(channel.payload, bundle),
})

export function inFormat(payload: string, json: string): { contentType: string; body: string } {
  return { contentType: payload, body: payload.includes('xml') ? toXml(json, { pretty: false }) : json }
}
