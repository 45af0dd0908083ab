/** PV1 to cn-encounter, with the bed that the patient lies in. */
import type { Encounter, Location } from '@medplum/fhirtypes'
import { localSystem } from '../../../server/fhir/canonical.ts'
import type { FhirCoding } from '../../../server/fhir/types.ts'
import { encounterClass, UNKNOWN_CLASS } from '../../engine/encounter-class.ts'
import { keys, referTo } from '../../engine/keys.ts'
import { mapping } from '../../engine/mapping.ts'
import type { RowView, Run } from '../../engine/rule.ts'
import { localCodes, participation } from '../../engine/systems.ts'
import type { ResourceKey } from '../../engine/types.ts'
import type { Fields } from './fields.ts'

export const PV1 = [
  'PV1-2.1',
  'PV1-3.1',
  'PV1-3.2',
  'PV1-3.3',
  'PV1-3.8',
  'PV1-3.9',
  'PV1-4.1',
  'PV1-7.1',
  'PV1-7.2',
  'PV1-8.1',
  'PV1-8.2',
  'PV1-9.1',
  'PV1-9.2',
  'PV1-14.1',
  'PV1-17.1',
  'PV1-17.2',
  'PV1-19.1',
  'PV1-36.1',
  'PV1-44',
  'PV1-45',
] as const

export interface VisitDiagnosis {
  key: ResourceKey
  display?: string
  use?: { system: string; code: string; display: string }
  rank?: number
}

type EncounterStatus = 'planned' | 'in-progress' | 'finished' | 'cancelled'
export type VisitRow = Fields<(typeof PV1)[number]> & { status?: EncounterStatus; diagnoses: VisitDiagnosis[] }

/** National tables CV09.00.403 (admission route) and CV06.00.226 (way of discharge). */
const ADMISSION_ROUTE = 'urn:oid:2.16.156.10011.2.3.1.270'
const DISCHARGE_WAY = 'urn:oid:2.16.156.10011.2.3.1.265'

export const visit = mapping<VisitRow, Encounter>({
  source: 'hospital/hl7v2/PV1',
  to: 'Encounter',
  profile: 'cn-encounter-minimal',
  id: (row, run) => (row['PV1-19.1'] === undefined ? undefined : keys.encounter(run.scope, row['PV1-19.1'])),
  when: (row) => row['PV1-19.1'] !== undefined,
  nulls: [
    { element: 'serviceType', fields: ['PV1-3.1'] },
    { element: 'location', fields: ['PV1-3.1'] },
    { element: 'location', fields: ['PV1-3.3'] },
    { element: 'participant', fields: ['PV1-7.1', 'PV1-8.1', 'PV1-9.1', 'PV1-17.1'] },
    { element: 'hospitalization.admitSource', fields: ['PV1-14.1'] },
    { element: 'hospitalization.dischargeDisposition', fields: ['PV1-36.1'] },
    { element: 'period.end', fields: ['PV1-45'] },
  ],
  rules: (from) => ({
    identifier: [from.identifier((scope) => localSystem(scope, 'visit-no'), 'PV1-19.1')],
    status: from.value<EncounterStatus>(
      'PV1-45',
      (row) => (row.status as EncounterStatus | undefined) ?? (row['PV1-45'] ? 'finished' : 'in-progress'),
    ),
    class: from.value('PV1-2.1', (row, run) => visitClass(row['PV1-2.1'], run)).default(UNKNOWN_CLASS),
    serviceType: from.value('PV1-3.1', departmentConcept),
    subject: from.patient(),
    participant: [
      { type: participation('ATND', 'attender'), individual: from.practitioner('PV1-7.1', 'PV1-7.2') },
      { type: participation('REF', 'referrer'), individual: from.practitioner('PV1-8.1', 'PV1-8.2') },
      { type: participation('CON', 'consultant'), individual: from.practitioner('PV1-9.1', 'PV1-9.2') },
      { type: participation('ADM', 'admitter'), individual: from.practitioner('PV1-17.1', 'PV1-17.2') },
    ],
    period: { start: from.dateTime('PV1-44'), end: from.dateTime('PV1-45') },
    diagnosis: from.value('diagnoses', (row) => (row.diagnoses.length > 0 ? row.diagnoses.map(diagnosisElement) : undefined)),
    hospitalization: {
      admitSource: from.codeOf(ADMISSION_ROUTE, 'PV1-14.1'),
      dischargeDisposition: from.codeOf(DISCHARGE_WAY, 'PV1-36.1'),
    },
    location: [
      {
        location: from.referenceTo('PV1-3.1', (row, run) => bedKey(row, run)),
        physicalType: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/location-physical-type', code: 'bd', display: 'Bed' }] },
      },
    ],
    serviceProvider: from.organization(),
  }),
})

/** PV1-2 (table 0004) as the class of cn-encounter. */
export function visitClass(code: string | undefined, run: Run): FhirCoding | undefined {
  return encounterClass(run, 'hl7-patient-class', code, 'http://terminology.hl7.org/CodeSystem/v2-0004')
}

function diagnosisElement({ key, display, use, rank }: VisitDiagnosis) {
  return { condition: referTo(key, display), ...(use && { use: { coding: [use] } }), ...(rank !== undefined && { rank }) }
}

/** PV1-3.1 is the department's code, the name stands in the room or the description. */
function departmentOf(row: RowView<VisitRow>): { code?: string; name?: string } {
  const second = row['PV1-3.2']
  const named = second !== undefined && !/^[\dA-Za-z-]+$/.test(second) ? second : undefined
  const code = row['PV1-3.1']
  return { ...(code !== undefined && { code }), ...(named !== undefined && { name: named }) }
}

function departmentConcept(row: RowView<VisitRow>, run: Run) {
  const { code, name } = departmentOf(row)
  if (code === undefined) return name === undefined ? undefined : { text: name }
  return { coding: [{ system: localCodes(run.scope, 'department'), code, ...(name && { display: name }) }], text: name ?? code }
}

function bedKey(row: RowView<VisitRow>, run: Run): ResourceKey | undefined {
  const bed = row['PV1-3.3']
  const department = row['PV1-3.1'] ?? row['PV1-3.2']
  return bed === undefined || department === undefined ? undefined : keys.location(run.scope, department, bed)
}

/** The bed, within the ward that PV1-3 describes. */
export const bed = mapping<VisitRow, Location>({
  source: 'hospital/hl7v2/PV1-3',
  to: 'Location',
  id: bedKey,
  when: (row) => row['PV1-3.3'] !== undefined && (row['PV1-3.1'] ?? row['PV1-3.2']) !== undefined,
  inPassing: true,
  rules: (from) => ({
    name: from.value(
      ['PV1-3.3'],
      (row) => `${row['PV1-3.8'] ?? row['PV1-3.9'] ?? departmentOf(row).name ?? row['PV1-3.1']} ${row['PV1-3.3']} 床`,
    ),
    mode: 'instance',
    physicalType: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/location-physical-type', code: 'bd', display: 'Bed' }] },
    managingOrganization: from.department('PV1-3.1', 'PV1-3.2'),
  }),
})
