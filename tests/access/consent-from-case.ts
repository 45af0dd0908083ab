/** A case's consent in FHIR's own shape (consent.md 3.3), as a patient's app would write it. Used by the HTTP run too. */
import { BASE } from '../../server/fhir/canonical.ts'
import type { CaseConsent, CaseProvision } from './case-notation.ts'

const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
const PARTICIPATION = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'
const RESOURCE_TYPES = 'http://hl7.org/fhir/resource-types'
const DOCUMENT_TYPES = 'urn:oid:2.16.156.10011.2.4'

/** How the names of the notation are called where the Consent is to stand. */
export interface CaseNames {
  patient(id: string): string
  organization(id: string): string
  study(id: string): string
  /** `Type/id` of a data instance */
  instance(id: string): string
}

export const PLAIN_NAMES: CaseNames = {
  patient: (id) => id,
  organization: (id) => id,
  study: (id) => id,
  instance: (id) => `Condition/${id}`,
}

/** `id`: the Consent's own; versions of one series share the identifier and not the id. */
export function consentFromCase(one: CaseConsent, id: string, names: CaseNames = PLAIN_NAMES): Record<string, unknown> {
  const isMeta = one.kind === 'meta'
  return {
    resourceType: 'Consent',
    id,
    identifier: [{ system: `${BASE}/sid/consent-series`, value: `${names.patient(one.patient)}-${one.series}` }],
    status: one.status,
    scope: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: isResearch(one) ? 'research' : 'patient-privacy' }],
    },
    category: [
      { coding: [{ system: 'http://loinc.org', code: '59284-0' }] },
      ...(isMeta ? [{ coding: [{ system: `${BASE}/CodeSystem/cn-consent-model`, code: 'meta' }] }] : []),
    ],
    patient: { reference: `Patient/${names.patient(one.patient)}` },
    dateTime: one.dateTime,
    performer: [performerOf(one, names)],
    ...(one.verified && one.performer === 'patient' ? {} : { verification: [{ verified: one.verified }] }),
    policyRule: { coding: [{ system: ACT_CODE, code: isMeta ? 'GRANTORCHOICE' : one.policyRule }] },
    ...nonEmpty('provision', {
      ...(one.period ? { period: { start: one.period[0], end: one.period[1] } } : {}),
      ...(isMeta ? { provision: (one.prefs ?? []).map((pref) => preferenceOf(pref, names)) } : provisionOf(one.provision ?? {}, names)),
    }),
  }
}

/** FHIR has no empty elements: a rule about everything has no provision. */
const nonEmpty = (key: string, value: object): object => (Object.keys(value).length === 0 ? {} : { [key]: value })

const isResearch = (one: CaseConsent): boolean => one.provision?.purpose?.includes('HRESCH') ?? false

const performerOf = (one: CaseConsent, names: CaseNames): { reference: string } =>
  one.performer === 'patient' ? { reference: `Patient/${names.patient(one.patient)}` } : { reference: `RelatedPerson/${one.performer}` }

function preferenceOf(pref: CaseProvision & { model: string }, names: CaseNames): Record<string, unknown> {
  const { extension = [], ...rest } = provisionOf(pref, names) as { extension?: object[] }
  const type = pref.model === 'blanket-deny' ? 'deny' : 'permit'
  return { ...rest, type, extension: [...extension, { url: `${BASE}/StructureDefinition/cn-meta-model`, valueCode: pref.model }] }
}

function provisionOf(one: CaseProvision, names: CaseNames): Record<string, unknown> {
  const extension = [
    ...(one.study ?? []).map((id) => ({
      url: `${BASE}/StructureDefinition/cn-consent-study`,
      valueReference: { reference: `ResearchStudy/${names.study(id)}` },
    })),
    ...(one.form ?? []).map((code) => ({ url: `${BASE}/StructureDefinition/cn-data-form`, valueCode: code })),
  ]
  const actor = [...(one.role ?? []).map(partyActor), ...(one.actor ?? []).map((id) => recipient(`Organization/${names.organization(id)}`))]
  return {
    ...(extension.length > 0 ? { extension } : {}),
    ...(one.type ? { type: one.type } : {}),
    ...(one.purpose ? { purpose: one.purpose.map((code) => ({ system: ACT_REASON, code })) } : {}),
    ...(one.action
      ? { action: one.action.map((code) => ({ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code }] })) }
      : {}),
    ...(actor.length > 0 ? { actor } : {}),
    ...(one.class ? { class: one.class.map(classCoding) } : {}),
    ...(one.code ? { code: one.code.map((code) => ({ coding: [{ code }] })) } : {}),
    ...(one.label ? { securityLabel: one.label.map((code) => ({ system: ACT_CODE, code })) } : {}),
    ...(one.dataPeriod ? { dataPeriod: { start: one.dataPeriod[0], end: one.dataPeriod[1] } } : {}),
    ...(one.data ? { data: one.data.map((id) => ({ meaning: 'instance', reference: { reference: names.instance(id) } })) } : {}),
    ...(one.provision ? { provision: one.provision.map((inner) => provisionOf(inner, names)) } : {}),
  }
}

const partyActor = (party: string): object => recipient(`Organization/party-${party}`)

const recipient = (reference: string): object => ({ role: { coding: [{ system: PARTICIPATION, code: 'IRCP' }] }, reference: { reference } })

const classCoding = (code: string): object => ({ system: /^C00\d\d$/.test(code) ? DOCUMENT_TYPES : RESOURCE_TYPES, code })
