/**
 * AuditEvent (R4) as text, put together by hand: a read has one such entry, and building objects only to print them would be
 * a good part of its cost.
 */
import { BASE } from '../fhir/canonical.ts'
import type { Actor } from '../auth/actor.ts'
import type { AuditEntry } from './entry.ts'
import { safeQuery } from './query.ts'

export interface Rendering {
  id: string
  at: Date
  node: string
  /** key of the digests that stand for queried values */
  queryKey: Uint8Array
}

/** Resources that are named one by one; of more only the number is kept. */
export const NAMED_MAX = 50

export const CLIENT_SYSTEM = `${BASE}/sid/client`
export const EVENT_TYPE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/audit-event-type'
export const INTERACTION_SYSTEM = 'http://hl7.org/fhir/restful-interaction'
export const OPERATION_SYSTEM = `${BASE}/CodeSystem/yilian-operation`

/** http://hl7.org/fhir/restful-interaction of R4; anything else is the name of an operation. */
const INTERACTIONS = new Set([
  'read',
  'vread',
  'update',
  'patch',
  'delete',
  'history',
  'history-instance',
  'history-type',
  'history-system',
  'create',
  'search',
  'search-type',
  'search-system',
  'capabilities',
  'transaction',
  'batch',
  'operation',
])

export function isInteraction(name: string): boolean {
  return INTERACTIONS.has(name)
}

const TYPE_REST = coding(EVENT_TYPE_SYSTEM, 'rest', 'RESTful Operation')
const ENTITY_PERSON = coding('http://terminology.hl7.org/CodeSystem/audit-entity-type', '1', 'Person')
const ENTITY_SYSTEM_OBJECT = coding('http://terminology.hl7.org/CodeSystem/audit-entity-type', '2', 'System Object')
const ROLE_PATIENT = coding('http://terminology.hl7.org/CodeSystem/object-role', '1', 'Patient')
/** These two are as short as they can be: a page names every resource, and one consent for each patient. */
const ROLE_RESOURCE = coding('http://terminology.hl7.org/CodeSystem/object-role', '4')
const ROLE_SECURITY = coding('http://terminology.hl7.org/CodeSystem/object-role', '13')
const ROLE_QUERY = coding('http://terminology.hl7.org/CodeSystem/object-role', '24', 'Query')
const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'

/** The whole resource, UTF-8. */
export function renderAuditEvent(entry: AuditEntry, rendering: Rendering): Uint8Array {
  const { id, at, node } = rendering
  const instant = at.toISOString()
  const purpose = entry.actor ? concept(coding(ACT_REASON, entry.actor.purpose)) : undefined
  const text =
    `{"resourceType":"AuditEvent","id":${quote(id)},"meta":{"versionId":"1","lastUpdated":"${instant}"},` +
    `"type":${TYPE_REST},"subtype":[${subtypes(entry.interaction)}],"action":"${entry.action}","recorded":"${instant}",` +
    `"outcome":"${entry.outcome}",${entry.reason ? `"outcomeDesc":${quote(entry.reason)},` : ''}` +
    (purpose ? `"purposeOfEvent":[${purpose}],` : '') +
    `"agent":[${agents(entry.actor, purpose, node)}],` +
    `"source":{"observer":{"display":${quote(node)}}}${entities(entry, rendering)}}`
  return Buffer.from(text)
}

function quote(text: string): string {
  return JSON.stringify(text)
}

function coding(system: string, code: string, display?: string): string {
  return `{"system":${quote(system)},"code":${quote(code)}${display ? `,"display":${quote(display)}` : ''}}`
}

function concept(of: string): string {
  return `{"coding":[${of}]}`
}

function subtypes(interaction: string): string {
  if (isInteraction(interaction)) return coding(INTERACTION_SYSTEM, interaction)
  return `${coding(INTERACTION_SYSTEM, 'operation')},${coding(OPERATION_SYSTEM, interaction)}`
}

/** The client, the user behind it, its organisation. Who asks is whoever stands nearest to the question: the user if there is one. */
function agents(actor: Actor | undefined, purpose: string | undefined, node: string): string {
  if (!actor) return `{"name":${quote(node)},"requestor":true}`
  const why = purpose ? `,"purposeOfUse":[${purpose}]` : ''
  const role = `"role":[{"coding":[${coding(`${BASE}/CodeSystem/yilian-party`, actor.party)}]${actor.role ? `,"text":${quote(actor.role)}` : ''}}],`
  const client =
    `{${role}"who":{"identifier":{"system":${quote(CLIENT_SYSTEM)},"value":${quote(actor.clientId)}}},` +
    `"requestor":${actor.user ? 'false' : 'true'}${why}}`
  const user = actor.user ? `,{"who":{"reference":${quote(actor.user)}},"requestor":true${why}}` : ''
  const organization = actor.organization ? `,{"who":{"reference":${quote(`Organization/${actor.organization}`)}},"requestor":false}` : ''
  return client + user + organization
}

function entities(entry: AuditEntry, rendering: Rendering): string {
  const list: string[] = []
  for (const patient of entry.patients ?? []) list.push(entity(ENTITY_PERSON, ROLE_PATIENT, what(`Patient/${patient}`)))
  for (const named of namedResources(entry)) list.push(`{${what(named)}"role":${ROLE_RESOURCE}}`)
  for (const consent of entry.consents ?? []) list.push(`{${what(`Consent/${consent}`)}"role":${ROLE_SECURITY}}`)
  const request = requestEntity(entry, rendering)
  if (request) list.push(request)
  return list.length === 0 ? '' : `,"entity":[${list.join(',')}]`
}

/** The resources that get an entity of their own; patients have theirs already. */
export function namedResources(entry: AuditEntry): string[] {
  const patients = new Set(entry.patients?.map((id) => `Patient/${id}`))
  return (entry.resources ?? []).filter((reference) => !patients.has(reference)).slice(0, NAMED_MAX)
}

function what(reference: string): string {
  return `"what":{"reference":${quote(reference)}},`
}

function entity(type: string, role: string, before: string, after = ''): string {
  return `{${before}"type":${type},"role":${role}${after}}`
}

/** What was asked, and under which circumstances. A query excludes a name there (R4 sev-1), so the type goes to the details. */
function requestEntity(entry: AuditEntry, { id, queryKey }: Rendering): string | undefined {
  const details = detailsOf(entry)
  if (details.length === 0 && entry.query === undefined) return undefined
  const query = entry.query === undefined ? '' : `,"query":"${Buffer.from(safeQuery(entry.query, queryKey, id)).toString('base64')}"`
  const detail = details.map(([type, value]) => `{"type":${quote(type)},"valueString":${quote(value)}}`).join(',')
  return entity(ENTITY_SYSTEM_OBJECT, ROLE_QUERY, '', `${query}${detail ? `,"detail":[${detail}]` : ''}`)
}

function detailsOf({ actor, count, resources, type }: AuditEntry): [string, string][] {
  const details: [string, string][] = []
  if (type) details.push(['resourceType', type])
  const total = count ?? ((resources?.length ?? 0) > NAMED_MAX ? resources?.length : undefined)
  if (total !== undefined) details.push(['count', String(total)])
  if (actor && actor.form !== 'IDENT') details.push(['dataForm', actor.form])
  if (actor?.study) details.push(['researchStudy', actor.study])
  if (actor?.breakGlassReason) details.push(['breakGlassReason', actor.breakGlassReason])
  return details
}
