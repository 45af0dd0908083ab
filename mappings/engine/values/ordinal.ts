/** Graded and yes/no results (`3+`, `±`, `阴性(-)`) as coded values of our own small code system (formats.md D15). */
import { codeSystem } from '../../../server/fhir/canonical.ts'
import { toHalfWidth } from './text.ts'

export const ORDINAL_SYSTEM = codeSystem('cn-lab-ordinal')

const DISPLAY = {
  negative: '阴性',
  trace: '±',
  'weak-positive': '弱阳性',
  positive: '阳性',
  '1+': '1+',
  '2+': '2+',
  '3+': '3+',
  '4+': '4+',
} as const
export type OrdinalCode = keyof typeof DISPLAY

export interface OrdinalValue {
  coding: { system: string; code: OrdinalCode; display: string }[]
  text: string
}

/** Bare `-` means "not filled" in these systems and never comes here. */
const SPELLINGS: [RegExp, OrdinalCode][] = [
  [/^(?:阴性?|neg(?:ative)?|nonreactive|未检出|未见)(?:\([-—]?\))?$|^\(-\)$|^阴性?[-—]$/i, 'negative'],
  [/^(?:±|\+-|\+\/-|\(±\)|微量|可疑|弱阳性?\(±\)|可疑\(±\))$/i, 'trace'],
  [/^(?:弱阳性?|weak(?:ly)?positive)(?:\(\+?w?\))?$/i, 'weak-positive'],
  [/^(?:阳性?)?\(?(?:\+{4}|4\+|\+4)\)?$/, '4+'],
  [/^(?:阳性?)?\(?(?:\+{3}|3\+|\+3)\)?$/, '3+'],
  [/^(?:阳性?)?\(?(?:\+{2}|2\+|\+2)\)?$/, '2+'],
  [/^(?:\+|1\+|\+1|阳性?\(?(?:1\+|\+1)\)?)$/, '1+'],
  [/^(?:阳性?|pos(?:itive)?|reactive|检出)(?:\(\+?\))?$|^\(\+\)$|^阳性?\+$/i, 'positive'],
]

export function readOrdinal(sent: string): OrdinalValue | undefined {
  const plain = toHalfWidth(sent).replace(/\s+/g, '')
  const code = SPELLINGS.find(([spelling]) => spelling.test(plain))?.[1]
  return code && { coding: [{ system: ORDINAL_SYSTEM, code, display: DISPLAY[code] }], text: sent }
}
