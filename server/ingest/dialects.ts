/**
 * Places' own ways of writing what they send: one folder each under DIALECTS_DIR, read once at the start. What a folder is for its files say: tables
 * of a platform or of a hospital's own systems (columns.csv, values.csv, rows.csv, dialect.json), HL7 v2 of a hospital (segments.csv, fields.csv, values.csv),
 * CDA documents (codes.csv). Its name is the last part of the mapping's id: `rhip/tables/linhai`, `hospital/hl7v2/renji`, `hospital/cda/xiehe`.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type OwnCodes, problemsOfCodes } from '../../mappings/hospital/cda/own-codes.ts'
import { type OwnFields, problemsOfFields } from '../../mappings/hospital/hl7v2/own-fields.ts'
import { type OwnSegments, problemsIn } from '../../mappings/hospital/hl7v2/own-segments.ts'
import { type Formats, formatsWith, type SiteFolders } from '../../mappings/index.ts'
import type { Dialect } from '../../mappings/rhip/tables/dialect.ts'
import { problemsOf } from '../../mappings/rhip/tables/dialect-problems.ts'
import { INDEX, neededOf as neededOfIndex } from '../../mappings/hospital/documents/layout.ts'
import { HOME_PAGE, neededOf as neededOfHomePage } from '../../mappings/hospital/home-page/layout.ts'
import { neededOf } from '../../mappings/rhip/tables/index.ts'
import { LAYOUTS } from '../../mappings/rhip/tables/layouts.ts'
import { ConfigError } from '../config/config.ts'
import { hasFile, headerOf, namesIn, readLines, textOf, type Wrong } from './site-files.ts'

const FOLDER = /^[a-z0-9-]{1,64}$/
const COLUMNS = ['file', 'column', 'table', 'means'] as const
const ROWS = ['file', 'column', 'sent', 'table'] as const
const VALUES = ['table', 'column', 'sent', 'means'] as const
const OWN_SEGMENTS = ['segment', 'field', 'to', 'type', 'code', 'name', 'unit'] as const
const OWN_FIELDS = ['from', 'to', 'as'] as const
const OWN_VALUES = ['field', 'sent', 'means'] as const
const OWN_CODES = ['what', 'sent', 'means'] as const

/** The files of each kind of folder. */
const KINDS = {
  tables: ['columns.csv', 'values.csv', 'rows.csv', 'dialect.json'],
  hl7v2: ['segments.csv', 'fields.csv', 'values.csv'],
  cda: ['codes.csv'],
} as const
type Kind = keyof typeof KINDS

/** What the lines of a folder may name: tables of platforms, home pages, indexes of documents. */
const TABLES = {
  layouts: [...LAYOUTS, HOME_PAGE, INDEX],
  neededOf: (table: string) => [neededOf, neededOfHomePage, neededOfIndex].flatMap((one) => one(table)),
}

/** The formats of the tree and of the site. @throws ConfigError naming each line that is wrong */
export function siteFormats(variables: Readonly<Record<string, string | undefined>>): Formats {
  const directory = variables.DIALECTS_DIR
  if (directory === undefined || directory === '') return formatsWith({ dialects: [], segments: [], documents: [] })
  return formatsWith(readFolders(directory))
}

export const readDialects = (directory: string): readonly Dialect[] => readFolders(directory).dialects

/** @throws ConfigError naming each file and line that is wrong, and what is expected there */
export function readFolders(directory: string): SiteFolders {
  const problems: { at: string; zh: string; en: string }[] = []
  const wrong: Wrong = (at, zh, en) => void problems.push({ at: `DIALECTS_DIR ${at}`, zh, en })
  const dialects: Dialect[] = []
  const segments: (OwnSegments & OwnFields)[] = []
  const documents: OwnCodes[] = []
  for (const id of foldersOf(directory, wrong)) {
    const folder = join(directory, id)
    const wrongIn: Wrong = (at, zh, en) => wrong(`${id}/${at}`, zh, en)
    const kind = kindOf(folder)
    refuseOthers(folder, kind, wrongIn)
    if (kind === 'tables') dialects.push(readDialect(folder, id, wrongIn))
    else if (kind === 'hl7v2') segments.push(readHospital(folder, id, wrongIn))
    else documents.push(readCodes(folder, id, wrongIn))
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return { dialects, segments, documents }
}

function foldersOf(directory: string, wrong: Wrong): string[] {
  if (!existsSync(directory)) {
    wrong(directory, '没有此目录', 'there is no such directory')
    return []
  }
  const folders = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
  const names = folders.map(({ name }) => name).sort()
  for (const name of names)
    if (!FOLDER.test(name)) wrong(name, '目录名只能含小写字母、数字和连字符', 'a folder has a name of small letters, digits and hyphens')
  return names.filter((name) => FOLDER.test(name))
}

/** `values.csv` is a file of two kinds, which its header tells apart. */
function kindOf(folder: string): Kind {
  if (hasFile(folder, 'codes.csv')) return 'cda'
  if (hasFile(folder, 'segments.csv') || hasFile(folder, 'fields.csv')) return 'hl7v2'
  if (hasFile(folder, 'columns.csv') || hasFile(folder, 'dialect.json')) return 'tables'
  return headerOf(folder, 'values.csv') === OWN_VALUES.join(',') ? 'hl7v2' : 'tables'
}

/** A file under a name that nobody reads would say nothing, and nobody would know. */
function refuseOthers(folder: string, kind: Kind, wrong: Wrong): void {
  const known: readonly string[] = KINDS[kind]
  const list = known.join(', ')
  for (const name of namesIn(folder))
    if (!known.includes(name)) wrong(name, `此目录不读取该文件；可用：${list}`, `is not read in this folder; known: ${list}`)
}

function readDialect(folder: string, id: string, wrong: Wrong): Dialect {
  const columns = readLines(folder, 'columns.csv', COLUMNS, wrong, 'as')
  const values = readLines(folder, 'values.csv', VALUES, wrong)
  const kinds = readLines(folder, 'rows.csv', ROWS, wrong)
  const dialect: Dialect = { id, columns, values, kinds, ...readFormat(folder, wrong) }
  for (const { at, zh, en } of problemsOf(dialect, TABLES)) wrong(at, zh, en)
  return dialect
}

function readHospital(folder: string, id: string, wrong: Wrong): OwnSegments & OwnFields {
  const fields = readLines(folder, 'segments.csv', OWN_SEGMENTS, wrong)
  const moves = readLines(folder, 'fields.csv', OWN_FIELDS, wrong)
  const values = readLines(folder, 'values.csv', OWN_VALUES, wrong)
  for (const { line, zh, en } of problemsIn(fields)) wrong(`segments.csv:${line}`, zh, en)
  for (const { file, line, zh, en } of problemsOfFields({ moves, values })) wrong(`${file}:${line}`, zh, en)
  return { id, fields, moves, values }
}

function readCodes(folder: string, id: string, wrong: Wrong): OwnCodes {
  const codes = readLines(folder, 'codes.csv', OWN_CODES, wrong)
  for (const { line, zh, en } of problemsOfCodes(codes)) wrong(`codes.csv:${line}`, zh, en)
  return { id, codes }
}

/** A separator is one character; `\t` may be written as JSON writes it. */
const isSeparator = (value: unknown): boolean => typeof value === 'string' && [...value].length === 1 && !/["\r\n]/.test(value)
const oneOf =
  (...known: string[]) =>
  (value: unknown): boolean =>
    known.includes(value as string)
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string')

/** Members of dialect.json, and what each must be. */
const MEMBERS: Readonly<Record<string, readonly [fits: (value: unknown) => boolean, zh: string, en: string]>> = {
  delimiter: [isSeparator, '一个字符', 'one character'],
  header: [oneOf('present', 'none'), 'present 或 none', 'present or none'],
  quotes: [oneOf('present', 'none'), 'present 或 none', 'present or none'],
  dates: [isTexts, '日期格式的列表，如 ["DD/MM/YYYY"]', 'a list of forms such as ["DD/MM/YYYY"]'],
}

type Format = Pick<Dialect, 'delimiter' | 'header' | 'quotes' | 'dates'>

function readFormat(folder: string, wrong: Wrong): Format {
  const name = 'dialect.json'
  const text = textOf(folder, name, wrong)
  if (text === undefined) return {}
  const read = parsed(text)
  if (!read) {
    wrong(name, '应为一个 JSON 对象', 'must be one JSON object')
    return {}
  }
  const known = Object.keys(MEMBERS).join(', ')
  const fitting = Object.entries(read).filter(([member, value]) => {
    const [fits, zh, en] = Object.hasOwn(MEMBERS, member) ? (MEMBERS[member] ?? []) : []
    if (!fits) wrong(`${name} ${member}`, `没有此项；可用：${known}`, `there is no such member; known: ${known}`)
    else if (!fits(value)) wrong(`${name} ${member}`, `应为${zh}`, `must be ${en}`)
    return fits?.(value) === true
  })
  return Object.fromEntries(fitting) as Format
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
