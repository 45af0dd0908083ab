/** What a rule of the text of R4 is given and how it answers. */
import type { IssueCode } from '../../outcome/issues.ts'
import type { CodeSet } from '../bindings.ts'
import type { TypeTree } from '../type-tree.ts'

export interface TextContext {
  /** at FHIRPath `below` the value; the value itself when it is left out */
  report(code: IssueCode, rule: string, below?: string, severity?: 'error' | 'warning'): void
  /** the resource that the value stands in */
  resource: unknown
  /** all codes of a code system that is known completely */
  system(url: string): ReadonlySet<string> | undefined
  /** all codes of a value set that is known completely */
  codes(url: string): CodeSet | undefined
  /** the types of R4 and their elements */
  tree: TypeTree
}

export type TextRule = (value: unknown, context: TextContext) => void
