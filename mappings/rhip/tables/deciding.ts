/**
 * Codes by which a row becomes one thing or another. A word in their place is what a place's values.csv does not say: taken for "any other code"
 * it would make a charge of a refund, and nothing would tell of it.
 */
import { filled } from '../../engine/values/blank.ts'
import { table } from '../../engine/values/table.ts'
import type { Values } from './table.ts'

/** Codes of one digit or two: of these tables places use further ones than the specification has. */
const CODE = /^\d{1,2}$/

export const isCode = (sent: string | undefined): boolean => sent !== undefined && CODE.test(sent)

/** Whose card it is, a charge or what gives it back, a drug or not: each is part of a key, so that a replay would not undo what was guessed. */
const UNDECIDED: readonly (readonly [column: string, codes: RegExp])[] = [
  ['KLX', CODE],
  ['STFBZ', /^[12]$/],
  ['YZLX', CODE],
]

/** Codes of tables of one digit: `01` is none of them, and what it would mean is not read. */
const PLAIN_CODE = /^(?:\d|[1-9]\d)$/

/** By table and column, the codes of what is only an element of the thing. */
const KNOWN: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = table({
  TB_YL_PATIENT_INFORMATION: { ZJLX: /^(?:0[1-9]|99)$/ },
  TB_IH_DIAGNOSIS_DETAIL: { MZZYBZ: PLAIN_CODE, ZDLXQF: PLAIN_CODE, CYZDBZ: PLAIN_CODE, YZDBZ: PLAIN_CODE },
  TB_OPRATION_DETAIL: { ZQSSBZ: PLAIN_CODE },
  TB_RIS_REPORT: { SFYYY: /^[12]$/ },
  TB_CIS_LEAVEHOSPITAL_SUMMARY: { CYQK: PLAIN_CODE },
})

const isOther = (values: Values, column: string, codes: RegExp): boolean => {
  const sent = filled(values[column])
  return sent !== undefined && !codes.test(sent)
}

/** The column that leaves open what the row is. */
export const undecided = (values: Values): string | undefined => UNDECIDED.find(([column, codes]) => isOther(values, column, codes))?.[0]

/** Columns of the row that hold none of the codes that are known there; what is read of it besides is told with them. */
export const unknownCodes = (name: string, values: Values): string[] =>
  Object.entries(KNOWN[name] ?? {}).flatMap(([column, codes]) => (isOther(values, column, codes) ? [column] : []))
