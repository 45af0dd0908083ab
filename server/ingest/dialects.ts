/**
 * Places' own ways of writing the tables of a regional platform: one folder each under DIALECTS_DIR, read once at the start. A folder has
 * columns.csv and values.csv, either of which may be left out, and dialect.json for files that do not say enough of themselves; its name is
 * the last part of the mapping's id, `rhip/tables/linhai`. A folder with segments.csv is a hospital's: what its own segments of HL7 v2 mean,
 * `hospital/hl7v2/renji`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type OwnField, type OwnSegments, problemsIn } from '../../mappings/hospital/hl7v2/own-segments.ts'
import { type Formats, formatsWith } from '../../mappings/index.ts'
import { decodeText } from '../../mappings/parsers/charset.ts'
import { splitFields } from '../../mappings/parsers/delimited-fields.ts'
import { type Dialect, type DialectColumn, type DialectValue, problemsOf } from '../../mappings/rhip/tables/dialect.ts'
import { ConfigError } from '../config/config.ts'

const FOLDER = /^[a-z0-9-]{1,64}$/
const FILE_BYTES_MAX = 4 * 1024 * 1024
const COLUMNS = ['file', 'column', 'table', 'means'] as const
const SEGMENTS = 'segments.csv'
const OWN_FIELDS = ['segment', 'field', 'to', 'type', 'code', 'name', 'unit'] as const
const VALUES = ['table', 'column', 'sent', 'means'] as const
/** A separator is one character; `\t` may be written as JSON writes it. */
const CHOICES = { header: ['present', 'none'], quotes: ['present', 'none'] } as const

type Wrong = (at: string, zh: string, en: string) => void

/** The formats of the tree and of the site. @throws ConfigError naming each line that is wrong */
export function siteFormats(variables: Readonly<Record<string, string | undefined>>): Formats {
  const directory = variables.DIALECTS_DIR
  if (directory === undefined || directory === '') return formatsWith([])
  const { dialects, segments } = readFolders(directory)
  return formatsWith(dialects, segments)
}

export const readDialects = (directory: string): Dialect[] => readFolders(directory).dialects

export function readFolders(directory: string): { dialects: Dialect[]; segments: OwnSegments[] } {
  const problems: { at: string; zh: string; en: string }[] = []
  const wrong: Wrong = (at, zh, en) => void problems.push({ at: `DIALECTS_DIR ${at}`, zh, en })
  const folders = foldersOf(directory, wrong)
  const wrongIn =
    (id: string): Wrong =>
    (at, zh, en) =>
      wrong(`${id}/${at}`, zh, en)
  const hasOwn = (id: string): boolean => existsSync(join(directory, id, SEGMENTS))
  const segments = folders.filter(hasOwn).map((id) => readSegments(join(directory, id), id, wrongIn(id)))
  const dialects = folders.filter((id) => !hasOwn(id)).map((id) => readDialect(join(directory, id), id, wrongIn(id)))
  if (problems.length > 0) throw new ConfigError(problems)
  return { dialects, segments }
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

function readDialect(folder: string, id: string, wrong: Wrong): Dialect {
  const columns: DialectColumn[] = readLines(folder, 'columns.csv', COLUMNS, wrong)
  const values: DialectValue[] = readLines(folder, 'values.csv', VALUES, wrong)
  const dialect: Dialect = { id, columns, values, ...readFormat(folder, wrong) }
  for (const { at, zh, en } of problemsOf(dialect)) wrong(at, zh, en)
  return dialect
}

function readSegments(folder: string, id: string, wrong: Wrong): OwnSegments {
  const fields: OwnField[] = readLines(folder, SEGMENTS, OWN_FIELDS, wrong)
  for (const { line, zh, en } of problemsIn(fields)) wrong(`${SEGMENTS}:${line}`, zh, en)
  return { id, fields }
}

function textOf(folder: string, name: string, wrong: Wrong): string | undefined {
  const path = join(folder, name)
  if (!existsSync(path)) return undefined
  const bytes = readFileSync(path)
  // A table program of Chinese Windows saves in its own charset.
  const decoded = bytes.byteLength > FILE_BYTES_MAX ? { ok: false as const } : decodeText(bytes)
  if (!decoded.ok) wrong(name, '文件过大或字符集无法识别', 'the file is too large, or in no known charset')
  return decoded.ok ? decoded.text.replace(/^\ufeff/, '') : undefined
}

function readLines<K extends string>(folder: string, name: string, header: readonly K[], wrong: Wrong): Record<K, string>[] {
  const lines = textOf(folder, name, wrong)?.split(/\r?\n/) ?? []
  const [first, ...rest] = lines
  if (first === undefined) return []
  if (first.trim().toLowerCase() !== header.join(',')) {
    wrong(`${name}:1`, `表头应为 ${header.join(',')}`, `the header must be ${header.join(',')}`)
    return []
  }
  return rest.flatMap((line, at) => {
    if (line.trim() === '') return []
    const fields = splitFields(line, ',')
    if (Array.isArray(fields) && fields.length === header.length)
      return [Object.fromEntries(header.map((field, n) => [field, (fields[n] as string).trim()])) as Record<K, string>]
    wrong(`${name}:${at + 2}`, `应有 ${header.length} 个字段`, `must have ${header.length} fields`)
    return []
  })
}

function readFormat(folder: string, wrong: Wrong): Pick<Dialect, 'delimiter' | 'header' | 'quotes'> {
  const name = 'dialect.json'
  const text = textOf(folder, name, wrong)
  if (text === undefined) return {}
  const read = parsed(text)
  if (!read) {
    wrong(name, '应为一个 JSON 对象', 'must be one JSON object')
    return {}
  }
  for (const [member, value] of Object.entries(read)) {
    const choices = Object.hasOwn(CHOICES, member) ? CHOICES[member as keyof typeof CHOICES] : undefined
    const fits = choices
      ? (choices as readonly unknown[]).includes(value)
      : member === 'delimiter' && typeof value === 'string' && [...value].length === 1 && !/["\r\n]/.test(value)
    if (!fits) wrong(`${name} ${member}`, '没有此项，或取值无效', 'there is no such member, or its value is not valid')
  }
  return read
}

function parsed(text: string): Record<string, never> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, never>) : undefined
  } catch {
    return undefined
  }
}
