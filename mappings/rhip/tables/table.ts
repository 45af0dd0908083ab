/** What a table of a platform is to the rows that come of it: their key, their time, and what is made of each. */
import { type Mapping, runMapping } from '../../engine/mapping.ts'
import { BEFORE_ALL } from '../../engine/mention.ts'
import type { RecordBuilder } from '../../engine/record.ts'
import type { MappedResource } from '../../engine/types.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import type { TableRow } from '../../parsers/delimited.ts'

export type Values = TableRow['values']

export interface Table {
  /** columns of the row key, for the delivery id */
  key: readonly string[]
  /**
   * columns with the time at which the row's author said it (an audit, a report), the latest to be meant first. Empty where a row has none: the
   * time of a visit or of an operation is no such time, because a correction may move it back. Of such rows the one that came last counts,
   * and a withdrawal before what it withdraws, whichever came first.
   */
  stated: readonly string[]
  fill(record: RecordBuilder, row: Values, statedAt: string): void
}

/** RecordBuilder.run without offering the row again: a report row goes through three mappings, millions of times. */
export function apply<Row extends object>(
  record: RecordBuilder,
  map: Mapping<Row>,
  row: Row,
  statedAt: string,
  order?: string,
): MappedResource | undefined {
  const result = runMapping(map, row, record.context, { statedAt, ...(order !== undefined && { order }) })
  record.keep(result)
  return result.mapped
}

/** The row's own time; undefined: it should have one and has none that can be read, so it cannot be put in order with others. */
export function statedTime(table: Table, values: Values, filled: (value: string | undefined) => string | undefined, zone: string) {
  if (table.stated.length === 0) return BEFORE_ALL
  for (const column of table.stated) {
    const text = filled(values[column])
    const instant = text === undefined ? undefined : instantIn(text, zone)
    if (instant !== undefined) return instant
  }
  return undefined
}

/** Rows of one report follow each other with the same time, so the last answer is kept: a pure function's own memory. */
let last: { text: string; zone: string; instant: string | undefined } = { text: '', zone: '', instant: undefined }

function instantIn(text: string, zone: string): string | undefined {
  if (last.text === text && last.zone === zone) return last.instant
  const value = readDateTime(text, zone).value
  last = { text, zone, instant: value === undefined ? undefined : instantOf(value, zone) }
  return last.instant
}

/** Whether two times of a row, as their texts sort in one zone, are the wrong way round (formats.md D7): stored as sent, flagged. */
export function flagOrder(record: RecordBuilder, row: Values, before: string, after: string): void {
  const [start, end] = [before, after].map((column) => {
    const text = row[column]
    return text === undefined ? undefined : readDateTime(text, record.context.timezone).value
  })
  const comparable = start?.includes('T') && end?.includes('T') && start.slice(19) === end.slice(19)
  if (comparable && (end as string) < (start as string)) record.issue({ severity: 'warning', code: 'mapping-date-order', at: after })
}
