/** What a document says of its visit, to cn-encounter. */
import type { Encounter } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import { bedMention, departmentMention } from '../../engine/mention.ts'
import { localCodes } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import type { CdaHeader } from './header.ts'

export interface VisitRow {
  visitNo?: string
  /** DE06.00.092.00 */
  admitted?: string
  /** DE06.00.017.00 */
  discharged?: string
  place: CdaHeader['place']
  diagnoses: { key: ResourceKey; name?: string; role: 'AD' | 'DD'; rank?: number }[]
}

const ROLES = { AD: 'Admission diagnosis', DD: 'Discharge diagnosis' } as const
const INPATIENT = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP', display: 'inpatient encounter' }

export const inpatientVisit = mapping<VisitRow, Encounter>({
  source: 'hospital/cda/encompassingEncounter',
  to: 'Encounter',
  profile: 'cn-encounter-minimal',
  id: (row, run) => (row.visitNo === undefined ? undefined : keys.encounter(run.scope, row.visitNo)),
  when: (row) => row.visitNo !== undefined,
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'visit-no'), 'visitNo')],
    // A discharge record is written for a stay that has ended, even where its time is not filled.
    status: 'finished',
    class: INPATIENT,
    subject: from.patient(),
    serviceType: from.value('place', ({ place }, run) => {
      const { code, name } = place.department ?? {}
      if (code === undefined) return name === undefined ? undefined : { text: name }
      run.mention(departmentMention(run.scope, code, name))
      return {
        coding: [{ system: localCodes(run.scope, 'department'), code, ...(name && { display: name }) }],
        ...(name && { text: name }),
      }
    }),
    period: { start: from.dateTime('admitted'), end: from.dateTime('discharged') },
    diagnosis: from.value('diagnoses', (row) => (row.diagnoses.length > 0 ? row.diagnoses.map(diagnosisElement) : undefined)),
    // A bed number alone says no place, and must not stand before a place that another message told of.
    location: from.value('place', ({ place }, run) => {
      const ward = place.department ?? place.ward
      const department = ward?.code ?? ward?.name
      if (department === undefined || place.bed === undefined) return undefined
      const thing = bedMention(
        run.scope,
        department,
        place.bed,
        `${place.ward?.name ?? place.department?.name ?? department} ${place.bed} 床`,
      )
      run.mention(thing)
      return [{ location: referTo(thing.key as ResourceKey) }]
    }),
    serviceProvider: from.organization(),
  }),
})

function diagnosisElement({ key, name, role, rank }: VisitRow['diagnoses'][number]) {
  const use = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/diagnosis-role', code: role, display: ROLES[role] }] }
  return { condition: referTo(key, name), use, ...(rank !== undefined && { rank }) }
}
