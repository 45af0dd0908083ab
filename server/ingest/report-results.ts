/** What is known of the other results and specimens of the report that a record speaks of: which of them one is, all of them together may say. */
import type { Statement } from './fold/types.ts'
import type { PreparedRecord, PreparedStatement } from './types.ts'

/** What was said, by `Type/id`. */
export type Said = ReadonlyMap<string, readonly Statement[]>

/** Name and words of each result, or each specimen, of the same report. */
export type Mates = (one: PreparedStatement) => (readonly [name: string, said: readonly Statement[]])[]

type Record = Pick<PreparedRecord, 'statements'>

const REPORT = 'DiagnosticReport'
const NAMES = /(?:Observation|Specimen)\/[\w.-]+/g

const reportsOf = ({ statements }: Record): PreparedStatement[] => statements.filter(({ type }) => type === REPORT)

/** Names of the reports that the record speaks of. */
export const reportNames = (record: Record): string[] => reportsOf(record).map(({ id }) => `${REPORT}/${id}`)

/** Names of what these words of a report say that it has. */
const partsNamed = (words: readonly Statement[]): string[] =>
  words.flatMap(({ lists: { result, specimen } }) =>
    [result, specimen].flatMap((list) =>
      Object.values(list ?? {}).flatMap(({ items }) => items.flatMap((text) => text.match(NAMES) ?? [])),
    ),
  )

/** Names of what these reports are known to have. */
export const partsOf = (reports: readonly string[], said: Said): string[] => [
  ...new Set(reports.flatMap((report) => partsNamed(said.get(report) ?? []))),
]

/** Of the only report of a record, or of the one that names it, as a result that is taken back is not named. */
export function matesIn(record: Record, said: Said): Mates {
  const reports = reportsOf(record).map(({ id, statement }) => ({
    named: new Set(partsNamed([statement])),
    known: partsOf([`${REPORT}/${id}`], said).flatMap((name) => (said.has(name) ? [[name, said.get(name) ?? []] as const] : [])),
  }))
  return ({ type, id }) => {
    const own = reports.length === 1 ? reports : reports.filter(({ named }) => named.has(`${type}/${id}`))
    return own.flatMap(({ known }) => known).filter(([name]) => name.startsWith(`${type}/`))
  }
}

/** What this source said of this patient in the same key. Where a number is used again for another patient, it says nothing. */
export const sameVoice = ({ source, patient }: Statement, said: Statement): boolean =>
  source === said.source && patient?.id === said.patient?.id

/** Whether both are of one thing that is measured, by a code of it or, without one, its name. */
export function isOfSameItem(one: Statement, other: Statement): boolean {
  const codes = new Set(codesOf(other))
  return codesOf(one).some((code) => codes.has(code))
}

function codesOf({ lists, units }: Statement): string[] {
  const items = Object.values(lists['code.coding'] ?? {}).flatMap((entry) => entry.items)
  if (items.length === 0) return Object.values(units.code?.members ?? {})
  return items.map((text) => {
    const { system, code } = JSON.parse(text) as { system?: string; code?: string }
    return `${system}|${code}`
  })
}
