/** TB_YL_PATIENT_INFORMATION, one row per patient and card, to cn-patient. */
import type { Patient } from '@medplum/fhirtypes'
import { BASE, localSystem, NATIONAL, structureDefinition } from '../../../server/fhir/canonical.ts'
import { readIdentityNumber } from '../../../server/fhir/identity-number.ts'
import { legalIdentifier } from '../../engine/legal-identifier.ts'
import { mapping } from '../../engine/mapping.ts'
import type { Run } from '../../engine/rule.ts'
import { identifierType, TABLES } from '../../engine/systems.ts'
import { table } from '../../engine/values/table.ts'
import { documentType } from './identity.ts'

export interface PatientInformationRow {
  YLJGYQDM?: string
  KH?: string
  KLX?: string
  ZJHM?: string
  ZJLX?: string
  XB?: string
  XM?: string
  HYZK?: string
  CSRQ?: string
  MZ?: string
  GJ?: string
  DHHM?: string
  SJHM?: string
  JZDZ?: string
  HKDZ?: string
  LXRXM?: string
  LXRGX?: string
  LXRDH?: string
  YWSCSJ?: string
  YYDAH?: string
  GJJKKID?: string
  XGBZ?: string
}

/** ZJLX (CV02.01.101) as the psn_cert_type that legalIdentifier knows. */
const DOCUMENT: Record<string, string> = table({ '01': '01', '03': '08', '04': '02', '06': '04', '07': '06' })

const NATIONALITY = 'http://hl7.org/fhir/StructureDefinition/patient-nationality'

/** What a code of the national table looks like: a place's word in its stead (汉族, 中国, 父子) is none. */
const CODES = table({ XB: /^[0129]$/, MZ: /^\d{2}$/, GJ: /^(?:[A-Z]{2,3}|\d{3})$/, LXRGX: /^\d{1,2}$/ })
const isCode =
  (column: keyof typeof CODES) =>
  (run: Run): boolean =>
    CODES[column].test(run.text(column) ?? '')

/** Identifier of a card: the regional ones have a system of their own, the others are the hospital's. */
export function cardIdentifier(run: Run, number: string | undefined, type: string | undefined) {
  if (number === undefined || type === undefined) return undefined
  const system = type === '0' ? `${BASE}/sid/ssc-no` : type === '1' ? `${BASE}/sid/ncms-no` : localSystem(run.scope, 'card-no')
  return { type: identifierType(type === '0' ? 'SSC' : 'OTH'), system, value: number }
}

export const patientInformation = mapping<PatientInformationRow, Patient>({
  source: 'rhip/TB_YL_PATIENT_INFORMATION',
  to: 'Patient',
  profile: 'cn-patient-minimal',
  id: 'patient',
  organization: 'YLJGYQDM',
  withdrawn: (row) => row.XGBZ === '2',
  rules: (from) => ({
    identifier: [
      from.value('ZJHM', (row, run) => {
        const type = documentType(row)
        // Of a number without the kind of its document nobody can say whose numbers it is one of.
        if (row.ZJHM !== undefined && type === undefined) run.flaw('ZJLX', 'mapping-required')
        else if (row.ZJLX !== type) run.flaw('ZJLX', 'mapping-value-assumed', 'information')
        return legalIdentifier(run, 'ZJHM', DOCUMENT[type ?? ''] ?? '99', row.ZJHM)
      }),
      from.value('KH', (row, run) => cardIdentifier(run, row.KH, row.KLX)),
      from.identifier((scope) => localSystem(scope, 'mrn'), 'YYDAH', 'MRN'),
      from.identifier(NATIONAL.healthCard, 'GJJKKID', 'HC'),
    ],
    name: [{ use: 'official', text: from.text('XM') }],
    gender: from.codedCode('gb2261-1', 'XB'),
    birthDate: from.date('CSRQ').as((date, run) => agreeing(date, run)),
    maritalStatus: from.coded('gb2261-2', 'HYZK', undefined, { system: TABLES.marital }),
    telecom: [
      { system: 'phone', use: 'mobile', value: from.text('SJHM') },
      { system: 'phone', use: 'home', value: from.text('DHHM') },
    ],
    address: [
      { use: 'home', text: from.text('JZDZ') },
      { extension: [{ url: structureDefinition('cn-address-kind'), valueCode: 'registered' }], text: from.text('HKDZ') },
    ],
    contact: [
      {
        relationship: from.value('LXRGX', (row, run) => {
          const sent = row.LXRGX
          if (sent === undefined) return undefined
          if (!isCode('LXRGX')(run)) return [{ text: sent }]
          const target = run.context.translate('gb4761', sent)
          return [{ coding: [{ system: TABLES.familyRelation, code: sent }, ...(target ? [target] : [])] }]
        }),
        name: { text: from.text('LXRXM') },
        telecom: [{ system: 'phone', value: from.text('LXRDH') }],
      },
    ],
    extension: [
      {
        url: structureDefinition('cn-ethnicity'),
        // The extension has no place for a word.
        valueCoding: from.value('MZ', (row, run) => {
          if (row.MZ === undefined) return undefined
          if (!isCode('MZ')(run)) return run.flaw('MZ', 'mapping-value-unknown') as undefined
          return { system: TABLES.ethnicity, code: row.MZ }
        }),
      },
      // That a word is no code of it, the gender tells.
      {
        url: structureDefinition('cn-gender-gb'),
        valueCoding: { system: TABLES.gender, code: from.text('XB').when(isCode('XB')) },
      },
      {
        url: NATIONALITY,
        extension: [
          {
            url: 'code',
            valueCodeableConcept: {
              coding: [{ system: TABLES.country, code: from.text('GJ').when(isCode('GJ')) }],
              text: from.text('GJ').when((run) => !isCode('GJ')(run)),
            },
          },
        ],
      },
    ],
  }),
})

/** A birth date that disagrees with the identity number is kept as sent and flagged (formats.md D8). */
function agreeing(date: string, run: Run): string {
  const number = documentType({ ZJLX: run.text('ZJLX'), ZJHM: run.text('ZJHM') }) === '01' ? run.text('ZJHM') : undefined
  const encoded = number === undefined ? undefined : readIdentityNumber(number).birthDate
  if (encoded !== undefined && encoded !== date) run.flaw('CSRQ', 'mapping-conflict')
  return date
}
