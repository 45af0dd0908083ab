/** Result texts of laboratories to the right value[x] (formats.md D15). */
import type { FhirCoding } from '../../../server/fhir/types.ts'
import { Decimal, readDecimal } from './decimal.ts'
import { interpretation, type Interpretation } from './interpretation.ts'
import { readOrdinal, type OrdinalValue } from './ordinal.ts'
import { cleanText, toHalfWidth } from './text.ts'
import { readUnit, type UnitElements } from './unit.ts'
import { table } from './table.ts'

export interface LabQuantity extends UnitElements {
  value: Decimal
  comparator?: '<' | '<=' | '>=' | '>'
}

/** An answer that the source coded itself. */
export interface CodedAnswer {
  coding: FhirCoding[]
  text: string
}

/** At most one value[x], and the interpretation that an arrow or letter behind the number says. */
export interface LabValue {
  valueQuantity?: LabQuantity
  valueRatio?: { numerator: { value: Decimal }; denominator: { value: Decimal } }
  valueRange?: { low: LabQuantity; high: LabQuantity }
  valueCodeableConcept?: OrdinalValue | CodedAnswer
  valueString?: string
  /** where the source says that it is one: a text never becomes a date */
  valueDateTime?: string
  valueTime?: string
  interpretation?: Interpretation
}

const COMPARATORS: Record<string, '<' | '<=' | '>=' | '>'> = table({
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
  '≤': '<=',
  '≥': '>=',
  '=<': '<=',
  '=>': '>=',
})
const MARK = /\s*(↑+|↓+)$|\s+([HL])$/
const RATIO = /^1:(\d{1,7}(?:\.\d+)?)$/
const POWER = /^(-?\d+(?:\.\d+)?)[x×*]10[\^E]?([+-]?\d{1,2})$/i
const COMPARED = /^(<=|>=|=<|=>|<|>|≤|≥)(.+)$/
const SPAN = /^(\d+(?:\.\d+)?)[-~](\d+(?:\.\d+)?)$/

/** The value as a FHIR value[x]; what is not certain stays text. */
export function readLabValue(sent: string, unit?: string): LabValue {
  const text = cleanText(sent)
  const half = toHalfWidth(text)
  const mark = MARK.exec(half)
  const bare = (mark ? half.slice(0, mark.index) : half).replace(/\s+/g, '')
  // Spaces stand around signs (`< 0.5`, `3 - 5`); between digits they separate what would be another number if closed up.
  const joined = /[\d.]\s+[\d.]/.test(half)
  const value = (joined ? undefined : numeric(bare, unit)) ?? coded(mark ? bare : text) ?? { valueString: text }
  return mark
    ? { ...value, interpretation: interpretation((mark[1] ?? mark[2] ?? '').match(/[↑H]/) ? 'H' : 'L', (mark[1] ?? mark[2]) as string) }
    : value
}

function coded(text: string): LabValue | undefined {
  const ordinal = readOrdinal(text)
  return ordinal && { valueCodeableConcept: ordinal }
}

function numeric(text: string, unit: string | undefined): LabValue | undefined {
  const ratio = RATIO.exec(text)?.[1]
  const titre = ratio === undefined ? undefined : readDecimal(ratio)
  if (titre) return { valueRatio: { numerator: { value: new Decimal('1') }, denominator: { value: titre } } }
  const span = SPAN.exec(text)
  if (span) {
    const low = number(span[1] ?? '')
    const high = number(span[2] ?? '')
    // `27~25` are two numbers, not from one to the other.
    if (!low || !high || Number(low.text) > Number(high.text)) return undefined
    return { valueRange: { low: { value: low, ...readUnit(unit) }, high: { value: high, ...readUnit(unit) } } }
  }
  const compared = COMPARED.exec(text)
  const comparator = compared?.[1] ? COMPARATORS[compared[1]] : undefined
  const value = number(compared?.[2] ?? text)
  return value && { valueQuantity: { value, ...(comparator && { comparator }), ...readUnit(unit) } }
}

function number(text: string): Decimal | undefined {
  const power = POWER.exec(text)
  // `+` and `1+` are grades, so a sign in front is taken for a number's only when it is a minus.
  return power ? readDecimal(`${power[1]}e${Number(power[2])}`) : text.startsWith('+') ? undefined : readDecimal(text)
}
