/** The string `主诊断(证型+证型,治法)` in which TCM diagnoses are written together (formats.md D29). */
import { toHalfWidth } from './text.ts'

export interface TcmDiagnosis {
  disease: string
  syndromes: string[]
  /** 治法 */
  method?: string
}

const WHOLE = /^([^()]{1,100})\(([^()]{1,200})\)$/
const METHOD = /法$|^(?:治以|治宜|治则|治法)/

/** The parts; undefined when the text is not of this form. What stands behind the comma is the method of treatment. */
export function readTcmDiagnosis(sent: string): TcmDiagnosis | undefined {
  const match = WHOLE.exec(toHalfWidth(sent).trim())
  if (!match?.[1] || !match[2]) return undefined
  const [first = '', ...rest] = match[2].split(',').map((part) => part.trim())
  const method = rest.at(-1) || (METHOD.test(first) ? first : undefined)
  const syndromes = [...(method === first ? [] : [first]), ...rest.slice(0, -1)].flatMap((part) => part.split('+'))
  const named = syndromes.map((syndrome) => syndrome.trim()).filter((syndrome) => syndrome !== '')
  return { disease: match[1].trim(), syndromes: named, ...(method && { method }) }
}
