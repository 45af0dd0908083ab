/** A unit that stands behind its number, in the field of the number. */
import { cleanText, toHalfWidth } from './text.ts'
import { toUcum } from './unit.ts'

/** A number, perhaps compared, and what stands behind it; an arrow behind that is a flag of the number. */
const WITH_UNIT = /^([<>≤≥=]{0,2}\s*-?\d+(?:\.\d+)?)\s*([^\d\s.↑↓].*?|(?:[xX×*]\s*)?10[\^*⁰¹²³⁴-⁹].*?)\s*([↑↓]*)$/

/** `5.6 mmol/L` as 5.6 and mmol/L, with a flag behind the number; undefined: it is no number with a unit that is known. */
export function unitBehind(text: string): { number: string; unit: string } | undefined {
  const [, number, unit, arrow = ''] = WITH_UNIT.exec(toHalfWidth(cleanText(text))) ?? []
  if (number === undefined || unit === undefined || toUcum(unit) === undefined) return undefined
  return { number: arrow === '' ? number : `${number} ${arrow}`, unit }
}
