/** `rhip/tables`: pinyin-initial tables of a regional health platform, streamed row by row (formats.md C1). */
import type { FhirResource } from '../../../server/fhir/types.ts'
import { type Mapping, runMapping } from '../../engine/mapping.ts'
import { settled } from '../../engine/outcome.ts'
import { RecordBuilder } from '../../engine/record.ts'
import type {
  DecodeOptions,
  DecodeResult,
  MappedRecord,
  MappedResource,
  MappingContext,
  RejectedRecord,
  SourceMapping,
} from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import { readTable, type TableRow } from '../../parsers/delimited.ts'
import { stateColumn, withNewerNames } from './generations.ts'
import { patientOfInformation, patientOfReport, patientOfVisit, scopeOf, weak } from './identity.ts'
import { labIndicator, reportMention } from './lab-indicator.ts'
import { cardPatient, labReport, labSpecimen } from './lab-report.ts'
import { LAYOUTS } from './layouts.ts'
import { outpatientDiagnosis, outpatientVisit } from './outpatient-visit.ts'
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
      apply(record, patientInformation, row, statedAt)
    },
  },
  TB_LIS_REPORT: {
    key: ['YLJGYQDM', 'BGRQ', 'BGDH'],
    stated: ['SHSJ', 'BGSJ', 'BGRQ'],
    fill: (record, row, statedAt) => {
      record.patient = patientOfReport(row, record.context)
      apply(record, cardPatient, row, statedAt)
      reportBeforeSampling(record, apply(record, labReport, row, statedAt))
      apply(record, labSpecimen, row, statedAt)
    },
  },
  TB_LIS_INDICATORS: {
    key: ['YLJGYQDM', 'JYZBLSH'],
    stated: ['SHSJ', 'BGRQ'],
    fill: (record, row, statedAt) => {
      record.patient = { local: weak('REPORT', row.BGDH, row, record.context) }
      const key = apply(record, labIndicator, row, statedAt)?.key
      const reportNo = filled(row.BGDH)
      if (key === undefined || key === 'patient' || reportNo === undefined || row.XGBZ === '2') return
      record.add(reportMention(scopeOf(row, record.context), reportNo, key))
    },
  },
  TB_YL_MZ_MEDICAL_RECORD: {
    key: ['YLJGYQDM', 'JZLSH'],
    stated: ['JZKSRQ'],
    fill: (record, row, statedAt) => {
      record.patient = patientOfVisit(row, record.context)
      record.noteRead('HZXM', 'XB', 'CSRQ')
      apply(record, cardPatient, row, statedAt)
      apply(record, outpatientVisit, row, statedAt)
      apply(record, outpatientDiagnosis, row, statedAt)
    },
  },
}

const STATE_COLUMNS = new Map(LAYOUTS.map((layout) => [layout.name, stateColumn(layout)]))

/** Columns that are the row's key or tell its state; every row has read them. */
const KEY_COLUMNS = ['YLJGYQDM', 'YLJGDM', 'KH', 'KLX', 'BGRQ', 'BGDH', 'JYZBLSH', 'XGBZ']

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
  const { table: name, values: sent, unknownColumns } = decoded as TableRow
  const stateIn = STATE_COLUMNS.get(name) ?? 'XGBZ'
  const values = withNewerNames(sent, stateIn)
  const table = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined
  if (!table) return { recordType, at, reason: { severity: 'error', code: 'table-unknown', at } }
  const state = filled(values.XGBZ)
  if (state !== '1' && state !== '2')
    return { recordType, at, reason: { severity: 'error', code: 'mapping-required', at: `${stateIn} ${at}` } }
  const missing = table.key.find((column) => filled(values[column]) === undefined)
  if (missing !== undefined) return { recordType, at, reason: { severity: 'error', code: 'mapping-required', at: `${missing} ${at}` } }
  const statedAt = stated(table, values, context)
  if (statedAt === undefined)
    return { recordType, at, reason: { severity: 'error', code: 'mapping-required', at: `${table.stated[0]} ${at}` } }
  const deliveryId = [name, ...table.key.map((column) => values[column] ?? '')].join('|')
  const record = new RecordBuilder(context, { recordType, deliveryId, at })
  record.noteRead(...KEY_COLUMNS, stateIn, ...table.key, ...table.stated)
  record.offer(values)
  table.fill(record, values, statedAt)
  for (const column of unknownColumns) record.issue({ severity: 'information', code: 'table-column-unknown', at: `header ${column}` })
  return settled(record.finish(), context)
}

/** The row's own time; a row that says nothing of when it was stated cannot be put in order with others. */
function stated(table: Table, values: Values, context: MappingContext): string | undefined {
  for (const column of table.stated) {
    const text = filled(values[column])
    const instant = text === undefined ? undefined : instantIn(text, context.timezone)
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

/** RecordBuilder.run without offering the row again: a report row goes through three mappings, millions of times. */
function apply<Row extends object>(record: RecordBuilder, map: Mapping<Row>, row: Row, statedAt: string): MappedResource | undefined {
  const result = runMapping(map, row, record.context, { statedAt })
  record.keep(result)
  return result.mapped
}

/** formats.md D7: stored as sent, flagged. Both times were made in one zone, so their texts compare. */
function reportBeforeSampling(record: RecordBuilder, report: MappedResource | undefined): void {
  const { effectiveDateTime: sampled, issued } = report?.resource ?? ({} as FhirResource)
  const comparable = typeof sampled === 'string' && typeof issued === 'string' && sampled.slice(19) === issued.slice(19)
  if (comparable && issued < sampled) record.issue({ severity: 'warning', code: 'mapping-date-order', at: 'BGSJ' })
}
