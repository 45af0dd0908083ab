/** By which numbers a row of a RHIP table knows its patient. */
import { readIdentityNumber } from '../../../server/fhir/identity-number.ts'
import type { LocalPatientNumber, MappingContext, PatientIdentity } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { readDate } from '../../engine/values/date.ts'
import { table } from '../../engine/values/table.ts'

type Row = Readonly<Record<string, string | undefined>>

/** Cards that a whole region issues; every other number (KLX 2 hospital number, 9/99 other) is a hospital's own. */
const REGIONAL_CARDS = new Set(['0', '1'])

/** ZJLX (CV02.01.101) as psn_cert_type; codes that name no identity document are not legal identities. */
const LEGAL_TYPES: Record<string, string> = table({ '01': '01', '03': '08', '04': '02', '06': '04', '07': '06' })

/**
 * ZJLX, and where there is none 01 for 18 characters that are an identity number with its check digit: no other document's number is. A number of
 * 15 digits says too little of itself.
 */
export function documentType({ ZJLX, ZJHM }: { ZJLX?: string | undefined; ZJHM?: string | undefined }): string | undefined {
  const number = filled(ZJHM)
  if (filled(ZJLX) !== undefined || number === undefined) return filled(ZJLX)
  return number.replace(/[\s-]/g, '').length === 18 && readIdentityNumber(number).valid ? '01' : undefined
}

export const scopeOf = (row: Row, context: MappingContext): string => context.organization(filled(row.YLJGYQDM))

/** A hospital's own number is unique within that hospital only, so its value carries the organisation. */
export function card(row: Row, context: MappingContext): LocalPatientNumber | undefined {
  const number = filled(row.KH)
  const type = filled(row.KLX)
  if (number === undefined || type === undefined) return undefined
  const value = REGIONAL_CARDS.has(type) ? `${type}|${number}` : `${type}|${scopeOf(row, context)}|${number}`
  return { kind: 'CARD', value, strong: true }
}

/** Weak numbers find a patient that other rows made; unique within a hospital. */
export function weak(
  kind: 'VISIT' | 'REPORT' | 'EXAM',
  number: string | undefined,
  row: Row,
  context: MappingContext,
): LocalPatientNumber[] {
  const value = filled(number)
  return value === undefined ? [] : [{ kind, value: `${scopeOf(row, context)}|${value}`, strong: false }]
}

export function patientOfInformation(row: Row, context: MappingContext): PatientIdentity {
  const file = filled(row.YYDAH)
  const known = card(row, context)
  const local: LocalPatientNumber[] = known ? [known] : []
  if (file !== undefined) local.push({ kind: 'PI', value: `${scopeOf(row, context)}|${file}`, strong: true })
  const type = LEGAL_TYPES[documentType(row) ?? '']
  const number = filled(row.ZJHM)
  const name = filled(row.XM)
  const birthDate = readDate(filled(row.CSRQ) ?? '').value
  const gender = context.translate('gb2261-1', filled(row.XB) ?? '')?.code
  return {
    local,
    ...(type !== undefined && number !== undefined && { legal: { type, number } }),
    ...(name !== undefined && { name }),
    ...(birthDate !== undefined && { birthDate }),
    ...(gender !== undefined && { gender }),
  }
}

/** Clinical rows know the patient by card; name and identity number stand in TB_YL_PATIENT_INFORMATION. */
export function patientOfReport(row: Row, context: MappingContext): PatientIdentity {
  const known = card(row, context)
  const gender = context.translate('gb2261-1', filled(row.BRXB) ?? '')?.code
  const name = filled(row.HZXM)
  return {
    local: [...(known ? [known] : []), ...weak('VISIT', row.JZLSH, row, context), ...weak('REPORT', row.BGDH, row, context)],
    ...(name !== undefined && { name }),
    ...(gender !== undefined && { gender }),
  }
}

/** A visit's row: the card finds or makes the patient, the visit's number finds him; name, gender and birth date as facts beside. */
export function patientOfVisit(row: Row, context: MappingContext): PatientIdentity {
  const birthDate = readDate(filled(row.CSRQ) ?? '').value
  return { ...patientOfReport({ ...row, BRXB: row.XB }, context), ...(birthDate !== undefined && { birthDate }) }
}
