/** recordTarget to cn-patient. */
import type { Patient } from '@medplum/fhirtypes'
import { mapping } from '../../engine/mapping.ts'
import type { MappingContext, PatientIdentity } from '../../engine/types.ts'
import { contradictsIdentityCard, identityOf, patientIdentifiers, type PatientNumber } from '../identity.ts'
import { birthDateOf, type CdaHeader } from './header.ts'

export interface PatientRow {
  numbers: PatientNumber[]
  name?: string
  gender?: string
  birthTime?: string
  address?: string
  phone?: string
}

export const patient = mapping<PatientRow, Patient>({
  source: 'hospital/cda/recordTarget',
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
    telecom: [{ system: 'phone', value: from.text('phone') }],
    address: [{ use: 'home', text: from.text('address') }],
  }),
})

export function patientIdentity(header: CdaHeader, context: MappingContext): PatientIdentity {
  const { numbers, name, gender } = header.patient
  const birthDate = birthDateOf(header)
  const code = gender === undefined ? undefined : context.translate('gb2261-1', gender)?.code
  return identityOf(numbers, header.visitNo, { ...(name && { name }), ...(birthDate && { birthDate }), ...(code && { gender: code }) })
}

/** Names of the row's fields in the document. */
export const PATIENT_PLACES: Record<string, string> = {
  numbers: 'recordTarget/patientRole/id',
  name: 'recordTarget/patientRole/patient/name',
  gender: 'recordTarget/patientRole/patient/administrativeGenderCode/@code',
  birthTime: 'recordTarget/patientRole/patient/birthTime/@value',
  address: 'recordTarget/patientRole/addr',
  phone: 'recordTarget/patientRole/telecom/@value',
}
