/**
 * Errors of six classes, seeded into valid resources of this project: number of a slice, content of a slice, type of an extension,
 * number of an extension, required binding of an extension, required binding of an element of R4. Several of each.
 */
import type { FhirResource } from '../../../server/fhir/types.ts'
import { ID_CARD, profile } from '../../profiles/cases/case.ts'
import { encounter } from '../../profiles/cases/clinical.ts'
import { hospital, patient } from '../../profiles/cases/people.ts'

export const CLASSES = [
  'slice min/max',
  'slice content',
  'extension type',
  'extension cardinality',
  'required binding on an extension',
  'required binding on a core element',
] as const

export interface Seed {
  name: string
  seedClass: (typeof CLASSES)[number]
  resource: FhirResource
  /** where an error has to be found */
  at: string
}

// biome-ignore lint/suspicious/noExplicitAny: the changes reach into JSON of every type
type Change = (resource: any) => void

const ETHNICITY = profile('cn-ethnicity')
const GENDER = profile('cn-gender-gb')
const GB_3304 = 'urn:oid:2.16.156.10011.2.3.3.3'
const GB_2261_1 = 'urn:oid:2.16.156.10011.2.3.3.4'
const extensionAt = (resource: FhirResource, url: string): number =>
  (resource.extension as { url: string }[]).findIndex((extension) => extension.url === url)

const [ETHNIC, SEX] = [extensionAt(patient.valid, ETHNICITY), extensionAt(patient.valid, GENDER)]

const NATIONALITY = 'http://hl7.org/fhir/StructureDefinition/patient-nationality'

const ROWS: [seedClass: Seed['seedClass'], valid: FhirResource, at: string, change: Change][] = [
  ['slice min/max', patient.valid, 'Patient.identifier', (r) => r.identifier.push({ system: ID_CARD, value: '11010519491231002X' })],
  ['slice min/max', hospital.valid, 'Organization.identifier', (r) => r.identifier.push(structuredClone(r.identifier[0]))],
  ['slice content', patient.valid, 'Patient.identifier[0].value', (r) => delete r.identifier[0].value],
  ['slice content', patient.valid, 'Patient.identifier[0]', (r) => (r.identifier[0].value = 'A'.repeat(18))],
  [
    'extension type',
    patient.valid,
    `Patient.extension[${ETHNIC}].value`,
    (r) => (r.extension[ETHNIC] = { url: ETHNICITY, valueCode: '01' }),
  ],
  ['extension type', patient.valid, `Patient.extension[${SEX}].value`, (r) => (r.extension[SEX] = { url: GENDER, valueString: '1' })],
  [
    'extension cardinality',
    patient.valid,
    'Patient.extension',
    (r) => r.extension.push({ url: ETHNICITY, valueCoding: { system: GB_3304, code: '02' } }),
  ],
  [
    'extension cardinality',
    encounter.valid,
    'Encounter.extension[0].extension',
    (r) => {
      const code = { url: 'code', valueCodeableConcept: { text: 'x' } }
      r.extension = [{ url: NATIONALITY, extension: [code, code] }]
    },
  ],
  [
    'required binding on an extension',
    patient.valid,
    `Patient.extension[${ETHNIC}].value`,
    (r) => (r.extension[ETHNIC].valueCoding = { system: GB_3304, code: '77' }),
  ],
  [
    'required binding on an extension',
    patient.valid,
    `Patient.extension[${SEX}].value`,
    (r) => (r.extension[SEX].valueCoding = { system: GB_2261_1, code: '7' }),
  ],
  ['required binding on a core element', patient.valid, 'Patient.gender', (r) => (r.gender = 'man')],
  ['required binding on a core element', encounter.valid, 'Encounter.status', (r) => (r.status = 'ended')],
]

export const SEEDED: Seed[] = ROWS.map(([seedClass, valid, at, change], index) => {
  const resource = structuredClone(valid)
  change(resource)
  return { name: `seed ${index + 1}: ${seedClass}`, seedClass, resource, at }
})
