/** The flattened notation of tests/cases/consent-cases.json, and its translation to the decision's own terms. */
import type { ConsentRule, Criteria, Effect, MetaModel, Preference, Provision, Span } from '../../server/access/consent-model.ts'
import { DEFAULT_POLICY, type Policy, type Question, type Relation } from '../../server/access/question.ts'
import type { ResourceFacts } from '../../server/access/resource-class.ts'
import { normaliseRules } from '../../server/access/effective-rules.ts'
import type { DataForm, Party } from '../../server/auth/actor.ts'

export interface CaseProvision {
  type?: 'permit' | 'deny'
  purpose?: string[]
  action?: string[]
  role?: string[]
  actor?: string[]
  class?: string[]
  code?: string[]
  dataPeriod?: [string, string]
  data?: string[]
  label?: string[]
  study?: string[]
  form?: string[]
  provision?: CaseProvision[]
}

export interface CaseConsent {
  id: string
  patient: string
  status: string
  dateTime: string
  performer: string
  verified: boolean
  series: string
  policyRule?: string
  period?: [string, string]
  provision?: CaseProvision
  kind?: 'meta'
  prefs?: (CaseProvision & { model: MetaModel })[]
}

export interface ConsentCase {
  n: number
  name: string
  request: {
    now: string
    actor: { party: Party; id: string; org?: string; role?: string; treating?: boolean; primaryTeam?: boolean; foreign?: boolean }
    purpose: string
    action: string
    form: DataForm
    patientAge: number
    resource: {
      type: string
      id: string
      patient: string
      custodian: string
      date: string
      labels: string[]
      codes: string[]
      docType?: string
    }
    study?: string
    ethics?: 'approved' | 'waiver'
    insuredEncounter?: boolean
    notifiable?: boolean
    btgReason?: string
    legalOrder?: boolean
    privacyAudit?: 'pass'
    guardianOf?: string[]
    deceased?: boolean
    kinship?: boolean
  }
  policy?: { crossHospitalTreat?: 'permit' | 'deny'; researchDefault?: 'permit' | 'deny' }
  consents: CaseConsent[]
  expect: 'permit' | 'deny'
  reason: string
  obligations: string[]
}

const DAY = 86_400_000
const day = (text: string): number => Date.parse(`${text}T00:00:00Z`)
const span = ([from, until]: [string, string]): Span => ({ from: day(from), until: day(until) + DAY })

export const factsOf = ({ request }: ConsentCase): ResourceFacts => ({
  type: request.resource.type,
  id: request.resource.id,
  targets: [],
  docType: request.resource.docType ?? '',
  labels: request.resource.labels,
  profiles: [],
  codes: request.resource.codes.map((code) => `|${code}`),
  ownCodes: request.resource.codes.map((code) => `|${code}`),
  dates: [{ from: day(request.resource.date), until: day(request.resource.date) + DAY }],
  references: [],
})

export const policyOf = ({ policy }: ConsentCase): Policy => ({
  ...DEFAULT_POLICY,
  crossHospitalTreat: policy?.crossHospitalTreat !== 'deny',
  researchPseudonymisedByDefault: policy?.researchDefault === 'permit',
})

export function questionOf(one: ConsentCase): Question {
  const { request } = one
  const { actor, resource } = request
  return {
    asker: {
      party: actor.party,
      organization: actor.org ?? '',
      role: actor.role ?? '',
      purpose: request.purpose,
      action: request.action,
      form: request.form,
      names: [actor.id, actor.org ?? actor.id],
      ...(request.study ? { study: request.study } : {}),
      ...(request.ethics ? { ethics: request.ethics } : {}),
      ...(actor.foreign ? { foreign: true } : {}),
      ...(request.privacyAudit ? { privacyAudit: request.privacyAudit } : {}),
      ...(request.btgReason ? { breakGlassReason: request.btgReason } : {}),
    },
    policy: policyOf(one),
    now: day(request.now),
    relation: relationOf(one),
    custodian: actor.org === resource.custodian ? 'own' : 'other',
    resource: {
      type: resource.type,
      targets: [],
      docType: resource.docType ?? '',
      labels: resource.labels,
      insured: request.insuredEncounter === true,
      fromInsurance: false,
      notifiable: request.notifiable === true,
    },
  }
}

function relationOf({ request }: ConsentCase): Relation {
  const { actor, resource, patientAge } = request
  const relation: Relation = {
    treating: actor.treating === true,
    primary: actor.primaryTeam === true,
    self: actor.party === 'patient' && actor.id === resource.patient,
    kinship: request.kinship === true,
    deceased: request.deceased === true,
    legalOrder: request.legalOrder === true,
  }
  if (request.guardianOf?.includes(resource.patient)) relation.ward = patientAge < 14 ? 'child' : patientAge < 18 ? 'adolescent' : 'adult'
  return relation
}

/** The case's consents of the resource's patient, as the person's rules at the moment of the request. */
export function rulesOf(one: ConsentCase): ConsentRule[] {
  const { request } = one
  const birthday14 = request.patientAge < 14 ? day(request.now) + (14 - request.patientAge) * 365 * DAY : undefined
  const versions = one.consents
    .filter((consent) => consent.patient === request.resource.patient)
    .map((consent) => ({ series: consent.series, at: day(consent.dateTime), status: consent.status, rule: versionOf(consent, birthday14) }))
  return normaliseRules(versions, day(request.now))
}

function versionOf(consent: CaseConsent, birthday14: number | undefined): Omit<ConsentRule, 'series' | 'rank'> {
  if (!consent.verified) return { silent: true }
  return {
    ...(consent.period ? { period: span(consent.period) } : {}),
    ...(birthday14 !== undefined && consent.performer === 'patient' ? { permitsFrom: birthday14 } : {}),
    ...(consent.prefs ? { preferences: consent.prefs.map(preferenceOf) } : {}),
    ...(consent.provision && consent.policyRule ? { root: provisionOf(consent.provision, BASE_EFFECT[consent.policyRule] ?? 'deny') } : {}),
  }
}

const BASE_EFFECT: Record<string, Effect> = { OPTIN: 'permit', OPTINR: 'permit', OPTOUT: 'deny', OPTOUTE: 'deny', EMRGONLY: 'emergency' }

const preferenceOf = (one: CaseProvision & { model: MetaModel }): Preference => ({ model: one.model, criteria: criteriaOf(one) })

function provisionOf(one: CaseProvision, effect: Effect): Provision {
  return { effect, criteria: criteriaOf(one), nested: (one.provision ?? []).map((inner) => provisionOf(inner, inner.type ?? 'deny')) }
}

function criteriaOf(one: CaseProvision): Criteria {
  const { purpose, action, role, actor, label, study, form } = one
  const lists = { purpose, action, role, actor, label, study, form }
  return {
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list !== undefined)),
    ...(one.class ? { class: one.class.map((code) => ({ code })) } : {}),
    ...(one.code ? { code: one.code.map((code) => ({ code })) } : {}),
    ...(one.dataPeriod ? { dataPeriod: span(one.dataPeriod) } : {}),
    ...(one.data ? { data: one.data.map((reference) => ({ reference, related: false })) } : {}),
  }
}
