/**
 * The consent cases over HTTP: patients, visits, resources and Consents are written through the API, tokens come from the
 * ordinary endpoint, and the answer to a read and to a search is the decision. Dates are moved so that the case's moment is now.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { TokenParameters } from '../../server/auth/request-token.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import type { CaseConsent, CaseProvision, ConsentCase } from './case-notation.ts'
import { type CaseNames, consentFromCase } from './consent-from-case.ts'

const all = JSON.parse(readFileSync(new URL('../cases/consent-cases.json', import.meta.url), 'utf8')) as ConsentCase[]
/** A court's order and a passed privacy audit cannot be stated through the API. */
const NOT_BY_HTTP = new Set([40, 49])
const cases = all.filter(({ n }) => !NOT_BY_HTTP.has(n))

const client = (id: string, party: string, organization: string, role: string, purposes: string, extra = '') =>
  `  - { client_id: ${id}, party: ${party}${organization ? `, organization: ${organization}` : ''}, role: ${role}, purposes: [${purposes}], scopes: "system/*.cruds user/*.cruds patient/*.cruds", demoKey: true, vouchUsers: true, forms: [IDENT, PSEUD, ANON]${extra} }`

const RESEARCH = 'HRESCH, DSRCH'
const config = (policy: string): string => `
organizations:
${['H1', 'H2', 'H3'].map((id) => `  - { id: ${id}, kind: hospital, name: ${id} }`).join('\n')}
  - { id: MIA, kind: mia, name: MIA }
  - { id: HA, kind: ha, name: HA }
  - { id: U1, kind: university, name: U1 }
  - { id: INS, kind: insurer, name: INS }
  - { id: PH, kind: pharma, name: PH }
clients:
  - { client_id: loader, party: operator, role: admin, purposes: [SYSADMIN], scopes: "system/*.cruds", demoKey: true }
${['H1', 'H2', 'H3']
  .flatMap((id) => [
    client(`${id}-clinician`, 'hospital', id, 'clinician', 'TREAT, ETREAT, BTG'),
    client(`${id}-admin`, 'hospital', id, 'admin', 'BTG'),
    client(`${id}-qa`, 'hospital', id, 'qa', 'HQUALIMP'),
    client(`${id}-billing`, 'hospital', id, 'billing', 'HPAYMT'),
  ])
  .join('\n')}
${client('mia', 'mia', 'MIA', 'engine', 'HPAYMT')}
${client('ha', 'ha', 'HA', 'engine', 'PUBHLTH, HQUALIMP')}
${client('researcher', 'researcher', 'U1', 'researcher', RESEARCH)}
${client('foreign', 'researcher', 'U1', 'researcher', RESEARCH, ', foreign: true')}
${client('insurer', 'insurer', 'INS', 'engine', 'HPAYMT')}
${client('pharma', 'pharma', 'PH', 'engine', `${RESEARCH}, HMARKT`)}
${client('patient', 'patient', '', 'user', 'PATRQT')}
${client('guardian', 'guardian', '', 'user', 'FAMRQT')}
${client('relative', 'relative', '', 'user', 'FAMRQT')}
${client('legal', 'legal', '', 'engine', 'HLEGAL')}
policy: { ${policy} }
`

const POLICIES: Record<string, string> = {
  '': 'crossHospitalTreat: true',
  'crossHospitalTreat:deny': 'crossHospitalTreat: false',
  'researchDefault:permit': 'researchPseudonymisedByDefault: true',
}
const policyKey = ({ policy }: ConsentCase): string =>
  Object.entries(policy ?? {})
    .map((pair) => pair.join(':'))
    .join()

const DAY = 86_400_000
const OFFSET = Date.now() - Date.parse('2025-06-01T00:00:00Z')
const moved = (date: string): string => new Date(Date.parse(`${date}T00:00:00Z`) + OFFSET).toISOString().slice(0, 10)
const inNames = (n: number): CaseNames => ({
  patient: (id) => `${id}-${n}`,
  organization: (id) => id,
  study: (id) => `${id}-${n}`,
  instance: (id) => `Condition/${id}-${n}`,
})

describe.each(Object.keys(POLICIES))('policy %j', (key) => {
  let server: TestServer
  let loader: string
  beforeAll(async () => {
    server = await startTestServer({ config: config(POLICIES[key] as string) })
    loader = await server.token('loader')
  })
  afterAll(() => server.stop())

  const put = async (resource: Record<string, unknown>, organization = ''): Promise<void> => {
    const meta = {
      ...(resource.meta as object),
      ...(organization ? { source: `https://fhir-cn.example/Organization/${organization}` } : {}),
    }
    const answer = await server.call('PUT', `/fhir/${resource.resourceType}/${resource.id}`, {
      token: loader,
      body: Object.keys(meta).length > 0 ? { ...resource, meta } : resource,
    })
    if (answer.status >= 300) throw new Error(answer.text)
  }

  test.each(cases.filter((one) => policyKey(one) === key).map((one) => [one.n, one.name, one] as const))('%i %s', async (n, _name, one) => {
    await setUp(one, put)
    for (const [at, consent] of one.consents.entries()) await put(consentFromCase(shifted(consent), `c${at}-${n}`, inNames(n)))
    const { type, id } = one.request.resource
    const name = `${type}/${id}-${n}`
    const isAdmissible = one.reason !== 'purpose-not-admissible'
    const token = server.token(clientOf(one), parametersOf(one))
    // Who may never ask for the purpose gets no token for it; break-glass without the right role gets none either.
    const got = await token.catch(() => undefined)
    if (got === undefined) {
      await hide(one, put)
      expect([isAdmissible, one.expect]).toEqual([false, 'deny'])
      return
    }
    const read = await server.call('GET', `/fhir/${name}`, { token: got })
    const found = await server.call('GET', `/fhir/${type}?_total=accurate`, { token: got })
    const listed = one.request.form === 'IDENT' ? found.text.includes(`"id":"${id}-${n}"`) : found.json.total > 0
    await hide(one, put)
    expect({ status: read.status, listed }).toEqual(
      one.expect === 'permit' ? { status: 200, listed: true } : { status: 404, listed: false },
    )
  })
})

type Put = (resource: Record<string, unknown>, organization?: string) => Promise<void>

async function setUp(one: ConsentCase, put: Put): Promise<void> {
  const { n, request } = one
  const { actor, resource, patientAge } = request
  const id = `${resource.patient}-${n}`
  const birthDate = new Date(Date.now() - (patientAge * 365.25 + 100) * DAY).toISOString().slice(0, 10)
  await put(
    {
      resourceType: 'Patient',
      id,
      name: [{ text: '测试' }],
      gender: 'male',
      birthDate,
      ...(request.deceased ? { deceasedBoolean: true } : {}),
    },
    'H1',
  )
  for (const consent of one.consents) {
    if (consent.patient !== resource.patient)
      await put({ resourceType: 'Patient', id: `${consent.patient}-${n}`, name: [{ text: '他人' }] }, 'H1')
  }
  const subject = { reference: `Patient/${id}` }
  if (request.insuredEncounter)
    await put(visit(`visit-${n}`, subject, { identifier: [{ system: 'https://fhir-cn.example/sid/nhsa/mdtrt-id', value: `m${n}` }] }), 'H1')
  if (actor.treating && actor.org) {
    await put({ resourceType: 'Practitioner', id: `${actor.id}-${n}`, name: [{ text: '医生' }] })
    const type = actor.primaryTeam
      ? [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ATND' }] }]
      : []
    const participant = [{ ...(type.length > 0 ? { type } : {}), individual: { reference: `Practitioner/${actor.id}-${n}` } }]
    await put(visit(`treat-${n}`, subject, { participant }), actor.org)
  }
  if (request.study) await put(studyOf(one))
  if (request.guardianOf || request.kinship) {
    const code = request.kinship ? 'SON' : 'MTH'
    const relationship = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code }] }]
    await put({ resourceType: 'RelatedPerson', id: `${actor.id}-${n}`, patient: subject, relationship, name: [{ text: '家属' }] }, 'H1')
  }
  await put(resourceOf(one, subject), resource.custodian)
}

const visit = (id: string, subject: object, extra: object): Record<string, unknown> => ({
  resourceType: 'Encounter',
  id,
  status: 'in-progress',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  subject,
  ...extra,
})

function studyOf({ n, request }: ConsentCase): Record<string, unknown> {
  const extension = request.ethics
    ? [{ url: 'https://fhir-cn.example/StructureDefinition/ethics-approval', valueCode: request.ethics }]
    : []
  return {
    resourceType: 'ResearchStudy',
    id: `${request.study}-${n}`,
    status: 'active',
    title: '研究',
    ...(extension.length > 0 ? { extension } : {}),
  }
}

const LABEL_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'

function resourceOf({ n, request }: ConsentCase, subject: { reference: string }): Record<string, unknown> {
  const { type, id, date, labels, docType } = request.resource
  const common = {
    resourceType: type,
    id: `${id}-${n}`,
    ...(labels.length > 0 ? { meta: { security: labels.map((code) => ({ system: LABEL_SYSTEM, code })) } } : {}),
  }
  const encounter = request.insuredEncounter ? { encounter: { reference: `Encounter/visit-${n}` } } : {}
  const icd = { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: request.notifiable ? 'A15.0' : 'I10' }] }
  switch (type) {
    case 'Condition':
      return { ...common, code: icd, subject, recordedDate: moved(date), ...encounter }
    case 'Observation':
      return {
        ...common,
        status: 'final',
        code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
        subject,
        effectiveDateTime: moved(date),
      }
    case 'ImagingStudy':
      return { ...common, status: 'available', subject, started: moved(date), ...encounter }
    case 'DocumentReference': {
      const code = docType === 'surgical-consent' ? 'C0026' : 'C0001'
      const context = request.insuredEncounter ? { context: { encounter: [{ reference: `Encounter/visit-${n}` }] } } : {}
      const content = [{ attachment: { contentType: 'text/plain', data: 'eA==' } }]
      return {
        ...common,
        status: 'current',
        type: { coding: [{ system: 'urn:oid:2.16.156.10011.2.4', code }] },
        subject,
        content,
        ...context,
      }
    }
    default:
      return {
        ...common,
        status: 'active',
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/claim-type', code: 'institutional' }] },
        use: 'claim',
        patient: subject,
        created: moved(date),
        provider: { reference: 'Organization/H1' },
        priority: { coding: [{ code: 'normal' }] },
        insurance: [{ sequence: 1, focal: true, coverage: { display: '医保' } }],
      }
  }
}

function clientOf({ request }: ConsentCase): string {
  const { party, org, role, foreign } = request.actor
  if (party === 'hospital') return `${org}-${role}`
  return foreign ? 'foreign' : party
}

function parametersOf({ n, request }: ConsentCase): TokenParameters {
  const { actor, resource, purpose, form, study, btgReason } = request
  const user: Record<string, string> = { hospital: 'Practitioner', guardian: 'RelatedPerson', relative: 'RelatedPerson' }
  const kind = user[actor.party]
  return {
    purpose_of_use: purpose,
    data_form: form,
    ...(study ? { research_study: `${study}-${n}` } : {}),
    ...(btgReason ? { break_glass_reason: btgReason } : {}),
    ...(actor.party === 'patient' ? { patient: `${resource.patient}-${n}` } : {}),
    ...(kind && (actor.party !== 'hospital' || actor.treating) ? { user: `${kind}/${actor.id}-${n}` } : {}),
  }
}

function shifted(consent: CaseConsent): CaseConsent {
  return {
    ...consent,
    dateTime: moved(consent.dateTime),
    ...(consent.period ? { period: [moved(consent.period[0]), moved(consent.period[1])] } : {}),
    ...(consent.provision ? { provision: shiftedProvision(consent.provision) } : {}),
  }
}

const shiftedProvision = (one: CaseProvision): CaseProvision => ({
  ...one,
  ...(one.dataPeriod ? { dataPeriod: [moved(one.dataPeriod[0]), moved(one.dataPeriod[1])] } : {}),
  ...(one.provision ? { provision: one.provision.map(shiftedProvision) } : {}),
})

/** The next case must not find this one's resource: it is moved to a person whom nobody can name. */
async function hide(one: ConsentCase, put: Put): Promise<void> {
  await put(resourceOf(one, { reference: 'https://elsewhere.example/Patient/9' }), 'H3')
}
