/** PID to cn-patient, and the numbers by which the patient is known. */
import type { Patient } from '@medplum/fhirtypes'
import { structureDefinition } from '../../../server/fhir/canonical.ts'
import { mapping } from '../../engine/mapping.ts'
import { TABLES } from '../../engine/systems.ts'
import type { MappingContext, PatientIdentity } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { readDate } from '../../engine/values/date.ts'
import { toHalfWidth } from '../../engine/values/text.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import {
  contradictsIdentityCard,
  identityOf,
  isKnownBy,
  isNamedBy,
  type NumberKind,
  patientIdentifiers,
  type PatientNumber,
} from '../identity.ts'
import { type Fields, fieldsOf, locate, nameOf, segmentOf } from './fields.ts'
import { table } from '../../engine/values/table.ts'
import { maritalSystem } from './user-tables.ts'

export const PID = [
  'PID-5.1',
  'PID-5.2',
  'PID-7',
  'PID-8.1',
  'PID-11.1',
  'PID-11.2',
  'PID-11.3',
  'PID-11.4',
  'PID-11.5',
  'PID-11.6',
  'PID-11.7',
  'PID-13.1',
  'PID-14.1',
  'PID-16.1',
  'PID-16.2',
  'PID-22.1',
  'PID-22.2',
  'PID-29',
  'PID-30',
] as const

export type PatientRow = Fields<(typeof PID)[number]> & { numbers: PatientNumber[] }

/** CX types (PID-3.5) of table 0203 and of local taste. */
const CX_TYPES: Record<string, NumberKind> = table({
  PI: 'patient',
  MR: 'patient',
  MRN: 'patient',
  PT: 'patient',
  PATID: 'patient',
  ZYH: 'inpatient',
  IPNO: 'inpatient',
  MZH: 'outpatient',
  OPNO: 'outpatient',
  NI: 'identity-card',
  NNCHN: 'identity-card',
  SFZ: 'identity-card',
  IDCARD: 'identity-card',
  ID: 'identity-card',
  PPN: 'passport',
  HKMT: 'permit',
  HC: 'health-card',
  JKK: 'health-card',
  JZK: 'card',
  CARD: 'card',
})

/** PID-3 in all its repetitions, and PID-19 where the identity number of older senders still stands. */
export function patientNumbers(record: Hl7Record, pid: Segment, context: MappingContext): PatientNumber[] {
  const numbers = listedNumbers(record, pid, 3, context)
  const old = filled(pid.text(19, 1))
  if (old !== undefined) numbers.push({ kind: 'identity-card', value: old, at: 'PID-19' })
  return numbers
}

/** Kinds of numbers that each hospital gives for itself: the same one of another hospital is another patient's. */
const OWN_KINDS: ReadonlySet<NumberKind> = new Set(['patient', 'inpatient', 'outpatient', 'card'])

/** A facility that the configuration knows as another organisation (formats.md D48); one that it does not know is a name. */
export function isForeign(facility: string | undefined, context: MappingContext): boolean {
  if (facility === undefined) return false
  const organization = context.organization(facility)
  const own = context.source.organization
  return organization !== own && !organization.startsWith(`${own}~`)
}

/** A list of CX: PID-3, and MRG-1 of a merge. */
export function listedNumbers(record: Hl7Record, segment: Segment, field: number, context: MappingContext): PatientNumber[] {
  const numbers: PatientNumber[] = []
  for (let repetition = 0; repetition < segment.repetitions(field); repetition++) {
    const value = filled(segment.text(field, 1, repetition))
    if (value === undefined) continue
    const word = toHalfWidth(segment.text(field, 5, repetition))
      .trim()
      .toUpperCase()
    const typed = word === '' ? untyped(value, repetition) : (CX_TYPES[word] ?? 'other')
    // CX.4, who assigned it
    const kind = OWN_KINDS.has(typed) && isForeign(filled(segment.text(field, 4, repetition)), context) ? 'other' : typed
    const at = locate(record, segment, repetition)(`${segment.name}-${field}.1`)
    const isUntold = word !== '' && CX_TYPES[word] === undefined
    numbers.push({ kind, value, at, ...(kind === 'other' && { word }), ...(isUntold && { isUntold }) })
  }
  return numbers
}

/** Without a type: the first one is the hospital's number; 18 characters in the shape of an identity number are one. */
function untyped(value: string, repetition: number): NumberKind {
  if (/^\d{17}[\dXx]$/.test(value)) return 'identity-card'
  return repetition === 0 ? 'patient' : 'other'
}

/**
 * Where a type stands that is not known, of numbers that it would have told apart: where it can be no part of their system, and all of them where there is
 * no other by which the patient is known. Else it is a type of the standard's that links nobody, such as a driver's licence.
 */
function untold(numbers: readonly PatientNumber[]): string[] {
  const isKnown = isKnownBy(numbers)
  return numbers.flatMap(({ isUntold, word, at }) => (isUntold && !(isKnown && isNamedBy(word)) ? [at.replace(/\.1$/, '.5')] : []))
}

export function patientRow(record: Hl7Record, pid: Segment, context: MappingContext): PatientRow {
  return { ...fieldsOf(pid, PID), numbers: patientNumbers(record, pid, context) }
}

/** Of a message that cannot be mapped: whom its PID names. */
export function namedIn(record: Hl7Record, context: MappingContext): PatientIdentity | undefined {
  const pid = segmentOf(record, 'PID')
  return pid && patientIdentity(patientRow(record, pid, context), filled(segmentOf(record, 'PV1')?.text(19, 1)), context)
}

export function patientIdentity(row: PatientRow, visitNo: string | undefined, context: MappingContext): PatientIdentity {
  const name = nameOf(filled(row['PID-5.1']), filled(row['PID-5.2']))
  const birthDate = readDate(filled(row['PID-7']) ?? '').value
  const gender = context.translate('hl7-gender', filled(row['PID-8.1']) ?? '')?.code
  return identityOf(row.numbers, visitNo, { ...(name && { name }), ...(birthDate && { birthDate }), ...(gender && { gender }) })
}

const MOBILE = /^(?:\+?86)?1[3-9]\d{9}$/
const phone = (value: string) => ({ system: 'phone' as const, value, ...(MOBILE.test(value) && { use: 'mobile' as const }) })

/** PID-11.7, table 0190. */
const ADDRESS_USES = { H: 'home', P: 'home', L: 'home', B: 'work', O: 'work', C: 'temp' } as const

export const patient = mapping<PatientRow, Patient>({
  source: 'hospital/hl7v2/PID',
  to: 'Patient',
  profile: 'cn-patient-minimal',
  id: 'patient',
  nulls: [
    { element: 'gender', fields: ['PID-8.1'] },
    { element: 'birthDate', fields: ['PID-7'] },
    { element: 'address', fields: ['PID-11.1'] },
    { element: 'telecom', fields: ['PID-13.1', 'PID-14.1'] },
    { element: 'maritalStatus', fields: ['PID-16.1'] },
    { element: 'deceasedDateTime', fields: ['PID-29', 'PID-30'] },
  ],
  rules: (from) => ({
    identifier: from
      .value('numbers', (row, run) => {
        for (const place of untold(row.numbers)) run.flaw(place, 'mapping-value-unknown')
        return patientIdentifiers(row.numbers, run)
      })
      .required(),
    name: [
      {
        use: 'official',
        text: from.value('PID-5.1', (row) => nameOf(row['PID-5.1'], row['PID-5.2'])),
        family: from.text('PID-5.1').when((run) => run.text('PID-5.2') !== undefined),
        given: [from.text('PID-5.2')],
      },
    ],
    gender: from.codedCode<'male' | 'female' | 'other' | 'unknown'>('hl7-gender', 'PID-8.1').as((gender, run) => {
      const numbers = (run.row as unknown as PatientRow).numbers
      if (contradictsIdentityCard(numbers, { gender }).gender) run.flaw('PID-8.1', 'mapping-conflict')
      return gender
    }),
    birthDate: from.date('PID-7').as((birthDate, run) => {
      const numbers = (run.row as unknown as PatientRow).numbers
      if (contradictsIdentityCard(numbers, { birthDate }).birthDate) run.flaw('PID-7', 'mapping-conflict')
      return birthDate
    }),
    telecom: [from.text('PID-13.1').as(phone), from.text('PID-14.1').as((value) => ({ ...phone(value), use: 'work' as const }))],
    address: [
      {
        use: from.choice('PID-11.7', ADDRESS_USES).when((run) => run.text('PID-11.1') !== undefined),
        text: from.value('PID-11.1', (row) => addressText(row['PID-11.4'], row['PID-11.3'], row['PID-11.1'], row['PID-11.2'])),
        line: [from.text('PID-11.1'), from.text('PID-11.2')],
        city: from.text('PID-11.3'),
        state: from.text('PID-11.4'),
        postalCode: from.text('PID-11.5'),
        country: from.text('PID-11.6'),
      },
    ],
    maritalStatus: from.coded('hl7-marital', 'PID-16.1', 'PID-16.2', { system: maritalSystem }),
    deceasedDateTime: from.dateTime('PID-29'),
    deceasedBoolean: from
      .choice('PID-30', { Y: 'true', N: 'false' })
      .as((text, run) => (run.text('PID-29') === undefined ? text === 'true' : undefined)),
    extension: [
      {
        url: structureDefinition('cn-ethnicity'),
        valueCoding: from.value('PID-22.1', (row, run) => {
          const code = row['PID-22.1']
          if (code === undefined) return undefined
          if (!/^\d{2}$/.test(code)) return run.flaw('PID-22.1', 'mapping-value-unknown') as undefined
          return { system: TABLES.ethnicity, code, ...(row['PID-22.2'] && { display: row['PID-22.2'] }) }
        }),
      },
    ],
  }),
})

/** Province and city go in front unless the street says them already. */
function addressText(...parts: (string | undefined)[]): string | undefined {
  const [state = '', city = '', street = '', other = ''] = parts
  const front = [state, city].filter((part, at, all) => part !== '' && !street.includes(part) && all.indexOf(part) === at)
  return [...front, street, other].join('') || undefined
}
