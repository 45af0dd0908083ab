/** DG1 to cn-condition. */
import type { Condition } from '@medplum/fhirtypes'
import { keys } from '../../engine/keys.ts'
import { concept, diagnosisByName } from '../../engine/from.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { CLINICAL_EDITION, ENCOUNTER_DIAGNOSIS, localCodes, TABLES } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import type { Fields } from './fields.ts'
import type { VisitDiagnosis } from './visit.ts'
import { table } from '../../engine/values/table.ts'

export const DG1 = ['DG1-3.1', 'DG1-3.2', 'DG1-3.3', 'DG1-4', 'DG1-5', 'DG1-6', 'DG1-15', 'DG1-16.1', 'DG1-16.2'] as const
export type DiagnosisRow = Fields<(typeof DG1)[number]> & { 'PV1-19.1'?: string }

const VERIFICATION = 'http://terminology.hl7.org/CodeSystem/condition-ver-status'
const ROLE = 'http://terminology.hl7.org/CodeSystem/diagnosis-role'

/** DG1-6, table 0052. */
const ROLES: Record<string, { code: string; display: string }> = table({
  A: { code: 'AD', display: 'Admission diagnosis' },
  W: { code: 'AD', display: 'Admission diagnosis' },
  F: { code: 'DD', display: 'Discharge diagnosis' },
})

export function diagnosisKey(row: RowView<DiagnosisRow>, scope: string): ResourceKey | undefined {
  const visitNo = row['PV1-19.1']
  const mark = row['DG1-3.1'] ?? row['DG1-3.2'] ?? row['DG1-4']
  return visitNo === undefined || mark === undefined ? undefined : keys.diagnosis(scope, visitNo, mark)
}

/** What the encounter says of this diagnosis. */
export function diagnosisOfVisit(row: RowView<DiagnosisRow>, scope: string): VisitDiagnosis | undefined {
  const key = diagnosisKey(row, scope)
  if (!key) return undefined
  const found = ROLES[row['DG1-6'] ?? '']
  const display = row['DG1-3.2'] ?? row['DG1-4']
  const rank = /^[1-9]\d?$/.test(row['DG1-15'] ?? '') ? Number(row['DG1-15']) : undefined
  return { key, ...(display && { display }), ...(found && { use: { system: ROLE, ...found } }), ...(rank !== undefined && { rank }) }
}

export const diagnosis = mapping<DiagnosisRow, Condition>({
  source: 'hospital/hl7v2/DG1',
  to: 'Condition',
  profile: 'cn-condition',
  id: (row, run) => diagnosisKey(row, run.scope),
  rules: (from) => ({
    category: ENCOUNTER_DIAGNOSIS,
    verificationStatus: from
      .choice('DG1-6', { A: 'provisional', W: 'provisional', F: 'confirmed' })
      .as((code) => ({ coding: [{ system: VERIFICATION, code }] })),
    code: from.value(['DG1-3.1', 'DG1-3.2', 'DG1-4'], diagnosisCode).required(),
    subject: from.patient(),
    encounter: from.encounter('PV1-19.1').required(),
    recordedDate: from.dateTime('DG1-5'),
    recorder: from.practitioner('DG1-16.1', 'DG1-16.2'),
  }),
})

const ICD10_WORD = /ICD-?10|^I10C?$/i
const ICD10_SHAPE = /^[A-Z]\d{2}(?:[.xX]|$)/

/** ICD-10 and the Chinese-medicine table stand as they are; anything else, and a bare name, goes to the work list (D26, D28). */
function diagnosisCode(row: RowView<DiagnosisRow>, run: Run) {
  const code = row['DG1-3.1']
  const text = row['DG1-3.2'] ?? row['DG1-4']
  const word = row['DG1-3.3'] ?? ''
  const local = localCodes(run.scope, 'diagnosis')
  if (code === undefined) {
    return text === undefined ? undefined : diagnosisByName(run, text)
  }
  const known = { code, ...(text !== undefined && { display: text }) }
  if (/15657|TCM|中医/i.test(word)) return { coding: [{ system: TABLES.tcm, ...known }], text: text ?? code }
  const icd = ICD10_WORD.test(word) || (word === '' && ICD10_SHAPE.test(code))
  if (icd) return { coding: [{ system: TABLES.icd10, version: CLINICAL_EDITION, ...known }], text: text ?? code }
  return concept(run, 'diagnosis', code, text, { system: local })
}
