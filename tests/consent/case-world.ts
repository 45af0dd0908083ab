/** One consent case set up over HTTP: its own patient, resource, consents, treating relation and study; its dates shifted to today. */
import type { TokenParameters } from '../../server/auth/request-token.ts'
import { BASE, NATIONAL } from '../../server/fhir/canonical.ts'
import type { CaseConsent, CaseProvision, ConsentCase } from '../access/case-notation.ts'
import { type CaseNames, consentFromCase } from '../access/consent-from-case.ts'
import type { TestServer } from '../support/server.ts'
import { custody, encounter, patient, putAll, relabelled, verification } from './resources.ts'

const DAY_MS = 86_400_000
const SHIFT_MS = new Date().setUTCHours(0, 0, 0, 0) - Date.parse('2025-06-01T00:00:00Z')

/** A day of the cases, moved so that their 2025-06-01 is today. */
export const shifted = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) + SHIFT_MS).toISOString().slice(0, 10)

/** What the case's request is called on the server. */
export interface CaseWorld {
  type: string
  id: string
  patient: string
  code: string
}

const DOCUMENT_TYPES = 'urn:oid:2.16.156.10011.2.4'
/** Surgical consent among the national kinds of documents (C0026: 手术知情同意书). */
const DOCUMENT_CODES: Readonly<Record<string, string>> = { 'surgical-consent': 'C0026' }
/** Cholera, in the national ICD-10: to be reported by law. */
const NOTIFIABLE = { system: 'urn:oid:2.16.156.10011.2.3.3.11', code: 'A00.900' }

export const worldOf = ({ n, request }: ConsentCase): CaseWorld => ({
  type: request.resource.type,
  id: `c${n}-${request.resource.id}`,
  patient: `c${n}-${request.resource.patient}`,
  code: `case-${n}`,
})

/** Everything but the consents, by the operator, in one transaction. */
export async function setUp(server: TestServer, loader: string, one: ConsentCase): Promise<void> {
  const world = worldOf(one)
  const others = [...new Set(one.consents.map((consent) => consent.patient))].filter((id) => id !== one.request.resource.patient)
  await putAll(server, loader, [
    patient(world.patient, { birthDate: birthDateOf(one), ...(one.request.deceased ? { deceasedBoolean: true } : {}) }),
    ...others.map((id) => patient(`c${one.n}-${id}`)),
    ...insuredVisitOf(one, world),
    resourceOf(one, world),
    ...relationOf(one, world),
    ...studiesOf(one),
  ])
}

function birthDateOf({ request }: ConsentCase): string {
  const born = new Date(Date.now() - 90 * DAY_MS)
  born.setUTCFullYear(born.getUTCFullYear() - request.patientAge)
  return born.toISOString().slice(0, 10)
}

/** Documents are insured by the visit to which they belong, other resources by the number of the visit that stands in them. */
const byVisit = ({ request }: ConsentCase): boolean => request.insuredEncounter === true && request.resource.type === 'DocumentReference'

const insuredVisitId = (one: ConsentCase): string => `c${one.n}-insured`

function insuredVisitOf(one: ConsentCase, world: CaseWorld): object[] {
  if (!byVisit(one)) return []
  const visit = encounter(insuredVisitId(one), world.patient, one.request.resource.custodian, `Practitioner/${userOf(one)}`)
  const practitioner = { resourceType: 'Practitioner', id: userOf(one), active: true }
  return [practitioner, { ...visit, identifier: [{ system: NATIONAL.mdtrtId, value: world.id }] }]
}

function resourceOf(one: ConsentCase, world: CaseWorld): object {
  const { request } = one
  const { resource } = request
  const subject = { reference: `Patient/${world.patient}` }
  const code = { coding: [{ system: 'urn:case', code: world.code }, ...(request.notifiable ? [NOTIFIABLE] : [])] }
  const date = shifted(resource.date)
  const common = {
    resourceType: resource.type,
    id: world.id,
    meta: custody(resource.custodian, ...resource.labels),
    ...(request.insuredEncounter && !byVisit(one) ? { identifier: [{ system: NATIONAL.mdtrtId, value: world.id }] } : {}),
  }
  switch (resource.type) {
    case 'Condition':
      return { ...common, code, subject, recordedDate: date }
    case 'Observation':
      return { ...common, status: 'final', code, subject, effectiveDateTime: date }
    case 'ImagingStudy':
      return { ...common, status: 'available', subject, started: date }
    case 'DocumentReference': {
      const type = { coding: [{ system: DOCUMENT_TYPES, code: DOCUMENT_CODES[resource.docType ?? ''] }] }
      const content = [{ attachment: { title: '知情同意书' } }]
      const context = byVisit(one) ? { context: { encounter: [{ reference: `Encounter/${insuredVisitId(one)}` }] } } : {}
      return { ...common, status: 'current', type, subject, date: `${date}T00:00:00Z`, content, ...context }
    }
    case 'Claim':
      return {
        ...common,
        status: 'active',
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/claim-type', code: 'institutional' }] },
        use: 'claim',
        patient: subject,
        created: date,
        provider: { reference: `Organization/${resource.custodian}` },
        priority: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/processpriority', code: 'normal' }] },
        insurance: [{ sequence: 1, focal: true, coverage: { display: '城镇职工基本医疗保险' } }],
      }
    default:
      throw new Error(`no ${resource.type} among the cases`)
  }
}

const userOf = (one: ConsentCase): string => `c${one.n}-${one.request.actor.id}`

/** A visit at the asker's own organisation, or the kinship that a RelatedPerson states, proven. */
function relationOf(one: ConsentCase, world: CaseWorld): object[] {
  const { actor, guardianOf, kinship } = one.request
  const user = userOf(one)
  if (actor.party === 'hospital') {
    const practitioner = { resourceType: 'Practitioner', id: user, active: true }
    if (!actor.treating && !actor.primaryTeam) return [practitioner]
    const visit = encounter(`c${one.n}-visit`, world.patient, actor.org ?? '', `Practitioner/${user}`, actor.primaryTeam ? 'ATND' : 'PART')
    return [practitioner, visit]
  }
  if (actor.party !== 'guardian' && actor.party !== 'relative') return []
  const code = guardianOf?.includes(one.request.resource.patient) ? 'MTH' : kinship ? 'DAU' : 'ONESELF'
  return [
    {
      resourceType: 'RelatedPerson',
      id: user,
      active: true,
      patient: { reference: `Patient/${world.patient}` },
      relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code }] }],
    },
    verification(user),
  ]
}

const studyIdOf = (one: ConsentCase, study: string): string => `c${one.n}-${study}`

function studiesOf(one: ConsentCase): object[] {
  const named = one.consents.flatMap((consent) => studiesIn(consent.provision))
  return [...new Set([...(one.request.study ? [one.request.study] : []), ...named])].map((study) => ({
    resourceType: 'ResearchStudy',
    id: studyIdOf(one, study),
    status: 'active',
    ...(one.request.ethics && study === one.request.study
      ? { extension: [{ url: `${BASE}/StructureDefinition/ethics-approval`, valueCode: one.request.ethics }] }
      : {}),
  }))
}

const studiesIn = (provision: CaseProvision | undefined): string[] => [
  ...(provision?.study ?? []),
  ...(provision?.provision ?? []).flatMap(studiesIn),
]

/** The consents in the order of their dates, each by its patient's own app; a later version of a series replaces the earlier one. */
export async function consent(server: TestServer, one: ConsentCase): Promise<void> {
  const names: CaseNames = {
    patient: (id) => `c${one.n}-${id}`,
    organization: (id) => id,
    study: (id) => studyIdOf(one, id),
    instance: (id) => `${one.request.resource.type}/c${one.n}-${id}`,
  }
  const written = new Map<string, string>()
  for (const version of [...one.consents].sort((a, b) => (a.dateTime < b.dateTime ? -1 : 1))) {
    const token = await server.token('patient-app', { patient: names.patient(version.patient) })
    const known = written.get(version.series)
    const { id: _, provision, ...rest } = consentFromCase(shiftedConsent(version), '', names)
    // "No to everything" has no criterion, and FHIR knows no empty element.
    const body = Object.keys(provision ?? {}).length === 0 ? rest : { ...rest, provision }
    const answer = known
      ? await server.call('PUT', `/fhir/Consent/${known}`, { token, body: { ...body, id: known } })
      : await server.call('POST', '/fhir/Consent', { token, body })
    if (answer.status > 201) throw new Error(`case ${one.n}: consent ${version.id} answered ${answer.status} ${answer.text}`)
    written.set(version.series, answer.json.id)
  }
  if (one.expect === 'permit') await relabelled(server)
}

function shiftedConsent(one: CaseConsent): CaseConsent {
  const span = ([from, until]: [string, string]): [string, string] => [shifted(from), shifted(until)]
  const provision = (inner: CaseProvision): CaseProvision => ({
    ...inner,
    ...(inner.dataPeriod ? { dataPeriod: span(inner.dataPeriod) } : {}),
    ...(inner.provision ? { provision: inner.provision.map(provision) } : {}),
  })
  return {
    ...one,
    dateTime: shifted(one.dateTime),
    ...(one.period ? { period: span(one.period) } : {}),
    ...(one.provision ? { provision: provision(one.provision) } : {}),
  }
}

const HOSPITAL_CLIENTS: Readonly<Record<string, string>> = {
  'H1 clinician': 'h1-ward',
  'H1 qa': 'auditor',
  'H1 billing': 'h1-clerk',
  'H2 clinician': 'h2-ward',
  'H2 admin': 'h2-admin',
  'H2 qa': 'h2-quality',
  'H3 clinician': 'h3-ward',
}
const CLIENTS: Readonly<Record<string, string>> = {
  mia: 'mia',
  ha: 'ha',
  researcher: 'researcher',
  insurer: 'insurer',
  pharma: 'pharma',
  patient: 'patient-app',
  guardian: 'guardian-app',
  relative: 'relative-app',
  legal: 'legal',
}

export function clientOf({ request: { actor } }: ConsentCase): string {
  if (actor.foreign) return 'researcher-abroad'
  const client = actor.party === 'hospital' ? HOSPITAL_CLIENTS[`${actor.org} ${actor.role}`] : CLIENTS[actor.party]
  if (!client) throw new Error(`no client for ${actor.party}`)
  return client
}

/** The token request that asks as the case does. */
export function tokenOf(one: ConsentCase): TokenParameters {
  const { request } = one
  const { actor } = request
  const needsUser = ['h1-ward', 'h2-ward', 'h3-ward', 'guardian-app', 'relative-app'].includes(clientOf(one))
  return {
    purpose_of_use: request.purpose,
    data_form: request.form,
    ...(needsUser ? { user: `${actor.party === 'hospital' ? 'Practitioner' : 'RelatedPerson'}/${userOf(one)}` } : {}),
    ...(actor.party === 'patient' ? { patient: worldOf(one).patient } : {}),
    ...(request.study ? { research_study: studyIdOf(one, request.study) } : {}),
    ...(request.btgReason ? { break_glass_reason: request.btgReason } : {}),
  }
}
