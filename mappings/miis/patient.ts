/** The insured person, from whatever node names him, to cn-patient; and by which numbers he is known. */
import type { Patient } from '@medplum/fhirtypes'
import { NATIONAL, structureDefinition } from '../../server/fhir/canonical.ts'
import { readIdentityNumber } from '../../server/fhir/identity-number.ts'
import { legalIdentifier } from '../engine/legal-identifier.ts'
import { mapping } from '../engine/mapping.ts'
import type { Run } from '../engine/rule.ts'
import { TABLES } from '../engine/systems.ts'
import type { LocalPatientNumber, MappingContext, PatientIdentity } from '../engine/types.ts'
import { readDate } from '../engine/values/date.ts'

/** One person in the insurance's words, made from the nodes of a transaction (persons.ts). */
export interface Person {
  psn_no?: string
  mdtrt_id?: string
  /** the hospital's own number of the visit, with the hospital */
  own_visit?: string
  cert_type?: string
  certno?: string
  psn_name?: string
  gend?: string
  naty?: string
  ntly?: string
  brdy?: string
  curr_addr?: string
  coner_name?: string
  coner_tel?: string
  coner_addr?: string
  patn_rlts?: string
  prfs?: string
  die_date?: string
  /** of the home page 4401 */
  mrg_stas?: string
  mrg_name?: string
  birplc?: string
  napl?: string
  psn_tel?: string
  curr_addr_poscode?: string
  resd_addr?: string
  resd_addr_poscode?: string
}

export function identityOf(person: Person, context: MappingContext): PatientIdentity {
  const local: LocalPatientNumber[] = []
  if (person.psn_no !== undefined) local.push({ kind: 'PSN', value: person.psn_no, strong: true })
  if (person.mdtrt_id !== undefined) local.push({ kind: 'VISIT', value: person.mdtrt_id, strong: false })
  if (person.own_visit !== undefined) local.push({ kind: 'VISIT', value: person.own_visit, strong: false })
  const birthDate = person.brdy === undefined ? undefined : readDate(person.brdy).value
  const gender = person.gend === undefined ? undefined : context.translate('miis-gender', person.gend)?.code
  return {
    local,
    ...(person.cert_type !== undefined && person.certno !== undefined && { legal: { type: person.cert_type, number: person.certno } }),
    ...(person.psn_name !== undefined && { name: person.psn_name }),
    ...(birthDate !== undefined && { birthDate }),
    ...(gender !== undefined && { gender }),
  }
}

/** GB/T 2261.4 */
const EMPLOYMENT = 'urn:oid:2.16.156.10011.2.3.3.13'
const NATIONALITY = 'http://hl7.org/fhir/StructureDefinition/patient-nationality'

export const insuredPerson = mapping<Person, Patient>({
  source: 'miis/person',
  to: 'Patient',
  profile: 'cn-patient-minimal',
  id: 'patient',
  when: (row) => row.psn_no !== undefined || row.certno !== undefined,
  rules: (from) => ({
    identifier: [
      from.identifier(NATIONAL.psnNo, 'psn_no', 'PSN'),
      from.value(['certno', 'cert_type'], (row, run) => legalIdentifier(run, 'certno', row.cert_type, row.certno)),
    ],
    name: [{ use: 'official', text: from.text('psn_name') }],
    gender: from.codedCode('miis-gender', 'gend'),
    birthDate: from.date('brdy').as(agreeing),
    deceasedDateTime: from.dateTime('die_date'),
    telecom: [{ system: 'phone', value: from.text('psn_tel') }],
    maritalStatus: from.coded('gb2261-2', 'mrg_stas', 'mrg_name', { system: TABLES.marital }),
    address: [
      { use: 'home', text: from.text('curr_addr'), postalCode: from.text('curr_addr_poscode') },
      {
        extension: [{ url: structureDefinition('cn-address-kind'), valueCode: from.text('resd_addr').as(() => 'registered') }],
        text: from.text('resd_addr'),
        postalCode: from.text('resd_addr_poscode'),
      },
    ],
    contact: [
      {
        relationship: from.value('patn_rlts', (row, run) => {
          const sent = row.patn_rlts
          if (sent === undefined) return undefined
          const target = run.context.translate('gb4761', sent)
          return [{ coding: [{ system: TABLES.familyRelation, code: sent }, ...(target ? [target] : [])] }]
        }),
        name: { text: from.text('coner_name') },
        telecom: [{ system: 'phone', value: from.text('coner_tel') }],
        address: { text: from.text('coner_addr') },
      },
    ],
    extension: [
      {
        url: structureDefinition('cn-employment-status'),
        valueCodeableConcept: { coding: [{ system: EMPLOYMENT, code: from.text('prfs') }] },
      },
      { url: structureDefinition('cn-native-place'), valueString: from.text('napl') },
      { url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace', valueAddress: { text: from.text('birplc') } },
      { url: structureDefinition('cn-ethnicity'), valueCoding: { system: TABLES.ethnicity, code: from.text('naty') } },
      { url: structureDefinition('cn-gender-gb'), valueCoding: { system: TABLES.gender, code: from.text('gend') } },
      {
        url: NATIONALITY,
        extension: [{ url: 'code', valueCodeableConcept: { coding: [{ system: TABLES.country, code: from.text('ntly') }] } }],
      },
    ],
  }),
})

/** A birth date that disagrees with the identity number is kept as sent and flagged (formats.md D8). */
function agreeing(date: string, run: Run): string {
  const number = run.text('cert_type') === '01' ? run.text('certno') : undefined
  const encoded = number === undefined ? undefined : readIdentityNumber(number).birthDate
  if (encoded !== undefined && encoded !== date) run.flaw('brdy', 'mapping-conflict')
  return date
}
