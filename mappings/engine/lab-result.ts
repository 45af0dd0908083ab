/** One laboratory result, with its unit, flag and range, as the elements of an Observation. */
import { structureDefinition } from '../../server/fhir/canonical.ts'
import { type Field, Rule, type Run } from './rule.ts'
import { type DigitFlags, type Interpretation, readInterpretation } from './values/interpretation.ts'
import { type LabValue, readLabValue } from './values/lab-value.ts'
import { cleanText } from './values/text.ts'
import { readRange, type ReferenceRange } from './values/range.ts'

export interface LabResultFields<Row> {
  flag?: Field<Row>
  range?: Field<Row>
  /** meaning of digits and signs as flags, where the source has a table of them */
  digits?: DigitFlags
  /** the source says that this value is a number */
  isNumber?: (run: Run) => boolean
  /** what the source's own type makes of the value where its text does not tell; undefined: the text does */
  typed?: (run: Run) => LabValue | undefined
  /** the flags one by one, where the source separates several in its field */
  flags?: (run: Run) => readonly string[]
  /** the source does not say what kind of value it is: nothing is made of it but its text */
  isUntyped?: (run: Run) => boolean
}

export interface LabResultRules {
  valueQuantity: Rule<NonNullable<LabValue['valueQuantity']>>
  valueRatio: Rule<NonNullable<LabValue['valueRatio']>>
  valueRange: Rule<NonNullable<LabValue['valueRange']>>
  valueCodeableConcept: Rule<NonNullable<LabValue['valueCodeableConcept']>>
  valueString: Rule<string>
  valueDateTime: Rule<string>
  valueTime: Rule<string>
  dataAbsentReason: Rule<{ coding: { system: string; code: string }[] }>
  interpretation: Rule<Interpretation[]>
  referenceRange: Rule<ReferenceRange[]>
  /** a critical value is found by it, and whoever subscribes to them is told (cn-critical-value) */
  extension: Rule<CriticalValue[]>
}

export interface CriticalValue {
  url: string
  extension: [{ url: 'found'; valueBoolean: true }]
}

/** Texts that mean a number and are none that can be kept as one: 3000 digits, `1e400`, hexadecimal, `NaN`. */
const NUMBER_LIKE = /^[+-]?(?:(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|0x[\da-f]+|nan|inf(?:inity)?)$/i

/** `1 1.20`: spaces or line ends between digits, which no reader may close up. */
const BROKEN_NUMBER = /^[+-]?[\d.]+(?:[\s\ufffd]+[\d.]+)+$|^[\d.]*\ufffd[\d.\ufffd]*$/

const ABSENT_SYSTEM = 'http://terminology.hl7.org/CodeSystem/data-absent-reason'

export function labResult<Row>(valueField: Field<Row>, unitField?: Field<Row>, fields: LabResultFields<Row> = {}): LabResultRules {
  // Six rules ask for the value of one row.
  const values = new WeakMap<Run, LabValue>()
  const read = (run: Run): LabValue => {
    const known = values.get(run)
    if (known) return known
    const text = run.text(valueField)
    const value =
      text === undefined ? {} : fields.isUntyped?.(run) ? { valueString: cleanText(text) } : (fields.typed?.(run) ?? typed(text, run))
    values.set(run, value)
    return value
  }
  const typed = (text: string, run: Run): LabValue => {
    const value = readLabValue(text, unitField && run.text(unitField))
    if (isNumberMeant(value.valueString, run, fields)) run.flaw(valueField, 'mapping-number-invalid')
    return value
  }
  const part = <K extends keyof LabValue>(name: K) =>
    new Rule<NonNullable<LabValue[K]>>([valueField], (run) => read(run)[name] as NonNullable<LabValue[K]>)
  const flags = new Rule([valueField], (run) => interpretationOf(run, read(run), fields))
  return {
    valueQuantity: part('valueQuantity'),
    valueRatio: part('valueRatio'),
    valueRange: part('valueRange'),
    valueCodeableConcept: part('valueCodeableConcept'),
    valueString: part('valueString'),
    valueDateTime: part('valueDateTime'),
    valueTime: part('valueTime'),
    dataAbsentReason: new Rule([valueField], (run) =>
      run.text(valueField) === undefined ? { coding: [{ system: ABSENT_SYSTEM, code: 'unknown' }] } : undefined,
    ),
    interpretation: flags,
    extension: flags.as((found) => {
      const critical = criticalOf(found)
      return critical && [critical]
    }),
    referenceRange: new Rule([valueField], (run) => {
      const text = fields.range && run.text(fields.range)
      return text === undefined ? undefined : [readRange(text, unitField && run.text(unitField))]
    }),
  }
}

const CRITICAL: ReadonlySet<string> = new Set(['HH', 'LL', 'AA'])
const isCritical = ({ coding = [] }: Partial<Interpretation>): boolean => coding.some(({ code }) => CRITICAL.has(code))

/** That a value is critical, where one of its flags says so. */
export const criticalOf = (found: readonly Partial<Interpretation>[]): CriticalValue | undefined =>
  found.some(isCritical) ? { url: structureDefinition('cn-critical-value'), extension: [{ url: 'found', valueBoolean: true }] } : undefined

function isNumberMeant<Row>(text: string | undefined, run: Run, fields: LabResultFields<Row>): boolean {
  if (text === undefined) return false
  return NUMBER_LIKE.test(text) || BROKEN_NUMBER.test(text) || fields.isNumber?.(run) === true
}

/** The flag as sent wins; the arrow behind the value stands in when there is none. A flag that is not known is kept as text. */
function interpretationOf<Row>(run: Run, value: LabValue, fields: LabResultFields<Row>): Interpretation[] | undefined {
  const flag = fields.flag && run.text(fields.flag)
  if (flag === undefined) return value.interpretation && [value.interpretation]
  return (fields.flags?.(run) ?? [flag]).map((one) => {
    const found = readInterpretation(one, fields.digits)
    if (!found) run.flaw(fields.flag as string, 'mapping-value-unknown', 'warning')
    return found ?? ({ text: one } as Interpretation)
  })
}
