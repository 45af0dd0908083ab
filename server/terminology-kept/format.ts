/** What a format says: which columns a file has, and what a row of it becomes. Each is one file, and one line in formats.ts. */
import type { Designation } from '../terminology-service/resources.ts'
import type { Property } from '../terminology-service/code-system.ts'
import type { PrefixRule } from '../terminology-service/concept-tree.ts'

export interface LoadedConcept {
  code: string
  display: string
  definition?: string
  designations?: readonly Designation[]
  properties?: readonly Property[]
  /** codes right over it, and all over it: where codes do not say it by their beginnings */
  parents?: readonly string[]
  ancestors?: readonly string[]
  inactive?: boolean
  abstract?: boolean
  /** stands in the rows of all that is under it, and is taken once */
  repeated?: boolean
}

export interface Format {
  id: string
  /** canonical of the code system */
  url: string
  name: string
  /** absent: must be given with the file */
  version?: string
  /** what the file is, in Chinese and English */
  title: readonly [zh: string, en: string]
  /** codes say by their beginnings where they stand */
  prefix?: PrefixRule
  /** codes stand under others by what each row says of it */
  hierarchical?: boolean
  /** each of them with the names that its heading has in files that are about, the first as in the standard */
  columns: Readonly<Record<string, readonly string[]>>
  /** columns without which nothing can be read */
  required: readonly string[]
  /** columns that become properties of the same name */
  properties?: readonly string[]
  /** @param get the value of a column; undefined where it is empty */
  concepts(get: (column: string) => string | undefined): LoadedConcept[]
}

/** A row that cannot be taken: the others can. */
export class BadRowError extends Error {
  readonly problem: string

  constructor(problem: string) {
    super(problem)
    this.problem = problem
  }
}

/** R4 datatypes.html#code: no white space but single blanks inside. */
const CODE = /^[^\s]+( [^\s]+)*$/
const CODE_LENGTH_MAX = 200

/** @throws BadRowError */
export function checkedCode(code: string | undefined): string {
  if (code === undefined) throw new BadRowError('row-code-missing')
  if (!CODE.test(code) || code.length > CODE_LENGTH_MAX) throw new BadRowError('row-code-invalid')
  return code
}

/** @throws BadRowError */
export function checkedDisplay(display: string | undefined): string {
  if (display === undefined) throw new BadRowError('row-display-missing')
  return display
}

export const textProperty = (code: string, value: string | undefined): Property[] =>
  value === undefined ? [] : [{ code, element: 'valueString', value }]

/** Headings over the code itself, as the tables repeat them in every row; what a row leaves out is not there. */
export function headings(
  get: (column: string) => string | undefined,
  pairs: readonly (readonly [code: string, display: string])[],
): LoadedConcept[] {
  return pairs.flatMap(([codeColumn, displayColumn]) => {
    const [code, display] = [get(codeColumn), get(displayColumn)]
    return code === undefined || display === undefined ? [] : [{ code: checkedCode(code), display, repeated: true }]
  })
}
