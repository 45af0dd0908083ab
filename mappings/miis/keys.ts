/** Keys and mentions of what the insurance numbers itself; the hospital's own numbers use engine/keys.ts. */
import { BASE, codeSystem, NATIONAL, structureDefinition } from '../../server/fhir/canonical.ts'
import type { MappedReference } from '../engine/elements.ts'
import { UNKNOWN_CLASS } from '../engine/encounter-class.ts'
import { keys, referTo } from '../engine/keys.ts'
import { BEFORE_ALL, practitionerMention } from '../engine/mention.ts'
import { type Field, Rule, type Run } from '../engine/rule.ts'
import type { MappedResource, MappingContext, ResourceKey } from '../engine/types.ts'
import { DIVISION, divisionOf } from './division.ts'

/** The identity domain of a MIIS source: mdtrt_id, setl_id and feedetl_sn are unique in it. */
export const miisScope = (context: MappingContext): string => `miis:${context.source.organization}`

export const miisKeys = {
  visit: (context: MappingContext, mdtrtId: string) => keys.encounter(miisScope(context), mdtrtId),
  /** vali_flag takes a diagnosis away by its code, so the code is its identity and not its place in the list */
  diagnosis: (context: MappingContext, mdtrtId: string, type: string, codeOrName: string) =>
    keys.diagnosis(miisScope(context), mdtrtId, `${type}|${codeOrName}`),
  charge: (context: MappingContext, mdtrtId: string, feedetlSn: string): ResourceKey => key(context, 'ChargeItem', mdtrtId, feedetlSn),
  prescription: (context: MappingContext, mdtrtId: string, feedetlSn: string): ResourceKey =>
    key(context, 'MedicationRequest', mdtrtId, feedetlSn),
  /** one claim per visit; a settlement in mid-stay has its own batch */
  claim: (context: MappingContext, mdtrtId: string, batch?: string): ResourceKey =>
    key(context, 'Claim', mdtrtId, ...(batch === undefined ? [] : [batch])),
  /** the charge lines of a batch, or all of a visit: what 2205 and 2302 take back without naming them */
  lines: (context: MappingContext, mdtrtId: string, batch?: string): ResourceKey =>
    key(context, 'ChargeItem', 'lines', mdtrtId, ...(batch === undefined ? [] : [batch])),
  /** charge lines of a visit that are in no batch: those of stays */
  unbatched: (context: MappingContext, mdtrtId: string): ResourceKey => key(context, 'ChargeItem', 'unbatched', mdtrtId),
  /** a person by the insurance's own number */
  insured: (context: MappingContext, psnNo: string): ResourceKey => key(context, 'Patient', 'insured', psnNo),
  /** claims that list diagnoses of a visit */
  claimedOf: ({ scope, parts }: ResourceKey): ResourceKey => ({ type: 'Claim', scope, parts: ['diagnoses', ...parts] }),
  /** settlements of a person's visit whose requests came by themselves */
  settledApart: (context: MappingContext, mdtrtId: string, psnNo: string): ResourceKey =>
    key(context, 'ExplanationOfBenefit', 'apart', mdtrtId, psnNo),
  /** requests and answers about a person's visit */
  exchanges: (context: MappingContext, mdtrtId: string, psnNo: string): ResourceKey =>
    key(context, 'MessageHeader', 'exchanges', mdtrtId, psnNo),
  /** what stands and falls with a settlement beside the settlement itself: its claim. Two provinces may give one number to two persons' */
  settled: (context: MappingContext, setlId: string): ResourceKey => key(context, 'Claim', 'settled', setlId),
  /** all that one message of an institution said of a person: what 2601 takes back by the message's own number */
  message: (context: MappingContext, institution: string, msgid: string, psnNo: string): ResourceKey =>
    key(context, 'MessageHeader', institution, msgid, psnNo),
  /** what was filed with the insurance (2501, 2503, 2505), by the number that the insurance gave to the filing */
  filing: (context: MappingContext, type: string, number: string): ResourceKey => key(context, type, 'filing', number),
  settlement: (context: MappingContext, setlId: string): ResourceKey => key(context, 'ExplanationOfBenefit', setlId),
  coverage: (context: MappingContext, psnNo: string, insutype: string): ResourceKey => key(context, 'Coverage', psnNo, insutype),
  procedure: (context: MappingContext, mdtrtId: string, code: string, date: string): ResourceKey =>
    key(context, 'Procedure', mdtrtId, code, date),
  homePage: (context: MappingContext, setlId: string): ResourceKey => key(context, 'Composition', 'C0032', setlId),
} as const

function key(context: MappingContext, type: string, ...parts: string[]): ResourceKey {
  return { type, scope: miisScope(context), parts }
}

/** The visit in the insurance's own numbering. A placeholder of it stands in the record until its own message comes. */
export function visit<Row>(field: Field<Row>): Rule<MappedReference> {
  return new Rule<MappedReference>([field], (run) => {
    const mdtrtId = run.text(field)
    if (mdtrtId === undefined) return undefined
    run.mention(visitMention(run, mdtrtId))
    return referTo(miisKeys.visit(run.context, mdtrtId))
  })
}

function visitMention(run: Run, mdtrtId: string): MappedResource {
  const resource = {
    resourceType: 'Encounter',
    meta: { profile: [structureDefinition('cn-encounter-minimal')] },
    identifier: [{ system: NATIONAL.mdtrtId, value: mdtrtId }],
    status: 'unknown',
    class: UNKNOWN_CLASS,
    subject: { $patient: true },
    serviceProvider: referTo(keys.organization(run.scope)),
  }
  return { key: miisKeys.visit(run.context, mdtrtId), resource, state: 'current', statedAt: BEFORE_ALL, placeholder: true }
}

/** Doctors have a national code in the insurance, which is never given again; a name without one is a display only (D45). */
export function doctor<Row>(codeField: Field<Row>, nameField: Field<Row>): Rule<MappedReference> {
  return new Rule<MappedReference>([codeField], (run) => {
    const code = run.text(codeField)
    const name = run.text(nameField)
    if (code === undefined) return name === undefined ? undefined : { display: name }
    const doctorKey: ResourceKey = { type: 'Practitioner', scope: 'nhsa', parts: [code] }
    run.mention({
      key: doctorKey,
      state: 'current',
      statedAt: BEFORE_ALL,
      placeholder: true,
      resource: {
        resourceType: 'Practitioner',
        meta: { profile: [structureDefinition('cn-practitioner')] },
        identifier: [{ system: `${BASE}/sid/nhsa/practitioner`, value: code }],
        active: true,
        name: [{ text: name ?? code }],
      },
    })
    return referTo(doctorKey, name)
  })
}

const NATIONAL_DOCTOR = /^[DN]\d{9,12}$/

/** Staff where the interface does not say whose number it is: national by its shape, else the hospital's own. */
export function staff<Row>(codeField: Field<Row>, nameField: Field<Row>): Rule<MappedReference> {
  const national = doctor<Row>(codeField, nameField)
  return new Rule<MappedReference>([codeField, nameField], (run) => {
    const code = run.text(codeField)
    if (code === undefined || NATIONAL_DOCTOR.test(code)) return national.evaluate(run)
    const name = run.text(nameField)
    const mention = practitionerMention(run.scope, code, name ?? '')
    run.mention(mention)
    return referTo(mention.key as ResourceKey, name)
  })
}

/** Provinces end in four zeros, prefectures in two. */
const levelOf = (division: string): string => (/0000$/.test(division) ? 'provincial' : /00$/.test(division) ? 'prefectural' : 'county')

/**
 * The insurance administration of an area, which the sender names by the area's division alone: the configured organisation that has
 * this number, else one of its own. Both places of a settlement across provinces are found by it.
 */
export function administration(run: Run, sent: string | undefined): MappedReference {
  const { reference, mention } = administrationOf(run.context, sent)
  if (mention) run.mention(mention)
  return reference
}

/** The same, and what it is where it is named by its division. */
export function administrationOf(
  context: MappingContext,
  sent: string | undefined,
): { reference: MappedReference; mention?: MappedResource } {
  const division = divisionOf(sent)
  const place = division ?? sent
  const display = place === undefined ? '医疗保障经办机构' : `医疗保障经办机构（${place}）`
  if (division === undefined) return { reference: { display } }
  const administrationKey = keys.organization(context.organization(division))
  const mention: MappedResource = {
    key: administrationKey,
    state: 'current',
    statedAt: BEFORE_ALL,
    placeholder: true,
    resource: {
      resourceType: 'Organization',
      meta: { profile: [structureDefinition('cn-organization-authority')] },
      extension: [
        { url: structureDefinition('cn-authority-level'), valueCode: levelOf(division) },
        { url: structureDefinition('cn-admin-division'), valueCoding: { system: DIVISION, code: division } },
      ],
      identifier: [{ system: DIVISION, value: division }],
      active: true,
      type: [{ coding: [{ system: codeSystem('cn-authority-type'), code: 'MIA' }] }],
      name: display,
    },
  }
  return { reference: referTo(administrationKey, display), mention }
}
