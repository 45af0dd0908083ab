/** The patient's own consents, as the patient's app writes them (docs/access.md: how each is represented). */
import type { Cast, FhirResource } from './cast.ts'

const BASE = 'https://fhir-cn.example'
const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'

export interface ConsentWords {
  patient: string
  series: string
  scope: 'patient-privacy' | 'research'
  /** v3-ActCode: OPTIN, OPTINR, OPTOUT, OPTOUTE … */
  policy: string
  model: string
  provision: Record<string, unknown>
}

export function consentOf(words: ConsentWords): FhirResource {
  const subject = { reference: `Patient/${words.patient}` }
  return {
    resourceType: 'Consent',
    meta: { profile: [`${BASE}/StructureDefinition/cn-privacy-consent`] },
    identifier: [{ system: `${BASE}/sid/consent-series`, value: words.series }],
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: words.scope }] },
    category: [
      { coding: [{ system: 'http://loinc.org', code: '59284-0' }] },
      { coding: [{ system: `${BASE}/CodeSystem/cn-consent-model`, code: words.model }] },
    ],
    patient: subject,
    dateTime: new Date().toISOString(),
    performer: [subject],
    policyRule: { coding: [{ system: ACT_CODE, code: words.policy }] },
    provision: words.provision,
  }
}

const purpose = (...codes: string[]) => codes.map((code) => ({ system: ACT_REASON, code }))
const recipient = (organization: string) => [
  {
    role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
    reference: { reference: `Organization/${organization}` },
  },
]
const resources = (...types: string[]) => types.map((code) => ({ system: 'http://hl7.org/fhir/resource-types', code }))
const form = (...codes: string[]) => codes.map((valueCode) => ({ url: `${BASE}/StructureDefinition/cn-data-form`, valueCode }))

/** Broad consent: any approved research, pseudonymised or anonymous. */
export const broadConsent = (patient: string): FhirResource =>
  consentOf({
    patient,
    series: `broad-${patient}`,
    scope: 'research',
    policy: 'OPTIN',
    model: 'broad',
    provision: { purpose: purpose('HRESCH'), extension: form('PSEUD', 'ANON') },
  })

/** The commercial insurer named may read what a claim needs. */
export const insurerConsent = (patient: string): FhirResource =>
  consentOf({
    patient,
    series: `insurer-${patient}`,
    scope: 'patient-privacy',
    policy: 'OPTIN',
    model: 'broad',
    provision: {
      purpose: purpose('HPAYMT'),
      actor: recipient('INS'),
      class: resources('Claim', 'ExplanationOfBenefit', 'Encounter', 'Condition'),
    },
  })

/** Opt-out: no sharing with other hospitals for treatment. */
export const shareOptOut = (patient: string): FhirResource =>
  consentOf({
    patient,
    series: `share-${patient}`,
    scope: 'patient-privacy',
    policy: 'OPTOUT',
    model: 'opt-out',
    provision: { purpose: purpose('TREAT') },
  })

export async function give(cast: Cast, patient: string, consent: FhirResource): Promise<FhirResource> {
  const client = await cast.as('patient-app', { patient })
  return (await client.create({ resourceType: 'Consent', body: consent as never })) as unknown as FhirResource
}

/** A withdrawal is the next version of the same series, inactive. */
export async function withdraw(cast: Cast, patient: string, consent: FhirResource): Promise<void> {
  const client = await cast.as('patient-app', { patient })
  const body = { ...consent, status: 'inactive', dateTime: new Date().toISOString() }
  await client.update({ resourceType: 'Consent', id: consent.id ?? '', body: body as never })
}
