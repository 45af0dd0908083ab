/** One row of `diseinfo[]` (2203, 4101) to cn-condition. */
import type { Condition } from '@medplum/fhirtypes'
import { codeSystem, structureDefinition } from '../../server/fhir/canonical.ts'
import { keys } from '../engine/keys.ts'
import { mapping } from '../engine/mapping.ts'
import type { RowView } from '../engine/rule.ts'
import type { MappingContext, ResourceKey } from '../engine/types.ts'
import { diagnosisConcept } from './diagnosis.ts'
import { doctor, miisKeys, visit } from './keys.ts'
import { readTcmDiagnosis } from '../engine/values/tcm-diagnosis.ts'
import type { Site } from './transaction.ts'

export interface DiseInfo extends Site {
  mdtrt_id?: string
  /** of the uninsured, whose visits only the hospital numbers */
  mdtrt_sn?: string
  diag_type?: string
  diag_srt_no?: string
  diag_code?: string
  diag_name?: string
  dise_dor_no?: string
  dise_dor_name?: string
  diag_dept?: string
  diag_time?: string
  vali_flag?: string
  maindiag_flag?: string
  adm_cond_type?: string
  /** 2401, 2402: its code, or words */
  adm_cond?: string
}

export function diagnosisKey(row: RowView<DiseInfo>, context: MappingContext): ResourceKey | undefined {
  const what = row.diag_code ?? row.diag_name
  if (what === undefined) return undefined
  if (row.mdtrt_id === undefined) {
    if (row.mdtrt_sn === undefined) return undefined
    return keys.diagnosis(context.organization(row.fixmedins_code), row.mdtrt_sn, `${row.diag_type ?? '1'}|${what}`)
  }
  return miisKeys.diagnosis(context, row.mdtrt_id, row.diag_type ?? '1', what)
}

const CONDITION_CODE = /^[1-4]$/

/** 入院病情代码 */
export const ADMISSION_CONDITION = 'urn:oid:2.16.156.10011.2.3.1.253'

/**
 * The syndromes that a TCM disease's name holds (`消渴病(气阴两虚+血瘀,益气养阴)`, formats.md D29), as rows of their own. They are
 * names without codes, so they stand on the work list. A message with rows of diag_type 3 says them itself.
 */
export function syndromesIn(rows: readonly DiseInfo[]): (row: DiseInfo) => DiseInfo[] {
  const areSaid = rows.some(({ diag_type }) => diag_type === '3')
  return (row) => {
    if (row.diag_type !== '2' || row.diag_name === undefined || areSaid) return []
    const { diag_code: _, ...rest } = row
    return (readTcmDiagnosis(row.diag_name)?.syndromes ?? []).map((name) => ({
      ...rest,
      diag_type: '3',
      diag_name: name,
      maindiag_flag: '0',
    }))
  }
}

/** The method of treatment that is written behind the syndromes. */
const treatmentMethod = (row: RowView<DiseInfo>): string | undefined => {
  const method = row.diag_type === '2' && row.diag_name !== undefined ? readTcmDiagnosis(row.diag_name)?.method : undefined
  return method === undefined ? undefined : `治法：${method}`
}

const ENCOUNTER_DIAGNOSIS = {
  system: 'http://terminology.hl7.org/CodeSystem/condition-category',
  code: 'encounter-diagnosis',
  display: 'Encounter Diagnosis',
}

export const condition = mapping<DiseInfo, Condition>({
  source: 'miis/diseinfo',
  to: 'Condition',
  profile: 'cn-condition',
  id: (row, run) => diagnosisKey(row, run.context),
  organization: 'fixmedins_code',
  withdrawn: (row) => row.vali_flag === '0',
  rules: (from) => ({
    verificationStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'confirmed' }] },
    category: [
      from.value('diag_type', (row, run) => {
        const sent = row.diag_type ?? '1'
        const target = run.context.translate('miis-diag-type', sent)
        if (!target) run.unmapped({ map: 'miis-diag-type', system: codeSystem('nhsa-diag-type'), code: sent })
        return { coding: [target ?? ENCOUNTER_DIAGNOSIS, { system: codeSystem('nhsa-diag-type'), code: sent }] }
      }),
    ],
    code: from
      .value(['diag_code', 'diag_name'], (row, run) => diagnosisConcept(run, 'diag_code', row.diag_type, row.diag_code, row.diag_name))
      .required(),
    subject: from.patient(),
    encounter: visit<DiseInfo>('mdtrt_id').or(from.encounter('mdtrt_sn')).required(),
    recordedDate: from.dateTime('diag_time'),
    recorder: doctor<DiseInfo>('dise_dor_no', 'dise_dor_name'),
    note: [
      { text: from.value('diag_name', treatmentMethod) },
      { text: from.text('adm_cond').as((words) => (CONDITION_CODE.test(words) ? undefined : `入院病情：${words}`)) },
    ],
    extension: [
      {
        url: structureDefinition('cn-admission-condition'),
        valueCoding: {
          system: ADMISSION_CONDITION,
          code: from.text('adm_cond_type').or(from.text('adm_cond').as((code) => (CONDITION_CODE.test(code) ? code : undefined))),
        },
      },
    ],
  }),
})
