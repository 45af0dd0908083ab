/** recordTarget to cn-patient. */
import type { Patient } from '@medplum/fhirtypes'
import { structureDefinition } from '../../../server/fhir/canonical.ts'
import { concept } from '../../engine/from.ts'
import { type Mapping, mapping } from '../../engine/mapping.ts'
import { TABLES } from '../../engine/systems.ts'
import type { MappingContext, PatientIdentity } from '../../engine/types.ts'
import { contradictsIdentityCard, identityOf, patientIdentifiers, type PatientNumber } from '../identity.ts'
import { birthDateOf, type CdaHeader, type Coded } from './header.ts'
import { relationship } from './relative.ts'
import { table } from '../../engine/values/table.ts'

export type PatientRow = CdaHeader['patient'] & {
  numbers: PatientNumber[]
  /** DE02.01.036.00 */
  died?: string
}

const NATIONALITY = 'http://hl7.org/fhir/StructureDefinition/patient-nationality'
const EMPLOYMENT = 'urn:oid:2.16.156.10011.2.3.3.13'

export const patientMapping = (source: string): Mapping<PatientRow> =>
  mapping<PatientRow, Patient>({
    source,
    to: 'Patient',
    profile: 'cn-patient-minimal',
    id: 'patient',
    rules: (from) => ({
      identifier: from.value('numbers', (row, run) => patientIdentifiers(row.numbers, run)).required(),
      name: [{ use: 'official', text: from.text('name') }],
      gender: from.codedCode<'male' | 'female' | 'other' | 'unknown'>('gb2261-1', 'gender').as((gender, run) => {
        if (contradictsIdentityCard((run.row as unknown as PatientRow).numbers, { gender }).gender) run.flaw('gender', 'mapping-conflict')
        return gender
      }),
      birthDate: from.date('birthTime').as((birthDate, run) => {
        if (contradictsIdentityCard((run.row as unknown as PatientRow).numbers, { birthDate }).birthDate)
          run.flaw('birthTime', 'mapping-conflict')
        return birthDate
      }),
      deceasedDateTime: from.dateTime('died'),
      telecom: [
        { system: 'phone', value: from.text('phone') },
        { system: 'phone', use: 'work', value: from.value('employer', (row) => row.employer?.phone) },
      ],
      maritalStatus: from.value('marital', ({ marital }, run) =>
        marital ? concept(run, 'gb2261-2', marital.code, marital.text, { system: TABLES.marital }) : undefined,
      ),
      address: [
        { use: 'home', text: from.text('address') },
        { extension: [{ url: structureDefinition('cn-address-kind'), valueCode: 'registered' }], text: from.text('registered') },
        { extension: [{ url: structureDefinition('cn-address-kind'), valueCode: 'birth' }], text: from.text('birthplace') },
        {
          use: 'work',
          text: from.value(
            'employer',
            ({ employer }) => [employer?.address, employer?.name].filter((part) => part !== undefined).join(' ') || undefined,
          ),
        },
      ],
      contact: [
        from.value('contact', ({ contact }, run) => {
          if (!contact) return undefined
          const said = relationship(contact, run)
          return {
            ...(said && { relationship: said }),
            ...(contact.name !== undefined && { name: { text: contact.name } }),
            ...(contact.phone !== undefined && { telecom: [{ system: 'phone' as const, value: contact.phone }] }),
            ...(contact.address !== undefined && { address: { text: contact.address } }),
          }
        }),
      ],
      extension: [
        {
          url: structureDefinition('cn-ethnicity'),
          valueCoding: from.value('ethnicity', ({ ethnicity }, run) => {
            if (ethnicity?.code === undefined) return undefined
            if (!/^\d{2}$/.test(ethnicity.code)) return run.flaw('ethnicity', 'mapping-value-unknown') as undefined
            return { system: TABLES.ethnicity, code: ethnicity.code, ...(ethnicity.text !== undefined && { display: ethnicity.text }) }
          }),
        },
        { url: structureDefinition('cn-native-place'), valueString: from.text('nativePlace') },
        {
          url: structureDefinition('cn-employment-status'),
          valueCodeableConcept: from.value('employment', (row) => codedIn(EMPLOYMENT, row.employment)),
        },
        {
          url: NATIONALITY,
          extension: [{ url: 'code', valueCodeableConcept: from.value('nationality', (row) => codedIn(TABLES.country, row.nationality)) }],
        },
      ],
    }),
  })

export const patient = patientMapping('hospital/cda/recordTarget')

function codedIn(system: string, value: Coded | undefined) {
  if (value === undefined) return undefined
  const { code, text } = value
  if (code === undefined) return text === undefined ? undefined : { text }
  return { coding: [{ system, code, ...(text !== undefined && { display: text }) }], ...(text !== undefined && { text }) }
}

export function patientIdentity(header: CdaHeader, context: MappingContext): PatientIdentity {
  const { numbers, name, gender } = header.patient
  const birthDate = birthDateOf(header)
  const code = gender === undefined ? undefined : context.translate('gb2261-1', gender)?.code
  return identityOf(numbers, header.visitNo, { ...(name && { name }), ...(birthDate && { birthDate }), ...(code && { gender: code }) })
}

/** Names of the row's fields in the document. */
export const PATIENT_PLACES: Record<string, string> = table({
  numbers: 'recordTarget/patientRole/id',
  name: 'recordTarget/patientRole/patient/name',
  gender: 'recordTarget/patientRole/patient/administrativeGenderCode/@code',
  birthTime: 'recordTarget/patientRole/patient/birthTime/@value',
  address: 'recordTarget/patientRole/addr',
  phone: 'recordTarget/patientRole/telecom/@value',
  marital: 'recordTarget/patientRole/patient/maritalStatusCode/@code',
  ethnicity: 'recordTarget/patientRole/patient/ethnicGroupCode/@code',
  nationality: 'recordTarget/patientRole/patient/nationality/@code',
  employment: 'recordTarget/patientRole/patient/occupation/occupationCode/@code',
})
