/** An operation of the home page (4401) or of the record of an operation (4701) to cn-procedure; 4101 tells of the same ones. */
import type { Procedure } from '@medplum/fhirtypes'
import { codeSystem, structureDefinition } from '../../server/fhir/canonical.ts'
import { mapping } from '../engine/mapping.ts'
import type { RowView, Run } from '../engine/rule.ts'
import { TABLES } from '../engine/systems.ts'
import { readDateTime } from '../engine/values/date.ts'
import { type Incision, readIncision } from '../engine/values/incision.ts'
import { toHalfWidth } from '../engine/values/text.ts'
import { INSURANCE_EDITION } from './diagnosis.ts'
import { miisKeys, visit } from './keys.ts'
import type { Site } from './transaction.ts'

export interface SurgeryRow extends Site {
  mdtrt_id?: string
  /** of the uninsured, whose visits only the hospital numbers */
  mdtrt_sn?: string
  oprn_oprt_code?: string
  oprn_oprt_name?: string
  /** the day; 4701 calls it oprn_time */
  oprn_oprt_date?: string
  oprn_time?: string
  oprn_begntime?: string
  oprn_endtime?: string
  oprn_lv_code?: string
  /** `Ⅱ/甲`; 4401 has the code beside it */
  sinc_heal_lv?: string
  sinc_heal_lv_code?: string
  anst_mtd_code?: string
  anst_mtd_name?: string
  anst_asa_lv_code?: string
  /** 4401 oper_name, asit_1_name, asit_name2; 4701 oprn_oper_name, oprn_asit_name1, oprn_asit_name2 */
  oper_name?: string
  oprn_oper_name?: string
  asit_1_name?: string
  oprn_asit_name1?: string
  asit_name2?: string
  oprn_asit_name2?: string
  anst_dr_name?: string
  oprn_oper_part?: string
  oprn_con_time?: string
  canc_oprn_flag?: string
  canc_oprn?: string
  bfpn_diag_code?: string
  afpn_diag_code?: string
  afpn_diag_name?: string
  back_oprn?: string
  anst_copn_name?: string
  anst_merg_symp?: string
  /** 4302 */
  itvt_name?: string
  oprn_oprt_mtd_dscr?: string
  oprn_oprt_cnt?: string
  vali_flag?: string
}

/** The day on which it was done: transactions write it with and without the hour. */
export function procedureDay(run: Run, ...sent: readonly (string | undefined)[]): string {
  const text = sent.find((one) => one !== undefined)
  return (text === undefined ? undefined : readDateTime(text, run.context.timezone).value?.slice(0, 10)) ?? '~'
}

const ROMAN = ['I', 'II', 'III', 'IV', 'V', 'VI'] as const
/** `3`, `03`, `Ⅲ` or `III`; undefined: no such class. */
function asaClass(row: RowView<SurgeryRow>, run: Run) {
  const sent = row.anst_asa_lv_code
  if (sent === undefined) return undefined
  const text = toHalfWidth(sent)
    .normalize('NFKC')
    .toUpperCase()
    .replace(/^0|级$|^P/g, '')
  const found = ROMAN.find((roman) => roman === text) ?? ROMAN[Number(text) - 1]
  if (found === undefined) run.flaw('anst_asa_lv_code', 'mapping-value-unknown')
  return found
}

const LEVELS = { '1': '1', '2': '2', '3': '3', '4': '4', '01': '1', '02': '2', '03': '3', '04': '4' } as const

function incision(run: Run): Incision {
  const sent = run.text('sinc_heal_lv') ?? run.text('sinc_heal_lv_code')
  return (sent === undefined ? undefined : readIncision(sent)) ?? {}
}

const role = (code: string, text: string) => ({ coding: [{ system: codeSystem('cn-procedure-role'), code, display: text }] })
const named = (name: string | undefined) => (name === undefined ? undefined : { display: name })
const isCancelled = (row: RowView<SurgeryRow>): boolean => row.canc_oprn_flag === '1' || row.canc_oprn === '1'
const diagnosed = (code: string | undefined, name?: string) =>
  code === undefined
    ? name === undefined
      ? undefined
      : { text: name }
    : { coding: [{ system: TABLES.icd10, version: INSURANCE_EDITION, code, ...(name !== undefined && { display: name }) }] }

export const surgery = mapping<SurgeryRow, Procedure>({
  source: 'miis/oprninfo',
  to: 'Procedure',
  profile: 'cn-procedure',
  id: (row, run) => {
    const what = row.oprn_oprt_code ?? row.oprn_oprt_name
    const day = procedureDay(run, row.oprn_oprt_date, row.oprn_time, row.oprn_begntime)
    if (what === undefined) return undefined
    if (row.mdtrt_id !== undefined) return miisKeys.procedure(run.context, row.mdtrt_id, what, day)
    return row.mdtrt_sn === undefined ? undefined : { type: 'Procedure', scope: run.scope, parts: [row.mdtrt_sn, what, day] }
  },
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    extension: [
      {
        url: structureDefinition('cn-surgery-level'),
        valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.1.258', code: from.choice('oprn_lv_code', LEVELS) },
      },
      { url: structureDefinition('cn-incision-class'), valueCode: from.value('sinc_heal_lv', (_row, run) => incision(run).incision) },
      {
        url: structureDefinition('cn-healing-grade'),
        valueCoding: {
          system: 'urn:oid:2.16.156.10011.2.3.1.257',
          code: from.value('sinc_heal_lv', (_row, run) => incision(run).healing),
        },
      },
      {
        url: structureDefinition('cn-anaesthesia-method'),
        valueCodeableConcept: from.codeOf('urn:oid:2.16.156.10011.2.3.1.159', 'anst_mtd_code', 'anst_mtd_name'),
      },
      { url: structureDefinition('cn-asa-class'), valueCode: from.value('anst_asa_lv_code', asaClass) },
      {
        url: structureDefinition('cn-unplanned-return'),
        valueBoolean: from.choice('back_oprn', { '1': 'true', '0': 'false' }).as((text) => text === 'true'),
      },
    ],
    status: from.value(['canc_oprn_flag', 'canc_oprn'], (row) => (isCancelled(row) ? 'not-done' : 'completed')),
    code: from.codeOf(TABLES.icd9cm3, 'oprn_oprt_code', 'oprn_oprt_name', INSURANCE_EDITION).required(),
    subject: from.patient(),
    encounter: visit<SurgeryRow>('mdtrt_id').or(from.encounter('mdtrt_sn')),
    performedDateTime: from
      .dateTime('oprn_oprt_date')
      .or(from.dateTime('oprn_time'))
      .when((run) => run.text('oprn_begntime') === undefined),
    performedPeriod: { start: from.dateTime('oprn_begntime'), end: from.dateTime('oprn_endtime') },
    performer: [
      {
        function: role('surgeon', '术者'),
        actor: from.value(['oper_name', 'oprn_oper_name'], (row) => named(row.oper_name ?? row.oprn_oper_name)),
      },
      {
        function: role('assistant1', 'Ⅰ助'),
        actor: from.value(['asit_1_name', 'oprn_asit_name1'], (row) => named(row.asit_1_name ?? row.oprn_asit_name1)),
      },
      {
        function: role('assistant2', 'Ⅱ助'),
        actor: from.value(['asit_name2', 'oprn_asit_name2'], (row) => named(row.asit_name2 ?? row.oprn_asit_name2)),
      },
      { function: role('anaesthetist', '麻醉医师'), actor: from.value('anst_dr_name', (row) => named(row.anst_dr_name)) },
    ],
    bodySite: [{ text: from.text('oprn_oper_part') }],
    reasonCode: [
      from.value('bfpn_diag_code', (row) => diagnosed(row.bfpn_diag_code)),
      // The diagnosis after the operation is what it turned out to be done for.
      from.value(['afpn_diag_code', 'afpn_diag_name'], (row) =>
        row.afpn_diag_code !== undefined && row.afpn_diag_code === row.bfpn_diag_code
          ? undefined
          : diagnosed(row.afpn_diag_code, row.afpn_diag_name),
      ),
    ],
    complication: [{ text: from.text('anst_copn_name').or(from.text('anst_merg_symp')) }],
    note: [
      { text: from.text('oprn_con_time').as((time) => `手术持续时间：${time}`) },
      { text: from.prose('oprn_oprt_mtd_dscr').as((words) => `操作方法：${words}`) },
      { text: from.text('itvt_name').as((name) => `介入物：${name}`) },
      { text: from.text('oprn_oprt_cnt').as((count) => `操作次数：${count}`) },
    ],
  }),
})
