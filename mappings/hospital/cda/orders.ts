/** Gathers orders: each content with its type before it and what is said of it behind; long-term or temporary holds until it is said anew. */
import { flat, type Statement } from './statement.ts'
import type { Facts } from './facts.ts'
import { drugOrder, type OrderRow, serviceOrder } from './order.ts'
import type { CdaSection } from './sections.ts'
import { table } from '../../engine/values/table.ts'

const CONTENT = 'DE06.00.288.00'
const TYPE = 'DE06.00.289.00'
const KIND = 'DE06.00.286.00'
const FIELDS: Readonly<Record<string, 'requestNo' | 'group' | 'remark' | 'state'>> = table({
  'DE01.00.008.00': 'requestNo',
  'DE08.50.056.00': 'group',
  'DE06.00.179.00': 'remark',
  'DE06.00.290.00': 'state',
})

/** Types of orders in words; of the codes of the national table only that of drugs is taken without its word. */
const TYPES: readonly (readonly [RegExp, string])[] = [
  [/检验|化验/, 'lab'],
  [/检查|影像/, 'examination'],
  [/手术/, 'surgery'],
  [/输血/, 'transfusion'],
  [/护理/, 'nursing'],
  [/膳食|饮食/, 'diet'],
  [/会诊/, 'consult'],
  [/处置|治疗|输氧|吸氧/, 'treatment'],
]
const DRUG = /药/
const DRUG_CODE = /^0?1$/

export function orders(facts: Facts): void {
  for (const section of facts.sections) {
    let kind: OrderRow['kind']
    let type: Statement | undefined
    let open: OrderRow | undefined
    const close = (): void => {
      if (open) run(facts, open, section)
      open = undefined
    }
    for (const entry of section.statements) {
      for (const one of flat([entry])) {
        if (one.element === KIND) kind = kindOf(one) ?? kind
        else if (one.element === TYPE) {
          close()
          type = one
        } else if (one.element === CONTENT && one.text !== undefined) {
          close()
          open = orderRow(facts, one, type, kind)
          type = undefined
        } else if (open) fill(open, one)
        if (one.element === CONTENT || one.element === TYPE || one.element === KIND || (open && FIELDS[one.element])) facts.take(one)
      }
    }
    close()
  }
}

function kindOf({ text, code }: Statement): OrderRow['kind'] {
  const words = `${text ?? ''}`
  if (/长期/.test(words)) return 'long-term'
  if (/临时|出院带药/.test(words)) return 'temporary'
  return code === '1' || code === '01' ? 'long-term' : code === '2' || code === '02' ? 'temporary' : undefined
}

function orderRow(facts: Facts, one: Statement, type: Statement | undefined, kind: OrderRow['kind']): OrderRow {
  const words = type?.text ?? ''
  const isDrug = DRUG.test(words) || (DRUG_CODE.test(type?.code ?? '') && (words === '' || words === type?.code))
  const category = TYPES.find(([pattern]) => pattern.test(words))?.[1]
  const row: OrderRow = {
    ...facts.row('order', one.at),
    ...(one.text !== undefined && { content: one.text }),
    ...(isDrug ? { isDrug: 'yes' as const } : category !== undefined && { category }),
    ...(kind !== undefined && { kind }),
    ...(facts.kind.visit === 'outpatient' || facts.kind.visit === 'observation' ? {} : { inpatient: 'yes' as const }),
  }
  for (const part of one.parts) ofContent(row, part)
  const [author] = facts.document.header.authors
  const ordered = row.ordered ?? author?.time
  return { ...row, ...(ordered !== undefined && { ordered }) }
}

const timeOf = (person: Statement): string | undefined => person.parts.find(({ element }) => element === '@at')?.time

/** Times and people stand directly in the content. */
function ofContent(row: OrderRow, part: Statement): void {
  if (part.element === '@begin' && part.time !== undefined) row.begin = part.time
  if (part.element === '@end' && part.time !== undefined) row.end = part.time
  const time = timeOf(part)
  if (part.element === '@author' || /开立/.test(part.name)) {
    row.prescriber ??= part
    if (time !== undefined) row.ordered ??= time
  } else if (part.element === '@performer' || /执行/.test(part.name)) executedBy(row, part)
  else if (/停止/.test(part.name) && time !== undefined) row.stopped = time
  else if (/取消/.test(part.name) && (time !== undefined || part.text !== undefined)) row.cancelled = 'yes'
}

function executedBy(row: OrderRow, part: Statement): void {
  const time = timeOf(part)
  row.executor ??= part
  if (time !== undefined) row.executed ??= time
}

function fill(row: OrderRow, one: Statement): void {
  const field = FIELDS[one.element]
  if (field !== undefined && one.text !== undefined) row[field] ??= one.text
  if (one.element === '@performer') executedBy(row, one)
}

function run(facts: Facts, row: OrderRow, section: CdaSection): void {
  facts.run(row.isDrug === undefined ? serviceOrder : drugOrder, row, row.at, section)
}
