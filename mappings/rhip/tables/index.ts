/** `rhip/tables`: pinyin-initial tables of a regional health platform, streamed row by row (formats.md C1). */
import type { FhirResource } from '../../../server/fhir/types.ts'
import { settled } from '../../engine/outcome.ts'
import { RecordBuilder } from '../../engine/record.ts'
import type {
  DecodeResult,
  LocalPatientNumber,
  MappedRecord,
  MappedResource,
  MappingContext,
  RejectedRecord,
  SourceMapping,
} from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { readDateTime } from '../../engine/values/date.ts'
import { readTable, type TableEvent, type TableRow } from '../../parsers/delimited.ts'
import { ADMISSIONS } from './admission.ts'
import { CHARGES } from './charge.ts'
import { undecided, unknownCodes } from './deciding.ts'
import { DIAGNOSES } from './diagnosis-detail.ts'
import { type Dialect, layoutsOf, neededIn, type NeededOf, readDialect, tableOf } from './dialect.ts'
import { DISCHARGE_SUMMARIES } from './discharge-summary.ts'
import { EXAMINATION_REPORTS } from './examination-report.ts'
import { inBothGenerations, stateColumn, withNewerNames } from './generations.ts'
import { patientOfInformation, patientOfReport, patientOfVisit, scopeOf, weak } from './identity.ts'
import { IMAGING_REPORTS } from './imaging-report.ts'
import { INPATIENT_VISITS } from './inpatient-visit.ts'
import { labIndicator, reportMention } from './lab-indicator.ts'
import { cardPatient, labReport, labSpecimen } from './lab-report.ts'
import { LAYOUTS } from './layouts.ts'
import { OPERATIONS } from './operation.ts'
import { ORDERS } from './order.ts'
import { outpatientDiagnosis, outpatientVisit } from './outpatient-visit.ts'
import { patientInformation } from './patient.ts'
import { apply, statedTime, type Table } from './table.ts'
import { table } from '../../engine/values/table.ts'

const TABLES: Readonly<Record<string, Table>> = table({
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
      record.noteRead('HZXM', 'BRXB')
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
    stated: [],
    fill: (record, row, statedAt) => {
      record.patient = patientOfVisit(row, record.context)
      record.noteRead('HZXM', 'XB', 'CSRQ')
      apply(record, cardPatient, row, statedAt)
      apply(record, outpatientVisit, row, statedAt)
      apply(record, outpatientDiagnosis, row, statedAt)
    },
  },
  TB_YL_ZY_MEDICAL_RECORD: INPATIENT_VISITS,
  TB_HIS_ZY_ADM_REG: ADMISSIONS,
  TB_RIS_REPORT: IMAGING_REPORTS,
  TB_RIS_REPORT2: EXAMINATION_REPORTS,
  TB_IH_DIAGNOSIS_DETAIL: DIAGNOSES,
  TB_OPRATION_DETAIL: OPERATIONS,
  TB_CIS_LEAVEHOSPITAL_SUMMARY: DISCHARGE_SUMMARIES,
  TB_HIS_ZY_FEE_DETAIL_FS: CHARGES,
  TB_CIS_DRADVICE_DETAIL: ORDERS,
})

const BOTH_GENERATIONS = LAYOUTS.map(inBothGenerations)

/** What a row of a table must have: key, state, and a time at which it was said where the table has one; nothing where there is no such table. */
export const neededOf: NeededOf = (name) => {
  const found = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined
  return found ? [...neededIn(found.key), ...(found.stated.length > 0 ? [found.stated] : [])] : []
}

/** Columns that are the row's key or tell its state; every row has read them. */
const KEY_COLUMNS = ['YLJGYQDM', 'YLJGDM', 'KH', 'KLX', 'BGRQ', 'BGDH', 'JYZBLSH', 'XGBZ', 'CXBZ']

const FORMAT = {
  kind: 'rhip',
  mode: 'table',
  accepts: ['text/csv', 'text/plain', 'text/tab-separated-values', 'application/zip'],
  archive: /\.(?:csv|txt|tsv|dat)$/i,
  map,
} as const

const ID = 'rhip/tables'

export const rhipTables: SourceMapping = {
  ...FORMAT,
  accepts: [...FORMAT.accepts],
  id: ID,
  decode: (chunks, options) => decoded(readTable(chunks, { ...options, layouts: BOTH_GENERATIONS })),
}

/** The same tables as one place writes them. */
export function rhipTablesIn(dialect: Dialect): SourceMapping {
  // A folder may name the hospital's home pages beside these tables; they are a format of their own.
  const own = { ...dialect, columns: dialect.columns.filter(({ table }) => Object.hasOwn(TABLES, tableOf(table))) }
  const layouts = layoutsOf(own, BOTH_GENERATIONS, neededOf)
  return {
    ...FORMAT,
    accepts: [...FORMAT.accepts],
    id: `${ID}/${dialect.id}`,
    decode: (chunks, options) => decoded(readDialect(chunks, own, { ...options, layouts, neededOf })),
  }
}

/**
 * The same files out of a hospital's own systems (the export of a laboratory): its numbers of patients and visits are those that its messages
 * and documents have, so that all of them are one person's.
 */
export function hospitalTablesIn(dialect: Dialect): SourceMapping {
  const tables = rhipTablesIn(dialect)
  return {
    ...tables,
    id: `hospital/tables/${dialect.id}`,
    kind: 'hospital',
    map: (record, recordType, at, context) => {
      const mapped = map(record, recordType, at, ofItself(context))
      if ('reason' in mapped || !mapped.patient) return mapped
      const local = mapped.patient.local.map((number) => asOwn(number, context.source.organization))
      return { ...mapped, patient: { ...mapped.patient, local } }
    },
  }
}

/** A hospital speaks for itself: a code of an institution that nobody knows is its own, as in its messages and documents. */
function ofItself(context: MappingContext): MappingContext {
  const own = context.source.organization
  const organization = (code: string | undefined): string => {
    const found = context.organization(code)
    return found.startsWith(`${own}~`) ? own : found
  }
  return { ...context, organization }
}

/** KLX 2, a hospital's own number of its patient. */
const OWN_CARD = '2|'

function asOwn(number: LocalPatientNumber, organization: string): LocalPatientNumber {
  const { kind, value } = number
  const own = `${organization}|`
  if (kind === 'CARD' && value.startsWith(OWN_CARD + own))
    return { ...number, kind: 'PI', value: value.slice(OWN_CARD.length + own.length) }
  return (kind === 'PI' || kind === 'VISIT') && value.startsWith(own) ? { ...number, value: value.slice(own.length) } : number
}

/** Rows and what is wrong with a file, as every table of this kind tells them. */
export async function* decoded(events: AsyncIterable<TableEvent>): AsyncGenerator<DecodeResult> {
  for await (const event of events) {
    if (event.kind === 'row') yield { ok: true, record: event.row, recordType: event.row.table, at: `row ${event.row.row}`, raw: event.raw }
    else if (event.kind === 'bad') {
      const at = `row ${event.row}`
      const place = event.column === undefined ? at : `${event.column} ${at}`
      yield { ok: false, rejected: { recordType: 'row', at, reason: { severity: 'error', code: event.code, at: place }, raw: event.raw } }
    } else {
      const at = event.column === undefined ? 'file' : `header ${event.column}`
      yield { ok: false, rejected: { recordType: 'file', at, reason: { severity: 'error', code: event.code, at } } }
    }
  }
}

function map(tableRow: unknown, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord {
  const { table: name, values: sent, unknownColumns, given = [] } = tableRow as TableRow
  const values = withNewerNames(sent)
  const table = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined
  if (!table) return { recordType, at, reason: { severity: 'error', code: 'table-unknown', at } }
  const reject = (column: string | undefined, code = 'mapping-required'): RejectedRecord => ({
    recordType,
    at,
    reason: { severity: 'error', code, at: `${column} ${at}` },
  })
  const state = filled(values.XGBZ)
  if (state !== '1' && state !== '2') return reject(stateColumn(sent), state === undefined ? undefined : 'mapping-value-unknown')
  const missing = table.key.find((column) => filled(values[column]) === undefined)
  if (missing !== undefined) return reject(missing)
  const open = undecided(values)
  if (open !== undefined) return reject(open, 'mapping-value-unknown')
  const statedAt = statedTime(table, values, filled, context.timezone)
  if (statedAt === undefined) {
    const isUnreadable = (text: string | undefined): boolean =>
      text !== undefined && readDateTime(text, context.timezone).flaw !== undefined
    const unread = table.stated.find((column) => isUnreadable(filled(values[column])))
    return unread === undefined ? reject(table.stated[0]) : reject(unread, 'mapping-date-invalid')
  }
  const deliveryId = [name, ...table.key.map((column) => values[column] ?? '')].join('|')
  const record = new RecordBuilder(context, { recordType, deliveryId, at })
  record.noteRead(...KEY_COLUMNS, ...table.key, ...table.stated, ...given)
  record.offer(values)
  table.fill(record, values, statedAt)
  for (const column of unknownCodes(name, values)) record.issue({ severity: 'warning', code: 'mapping-value-unknown', at: column })
  for (const column of unknownColumns) record.issue({ severity: 'information', code: 'table-column-unknown', at: `header ${column}` })
  return settled(record.finish(), context)
}

/** formats.md D7: stored as sent, flagged. Both times were made in one zone, so their texts compare. */
function reportBeforeSampling(record: RecordBuilder, report: MappedResource | undefined): void {
  const { effectiveDateTime: sampled, issued } = report?.resource ?? ({} as FhirResource)
  const comparable = typeof sampled === 'string' && typeof issued === 'string' && sampled.slice(19) === issued.slice(19)
  if (comparable && issued < sampled) record.issue({ severity: 'warning', code: 'mapping-date-order', at: 'BGSJ' })
}
