/** `Ⅱ/甲`: class of an incision, then how it healed, as home pages and tables of operations write both in one field. */
import { toHalfWidth } from './text.ts'
import { table } from './table.ts'

export interface Incision {
  incision?: '0' | 'I' | 'II' | 'III'
  /** code of 2.16.156.10011.2.3.1.257 */
  healing?: string
}

/** Either may stand alone. */
const INCISION = /^(0|I{1,3})?类?[/、\s]?([甲乙丙])?$/
const HEALED: Record<string, string> = table({ 甲: '1', 乙: '2', 丙: '3' })

/** undefined: it says neither. */
export function readIncision(sent: string): Incision | undefined {
  const match = INCISION.exec(toHalfWidth(sent).replaceAll('Ⅰ', 'I').replaceAll('Ⅱ', 'II').replaceAll('Ⅲ', 'III').trim())
  if (!match) return undefined
  const healing = match[2] === undefined ? undefined : HEALED[match[2]]
  return {
    ...(match[1] !== undefined && { incision: match[1] as Incision['incision'] & string }),
    ...(healing !== undefined && { healing }),
  }
}
