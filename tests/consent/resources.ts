/** Small resources, written as the operator writes them, and answers made comparable. */
import { BASE } from '../../server/fhir/canonical.ts'
import type { Answer, TestServer } from '../support/server.ts'

export const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
export const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'

export const patient = (id: string, extra: object = {}): object => ({ resourceType: 'Patient', id, name: [{ text: `名${id}` }], ...extra })

export const custody = (organization: string, ...labels: string[]): object => ({
  source: `${BASE}/Organization/${organization}`,
  ...(labels.length > 0 ? { security: labels.map((code) => ({ system: ACT_CODE, code })) } : {}),
})

export const encounter = (id: string, subject: string, organization: string, user: string, role = 'ATND'): object => ({
  resourceType: 'Encounter',
  id,
  meta: custody(organization),
  status: 'in-progress',
  class: { system: ACT_CODE, code: 'IMP' },
  subject: { reference: `Patient/${subject}` },
  participant: [
    {
      type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: role }] }],
      individual: { reference: user },
    },
  ],
})

export const condition = (id: string, subject: string, code: string, extra: object = {}): object => ({
  resourceType: 'Condition',
  id,
  meta: custody('H1'),
  code: { coding: [{ system: 'urn:test', code }] },
  subject: { reference: `Patient/${subject}` },
  recordedDate: '2024-05-01',
  ...extra,
})

export const observation = (id: string, subject: string, code: string, extra: object = {}): object => ({
  resourceType: 'Observation',
  id,
  meta: custody('H1'),
  status: 'final',
  code: { coding: [{ system: 'urn:test', code }] },
  subject: { reference: `Patient/${subject}` },
  effectiveDateTime: '2024-05-01',
  ...extra,
})

export const study = (id: string, ethics: 'approved' | 'waiver' = 'approved'): object => ({
  resourceType: 'ResearchStudy',
  id,
  status: 'active',
  extension: [{ url: `${BASE}/StructureDefinition/ethics-approval`, valueCode: ethics }],
})

/** That what a RelatedPerson says was looked into, as it stands in that version. */
export const verification = (related: string, version = 1, extra: object = {}): object => ({
  resourceType: 'VerificationResult',
  id: `${related}-verified`,
  target: [{ reference: `RelatedPerson/${related}/_history/${version}` }],
  status: 'validated',
  ...extra,
})

export const practitioner = (id: string): object => ({ resourceType: 'Practitioner', id, active: true })

/** Writes all in one transaction; ids stand in the resources. @throws Error with the answer */
export async function putAll(server: TestServer, token: string, resources: readonly object[]): Promise<void> {
  const entry = resources.map((resource) => {
    const { resourceType, id } = resource as { resourceType: string; id: string }
    return { resource, request: { method: 'PUT', url: `${resourceType}/${id}` } }
  })
  const answer = await server.call('POST', '/fhir', { token, body: { resourceType: 'Bundle', type: 'transaction', entry } })
  if (answer.status !== 200) throw new Error(`transaction answered ${answer.status} ${answer.text}`)
}

export interface Words {
  series: string
  /** v3-ActCode: OPTIN, OPTINR, OPTOUT, OPTOUTE … */
  policy: string
  provision?: Record<string, unknown>
  extra?: Record<string, unknown>
}

export const purpose = (...codes: string[]): object[] => codes.map((code) => ({ system: ACT_REASON, code }))
export const recipient = (organization: string): object[] => [
  {
    role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
    reference: { reference: `Organization/${organization}` },
  },
]

export function consentOf(subject: string, { series, policy, provision, extra = {} }: Words): Record<string, unknown> {
  return {
    resourceType: 'Consent',
    identifier: [{ system: `${BASE}/sid/consent-series`, value: `${subject}-${series}` }],
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: `Patient/${subject}` },
    dateTime: new Date().toISOString(),
    performer: [{ reference: `Patient/${subject}` }],
    policyRule: { coding: [{ system: ACT_CODE, code: policy }] },
    ...(provision ? { provision } : {}),
    ...extra,
  }
}

export const BROAD: Words = { series: 'broad', policy: 'OPTIN', provision: { purpose: purpose('HRESCH') } }
export const INSURER: Words = { series: 'insurer', policy: 'OPTIN', provision: { purpose: purpose('HPAYMT'), actor: recipient('INS') } }
export const NO_SHARING: Words = { series: 'share', policy: 'OPTOUT', provision: { purpose: purpose('TREAT') } }
export const NOTHING: Words = { series: 'all', policy: 'OPTOUT' }

/**
 * What was given by now is seen, and what relabelling hid meanwhile is back. What was taken away needs no such wait: it is
 * hidden when the answer comes.
 */
export const relabelled = (server: TestServer): Promise<void> => server.running.fhir.access.relabelled()

/** The patient's own app gives a consent, and waits until what it permits is seen; answers it as stored. */
export async function give(server: TestServer, subject: string, words: Words): Promise<Record<string, unknown> & { id: string }> {
  const token = await server.token('patient-app', { patient: subject })
  const answer = await server.call('POST', '/fhir/Consent', { token, body: consentOf(subject, words) })
  if (answer.status !== 201) throw new Error(`consent answered ${answer.status} ${answer.text}`)
  if (words.policy === 'OPTIN') await relabelled(server)
  return answer.json
}

/** The next version of the series, inactive. */
export async function withdraw(server: TestServer, subject: string, consent: Record<string, unknown> & { id: string }): Promise<void> {
  const token = await server.token('patient-app', { patient: subject })
  const body = { ...consent, status: 'inactive', dateTime: new Date().toISOString() }
  const answer = await server.call('PUT', `/fhir/Consent/${consent.id}`, { token, body })
  if (answer.status !== 200) throw new Error(`withdrawal answered ${answer.status} ${answer.text}`)
}

/** Status, all headers but the date, and the body; `names` (ids that differ by nature) are replaced by their place in the list. */
export function comparable(answer: Answer, ...names: string[]): string {
  const headers = [...answer.headers].filter(([name]) => name !== 'date').map(([name, value]) => `${name}: ${value}`)
  let text = [answer.status, ...headers, answer.text].join('\n')
  for (const [at, name] of names.entries()) text = text.replaceAll(name, `[${at}]`)
  return text
}

/** `Type/id` of the matches (or of all entries) of a searchset. */
export const idsIn = (answer: Answer, mode?: string): string[] =>
  ((answer.json?.entry ?? []) as { resource?: { resourceType: string; id?: string }; search?: { mode?: string } }[])
    .filter((entry) => mode === undefined || entry.search?.mode === mode)
    .flatMap(({ resource }) => (resource?.id ? [`${resource.resourceType}/${resource.id}`] : []))
