/** Blood groups of a person, of the home page (4401) and of transfusions (4601): Observation by visit. */
import type { Observation } from '@medplum/fhirtypes'
import { type Mapping, mapping } from '../engine/mapping.ts'
import { table } from '../engine/values/table.ts'
import { type DuringStay, duringStay } from './during-stay.ts'
import { visit } from './keys.ts'

export type BloodGroup = 'abo' | 'rh'

interface Kind {
  loinc: string
  text: string
  /** national table */
  system: string
  /** as a reader knows it: the transfusion and many home pages send the code alone */
  groups: Readonly<Record<string, string>>
  /** not known, not examined: no blood group */
  none: ReadonlySet<string | undefined>
}

const BLOOD_GROUPS: Readonly<Record<BloodGroup, Kind>> = {
  abo: {
    loinc: '883-9',
    text: 'ABO 血型',
    system: 'urn:oid:2.16.156.10011.2.3.1.85',
    groups: table({ '1': 'A型', '2': 'B型', '3': 'O型', '4': 'AB型' }),
    none: new Set(['5', '6']),
  },
  rh: {
    loinc: '10331-7',
    text: 'Rh 血型',
    system: 'urn:oid:2.16.156.10011.2.3.1.250',
    groups: table({ '1': '阴性', '2': '阳性' }),
    none: new Set(['3', '4']),
  },
}

export interface BloodGroupRow extends DuringStay {
  mdtrt_sn?: string
  mdtrt_id?: string
  kind: BloodGroup
  code?: string
  name?: string
  /** of a transfusion */
  time?: string
  vali_flag?: string
}

const kindOf = (row: { readonly kind: string | undefined }): BloodGroup => row.kind as BloodGroup

export const bloodGroupMapping = (source: string): Mapping<BloodGroupRow> =>
  mapping<BloodGroupRow, Observation>({
    source,
    to: 'Observation',
    profile: 'cn-observation-lab-minimal',
    id: (row, run) => {
      const visitNo = row.mdtrt_sn ?? row.mdtrt_id
      return visitNo === undefined ? undefined : { type: 'Observation', scope: run.scope, parts: ['blood-group', visitNo, kindOf(row)] }
    },
    organization: 'fixmedins_code',
    // What is taken back is so whatever it says: servers of before kept a group that is not known as one.
    when: (row) =>
      (row.code !== undefined || row.name !== undefined) && (row.vali_flag === '0' || !BLOOD_GROUPS[kindOf(row)].none.has(row.code)),
    withdrawn: (row) => row.vali_flag === '0',
    rules: (from) => ({
      status: 'final',
      category: [
        { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory', display: 'Laboratory' }] },
      ],
      code: from.value('code', (row) => {
        const { loinc, text } = BLOOD_GROUPS[kindOf(row)]
        return { coding: [{ system: 'http://loinc.org', code: loinc }], text }
      }),
      subject: from.patient(),
      encounter: from.encounter('mdtrt_sn').or(visit<BloodGroupRow>('mdtrt_id')),
      effectiveDateTime: from.dateTime('time'),
      effectivePeriod: duringStay(from),
      valueCodeableConcept: from.value(['code', 'name'], (row) => {
        const { system, groups } = BLOOD_GROUPS[kindOf(row)]
        const said = row.name ?? groups[row.code ?? '']
        return {
          ...(row.code !== undefined && { coding: [{ system, code: row.code, ...(said !== undefined && { display: said }) }] }),
          text: said ?? row.code ?? '',
        }
      }),
    }),
  })

export const bloodGroup = bloodGroupMapping('miis/blood-group')
