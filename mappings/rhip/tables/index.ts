/** `rhip/tables`: pinyin-initial tables of a regional health platform, streamed row by row (formats.md C1). */
import { settled } from '../../engine/outcome.ts'
import { RecordBuilder } from '../../engine/record.ts'
import type { DecodeOptions, DecodeResult, MappedRecord, MappingContext, RejectedRecord, SourceMapping } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import { readTable, type TableRow } from '../../parsers/delimited.ts'
import { patientOfInformation, patientOfReport, scopeOf, weak } from './identity.ts'
import { labIndicator, reportMention } from './lab-indicator.ts'
import { cardPatient, labReport, labSpecimen } from './lab-report.ts'
import { LAYOUTS } from './layouts.ts'
import { patientInformation } from './patient.ts'

type Values = TableRow['values']

interface Table {
  /** columns of the row key, for the delivery id */
  key: readonly string[]
  /** columns with the row's own time, the latest to be meant first */
  stated: readonly string[]
  fill(record: RecordBuilder, row: Values, statedAt: string): void
}

const TABLES: Readonly<Record<string, Table>> = {
  TB_YL_PATIENT_INFORMATION: {
    key: ['YLJGYQDM', 'KH', 'KLX'],
    stated: ['YWSCSJ'],
    fill: (record, row, statedAt) => {
      record.patient = patientOfInformation(row, record.context)
      record.run(patientInformation, row, { statedAt })
    },
  },
  TB_LIS_REPORT: {
    key: ['YLJGYQDM', 'BGRQ', 'BGDH'],
    stated: ['SHSJ', 'BGSJ', 'BGRQ'],
    fill: (record, row, statedAt) => {
      record.patient = patientOfReport(row, record.context)
      record.run(cardPatient, row, { statedAt })
      record.run(labReport, row, { statedAt })
      record.run(labSpecimen, row, { statedAt })
      reportBeforeSampling(record, row)
    },
  },
  TB_LIS_INDICATORS: {
    key: ['YLJGYQDM', 'JYZBLSH'],
    stated: ['SHSJ', 'BGRQ'],
    fill: (record, row, statedAt) => {
      record.patient = { local: weak('REPORT', row.BGDH, row, record.context) }
      const key = record.run(labIndicator, row, { statedAt })
      const reportNo = filled(row.BGDH)
      if (key === undefined || key === 'patient' || reportNo === undefined || row.XGBZ === '2') return
      record.add(reportMention(scopeOf(row, record.context), reportNo, key))
    },
  },
}

/** Columns that are the row's key or tell its state; every row has read them. */
const KEY_COLUMNS = ['YLJGYQDM', 'KH', 'KLX', 'BGRQ', 'BGDH', 'JYZBLSH', 'XGBZ']

export const rhipTables: SourceMapping = {
  id: 'rhip/tables',
  kind: 'rhip',
  mode: 'table',
  accepts: ['text/csv', 'text/plain', 'text/tab-separated-values'],
  decode,
  map,
}

async function* decode(chunks: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncGenerator<DecodeResult> {
  const { charset, fileName } = options
  for await (const event of readTable(chunks, { layouts: LAYOUTS, charset, ...(fileName !== undefined && { fileName }) })) {
    if (event.kind === 'row') yield { ok: true, record: event.row, recordType: event.row.table, at: `row ${event.row.row}`, raw: event.raw }
    else if (event.kind === 'bad') {
      const at = `row ${event.row}`
      yield { ok: false, rejected: { recordType: 'row', at, reason: { severity: 'error', code: event.code, at }, raw: event.raw } }
    } else {
      const at = event.column === undefined ? 'file' : `header ${event.column}`
      yield { ok: false, rejected: { recordType: 'file', at, reason: { severity: 'error', code: event.code, at } } }
    }
  }
}

function map(decoded: unknown, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const { table: name, values, unknownColumns } = decoded as TableRow
  const table = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined
  if (!table) return { recordType, at, reason: { severity: 'error', code: 'table-unknown', at } }
  const state = filled(values.XGBZ)
  if (state !== '1' && state !== '2') return { recordType, at, reason: { severity: 'error', code: 'mapping-required', at: `XGBZ ${at}` } }
  const missing = table.key.find((column) => filled(values[column]) === undefined)
  if (missing !== undefined) return { recordType, at, reason: { severity: 'error', code: 'mapping-required', at: `${missing} ${at}` } }
  const statedAt = stated(table, values, context)
  if (statedAt === undefined)
    return { recordType, at, reason: { severity: 'error', code: 'mapping-required', at: `${table.stated[0]} ${at}` } }
  const deliveryId = [name, ...table.key.map((column) => values[column] ?? '')].join('|')
  const record = new RecordBuilder(context, { recordType, deliveryId, at })
  record.noteRead(...KEY_COLUMNS, ...table.stated)
  table.fill(record, values, statedAt)
  for (const column of unknownColumns) record.issue({ severity: 'information', code: 'table-column-unknown', at: `header ${column}` })
  return settled(record.finish(), context)
}

/** The row's own time; a row that says nothing of when it was stated cannot be put in order with others. */
function stated(table: Table, values: Values, context: MappingContext): string | undefined {
  for (const column of table.stated) {
    const text = filled(values[column])
    const value = text === undefined ? undefined : readDateTime(text, context.timezone).value
    if (value !== undefined) return instantOf(value, context.timezone)
  }
  return undefined
}

/** formats.md D7: stored as sent, flagged. */
function reportBeforeSampling(record: RecordBuilder, row: Values): void {
  const zone = record.context.timezone
  const instant = (column: string): string | undefined => {
    const text = filled(row[column])
    const value = text === undefined ? undefined : readDateTime(text, zone).value
    return value?.includes('T') ? instantOf(value, zone) : undefined
  }
  const sampled = instant('CJSJ')
  const reported = instant('BGSJ') ?? instant('SHSJ')
  if (sampled !== undefined && reported !== undefined && reported < sampled)
    record.issue({ severity: 'warning', code: 'mapping-date-order', at: 'BGSJ' })
}
