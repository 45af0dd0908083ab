/** The rows of a file by its format: streamed, each as what it becomes or as what is wrong with it. */
import { readTable } from '../../mappings/parsers/delimited.ts'
import { BadRowError, type Format, type LoadedConcept } from './format.ts'

export type RowEvent =
  | { kind: 'concepts'; row: number; concepts: readonly LoadedConcept[] }
  | { kind: 'bad'; row: number; problem: string }
  /** the file is none of this format */
  | { kind: 'refused'; problem: string }

/** Rows within which a column that is needed has a value once. */
const LOOKED_AT = 100

/** R4 datatypes.html#string: no control characters but tab and the ends of lines; XML could not even write them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NO_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** @param charset `auto`, `utf-8` or `gb18030` */
export async function* rowsOf(chunks: AsyncIterable<Uint8Array>, format: Format, charset: string): AsyncGenerator<RowEvent> {
  const columns = Object.values(format.columns).flatMap((names) => names.map((name) => name.toUpperCase()))
  const layout = { name: format.id.toUpperCase(), columns, required: [] }
  const missing = new Set(format.required)
  for await (const event of readTable(chunks, { layouts: [layout], charset, fileName: layout.name })) {
    if (event.kind === 'refused') {
      yield { kind: 'refused', problem: event.code }
      return
    }
    if (event.kind === 'bad') {
      yield { kind: 'bad', row: event.row, problem: event.code }
      continue
    }
    const { row, values } = event.row
    const get = (column: string): string | undefined => {
      for (const name of format.columns[column] ?? []) {
        const value = values[name.toUpperCase()]?.trim()
        if (value !== undefined && value !== '') return value
      }
      return undefined
    }
    if (Object.values(values).some((value) => NO_TEXT.test(value))) {
      yield { kind: 'bad', row, problem: 'row-character-invalid' }
      continue
    }
    for (const column of missing) if (get(column) !== undefined) missing.delete(column)
    if (row >= LOOKED_AT && missing.size > 0) {
      yield { kind: 'refused', problem: columnMissing(format, missing) }
      return
    }
    yield conceptsOf(format, row, get)
  }
  if (missing.size > 0) yield { kind: 'refused', problem: columnMissing(format, missing) }
}

const columnMissing = ({ columns }: Format, missing: ReadonlySet<string>): string =>
  `column-missing: ${[...missing].map((column) => (columns[column] ?? [column]).join('/')).join(', ')}`

function conceptsOf(format: Format, row: number, get: (column: string) => string | undefined): RowEvent {
  try {
    return { kind: 'concepts', row, concepts: format.concepts(get) }
  } catch (error) {
    if (!(error instanceof BadRowError)) throw error
    return { kind: 'bad', row, problem: error.problem }
  }
}
