/** OBX-5 by what OBX-2 says that it is, where that is more than its text: coded answers, dates and times (HL7 v2.5.1, 2.A). */
import { localCodes } from '../../engine/systems.ts'
import type { FhirCoding } from '../../../server/fhir/types.ts'
import type { Run } from '../../engine/rule.ts'
import { filled } from '../../engine/values/blank.ts'
import { readDateTime } from '../../engine/values/date.ts'
import { type LabValue, readLabValue } from '../../engine/values/lab-value.ts'
import { cleanText } from '../../engine/values/text.ts'
import type { Segment } from '../../parsers/hl7v2.ts'
import { table } from '../../engine/values/table.ts'

/** One identifier of a CE or CWE, with its name and coding system. */
export interface Triplet {
  code?: string
  text?: string
  system?: string
}

const CODED = new Set(['CE', 'CWE', 'CNE', 'CF'])
const DATES = new Set(['DT', 'TS', 'DTM'])

export const isCoded = (type: string): boolean => CODED.has(type)

/** The identifier and the alternate one of a coded element. */
export function tripletsOf(segment: Segment, field: number, repetition = 0): Triplet[] {
  return [1, 4].flatMap((first) => {
    const [code, text, system] = [0, 1, 2].map((at) => filled(segment.text(field, first + at, repetition)))
    return code === undefined && text === undefined
      ? []
      : [{ ...(code !== undefined && { code }), ...(text !== undefined && { text }), ...(system !== undefined && { system }) }]
  })
}

/** The answers of a coded result, one for each repetition. */
export const answersOf = (obx: Segment): Triplet[][] =>
  isCoded(obx.text(2, 1))
    ? Array.from({ length: obx.repetitions(5) }, (_, at) => tripletsOf(obx, 5, at)).filter(({ length }) => length > 0)
    : []

/** What a result reads as when it is one text: a date without its precision, the name of an answer or several of them with their codes. */
export function valueText(obx: Segment, answers: readonly Triplet[][]): string | undefined {
  const type = obx.text(2, 1)
  if (DATES.has(type) || type === 'TM') return obx.repetitions(5) > 1 ? undefined : obx.text(5, 1)
  if (!isCoded(type)) return undefined
  if (answers.length > 1) return answers.map((all) => all.map(nameOf).join(' ')).join('；')
  const [first] = answers[0] ?? []
  // CWE.9 is what it was called at first.
  return filled(obx.text(5, 9)) ?? first?.text ?? first?.code ?? ''
}

const nameOf = ({ code, text }: Triplet): string =>
  text === undefined ? (code ?? '') : code === undefined || code === text ? text : `${text}(${code})`

/** HL7 table 0396; what is none of these is the hospital's own. */
const SYSTEMS: Readonly<Record<string, string>> = table({
  LN: 'http://loinc.org',
  SCT: 'http://snomed.info/sct',
  UCUM: 'http://unitsofmeasure.org',
})

/** A value that its text alone does not tell; undefined: the text tells it. */
export function typedValue(run: Run, type: string, answers: readonly Triplet[][]): LabValue | undefined {
  const text = run.text('OBX-5')
  if (text === undefined) return undefined
  if (DATES.has(type)) return dateValue(run, text)
  if (type === 'TM') return timeValue(run, text)
  if (answers.length > 1) return { valueString: cleanText(text) }
  return answers[0] && answer(run, answers[0], text)
}

function dateValue(run: Run, text: string): LabValue {
  const { value, flaw } = readDateTime(text, run.context.timezone)
  if (flaw) run.flaw('OBX-5', 'mapping-date-invalid')
  return value === undefined ? { valueString: cleanText(text) } : { valueDateTime: value }
}

const TIME = /^([01]\d|2[0-3]):?([0-5]\d)(?::?([0-5]\d)(\.\d{1,4})?)?$/

/** A FHIR time has no zone: one that was sent with it stays a text. */
function timeValue(run: Run, text: string): LabValue {
  const [, hour, minute, second = '00', fraction = ''] = TIME.exec(text) ?? []
  if (hour !== undefined) return { valueTime: `${hour}:${minute}:${second}${fraction}` }
  if (!/[+-]\d{4}$/.test(text)) run.flaw('OBX-5', 'mapping-date-invalid')
  return { valueString: cleanText(text) }
}

/** The codes of an answer beside the grade that its name may be (阳性); a name without a code tells itself. */
function answer(run: Run, triplets: readonly Triplet[], text: string): LabValue | undefined {
  const coding = triplets.flatMap((one): FhirCoding[] => {
    const { code, system = '' } = one
    if (code === undefined || (code === text && system === '')) return []
    const known = Object.hasOwn(SYSTEMS, system) ? SYSTEMS[system] : undefined
    return [{ system: known ?? localCodes(run.scope, 'lab-answer'), code, ...(one.text !== undefined && { display: one.text }) }]
  })
  if (coding.length === 0) return undefined
  const { valueCodeableConcept: grade, interpretation } = readLabValue(text)
  const systems = new Set<string>()
  const all = [...(grade?.coding ?? []), ...coding].filter(({ system = '' }) => !systems.has(system) && systems.add(system))
  return { valueCodeableConcept: { coding: all, text: cleanText(text) }, ...(interpretation && { interpretation }) }
}
