/** Blood groups of a person, of the home page (4401) and of transfusions (4601): Observation by visit. */
import type { Observation } from '@medplum/fhirtypes'
import { type Mapping, mapping } from '../engine/mapping.ts'
import { visit } from './keys.ts'
import type { Site } from './transaction.ts'

/** ABO: table 2.16.156.10011.2.3.1.85, Rh: 2.16.156.10011.2.3.1.250. */
export const BLOOD_GROUPS = {
  abo: { loinc: '883-9', text: 'ABO 血型', system: 'urn:oid:2.16.156.10011.2.3.1.85' },
  rh: { loinc: '10331-7', text: 'Rh 血型', system: 'urn:oid:2.16.156.10011.2.3.1.250' },
} as const

export type BloodGroup = keyof typeof BLOOD_GROUPS

export interface BloodGroupRow extends Site {
  mdtrt_sn?: string
  mdtrt_id?: string
  kind: BloodGroup
  code?: string
  name?: string
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
    when: (row) => row.code !== undefined || row.name !== undefined,
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
      valueCodeableConcept: from.value(['code', 'name'], (row) => {
        const coding =
          row.code === undefined
            ? []
            : [{ system: BLOOD_GROUPS[kindOf(row)].system, code: row.code, ...(row.name && { display: row.name }) }]
        return { ...(coding.length > 0 && { coding }), text: row.name ?? row.code ?? '' }
      }),
    }),
  })

export const bloodGroup = bloodGroupMapping('miis/blood-group')
