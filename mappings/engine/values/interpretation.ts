/** Abnormal flags as laboratories send them to v3-ObservationInterpretation (formats.md D18, D19). */
import { toHalfWidth } from './text.ts'
import { table } from './table.ts'

export const INTERPRETATION = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation'

export interface Interpretation {
  coding: { system: string; code: string; display: string }[]
  text: string
}

const DISPLAY = {
  N: 'Normal',
  A: 'Abnormal',
  AA: 'Critical abnormal',
  H: 'High',
  HH: 'Critical high',
  L: 'Low',
  LL: 'Critical low',
  POS: 'Positive',
  NEG: 'Negative',
  S: 'Susceptible',
  I: 'Intermediate',
  R: 'Resistant',
  IND: 'Indeterminate',
  '<': 'Off scale low',
  '>': 'Off scale high',
} as const
export type InterpretationCode = keyof typeof DISPLAY

const FLAGS: Record<string, InterpretationCode> = table({
  N: 'N',
  正常: 'N',
  M: 'N',
  A: 'A',
  异常: 'A',
  '*': 'A',
  AA: 'AA',
  危急: 'AA',
  危急值: 'AA',
  H: 'H',
  '↑': 'H',
  偏高: 'H',
  高: 'H',
  升高: 'H',
  '+H': 'H',
  HH: 'HH',
  '↑↑': 'HH',
  '↑↑↑': 'HH',
  危急高: 'HH',
  '>': 'HH',
  L: 'L',
  '↓': 'L',
  偏低: 'L',
  低: 'L',
  降低: 'L',
  LL: 'LL',
  '↓↓': 'LL',
  '↓↓↓': 'LL',
  危急低: 'LL',
  '<': 'LL',
  POS: 'POS',
  P: 'POS',
  阳性: 'POS',
  NEG: 'NEG',
  阴性: 'NEG',
  S: 'S',
  敏感: 'S',
  I: 'I',
  中介: 'I',
  R: 'R',
  耐药: 'R',
  不确定: 'IND',
})

/** Tables of digits and signs differ between senders: the RHIP table YCTS is 1 normal, 2 abnormal, 3 high, 4 low unless a source says otherwise. */
export type DigitFlags = Record<string, InterpretationCode>
/** HL7 table 0078: below or above what the instrument can measure; elsewhere the same signs say how grave it is. */
export const HL7_FLAGS: DigitFlags = { '<': '<', '>': '>' }
export const RHIP_DIGIT_FLAGS: DigitFlags = { '1': 'N', '2': 'A', '3': 'H', '4': 'L', '5': 'AA' }

/** CV04.30.017, of DE04.30.017.00: only normal, abnormal, uncertain; high or low is not said. */
export const RESULT_CODE: DigitFlags = table({ '1': 'N', '2': 'A', '3': 'IND' })

/** What a digit stands for in those tables: nobody reads from a result that it is `3`. */
const WORDS: Partial<Record<InterpretationCode, string>> = { N: '正常', A: '异常', H: '偏高', L: '偏低', AA: '危急值', IND: '不确定' }
const DIGIT = /^\d$/

/** undefined: the flag is not known. The text is the flag as sent, of a digit what it stands for. */
export function readInterpretation(flag: string, digits: DigitFlags = {}): Interpretation | undefined {
  const key = toHalfWidth(flag).replace(/\s+/g, '').toUpperCase()
  const code = digits[key] ?? FLAGS[key]
  return code && interpretation(code, DIGIT.test(key) ? (WORDS[code] ?? flag) : flag)
}

export function interpretation(code: InterpretationCode, text: string): Interpretation {
  return { coding: [{ system: INTERPRETATION, code, display: DISPLAY[code] }], text }
}
