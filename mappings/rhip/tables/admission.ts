/** TB_HIS_ZY_ADM_REG, one row per admission, to the same cn-encounter as the record of the stay, with its bed. */
import type { Encounter } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { encounterKey, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { bedMention } from '../../engine/mention.ts'
import type { ResourceKey } from '../../engine/types.ts'
import { patientOfReport } from './identity.ts'
import { cardPatient } from './lab-report.ts'
import { apply, type Table } from './table.ts'
import { INPATIENT, OBSERVATION, STAY } from './visit.ts'

type Column = 'YLJGYQDM' | 'JZLSH' | 'RYKS' | 'RYSJ' | 'LGBZ' | 'RYCH' | 'XGBZ'
type AdmissionRow = { [K in Column]?: string }

export const admission = mapping<AdmissionRow, Encounter>({
  source: 'rhip/TB_HIS_ZY_ADM_REG',
  to: 'Encounter',
  profile: 'cn-encounter',
  id: encounterKey('JZLSH'),
  organization: 'YLJGYQDM',
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'visit-no'), 'JZLSH')],
    status: 'in-progress',
    class: from
      .choice('LGBZ', { '0': 'IMP', '1': 'OBSENC' })
      .as((code) => (code === 'OBSENC' ? OBSERVATION : INPATIENT))
      .default(INPATIENT),
    subject: from.patient(),
    period: { start: from.dateTime('RYSJ') },
    serviceType: from.localConcept('department', 'RYKS'),
    // A bed number is one only within its department.
    location: from.value(['RYCH', 'RYKS'], (row, run) => {
      if (row.RYCH === undefined || row.RYKS === undefined) return undefined
      const bed = bedMention(run.scope, row.RYKS, row.RYCH, `${row.RYKS} ${row.RYCH} 床`)
      run.mention(bed)
      return [{ location: referTo(bed.key as ResourceKey) }]
    }),
    serviceProvider: from.organization(),
  }),
})

export const ADMISSIONS: Table = {
  key: ['YLJGYQDM', 'JZLSH'],
  stated: [],
  fill: (record, row, statedAt) => {
    record.patient = patientOfReport(row, record.context)
    apply(record, cardPatient, row, statedAt)
    apply(record, admission, row, statedAt, STAY.registration)
  },
}
