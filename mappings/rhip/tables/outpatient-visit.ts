/** TB_YL_MZ_MEDICAL_RECORD, one row per outpatient visit, to cn-encounter and the diagnosis that was made. */
import type { Condition, Encounter } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { diagnosisKey, encounterKey } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { CLINICAL_EDITION, ENCOUNTER_DIAGNOSIS, localCodes, participation, TABLES } from '../../engine/systems.ts'

type Column = 'YLJGYQDM' | 'JZLSH' | 'JZLX' | 'JZKSBM' | 'JZKSMC' | 'JZKSRQ' | 'ZZYSGH' | 'ZZYSXM' | 'JZZDBM' | 'JZZDSM' | 'ZS' | 'XGBZ'
export type OutpatientVisitRow = { [K in Column]?: string }

export const outpatientVisit = mapping<OutpatientVisitRow, Encounter>({
  source: 'rhip/TB_YL_MZ_MEDICAL_RECORD',
  to: 'Encounter',
  profile: 'cn-encounter-minimal',
  id: encounterKey('JZLSH'),
  organization: 'YLJGYQDM',
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'visit-no'), 'JZLSH')],
    status: 'finished', // a row is sent when the visit is over
    class: from.encounterClass('rhip-visit-type', 'JZLX').required(),
    subject: from.patient(),
    participant: [{ type: participation('ATND', 'attender'), individual: from.practitioner('ZZYSGH', 'ZZYSXM') }],
    period: { start: from.dateTime('JZKSRQ') },
    reasonCode: [{ text: from.prose('ZS') }],
    diagnosis: [{ condition: from.diagnosis('JZLSH', 'JZZDBM', 'JZZDSM') }],
    serviceType: from.localConcept('department', 'JZKSBM', 'JZKSMC'),
    serviceProvider: from.organization(),
  }),
})

const ICD10_SHAPE = /^[A-Z]\d{2}(?:[.xX]|$)/

export const outpatientDiagnosis = mapping<OutpatientVisitRow, Condition>({
  source: 'rhip/TB_YL_MZ_MEDICAL_RECORD',
  to: 'Condition',
  profile: 'cn-condition',
  id: diagnosisKey('JZLSH', 'JZZDBM', 'JZZDSM'),
  organization: 'YLJGYQDM',
  when: (row) => row.JZZDBM !== undefined || row.JZZDSM !== undefined,
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    category: ENCOUNTER_DIAGNOSIS,
    code: from
      .codeOf(TABLES.icd10, 'JZZDBM', 'JZZDSM', CLINICAL_EDITION)
      .when((run) => ICD10_SHAPE.test(run.text('JZZDBM') ?? ''))
      .or(from.coded('diagnosis', 'JZZDBM', 'JZZDSM', { system: (scope) => localCodes(scope, 'diagnosis') }))
      .required(),
    subject: from.patient(),
    encounter: from.encounter('JZLSH'),
  }),
})
