/** What a rule of the text of R4 is given and how it answers. */
import type { IssueCode } from '../../outcome/issues.ts'
import type { CodeSet } from '../bindings.ts'
import type { TypeTree } from '../type-tree.ts'

export interface TextContext {
  /** at FHIRPath `below` the value; the value itself when it is left out */
  report(code: IssueCode, rule: string, below?: string, severity?: 'error' | 'warning'): void
  /** the resource that the value stands in */
  resource: unknown
  /** it stands in a resource of a Bundle */
  inBundle: boolean
  /** all codes of a code system that comes with the server as a whole */
  system(url: string): ReadonlySet<string> | undefined
  /** the code system is known as a whole, and does not have the code */
  lacks(system: string, code: string, version?: string): boolean
  /** all codes of a value set that is known completely */
  codes(url: string): CodeSet | undefined
  /** the types of R4 and their elements */
  tree: TypeTree
}

export type TextRule = (value: unknown, context: TextContext) => void
