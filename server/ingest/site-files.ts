/** Files of the folders of a site's places: what is read of them, and what is said of what cannot be. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeText } from '../../mappings/parsers/charset.ts'
import { splitFields } from '../../mappings/parsers/delimited-fields.ts'

const FILE_BYTES_MAX = 4 * 1024 * 1024

/** Notes what is wrong, in Chinese and in English; `at` is the file, with the line where there is one. */
export type Wrong = (at: string, zh: string, en: string) => void

export const hasFile = (folder: string, name: string): boolean => existsSync(join(folder, name))

/** Names of the files in a folder, without those that editors and people leave beside them. */
export function namesIn(folder: string): string[] {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
  return files.map(({ name }) => name).filter((name) => !/^(?:\.|~\$|readme)/i.test(name))
}

/** undefined: there is none, or it cannot be read. */
export function textOf(folder: string, name: string, wrong: Wrong): string | undefined {
  if (!hasFile(folder, name)) return undefined
  const bytes = readFileSync(join(folder, name))
  // A table program of Chinese Windows saves in its own charset.
  const decoded = bytes.byteLength > FILE_BYTES_MAX ? { ok: false as const } : decodeText(bytes)
  if (!decoded.ok) wrong(name, '文件过大或字符集无法识别', 'the file is too large, or in no known charset')
  return decoded.ok ? decoded.text.replace(/^\ufeff/, '') : undefined
}

/** The first line of a table, as headers are compared. */
export const headerOf = (folder: string, name: string): string =>
  (textOf(folder, name, () => undefined)?.split(/\r?\n/)[0] ?? '').trim().toLowerCase()

/**
 * Lines of a table by its header. A line without anything in it, as table programs leave them, counts as none.
 * @param further a last column that a table may have
 */
export function readLines<K extends string, F extends string = never>(
  folder: string,
  name: string,
  names: readonly K[],
  wrong: Wrong,
  further?: F,
): (Record<K, string> & Partial<Record<F, string>> & Line)[] {
  const lines = textOf(folder, name, wrong)?.split(/\r?\n/) ?? []
  const [first, ...rest] = lines
  if (first === undefined) return []
  const sent = first.trim().toLowerCase()
  const header: readonly string[] = further !== undefined && sent === [...names, further].join(',') ? [...names, further] : names
  if (sent !== header.join(',')) {
    const either = further === undefined ? '' : `[,${further}]`
    wrong(`${name}:1`, `表头应为 ${header.join(',')}${either}`, `the header must be ${header.join(',')}${either}`)
    return []
  }
  return rest.flatMap((line, at) => {
    if (/^[\s,]*$/.test(line)) return []
    const fields = splitFields(line, ',')
    if (Array.isArray(fields) && fields.length === header.length)
      return [
        { ...(Object.fromEntries(header.map((field, n) => [field, (fields[n] as string).trim()])) as Record<K | F, string>), line: at + 2 },
      ]
    wrong(`${name}:${at + 2}`, `应有 ${header.length} 个字段`, `must have ${header.length} fields`)
    return []
  })
}

export interface Line {
  /** from 1, the header is the first */
  line: number
}
