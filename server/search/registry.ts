/** The search parameters of each resource type, ready to run: what to extract, and where its keys stand. */
import { columnOf, leadsPastPrimitive } from './column.ts'
import { type Composite, compileComposites, type Focus } from './composite.ts'
import type { Definitions } from './definitions.ts'
import { compileTerm, type Extract } from './expression/compile.ts'
import { compileWithFhirpath } from './expression/fallback.ts'
import { parseExpression, type Term, termKey } from './expression/parse.ts'
import { keepingOf } from './keeping.ts'
import { textParameters } from './text/params.ts'
import { ABSTRACT_TYPES as ABSTRACT } from './parameter-resource.ts'
import type { SearchParameter } from './types.ts'
import { SEARCH_TYPES } from './types/registry.ts'
import type { Column, SearchType } from './types/search-type.ts'

export interface Param {
  definition: SearchParameter
  /** undefined for composite parameters, which have parts, and for text */
  searchType: SearchType | undefined
  composite?: Composite
  /** of a text search: where the words stand that it looks for */
  places?: readonly string[]
  /** elements of this parameter, in the order of its expression */
  extracts: readonly Extract[]
  /** where its keys are: its own column, or those of the parameters that cover it */
  columns: readonly Column[]
  /** false when other parameters' columns hold it: nothing is stored for it */
  stored: boolean
  /** written by an operator: see custom.ts */
  custom?: { ready: boolean }
}

export interface TypeParams {
  byCode: ReadonlyMap<string, Param>
  /** the same as searches ask for them: those that are not ready yet refuse */
  searchable: ReadonlyMap<string, Param>
  /** what is stored for a resource of the type */
  stored: readonly { column: Column; searchType: SearchType; extracts: readonly Extract[] }[]
  /** what is stored for its composite parameters */
  foci: readonly Focus[]
  /** whether its words are stored */
  hasText: boolean
}

/** Search parameters whose value is the store's own (`_id`, `_lastUpdated`): nothing is extracted for them. */
export const STORE_PARAMETERS: ReadonlySet<string> = new Set(['_id', '_lastUpdated'])

/** Compiles the parameters of one type. */
export function compileType(type: string, definitions: Definitions): TypeParams {
  const own = definitions.parameters.filter((p) => p.base.includes(type) || p.base.some((b) => ABSTRACT.has(b)))
  const drafts = own.map((p) => draft(p, type, definitions))
  const simple = new Map(drafts.map((d) => [d.definition.code, finish(d, drafts)]))
  const { composites, foci } = compileComposites(type, simple, definitions)
  const texts = textParameters(type)
  const byCode = new Map([...simple].map(([code, param]) => [code, withParts(param, composites.get(code))]))
  for (const text of texts) byCode.set(text.definition.code, { ...text, searchType: undefined, extracts: [], columns: [], stored: false })
  return { byCode, searchable: byCode, stored: storedOf(byCode.values()), foci, hasText: texts.length > 0 }
}

export const storedOf = (params: Iterable<Param>): TypeParams['stored'] =>
  [...params].flatMap(({ stored, searchType, columns: [column], extracts }) =>
    stored && searchType && column ? [{ column, searchType, extracts }] : [],
  )

/** One parameter by itself: whatever others hold, it has a column of its own. */
export const compileAlone = (p: SearchParameter, type: string, definitions: Definitions): Param => finish(draft(p, type, definitions), [])

export const withParts = (param: Param, composite: Composite | undefined): Param => (composite ? { ...param, composite } : param)

interface Draft {
  definition: SearchParameter
  searchType: SearchType | undefined
  /** terms of this type; undefined when the expression is outside the compiled subset */
  terms: Term[] | undefined
  extracts: Extract[]
  column: Column
}

function draft(p: SearchParameter, type: string, definitions: Definitions): Draft {
  const searchType = SEARCH_TYPES.get(p.type)
  const terms = searchType && parseExpression(p.expression)?.filter((t) => t.root === type || ABSTRACT.has(t.root))
  const extracts = searchType && !STORE_PARAMETERS.has(p.code) ? extractsOf(p, terms, definitions) : []
  return {
    definition: p,
    searchType,
    terms,
    extracts,
    column: columnOf({ code: p.code, keeping: keepingOf(type, p.code), terms, targets: p.target ?? [] }, definitions),
  }
}

function extractsOf(p: SearchParameter, terms: Term[] | undefined, definitions: Definitions): Extract[] {
  const compiled = terms?.map((t) => (leadsPastPrimitive(t, definitions) ? undefined : compileTerm(t, definitions.elements)))
  if (compiled?.every((c) => c !== undefined)) return compiled
  return [compileWithFhirpath(p.expression)]
}

function finish(d: Draft, all: Draft[]): Param {
  const covering = coveringColumns(d, all)
  return {
    definition: d.definition,
    searchType: d.searchType,
    extracts: d.extracts,
    columns: covering ?? [d.column],
    stored: covering === undefined && d.extracts.length > 0,
  }
}

/**
 * Columns of other parameters that together hold exactly what `d` holds: `combo-code` is `code` and `component-code`,
 * `patient` is what of `subject` points to a Patient, `phonetic` is `name`. Nothing is stored for such a parameter, which
 * saves a fifth of the keys of an Observation.
 */
function coveringColumns(d: Draft, all: Draft[]): Column[] | undefined {
  if (!d.terms || d.terms.length === 0 || d.extracts.length === 0) return undefined
  const filters = d.terms.map((t) => refersToFilter(t))
  const refersTo = filters[0]
  if (filters.some((f) => f !== refersTo)) return undefined
  const wanted = new Set(d.terms.map((t) => termKey(withoutFilter(t))))
  const parts = all.filter((other) => other !== d && covers(other, d, wanted, refersTo !== undefined, all) && !coveringColumns(other, all))
  const reached = new Set(parts.flatMap((p) => p.terms ?? []).map(termKey))
  if (reached.size !== wanted.size) return undefined
  return parts.map((p) => ({ ...p.column, ...(refersTo === undefined ? {} : { refersTo }) }))
}

/** Whether `other` may hold a part of `d`: the same type of search over fewer terms, or the same and defined earlier. */
function covers(other: Draft, d: Draft, wanted: Set<string>, filtered: boolean, all: Draft[]): boolean {
  if (!other.terms || other.terms.length === 0 || other.definition.type !== d.definition.type || other.extracts.length === 0) return false
  if (!other.terms.every((t) => wanted.has(termKey(t)))) return false
  if (!sameTreatment(other.column.code, d.column.code)) return false
  return filtered || other.terms.length < wanted.size || (other.terms.length === wanted.size && all.indexOf(other) < all.indexOf(d))
}

/** Some string parameters are indexed by their name (pinyin); others must not borrow their keys, nor they others'. */
function sameTreatment(a: string, b: string): boolean {
  const special = new Set(['family', 'given', 'alias'])
  return a === b || (!special.has(a) && !special.has(b))
}

function refersToFilter(term: Term): string | undefined {
  const last = term.steps[term.steps.length - 1]
  return last?.kind === 'refersTo' ? last.type : undefined
}

function withoutFilter(term: Term): Term {
  return refersToFilter(term) === undefined ? term : { root: term.root, steps: term.steps.slice(0, -1) }
}
