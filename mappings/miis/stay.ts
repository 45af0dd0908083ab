/** What the insurance's messages say of a visit as such: registration (2201), admission (2401, 2403), discharge (2402) and their reversals. */
import type { Encounter } from '@medplum/fhirtypes'
import { codeSystem, localSystem, NATIONAL, structureDefinition } from '../../server/fhir/canonical.ts'
import { referTo } from '../engine/keys.ts'
import { mapping } from '../engine/mapping.ts'
import { bedMention } from '../engine/mention.ts'
import { Rule, type RowView, type Run } from '../engine/rule.ts'
import { participation } from '../engine/systems.ts'
import type { KeyReference, ResourceKey } from '../engine/types.ts'
import { encounterClass } from './encounter-class.ts'
import { doctor, miisKeys } from './keys.ts'
import { providerOf } from './settlement.ts'
import type { Site } from './transaction.ts'

export interface VisitRow extends Site {
  mdtrt_id?: string
  med_type?: string
  ipt_otp_no?: string
  medrcdno?: string
  begntime?: string
  endtime?: string
  atddr_no?: string
  /** 2201 names the doctor `dr_name`, 2401 `chfpdr_name` */
  dr_name?: string
  chfpdr_name?: string
  /** 2201 */
  dept_code?: string
  dept_name?: string
  caty?: string
  /** 2401 and 2403, 2402 */
  adm_dept_codg?: string
  adm_dept_name?: string
  adm_bed?: string
  dscg_dept_code?: string
  dscg_dept_name?: string
  dscg_bed?: string
  dscg_way?: string
  main_cond_desc?: string
  main_cond_dscr?: string
  adm_diag_dscr?: string
  dise_codg?: string
  dise_name?: string
}

export interface StayRow extends VisitRow {
  diagnoses: readonly StayDiagnosis[]
}

export interface StayDiagnosis {
  condition: KeyReference
  /** of diagnosis-role: admission, discharge */
  role: 'AD' | 'DD'
  main: boolean
  /** diag_srt_no */
  place?: number
}

const ROLES = { AD: 'Admission diagnosis', DD: 'Discharge diagnosis' } as const

const visitKey = (row: RowView<VisitRow>, run: Run): ResourceKey | undefined =>
  row.mdtrt_id === undefined ? undefined : miisKeys.visit(run.context, row.mdtrt_id)

export const DISPOSITION = 'urn:oid:2.16.156.10011.2.3.1.265'
const STAY = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP', display: 'inpatient encounter' }
const OUTPATIENT = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB', display: 'ambulatory' }

/** Numbers that the hospital gave: whose they are is not known where a response names no institution. */
const hospitalsOwn = (run: Run): boolean => run.text('fixmedins_code') !== undefined

/** The class of a province's own med_type is that of the transaction: nobody is admitted to a clinic. */
export const stayClass = new Rule(['med_type'], (run) => {
  const found = run.text('med_type') === undefined ? STAY : encounterClass<VisitRow>('med_type').evaluate(run)
  return found?.code === 'UNK' ? STAY : found
})

/** The place that a row of a list says it has (diag_srt_no). */
export function placeOf(sent: string | undefined): { place?: number } {
  const place = Number(sent)
  return Number.isInteger(place) && place > 0 ? { place } : {}
}

/** The main diagnosis is the first whatever its place; the others go by their numbers, or as they are listed where one has none. */
export function diagnosesOf(row: RowView<Pick<StayRow, 'diagnoses'>>) {
  const { diagnoses } = row
  if (diagnoses.length === 0) return undefined
  const isNumbered = diagnoses.every(({ place }) => place !== undefined)
  const listed = isNumbered ? diagnoses.toSorted((a, b) => (a.place ?? 0) - (b.place ?? 0)) : diagnoses
  const ordered = [...listed.filter((one) => one.main), ...listed.filter((one) => !one.main)]
  return ordered.map(({ condition, role }, at) => ({
    condition,
    use: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/diagnosis-role', code: role, display: ROLES[role] }] },
    rank: at + 1,
  }))
}

function bed(row: RowView<StayRow>, run: Run) {
  const ward = row.dscg_dept_code ?? row.dscg_dept_name ?? row.adm_dept_codg ?? row.adm_dept_name
  return bedIn(run, ward, row.dscg_dept_name ?? row.adm_dept_name, row.dscg_bed ?? row.adm_bed)
}

function bedIn(run: Run, ward: string | undefined, name: string | undefined, no: string | undefined) {
  if (ward === undefined || no === undefined) return undefined
  const place = bedMention(run.scope, ward, no, `${name ?? ward} ${no} 床`)
  run.mention(place)
  return [{ location: referTo(place.key as ResourceKey) }]
}

/** Where a message tells of a whole stay (4202): the bed of admission, and that of discharge where it is another. */
export function bedsOf(row: RowView<StayRow>, run: Run) {
  const admitted = bedIn(run, row.adm_dept_codg ?? row.adm_dept_name, row.adm_dept_name, row.adm_bed)
  const left = bedIn(run, row.dscg_dept_code ?? row.dscg_dept_name, row.dscg_dept_name, row.dscg_bed)
  const isSame = JSON.stringify(admitted) === JSON.stringify(left)
  const all = [...(admitted ?? []), ...(isSame ? [] : (left ?? []))]
  return all.length > 0 ? all : undefined
}

/** 2201: an appointment until the visit's own message (2203) comes. */
export const registration = mapping<VisitRow, Encounter>({
  source: 'miis/2201/mdtrtinfo',
  to: 'Encounter',
  profile: 'cn-encounter-minimal',
  id: visitKey,
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: [
      from.identifier(NATIONAL.mdtrtId, 'mdtrt_id'),
      from.identifier((scope) => localSystem(scope, 'outpatient-no'), 'ipt_otp_no', 'OPNO').when(hospitalsOwn),
    ],
    status: 'planned',
    class: OUTPATIENT,
    subject: from.patient(),
    participant: [{ type: participation('ATND', 'attender'), individual: doctor<VisitRow>('atddr_no', 'dr_name') }],
    period: { start: from.dateTime('begntime') },
    serviceType: {
      coding: [{ system: codeSystem('nhsa-department'), code: from.text('caty').or(from.text('dept_code')) }],
      text: from.text('dept_name'),
    },
    serviceProvider: from.value('fixmedins_code', providerOf),
  }),
})

/** 2401 and 2403: everything about a stay but its end. */
export const admission = mapping<StayRow, Encounter>({
  source: 'miis/2401/mdtrtinfo',
  to: 'Encounter',
  profile: 'cn-encounter-minimal',
  id: visitKey,
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: [
      from.identifier(NATIONAL.mdtrtId, 'mdtrt_id'),
      from.identifier((scope) => localSystem(scope, 'inpatient-no'), 'ipt_otp_no', 'IPNO').when(hospitalsOwn),
      from.identifier((scope) => localSystem(scope, 'mrn'), 'medrcdno', 'MRN').when(hospitalsOwn),
    ],
    status: from.value('endtime', (row) => (row.endtime === undefined ? 'in-progress' : 'finished')),
    class: stayClass,
    subject: from.patient(),
    participant: [{ type: participation('ATND', 'attender'), individual: doctor<StayRow>('atddr_no', 'chfpdr_name') }],
    period: { start: from.dateTime('begntime'), end: from.dateTime('endtime').as(notBefore) },
    reasonCode: [
      { text: from.prose('main_cond_desc').or(from.prose('main_cond_dscr')) },
      { text: from.prose('adm_diag_dscr') },
      { coding: [{ system: codeSystem('nhsa-disease'), code: from.text('dise_codg'), display: from.text('dise_name') }] },
    ],
    diagnosis: from.value('diagnoses', diagnosesOf),
    serviceType: {
      coding: [{ system: codeSystem('nhsa-department'), code: from.text('adm_dept_codg') }],
      text: from.text('adm_dept_name'),
    },
    location: from.value('adm_bed', bed),
    serviceProvider: from.value('fixmedins_code', providerOf),
    extension: [
      { url: structureDefinition('cn-med-type'), valueCoding: { system: codeSystem('nhsa-med-type'), code: from.text('med_type') } },
    ],
  }),
})

/** 2402: when and how the stay ended. When it began, the admission has said. */
export const discharge = mapping<StayRow, Encounter>({
  source: 'miis/2402/mdtrtinfo',
  to: 'Encounter',
  profile: 'cn-encounter-minimal',
  id: visitKey,
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: [from.identifier(NATIONAL.mdtrtId, 'mdtrt_id')],
    status: 'finished',
    class: STAY,
    subject: from.patient(),
    period: { end: from.dateTime('endtime') },
    diagnosis: from.value('diagnoses', diagnosesOf),
    hospitalization: { dischargeDisposition: { coding: [{ system: DISPOSITION, code: from.text('dscg_way') }] } },
    serviceType: {
      coding: [{ system: codeSystem('nhsa-department'), code: from.text('dscg_dept_code') }],
      text: from.text('dscg_dept_name'),
    },
    location: from.value('dscg_bed', bed),
    serviceProvider: from.value('fixmedins_code', providerOf),
  }),
})

/** A visit that did not take place (2202, 2404), or a stay that goes on (2405: its discharge is taken back). */
const reversal = (source: string, kind: typeof STAY, status: 'cancelled' | 'in-progress') =>
  mapping<VisitRow, Encounter>({
    source,
    to: 'Encounter',
    profile: 'cn-encounter-minimal',
    id: visitKey,
    organization: 'fixmedins_code',
    ...(status === 'in-progress' && { without: ['period.end', 'hospitalization'] }),
    rules: (from) => ({
      identifier: [from.identifier(NATIONAL.mdtrtId, 'mdtrt_id')],
      status,
      class: kind,
      subject: from.patient(),
      serviceProvider: from.value('fixmedins_code', providerOf),
    }),
  })

export const registrationReversal = reversal('miis/2202/data', OUTPATIENT, 'cancelled')
export const admissionReversal = reversal('miis/2404/data', STAY, 'cancelled')
export const dischargeReversal = reversal('miis/2405/data', STAY, 'in-progress')

/** An end before the start is stored as sent and flagged (formats.md D7). */
export function notBefore(end: string, run: Run): string {
  const [began, ended] = [run.text('begntime'), run.text('endtime')]
  if (began !== undefined && ended !== undefined && ended < began) run.flaw('endtime', 'mapping-date-order')
  return end
}
