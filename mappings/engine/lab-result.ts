/** One laboratory result, with its unit, flag and range, as the elements of an Observation. */
import { type Field, Rule, type Run } from './rule.ts'
import { type DigitFlags, type Interpretation, readInterpretation } from './values/interpretation.ts'
import { type LabValue, readLabValue } from './values/lab-value.ts'
import { readRange, type ReferenceRange } from './values/range.ts'

export interface LabResultFields<Row> {
  flag?: Field<Row>
  range?: Field<Row>
  /** meaning of digits as flags, where the source has a table of them */
  digits?: DigitFlags
  /** the source says that this value is a number */
  isNumber?: (run: Run) => boolean
}

export interface LabResultRules {
  valueQuantity: Rule<NonNullable<LabValue['valueQuantity']>>
  valueRatio: Rule<NonNullable<LabValue['valueRatio']>>
  valueRange: Rule<NonNullable<LabValue['valueRange']>>
  valueCodeableConcept: Rule<NonNullable<LabValue['valueCodeableConcept']>>
  valueString: Rule<string>
  dataAbsentReason: Rule<{ coding: { system: string; code: string }[] }>
  interpretation: Rule<Interpretation[]>
  referenceRange: Rule<ReferenceRange[]>
}

/** Texts that mean a number and are none that can be kept as one: 3000 digits, `1e400`, hexadecimal, `NaN`. */
const NUMBER_LIKE = /^[+-]?(?:(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|0x[\da-f]+|nan|inf(?:inity)?)$/i

const ABSENT_SYSTEM = 'http://terminology.hl7.org/CodeSystem/data-absent-reason'

export function labResult<Row>(valueField: Field<Row>, unitField?: Field<Row>, fields: LabResultFields<Row> = {}): LabResultRules {
  // Six rules ask for the value of one row.
  const values = new WeakMap<Run, LabValue>()
  const read = (run: Run): LabValue => {
    const known = values.get(run)
    if (known) return known
    const text = run.text(valueField)
    const value = text === undefined ? {} : readLabValue(text, unitField && run.text(unitField))
    const meant = value.valueString !== undefined && (NUMBER_LIKE.test(value.valueString) || fields.isNumber?.(run) === true)
    if (meant) run.flaw(valueField, 'mapping-number-invalid')
    values.set(run, value)
    return value
  }
  const part = <K extends keyof LabValue>(name: K) =>
    new Rule<NonNullable<LabValue[K]>>([valueField], (run) => read(run)[name] as NonNullable<LabValue[K]>)
  return {
    valueQuantity: part('valueQuantity'),
    valueRatio: part('valueRatio'),
    valueRange: part('valueRange'),
    valueCodeableConcept: part('valueCodeableConcept'),
    valueString: part('valueString'),
    dataAbsentReason: new Rule([valueField], (run) =>
      run.text(valueField) === undefined ? { coding: [{ system: ABSENT_SYSTEM, code: 'unknown' }] } : undefined,
    ),
    interpretation: new Rule([valueField], (run) => interpretationOf(run, read(run), fields)),
    referenceRange: new Rule([valueField], (run) => {
      const text = fields.range && run.text(fields.range)
      return text === undefined ? undefined : [readRange(text, unitField && run.text(unitField))]
    }),
  }
}

/** The flag as sent wins; the arrow behind the value stands in when there is none. A flag that is not known is kept as text. */
function interpretationOf<Row>(run: Run, value: LabValue, fields: LabResultFields<Row>): Interpretation[] | undefined {
  const flag = fields.flag && run.text(fields.flag)
  if (flag === undefined) return value.interpretation && [value.interpretation]
  const found = readInterpretation(flag, fields.digits)
  if (found) return [found]
  run.flaw(fields.flag as string, 'mapping-value-unknown', 'warning')
  return [{ text: flag } as Interpretation]
}
