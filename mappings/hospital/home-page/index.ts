/**
 * `hospital/home-page`: home pages of inpatient stays as a hospital exports them for the national quality monitoring (HQMS), CSV or DBF, a row for
 * each stay. What comes of them are the things that its CDA home page (C0032) and the insurance's (4401) tell of, under the same keys.
 */
import { settled } from '../../engine/outcome.ts'
import { RecordBuilder } from '../../engine/record.ts'
import type { DecodeOptions, DecodeResult, MappedRecord, MappingContext, RejectedRecord, SourceMapping } from '../../engine/types.ts'
import { BEFORE_ALL } from '../../engine/mention.ts'
import { filled } from '../../engine/values/blank.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import { isDbf, readDbf } from '../../parsers/dbf.ts'
import { readTable, type TableRow } from '../../parsers/delimited.ts'
import { again, headOf } from '../../parsers/head.ts'
import { type Dialect, layoutsOf, readDialect } from '../../rhip/tables/dialect.ts'
import { decoded } from '../../rhip/tables/index.ts'
import { HOME_PAGE, isDate, neededOf, STATE, TABLE, VISIT_NO, WRITTEN } from './layout.ts'
import { fillPage } from './page.ts'

const HEAD_BYTES = 32

export const hospitalHomePage: SourceMapping = {
  id: 'hospital/home-page',
  kind: 'hospital',
  mode: 'table',
  accepts: ['text/csv', 'text/plain', 'text/tab-separated-values', 'application/dbf', 'application/x-dbf', 'application/zip'],
  archive: /\.(?:csv|txt|tsv|dat|dbf)$/i,
  decode: (chunks, options) => decodePages(chunks, options, { id: '', columns: [], values: [] }),
  map,
}

/** The same files as one hospital writes them. */
export function hospitalHomePageIn(dialect: Dialect): SourceMapping {
  const own = {
    ...dialect,
    columns: dialect.columns.filter(({ table }) => table === TABLE),
    values: dialect.values.filter(({ table }) => table === TABLE || table === '*'),
  }
  return {
    ...hospitalHomePage,
    id: `${hospitalHomePage.id}/${dialect.id}`,
    decode: (chunks, options) => decodePages(chunks, options, own),
  }
}

async function* decodePages(chunks: AsyncIterable<Uint8Array>, options: DecodeOptions, dialect: Dialect): AsyncGenerator<DecodeResult> {
  const layouts = layoutsOf(dialect, [HOME_PAGE], neededOf)
  const file = await headOf(chunks, HEAD_BYTES)
  const read = isDbf(file.head) ? readDbf : readTable
  yield* decoded(readDialect(again(file), dialect, { ...options, layouts, isDate, read }))
}

/** Between the number of a patient and that of his stays, as joined columns of a folder have it. */
const BETWEEN = '-'

function map(tableRow: unknown, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const { values, unknownColumns, given = [] } = tableRow as TableRow
  const reject = (column: string, code = 'mapping-required'): RejectedRecord => ({
    recordType,
    at,
    reason: { severity: 'error', code, at: `${column} ${at}` },
  })
  const mrn = filled(values.A48)
  const times = timesOf(filled(values.A49))
  if (mrn === undefined) return reject('A48')
  const visitNo = filled(values[VISIT_NO]) ?? (times === undefined ? undefined : `${mrn}${BETWEEN}${times}`)
  if (visitNo === undefined) return reject(VISIT_NO)
  const state = filled(values[STATE]) ?? '1'
  if (state !== '1' && state !== '2') return reject(STATE)
  if (isForeign(filled(values.A01), context)) return reject('A01', 'mapping-organization')
  const statedAt = statedTime(values[WRITTEN], context)
  if (statedAt === undefined) return reject(WRITTEN, 'mapping-date-invalid')
  const record = new RecordBuilder(context, { recordType, deliveryId: [TABLE, visitNo].join('|'), at })
  record.offer(values)
  record.noteRead('A01', 'A02', 'A48', 'A49', VISIT_NO, WRITTEN, STATE, ...given)
  const onArrival = statedAt === BEFORE_ALL || undefined
  fillPage(record, { values, mrn, visitNo, statedAt, onArrival, isWithdrawn: state === '2' })
  for (const column of unknownColumns) record.issue({ severity: 'information', code: 'table-column-unknown', at: `header ${column}` })
  return settled(record.finish(), context)
}

/** How often he was there, as one number however it is written: a CSV has `02` where a DBF has `2.00`. */
const timesOf = (sent: string | undefined): string | undefined => sent?.replace(/^0*(\d+?)(?:\.0+)?$/, '$1')

/** A hospital speaks for itself alone: the page of another one that is known here is refused. A code that nobody knows is its own. */
function isForeign(code: string | undefined, context: MappingContext): boolean {
  if (code === undefined) return false
  const organization = context.organization(code)
  const own = context.source.organization
  return organization !== own && !organization.startsWith(`${own}~`)
}

/** When the row was written, where the export says so; else the one that came last counts. undefined: it says no time. */
function statedTime(sent: string | undefined, context: MappingContext): string | undefined {
  const text = filled(sent)
  if (text === undefined) return BEFORE_ALL
  const { value } = readDateTime(text, context.timezone)
  return value === undefined ? undefined : instantOf(value, context.timezone)
}
