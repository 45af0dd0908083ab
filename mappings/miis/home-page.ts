/** The parts of a settlement list (4101) that make the home page C0032: stay, operations, sections. */
import type { Composition, Encounter, Procedure } from '@medplum/fhirtypes'
import { BASE, codeSystem, localSystem, NATIONAL, structureDefinition } from '../../server/fhir/canonical.ts'
import { keys, referTo } from '../engine/keys.ts'
import { mapping } from '../engine/mapping.ts'
import type { RowView, Run } from '../engine/rule.ts'
import { TABLES } from '../engine/systems.ts'
import type { KeyReference, ResourceKey } from '../engine/types.ts'
import type { MiisObject } from '../parsers/miis-json.ts'
import { ADMISSION_CONDITION } from './condition.ts'
import { INSURANCE_EDITION } from './diagnosis.ts'
import { icuStays, SETTLEMENT_LIST_ICU } from './icu-stay.ts'
import { doctor, miisKeys, visit } from './keys.ts'
import { providerOf } from './settlement.ts'
import { procedureDay } from './surgery.ts'
import type { Site } from './transaction.ts'

/** `setlinfo` of 4101 with what its lists made. */
export interface SettlementListRow extends Site {
  mdtrt_id?: string
  setl_id?: string
  medcasno?: string
  adm_way?: string
  adm_time?: string
  adm_caty?: string
  dscg_time?: string
  dscg_caty?: string
  act_ipt_days?: string
  dscg_way?: string
  acp_medins_name?: string
  chfpdr_code?: string
  chfpdr_name?: string
  dcla_time?: string
  medins_fill_psn?: string
  medins_fill_dept?: string
  diagnoses: { condition: KeyReference; main: boolean; admissionCondition?: string }[]
  procedures: KeyReference[]
  icuStays: readonly MiisObject[]
  claim?: ResourceKey
  money?: ResourceKey
}

const ROLE = 'http://terminology.hl7.org/CodeSystem/diagnosis-role'
const DISCHARGE_DIAGNOSIS = { coding: [{ system: ROLE, code: 'DD', display: 'Discharge diagnosis' }] }
const INPATIENT = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP', display: 'inpatient encounter' }

/** The main diagnosis is rank 1, the others keep the order of the list. */
function ranked(diagnoses: SettlementListRow['diagnoses']) {
  const ordered = [...diagnoses.filter((one) => one.main), ...diagnoses.filter((one) => !one.main)]
  return ordered.map(({ condition, admissionCondition }, at) => ({
    ...(admissionCondition && {
      extension: [
        { url: structureDefinition('cn-admission-condition'), valueCoding: { system: ADMISSION_CONDITION, code: admissionCondition } },
      ],
    }),
    condition,
    use: DISCHARGE_DIAGNOSIS,
    rank: at + 1,
  }))
}

export const stay = mapping<SettlementListRow, Encounter>({
  source: 'miis/4101/setlinfo',
  to: 'Encounter',
  profile: 'cn-encounter-minimal',
  id: (row, run) => (row.mdtrt_id === undefined ? undefined : miisKeys.visit(run.context, row.mdtrt_id)),
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: [from.identifier(NATIONAL.mdtrtId, 'mdtrt_id'), from.identifier((scope) => localSystem(scope, 'mrn'), 'medcasno', 'MRN')],
    status: 'finished',
    class: INPATIENT,
    subject: from.patient(),
    period: { start: from.dateTime('adm_time'), end: from.dateTime('dscg_time').as(notBefore) },
    length: from.quantity('act_ipt_days', undefined, { unit: '天', system: 'http://unitsofmeasure.org', code: 'd' }),
    participant: [
      {
        type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ATND', display: 'attender' }] }],
        individual: doctor<SettlementListRow>('chfpdr_code', 'chfpdr_name'),
      },
    ],
    diagnosis: from.value('diagnoses', (row) => (row.diagnoses.length > 0 ? ranked([...row.diagnoses]) : undefined)),
    hospitalization: {
      admitSource: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.270', code: from.text('adm_way') }] },
      dischargeDisposition: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.265', code: from.text('dscg_way') }] },
      destination: from.value('acp_medins_name', (row) =>
        row.acp_medins_name === undefined ? undefined : { display: row.acp_medins_name },
      ),
    },
    serviceType: { coding: [{ system: codeSystem('nhsa-department'), code: from.text('dscg_caty').or(from.text('adm_caty')) }] },
    serviceProvider: from.value('fixmedins_code', providerOf),
    extension: from.value('icuStays', (row, run) => {
      const stays = icuStays(row.icuStays, SETTLEMENT_LIST_ICU, run.context.timezone)
      return stays.length > 0 ? stays : undefined
    }),
  }),
})

/** An end before the start is stored as sent and flagged (formats.md D7). */
function notBefore(end: string, run: { text(field: string): string | undefined; flaw(field: string, code: string): void }): string {
  const [admitted, discharged] = [run.text('adm_time'), run.text('dscg_time')]
  if (admitted !== undefined && discharged !== undefined && discharged < admitted) run.flaw('dscg_time', 'mapping-date-order')
  return end
}

export interface OperationRow extends Site {
  mdtrt_id?: string
  oprn_oprt_type?: string
  oprn_oprt_name?: string
  oprn_oprt_code?: string
  oprn_oprt_date?: string
  oprn_oprt_begntime?: string
  oprn_oprt_endtime?: string
  anst_way?: string
  oper_dr_code?: string
  oper_dr_name?: string
  anst_dr_code?: string
  anst_dr_name?: string
}

const role = (code: string, text: string) => ({ coding: [{ system: codeSystem('cn-procedure-role'), code, display: text }] })

export const operation = mapping<OperationRow, Procedure>({
  source: 'miis/4101/oprninfo',
  to: 'Procedure',
  id: (row, run) => {
    const what = row.oprn_oprt_code ?? row.oprn_oprt_name
    const day = procedureDay(run, row.oprn_oprt_date, row.oprn_oprt_begntime)
    return row.mdtrt_id === undefined || what === undefined ? undefined : miisKeys.procedure(run.context, row.mdtrt_id, what, day)
  },
  organization: 'fixmedins_code',
  rules: (from) => ({
    status: 'completed',
    category: from.value('oprn_oprt_type', (row) =>
      row.oprn_oprt_type === undefined ? undefined : { coding: [{ system: codeSystem('nhsa-oprn-oprt-type'), code: row.oprn_oprt_type }] },
    ),
    code: from
      .value(['oprn_oprt_code', 'oprn_oprt_name'], (row) => {
        const { oprn_oprt_code: code, oprn_oprt_name: name } = row
        if (code === undefined) return name === undefined ? undefined : { text: name }
        return {
          coding: [{ system: TABLES.icd9cm3, version: INSURANCE_EDITION, code, ...(name !== undefined && { display: name }) }],
          text: name ?? code,
        }
      })
      .required(),
    subject: from.patient(),
    encounter: visit<OperationRow>('mdtrt_id'),
    performedDateTime: from.dateTime('oprn_oprt_date').when((run) => run.text('oprn_oprt_begntime') === undefined),
    performedPeriod: { start: from.dateTime('oprn_oprt_begntime'), end: from.dateTime('oprn_oprt_endtime') },
    performer: [
      { function: role('surgeon', '术者'), actor: doctor<OperationRow>('oper_dr_code', 'oper_dr_name') },
      { function: role('anaesthetist', '麻醉医师'), actor: doctor<OperationRow>('anst_dr_code', 'anst_dr_name') },
    ],
    extension: [
      {
        url: structureDefinition('cn-anaesthesia-method'),
        valueCodeableConcept: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.159', code: from.text('anst_way') }] },
      },
    ],
  }),
})

const section = (code: string, title: string, entry: readonly KeyReference[]) =>
  entry.length === 0 ? [] : [{ title, code: { coding: [{ system: 'http://loinc.org', code }] }, entry: [...entry] }]

/** A list is known by its settlement; its state is said in messages of their own (4102). */
export const listKey = (row: RowView<{ setl_id?: string }>, run: Run): ResourceKey | undefined =>
  row.setl_id === undefined ? undefined : miisKeys.homePage(run.context, row.setl_id)
export const listIdentifier = (row: RowView<{ setl_id?: string }>) =>
  row.setl_id === undefined ? undefined : { system: `${BASE}/sid/nhsa/settlement-list`, value: row.setl_id }
export const LIST_TYPE = {
  type: { coding: [{ system: TABLES.documentType, code: 'C0032', display: '住院病案首页' }] },
  title: '医疗保障基金结算清单（住院病案首页）',
}

export const homePage = mapping<SettlementListRow, Composition>({
  source: 'miis/4101',
  to: 'Composition',
  profile: 'cn-composition',
  id: listKey,
  organization: 'fixmedins_code',
  rules: (from) => ({
    identifier: from.value('setl_id', listIdentifier),
    status: 'final',
    ...LIST_TYPE,
    subject: from.patient(),
    encounter: visit<SettlementListRow>('mdtrt_id'),
    date: from.dateTime('dcla_time').or(from.dateTime('inf_time')).required(),
    author: [
      from.value(['medins_fill_psn', 'medins_fill_dept'], (row) => {
        const display = [row.medins_fill_dept, row.medins_fill_psn].filter((part) => part !== undefined).join(' ')
        return { display: display === '' ? '医疗机构填报人' : display }
      }),
    ],
    custodian: from.value('fixmedins_code', (row, run) => referTo(keys.organization(run.scope), row.fixmedins_name)),
    section: from.value(['diagnoses', 'procedures'], (row) => {
      const money = [row.claim, row.money].flatMap((key) => (key ? [referTo(key)] : []))
      const sections = [
        ...section(
          '11535-2',
          '出院诊断',
          row.diagnoses.map((one) => one.condition),
        ),
        ...section('47519-4', '手术及操作', row.procedures),
        ...section('48768-6', '住院费用', money),
      ]
      return sections.length > 0 ? sections : undefined
    }),
  }),
})
