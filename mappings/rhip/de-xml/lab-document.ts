/** Data set HSDC02.01, laboratory report by data elements (WS 363, WS 364), to report, results and specimen. */
import type { DiagnosticReport, Observation, Patient, Specimen } from '@medplum/fhirtypes'
import { localSystem, structureDefinition } from '../../../server/fhir/canonical.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { labItem } from '../../engine/lab-item.ts'
import { legalIdentifier } from '../../engine/legal-identifier.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { localCodes, TABLES } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { RESULT_CODE } from '../../engine/values/interpretation.ts'
import { table } from '../../engine/values/table.ts'

/** Elements of the document that say who, where and which report. */
export interface DocumentRow {
  /** 住院号 */
  'DE01.00.014.00'?: string
  /** 报告单编号 */
  'DE01.00.018.00'?: string
  /** 证件号码 */
  'DE02.01.030.00'?: string
  /** 证件类别代码 */
  'DE02.01.031.00'?: string
  /** 姓名 */
  'DE02.01.039.00'?: string
  /** 性别代码 */
  'DE02.01.040.00'?: string
  /** 出生日期 */
  'DE02.01.005.01'?: string
  /** 检验报告日期 */
  'DE04.50.133.00'?: string
  /** 标本类别 */
  'DE04.50.134.00'?: string
  /** 采样日期时间 */
  'DE04.50.137.00'?: string
  /** 医疗机构组织机构代码 */
  'DE08.10.052.00'?: string
  /** 记录、签名日期时间 */
  'DE09.00.053.00'?: string
  results: ResourceKey[]
}

/** One ITEM with what it has of its document. */
export interface ItemRow {
  'DE01.00.018.00'?: string
  'DE01.00.014.00'?: string
  'DE04.50.137.00'?: string
  'DE08.10.052.00'?: string
  /** 检验项目代码 */
  'DE04.30.019.00'?: string
  /** 检验项目名称 */
  'DE04.30.020.00'?: string
  /** 检验定量结果 */
  'DE04.30.015.00'?: string
  /** 计量单位 */
  'DE04.30.016.00'?: string
  /** 检验结果代码 1 正常 2 异常 3 不确定 */
  'DE04.30.017.00'?: string
}

/** CV02.01.101 as psn_cert_type; without the element an 18-character number is taken for the identity card. */
const DOCUMENTS: Record<string, string> = table({ '01': '01', '03': '08', '04': '02', '06': '04', '07': '06' })

export function legalType(row: Pick<RowView<DocumentRow>, 'DE02.01.030.00' | 'DE02.01.031.00'>): string | undefined {
  const sent = row['DE02.01.031.00']
  if (sent !== undefined) return DOCUMENTS[sent] ?? '99'
  return /^\d{17}[\dXx]$/.test(row['DE02.01.030.00'] ?? '') ? '01' : undefined
}

export const documentPatient = mapping<DocumentRow, Patient>({
  source: 'rhip/HSDC02.01',
  to: 'Patient',
  profile: 'cn-patient-minimal',
  id: 'patient',
  organization: 'DE08.10.052.00',
  when: (row) => row['DE02.01.030.00'] !== undefined,
  rules: (from) => ({
    identifier: [
      from.value(['DE02.01.030.00', 'DE02.01.031.00'], (row, run) =>
        legalIdentifier(run, 'DE02.01.030.00', legalType(row) ?? '99', row['DE02.01.030.00']),
      ),
    ],
    name: [{ use: 'official', text: from.text('DE02.01.039.00') }],
    gender: from.codedCode('gb2261-1', 'DE02.01.040.00'),
    birthDate: from.date('DE02.01.005.01'),
    extension: [{ url: structureDefinition('cn-gender-gb'), valueCoding: { system: TABLES.gender, code: from.text('DE02.01.040.00') } }],
  }),
})

type Keyed = RowView<{ 'DE01.00.018.00'?: string }>
const reportKey = (row: Keyed, run: Run): ResourceKey | undefined =>
  row['DE01.00.018.00'] === undefined ? undefined : keys.report(run.scope, row['DE01.00.018.00'])
const specimenKey = (row: Keyed, run: Run): ResourceKey | undefined =>
  row['DE01.00.018.00'] === undefined ? undefined : keys.specimenOfReport(run.scope, row['DE01.00.018.00'])

export const documentReport = mapping<DocumentRow, DiagnosticReport>({
  source: 'rhip/HSDC02.01',
  to: 'DiagnosticReport',
  profile: 'cn-diagnosticreport-lab-minimal',
  id: reportKey,
  organization: 'DE08.10.052.00',
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'lab-report-no'), 'DE01.00.018.00')],
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'LAB', display: 'Laboratory' }] }],
    code: { text: '检验报告' },
    subject: from.patient(),
    encounter: from.encounter('DE01.00.014.00'),
    effectiveDateTime: from.dateTime('DE04.50.137.00'),
    issued: from.instant('DE04.50.133.00'),
    specimen: [from.referenceTo('DE04.50.134.00', (row, run) => (row['DE04.50.134.00'] === undefined ? undefined : specimenKey(row, run)))],
    result: from.value('results', (row) => (row.results.length > 0 ? row.results.map((key) => referTo(key)) : undefined)),
  }),
})

export const documentSpecimen = mapping<DocumentRow, Specimen>({
  source: 'rhip/HSDC02.01',
  to: 'Specimen',
  id: specimenKey,
  organization: 'DE08.10.052.00',
  when: (row) => row['DE04.50.134.00'] !== undefined,
  rules: (from) => ({
    type: from.coded('specimen', 'DE04.50.134.00', 'DE04.50.134.00', { system: (scope) => localCodes(scope, 'specimen') }),
    subject: from.patient(),
    collection: { collectedDateTime: from.dateTime('DE04.50.137.00') },
  }),
})

export const documentResult = mapping<ItemRow, Observation>({
  source: 'rhip/HSDC02.01/ITEM',
  to: 'Observation',
  profile: 'cn-observation-lab-minimal',
  id: (row, run) => {
    const item = row['DE04.30.019.00'] ?? row['DE04.30.020.00']
    const report = row['DE01.00.018.00']
    return report === undefined || item === undefined ? undefined : keys.result(run.scope, report, item)
  },
  organization: 'DE08.10.052.00',
  rules: (from) => ({
    status: 'final',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory', display: 'Laboratory' }] },
    ],
    code: from
      .value(['DE04.30.019.00', 'DE04.30.020.00'], (row, run) =>
        labItem(run, row['DE04.30.019.00'], row['DE04.30.020.00'], row['DE04.30.016.00']),
      )
      .required(),
    subject: from.patient(),
    encounter: from.encounter('DE01.00.014.00'),
    effectiveDateTime: from.dateTime('DE04.50.137.00'),
    ...from.labResult('DE04.30.015.00', 'DE04.30.016.00', { flag: 'DE04.30.017.00', digits: RESULT_CODE }),
  }),
})
