/** Facts to the AuditEvent (R4) that they stand for, as text. */
import { BASE } from '../fhir/canonical.ts'
import type { AuditedActor, AuditFacts } from './facts.ts'

export const CLIENT_SYSTEM = `${BASE}/sid/client`
export const PARTY_SYSTEM = `${BASE}/CodeSystem/yilian-party`
export const EVENT_TYPE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/audit-event-type'
export const INTERACTION_SYSTEM = 'http://hl7.org/fhir/restful-interaction'
export const OPERATION_SYSTEM = `${BASE}/CodeSystem/yilian-operation`
export const ENTITY_TYPE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/audit-entity-type'
export const ENTITY_ROLE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/object-role'
const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
/** What the configuration calls `SYSADMIN` has this code there. */
const reasonOf = (purpose: string): string => (purpose === 'SYSADMIN' ? 'HSYSADMIN' : purpose)

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

interface Coding {
  system: string
  code: string
  display?: string
}

const TYPE_REST: Coding = { system: EVENT_TYPE_SYSTEM, code: 'rest', display: 'RESTful Operation' }
const PERSON: Coding = { system: ENTITY_TYPE_SYSTEM, code: '1', display: 'Person' }
const SYSTEM_OBJECT: Coding = { system: ENTITY_TYPE_SYSTEM, code: '2', display: 'System Object' }
const role = (code: string, display: string): Coding => ({ system: ENTITY_ROLE_SYSTEM, code, display })
const ROLE_PATIENT = role('1', 'Patient')
const ROLE_RESOURCE = role('4', 'Domain Resource')
const ROLE_SECURITY = role('13', 'Security Resource')
const ROLE_QUERY = role('24', 'Query')

/** The whole resource, UTF-8. */
export function renderAuditEvent(facts: AuditFacts): Uint8Array {
  const { id, interaction, action, outcome, reason, actor, node } = facts
  const instant = new Date(facts.at).toISOString()
  const purpose = actor ? [{ coding: [{ system: ACT_REASON, code: reasonOf(actor.purpose) }] }] : undefined
  const entities = entitiesOf(facts)
  return Buffer.from(
    JSON.stringify({
      resourceType: 'AuditEvent',
      id,
      meta: { versionId: '1', lastUpdated: instant },
      type: TYPE_REST,
      subtype: subtypesOf(interaction),
      action,
      recorded: instant,
      outcome,
      ...(reason === '' ? {} : { outcomeDesc: reason }),
      ...(purpose ? { purposeOfEvent: purpose } : {}),
      agent: agentsOf(actor, purpose, node),
      source: { observer: { display: node } },
      ...(entities.length === 0 ? {} : { entity: entities }),
    }),
  )
}

function subtypesOf(interaction: string): Coding[] {
  if (isInteraction(interaction)) return [{ system: INTERACTION_SYSTEM, code: interaction }]
  return [
    { system: INTERACTION_SYSTEM, code: 'operation' },
    { system: OPERATION_SYSTEM, code: interaction },
  ]
}

/** The client, the user behind it, its organisation. Who asks is whoever stands nearest to the question: the user if there is one. */
function agentsOf(actor: AuditedActor | undefined, purpose: unknown, node: string): object[] {
  if (!actor) return [{ who: { display: node }, requestor: true }]
  const why = purpose ? { purposeOfUse: purpose } : {}
  const party = { coding: [{ system: PARTY_SYSTEM, code: actor.party }], ...(actor.role ? { text: actor.role } : {}) }
  const who = { identifier: { system: CLIENT_SYSTEM, value: actor.clientId } }
  return [
    { role: [party], who, requestor: actor.user === undefined, ...why },
    ...(actor.user === undefined ? [] : [{ who: { reference: actor.user }, requestor: true, ...why }]),
    ...(actor.organization ? [{ who: { reference: `Organization/${actor.organization}` }, requestor: false }] : []),
  ]
}

function entitiesOf(facts: AuditFacts): object[] {
  const what = (reference: string) => ({ what: { reference } })
  const request = requestOf(facts)
  return [
    ...facts.patients.map((id) => ({ ...what(`Patient/${id}`), type: PERSON, role: ROLE_PATIENT })),
    ...facts.resources.map((name) => ({ ...what(name), role: ROLE_RESOURCE })),
    ...facts.consents.map((name) => ({ ...what(`Consent/${name}`), role: ROLE_SECURITY })),
    ...(request ? [request] : []),
  ]
}

/** Whether the entry tells of a request beside the resources. */
export const hasRequest = (facts: AuditFacts): boolean => facts.query !== undefined || detailsOf(facts).length > 0

/** What was asked, and under which circumstances. A query excludes a name there (R4 sev-1), so the type goes to the details. */
function requestOf(facts: AuditFacts): object | undefined {
  if (!hasRequest(facts)) return undefined
  const detail = detailsOf(facts).map(([type, valueString]) => ({ type, valueString }))
  return {
    type: SYSTEM_OBJECT,
    role: ROLE_QUERY,
    ...(facts.query === undefined ? {} : { query: Buffer.from(facts.query).toString('base64') }),
    ...(detail.length === 0 ? {} : { detail }),
  }
}

function detailsOf({ actor, count, type }: AuditFacts): [string, string][] {
  const details: [string, string][] = []
  if (type) details.push(['resourceType', type])
  if (count !== undefined) details.push(['count', String(count)])
  if (actor && actor.form !== 'IDENT') details.push(['dataForm', actor.form])
  if (actor?.study) details.push(['researchStudy', actor.study])
  if (actor?.breakGlassReason) details.push(['breakGlassReason', actor.breakGlassReason])
  return details
}
