/** The home page of an inpatient stay (病案首页, WS 445.10) as a table: its columns under the codes of the national quality monitoring (HQMS). */
import type { TableLayout } from '../../parsers/delimited.ts'
import type { NeededOf } from '../../rhip/tables/dialect.ts'
import { FIELDS, FURTHER_DIAGNOSES, FURTHER_OLD, WORDS, WORDS_OLD } from './fields.ts'
import { GROUP_COLUMNS, ICU_STAYS, OLD_NAMES, OPERATIONS } from './groups.ts'

export const TABLE = 'HQMS'

/**
 * Columns that the page has not and a hospital's own export may have, under the names of the platforms' tables: the number of the visit, when the
 * row was written, and whether it stands (1) or takes an earlier one back (2).
 */
export const VISIT_NO = 'JZLSH'
export const WRITTEN = 'YWSCSJ'
export const STATE = 'XGBZ'

/** Read by the mapping of the patient, or known and left: P62 and P63 are blood groups by a table of their own, P686 a number of a card. */
const FURTHER = ['P66', 'P101', 'P102', 'P103', 'P62', 'P63', 'P686', VISIT_NO, WRITTEN, STATE]

const columns = [
  ...FIELDS.map(({ column }) => column),
  ...Object.values(FURTHER_DIAGNOSES).flatMap(({ code, name }) => [code, name]),
  ...WORDS.map(([column]) => column),
  ...GROUP_COLUMNS,
  ...FURTHER,
]

const old: [string, string][] = [
  ...FIELDS.flatMap((field): [string, string][] => (field.old === undefined ? [] : [[field.old, field.column]])),
  ...[...FURTHER_OLD, ...WORDS_OLD, ...OLD_NAMES].map(([name, now]): [string, string] => [name, now]),
]

export const HOME_PAGE: TableLayout = {
  name: TABLE,
  columns: [...new Set(columns)],
  required: ['A48'],
  requiredEither: [[VISIT_NO, 'A49']],
  aliases: Object.fromEntries(old),
}

/** The patient's number, and by which number the stay is known: its own, else how often he was there. */
export const neededOf: NeededOf = (table) => (table === TABLE ? [['A48'], [VISIT_NO, 'A49']] : [])

const DATES = new Set([
  'A13',
  'B12',
  'B15',
  'B33',
  'P31',
  WRITTEN,
  ...OPERATIONS.map(({ date }) => date),
  ...ICU_STAYS.flatMap(([, a, b]) => [a, b]),
])
export const isDate = (column: string): boolean => DATES.has(column)
