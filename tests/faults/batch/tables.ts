/** The tables of one laboratory for a regional platform: patients, reports, and a file of results with as many rows as are asked for. */
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { INDICATOR_HEAD, PATIENT_HEAD, REPORT_HEAD } from '../crashes/load.ts'
import { invented } from '../support/people.ts'

export const RESULTS_PER_REPORT = 10
const REPORTS_PER_PERSON = 4
const PERSONS_MAX = 50_000
const WHEN = '2026-03-06 08:15:00'

export const reportNo = (report: number): string => `BT${String(report).padStart(7, '0')}`
/** Number of the row's result (JYZBLSH), from which its place in the file can be read. */
export const resultNo = (row: number): string => `${reportNo(Math.floor(row / RESULTS_PER_REPORT))}-${row}`
export const rowOf = (number: string): number => Number(/^BT\d{7}-(\d+)$/.exec(number)?.[1] ?? -1)

export interface Sizes {
  rows: number
  reports: number
  persons: number
}

export function sizesOf(rows: number): Sizes {
  const reports = Math.ceil(rows / RESULTS_PER_REPORT)
  return { rows, reports, persons: Math.min(PERSONS_MAX, Math.ceil(reports / REPORTS_PER_PERSON)) }
}

export interface TableFile {
  name: string
  path: string
  records: number
}

const card = (person: number): string => `C7${String(person).padStart(8, '0')}`

const resultLine = (row: number): string => {
  const code = `T${row % RESULTS_PER_REPORT}`
  const report = reportNo(Math.floor(row / RESULTS_PER_REPORT))
  return `0001,${resultNo(row)},${report},20260306,${WHEN},-,-,-,${code},-,项目,${row % 1000}.50,-,-,-,1-9,g/L,1,1,J0009,钱检验,J0010,陈审核,-,1`
}

const reportLine = (report: number, persons: number): string =>
  `0001,20260306,${reportNo(report)},ZYB${report},2,${card(report % persons)},0,-,1,68.00,D0123,赵医生,J0009,钱检验,J0010,陈审核,0305,-,-,${WHEN},2026-03-06 06:00:00,2026-03-06 06:30:00,2026-03-06 08:00:00,${WHEN},-,-,01,全血,2,血常规,-,1`

function personLine(person: number): string {
  const { number, name } = invented(person)
  return `0001,${card(person)},0,${number},01,110100,1,${name},1,20,${number.slice(6, 14)},01,CHN,-,-,-,-,-,-,-,2026-03-10 01:00:00,B${person},-,-,1`
}

const LINES_AT_A_TIME = 1000

function* linesOf(head: string, count: number, line: (at: number) => string): Generator<string> {
  yield `${head}\r\n`
  for (let from = 0; from < count; from += LINES_AT_A_TIME) {
    const lines = Array.from({ length: Math.min(LINES_AT_A_TIME, count - from) }, (_, at) => `${line(from + at)}\r\n`)
    yield lines.join('')
  }
}

/** Writes the three files, whatever their size, in bounded memory. */
export async function writeTables(folder: string, sizes: Sizes): Promise<Record<'persons' | 'reports' | 'results', TableFile>> {
  const { rows, reports, persons } = sizes
  const file = async (name: string, head: string, count: number, line: (at: number) => string): Promise<TableFile> => {
    const path = `${folder}/${name}`
    await pipeline(Readable.from(linesOf(head, count, line)), createWriteStream(path))
    return { name, path, records: count }
  }
  return {
    persons: await file('TB_YL_PATIENT_INFORMATION.csv', PATIENT_HEAD, persons, personLine),
    reports: await file('TB_LIS_REPORT.csv', REPORT_HEAD, reports, (at) => reportLine(at, persons)),
    results: await file('TB_LIS_INDICATORS.csv', INDICATOR_HEAD, rows, resultLine),
  }
}
