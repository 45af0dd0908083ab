/** An operation of the page as the CDA documents have theirs: the same one has the same key there. */
import type { OperationRow } from '../cda/operation.ts'
import type { Statement } from '../cda/statement.ts'
import { filled } from '../../engine/values/blank.ts'
import { readIncision } from '../../engine/values/incision.ts'
import type { OperationColumns } from './groups.ts'
import type { Page } from './row.ts'
import { table } from '../../engine/values/table.ts'

/**
 * Class of the incision and how it healed, in the codes of the interface. [V: 1 to 3 and 10 are of class I, 3 is its infection; the others
 * recalled] Words (`Ⅰ/甲`) are read as well.
 */
const INCISIONS: Readonly<Record<string, readonly [incision: string, healing?: string]>> = table({
  '1': ['I', '1'],
  '2': ['I', '2'],
  '3': ['I', '3'],
  '4': ['II', '1'],
  '5': ['II', '2'],
  '6': ['II', '3'],
  '7': ['III', '1'],
  '8': ['III', '2'],
  '9': ['III', '3'],
  '10': ['I', '9'],
  '11': ['II', '9'],
  '12': ['III', '9'],
  '13': ['0'],
})

/** Fields of the row to their columns. */
export const placesOf = (columns: OperationColumns): Readonly<Record<string, string>> => ({
  code: columns.code,
  name: columns.name,
  begin: columns.date,
  level: columns.level,
  incision: columns.incision,
  healing: columns.incision,
  asa: columns.asa,
  anaesthesia: columns.anaesthesia,
  people: columns.surgeon,
  sites: columns.site ?? columns.code,
  notes: columns.duration,
})

/** undefined: there is no such operation. */
export function operationRow({ values, visitNo }: Page, columns: OperationColumns, n: number): OperationRow | undefined {
  const of = (column: string | undefined): string | undefined => (column === undefined ? undefined : filled(values[column]))
  const [code, name, begin] = [of(columns.code), of(columns.name), of(columns.date)]
  if (code === undefined && name === undefined) return undefined
  const optional = { code, name, begin, level: of(columns.level), asa: of(columns.asa), ...healed(of(columns.incision)) }
  const anaesthesia = of(columns.anaesthesia)
  const people = [
    statement('@performer', '术者', of(columns.surgeon)),
    statement('@performer', 'Ⅰ助', of(columns.assistant1)),
    statement('@performer', 'Ⅱ助', of(columns.assistant2)),
    statement('@performer', '麻醉医师', of(columns.anaesthetist)),
  ].filter((one) => one !== undefined)
  const site = statement('@site', '手术部位', of(columns.site))
  const duration = of(columns.duration)
  return {
    documentNo: `C0032.${visitNo}`,
    part: `operation.${n}`,
    visitNo,
    at: columns.code,
    word: '手术及操作',
    people,
    sites: site ? [site] : [],
    used: [],
    reasons: [],
    complications: [],
    notes: duration === undefined ? [] : [`手术持续时间：${duration}`],
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<OperationRow>),
    ...(anaesthesia !== undefined && { anaesthesia: { ...bare('DE06.00.073.00', '麻醉方法'), ...codeOrText(anaesthesia) } }),
  }
}

function healed(sent: string | undefined): { incision?: string; healing?: string } {
  if (sent === undefined) return {}
  const [incision, healing] = INCISIONS[sent.replace(/^0(?=\d)/, '')] ?? []
  if (incision !== undefined) return { incision, ...(healing !== undefined && { healing }) }
  const words = readIncision(sent)
  if (!words) return { incision: sent }
  return { ...(words.incision && { incision: words.incision }), ...(words.healing && { healing: words.healing }) }
}

const bare = (element: string, name: string): Statement => ({ element, name, words: name, parts: [], at: name })
const codeOrText = (sent: string): Pick<Statement, 'code' | 'text'> => (/^\d{1,6}$/.test(sent) ? { code: sent } : { text: sent })
const statement = (element: string, name: string, text: string | undefined): Statement | undefined =>
  text === undefined ? undefined : { ...bare(element, name), text }
