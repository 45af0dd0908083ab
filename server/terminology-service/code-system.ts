/** What the service asks of one version of a code system, wherever its concepts are kept: all of it may have to wait. */
import type { CodeSystemResource, Designation } from './resources.ts'

export interface Property {
  code: string
  /** name of the element in Parameters: `valueCode`, `valueCoding` … */
  element: string
  value: unknown
}

export interface Concept {
  code: string
  display?: string
  definition?: string
  designations: readonly Designation[]
  properties: readonly Property[]
  /** not for use itself (R4 codesystem.html#concept-properties, notSelectable) */
  abstract: boolean
  inactive: boolean
}

/** One condition of `ValueSet.compose` (R4 valueset.html#4.9.5). */
export interface Filter {
  property: string
  op: string
  value: string
  /** where it stands, for messages */
  at: string
}

export interface Paging {
  filters: readonly Filter[]
  text?: string
  offset: number
  count: number
  activeOnly: boolean
  /** without those that are abstract */
  selectableOnly: boolean
}

export interface Page {
  /** of all pages; absent where counting them would take long */
  total?: number
  concepts: readonly Concept[]
}

export interface CodeSystem {
  readonly url: string
  readonly version?: string
  readonly name: string
  readonly content: 'complete' | 'fragment' | 'example' | 'not-present'
  readonly language?: string
  readonly status?: string
  /** whether a code stands under others */
  readonly hierarchical: boolean
  lookup(code: string): Promise<Concept | undefined>
  /** codes right over it, in the order of the system */
  parents(code: string): Promise<readonly string[]>
  children(code: string): Promise<readonly string[]>
  /** whether `code` stands under `over`, at any depth; false for the same code */
  isUnder(code: string, over: string): Promise<boolean>
  /**
   * the code and all under it, or all over it, as far as they are listed
   * @param most so many under it are enough
   */
  under(code: string, most?: number): Promise<readonly string[]>
  over(code: string): Promise<readonly string[]>
  /**
   * Concepts that meet all filters, in the order of the system, in batches.
   * @param text only those that have the words (words.ts)
   * @throws OutcomeError value-set-filter, code-system-content, expansion-costly
   */
  select(filters: readonly Filter[], text?: string): AsyncIterable<readonly Concept[]>
  /** one page of the same, where the system need not go through all of them for it. @throws as `select` */
  page?(paging: Paging): Promise<Page>
  /** the same with what supplements add to it, where its content is not made of resources. @param key of these supplements */
  supplemented?(key: string, supplements: readonly CodeSystemResource[]): CodeSystem
  /** whether the code, which the system knows, meets all filters. @throws OutcomeError value-set-filter, expansion-costly */
  matches(code: string, filters: readonly Filter[]): Promise<boolean>
}

/** Only a complete system can say that a code is wrong. */
export const isWhole = ({ content }: CodeSystem): boolean => content === 'complete'

/** The display in the language that is asked for, where there is one (BCP 47: `zh` is also met by `zh-CN`). */
export function displayOf(concept: Pick<Concept, 'display' | 'designations'>, language?: string): string | undefined {
  if (language === undefined) return concept.display
  const wanted = language.toLowerCase()
  const found = concept.designations.find((one) => speaks(one.language, wanted))
  return found?.value ?? concept.display
}

export function speaks(language: string | undefined, wanted: string): boolean {
  const spoken = language?.toLowerCase()
  return spoken !== undefined && (spoken === wanted || spoken.startsWith(`${wanted}-`) || wanted.startsWith(`${spoken}-`))
}
