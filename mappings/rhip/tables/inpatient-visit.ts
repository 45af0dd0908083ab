/** TB_YL_ZY_MEDICAL_RECORD, one row per inpatient stay, to cn-encounter. */
import type { Encounter } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { encounterKey } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { patientOfReport } from './identity.ts'
import { cardPatient } from './lab-report.ts'
import { apply, flagOrder, type Table } from './table.ts'
import { INPATIENT, STAY, stayStatus } from './visit.ts'

type Column = 'YLJGYQDM' | 'JZLSH' | 'CISID' | 'BAH' | 'JZLX' | 'JZKSBM' | 'JZKSMC' | 'CYKSBM' | 'CYKSMC' | 'RYSJ' | 'CYSJ' | 'XGBZ'
type InpatientVisitRow = { [K in Column]?: string }

export const inpatientVisit = mapping<InpatientVisitRow, Encounter>({
  source: 'rhip/TB_YL_ZY_MEDICAL_RECORD',
  to: 'Encounter',
  profile: 'cn-encounter',
  id: encounterKey('JZLSH'),
  organization: 'YLJGYQDM',
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    identifier: [
      from.identifier((scope) => localSystem(scope, 'visit-no'), 'JZLSH'),
      from.identifier((scope) => localSystem(scope, 'inpatient-no'), 'CISID'),
      from.identifier((scope) => localSystem(scope, 'mrn'), 'BAH', 'MRN'),
    ],
    status: from.value('CYSJ', (_row, run) => stayStatus(run, 'CYSJ')),
    // The table holds stays only, so that a kind of visit which no map knows is one of them.
    class: from
      .encounterClass('rhip-visit-type', 'JZLX')
      .as((found) => (found.code === 'UNK' ? INPATIENT : found))
      .default(INPATIENT),
    subject: from.patient(),
    period: { start: from.dateTime('RYSJ'), end: from.dateTime('CYSJ') },
    // Where the patient is, and in the end was discharged from.
    serviceType: from.localConcept('department', 'CYKSBM', 'CYKSMC').or(from.localConcept('department', 'JZKSBM', 'JZKSMC')),
    serviceProvider: from.organization(),
  }),
})

export const INPATIENT_VISITS: Table = {
  key: ['YLJGYQDM', 'JZLSH'],
  stated: [],
  fill: (record, row, statedAt) => {
    record.patient = patientOfReport(row, record.context)
    record.noteRead('HZXM')
    apply(record, cardPatient, row, statedAt)
    const ended = apply(record, inpatientVisit, row, statedAt, STAY.record)
    if (ended?.resource.status === 'finished') ended.order = STAY.ended
    flagOrder(record, row, 'RYSJ', 'CYSJ')
  },
}
