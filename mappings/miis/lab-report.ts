/** Laboratory report of 4502 to cn-diagnosticreport-lab, its results and specimens. Keys are the hospital's. */
import type { DiagnosticReport, Observation, ServiceRequest, Specimen } from '@medplum/fhirtypes'
import { codeSystem, localSystem } from '../../server/fhir/canonical.ts'
import { keys, referTo } from '../engine/keys.ts'
import { flagContradicts, labItem } from '../engine/lab-item.ts'
import { mapping } from '../engine/mapping.ts'
import type { RowView, Run } from '../engine/rule.ts'
import { localCodes } from '../engine/systems.ts'
import type { ResourceKey } from '../engine/types.ts'
import { doctor, visit } from './keys.ts'
import type { Site } from './transaction.ts'

export interface LabInfoRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  appy_no?: string
  bilg_dr_codg?: string
  bilg_dr_name?: string
  exam_org_code?: string
  exam_org_name?: string
  rpotc_no?: string
  exam_item_code?: string
  exam_item_name?: string
  inhosp_exam_item_code?: string
  inhosp_exam_item_name?: string
  rpt_date?: string
  rpot_doc?: string
  vali_flag?: string
  /** of the first specimen */
  sapl_date?: string
  results: ResourceKey[]
  specimens: ResourceKey[]
}

export const reportKey = (scope: string, reportNo: string | undefined): ResourceKey | undefined =>
  reportNo === undefined ? undefined : keys.report(scope, reportNo)

export const labReport = mapping<LabInfoRow, DiagnosticReport>({
  source: 'miis/4502/labinfo',
  to: 'DiagnosticReport',
  profile: 'cn-diagnosticreport-lab-minimal',
  id: (row, run) => reportKey(run.scope, row.rpotc_no),
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'lab-report-no'), 'rpotc_no')],
    basedOn: [from.referenceTo('appy_no', (row, run) => (row.appy_no === undefined ? undefined : keys.request(run.scope, row.appy_no)))],
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'LAB', display: 'Laboratory' }] }],
    code: from
      .value(['inhosp_exam_item_code', 'inhosp_exam_item_name', 'exam_item_code', 'exam_item_name'], panel)
      .default({ text: '检验报告' }),
    subject: from.patient(),
    // The hospital's own visit where it is named, because the hospital's and the platform's report name the same one.
    encounter: from.encounter('mdtrt_sn').or(visit<LabInfoRow>('mdtrt_id')),
    effectiveDateTime: from.dateTime('sapl_date').or(from.dateTime('rpt_date')),
    issued: from.instant('rpt_date'),
    performer: [from.organization('exam_org_code', 'exam_org_name')],
    resultsInterpreter: [from.value('rpot_doc', (row) => (row.rpot_doc === undefined ? undefined : { display: row.rpot_doc }))],
    result: from.value('results', (row) => (row.results.length > 0 ? row.results.map((key) => referTo(key)) : undefined)),
    specimen: from.value('specimens', (row) => (row.specimens.length > 0 ? row.specimens.map((key) => referTo(key)) : undefined)),
  }),
})

/** What was ordered: the national service item, and the hospital's own item behind it. */
function panel(row: RowView<LabInfoRow>, run: Run) {
  const national = row.exam_item_code && {
    system: codeSystem('nhsa-service'),
    code: row.exam_item_code,
    ...(row.exam_item_name && { display: row.exam_item_name }),
  }
  const own = row.inhosp_exam_item_code && {
    system: localCodes(run.scope, 'lab-panel'),
    code: row.inhosp_exam_item_code,
    ...(row.inhosp_exam_item_name && { display: row.inhosp_exam_item_name }),
  }
  const text = row.inhosp_exam_item_name ?? row.exam_item_name ?? row.inhosp_exam_item_code ?? row.exam_item_code
  const coding = [national, own].filter((one) => one !== undefined && one !== '')
  return text === undefined ? undefined : { ...(coding.length > 0 && { coding }), text }
}

/** What was asked for, and who asked: the report's request. */
export const labRequest = mapping<LabInfoRow, ServiceRequest>({
  source: 'miis/4502/labinfo',
  to: 'ServiceRequest',
  id: (row, run) => (row.appy_no === undefined ? undefined : keys.request(run.scope, row.appy_no)),
  organization: 'fixmedins_code',
  when: (row) => row.appy_no !== undefined,
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'request-no'), 'appy_no')],
    // A report about it exists, so the request was carried out; a withdrawn report does not undo the request.
    status: from.value<'active' | 'completed'>('vali_flag', (row) => (row.vali_flag === '0' ? 'active' : 'completed')),
    intent: 'order',
    code: from.value(['inhosp_exam_item_code', 'inhosp_exam_item_name', 'exam_item_code', 'exam_item_name'], panel),
    subject: from.patient(),
    encounter: from.encounter('mdtrt_sn').or(visit<LabInfoRow>('mdtrt_id')),
    requester: doctor<LabInfoRow>('bilg_dr_codg', 'bilg_dr_name'),
  }),
})

export interface ItemRow extends Site {
  rpotc_no?: string
  exam_mtd?: string
  ref_val?: string
  exam_unt?: string
  exam_rslt_val?: string
  exam_rslt_dicm?: string
  exam_item_detl_code?: string
  exam_item_detl_name?: string
  exam_rslt_abn?: string
  /** of the report */
  sapl_date?: string
  rpt_date?: string
  vali_flag?: string
  exam_org_code?: string
  exam_org_name?: string
  mdtrt_sn?: string
  mdtrt_id?: string
}

export function resultKey(
  scope: string,
  row: RowView<Pick<ItemRow, 'rpotc_no' | 'exam_item_detl_code' | 'exam_item_detl_name'>>,
): ResourceKey | undefined {
  const item = row.exam_item_detl_code ?? row.exam_item_detl_name
  return row.rpotc_no === undefined || item === undefined ? undefined : keys.result(scope, row.rpotc_no, item)
}

const noNumber = (run: Run): boolean => run.text('exam_rslt_val') === undefined

export const labResult = mapping<ItemRow, Observation>({
  source: 'miis/4502/iteminfo',
  to: 'Observation',
  profile: 'cn-observation-lab-minimal',
  id: (row, run) => resultKey(run.scope, row),
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => {
    const flags = { flag: 'exam_rslt_abn', range: 'ref_val', digits: { '0': 'N', '1': 'A' } } as const
    const number = from.labResult('exam_rslt_val', 'exam_unt', flags)
    const word = from.labResult('exam_rslt_dicm', 'exam_unt', flags)
    return {
      status: 'final',
      category: [
        { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory', display: 'Laboratory' }] },
      ],
      code: from
        .value(['exam_item_detl_code', 'exam_item_detl_name'], (row, run) =>
          labItem(run, row.exam_item_detl_code, row.exam_item_detl_name, row.exam_unt),
        )
        .required(),
      subject: from.patient(),
      encounter: from.encounter('mdtrt_sn').or(visit<ItemRow>('mdtrt_id')),
      effectiveDateTime: from.dateTime('sapl_date').or(from.dateTime('rpt_date')),
      performer: [from.organization('exam_org_code', 'exam_org_name')],
      method: { text: from.text('exam_mtd') },
      valueQuantity: number.valueQuantity,
      valueRatio: number.valueRatio,
      valueRange: number.valueRange,
      // The qualitative field stands in only where the numeric one is empty.
      valueCodeableConcept: number.valueCodeableConcept.or(word.valueCodeableConcept.when(noNumber)),
      valueString: number.valueString.or(word.valueString.when(noNumber)),
      dataAbsentReason: number.dataAbsentReason.when((run) => run.text('exam_rslt_dicm') === undefined),
      note: [{ text: from.text('exam_rslt_dicm').when((run) => !noNumber(run)) }],
      interpretation: number.interpretation.as((found, run) => {
        if (flagContradicts(run.text('exam_rslt_val'), run.text('ref_val'), found)) run.flaw('exam_rslt_abn', 'mapping-conflict')
        return found
      }),
      referenceRange: number.referenceRange,
      extension: number.extension,
    }
  },
})

export interface SampleRow extends Site {
  rpotc_no?: string
  sapl_date?: string
  spcm_no?: string
  spcm_name?: string
  vali_flag?: string
  /** the only specimen of its report */
  only?: '1'
}

/** The only specimen of a report is known by the report, as in the messages of sources that do not number specimens. */
export function specimenKey(scope: string, row: RowView<Pick<SampleRow, 'rpotc_no' | 'spcm_no' | 'only'>>): ResourceKey | undefined {
  if (row.only === '1' && row.rpotc_no !== undefined) return keys.specimenOfReport(scope, row.rpotc_no)
  return row.spcm_no === undefined ? undefined : keys.specimen(scope, row.spcm_no)
}

export const labSpecimen = mapping<SampleRow, Specimen>({
  source: 'miis/4502/sampleinfo',
  to: 'Specimen',
  id: (row, run) => specimenKey(run.scope, row),
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'specimen-no'), 'spcm_no')],
    type: from.coded('specimen', 'spcm_name', 'spcm_name', { system: (scope) => localCodes(scope, 'specimen') }),
    subject: from.patient(),
    collection: { collectedDateTime: from.dateTime('sapl_date') },
  }),
})
