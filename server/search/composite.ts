/**
 * Composite parameters (R4 search.html 3.1.1.4.15): values of several parts that stand together in one repetition of an
 * element. Where that element is the resource itself, the keys of the simple parameters say it all and nothing is stored;
 * any other repetition has an entry of its own in `groups`.
 */
import { columnOf, leafOf } from './column.ts'
import type { Definitions } from './definitions.ts'
import { compileTerm, type Extract } from './expression/compile.ts'
import { parseExpression, type Term, termKey } from './expression/parse.ts'
import type { SearchParameter } from './types.ts'
import type { Column, SearchType } from './types/search-type.ts'

/** What a composite asks of the parameters that describe its parts. */
export interface Simple {
  definition: SearchParameter
  searchType: SearchType | undefined
  extracts: readonly Extract[]
  columns: readonly Column[]
  stored: boolean
}

export interface Part {
  searchType: SearchType
  /** where its values stand: in a group under `a`, `b`, `c`; of the resource itself in the simple parameter's column */
  column: Column
  extracts: readonly Extract[]
  /** its values are the resource's (`%resource`), not the repetition's */
  ofResource: boolean
}

/** One of the elements in which the parts stand together (`Observation`, `Observation.component`). */
export interface Focus {
  /** the composite under whose code it is stored: another one may have the same focus with the same parts */
  name: string
  parts: readonly Part[]
  /** its repetitions; absent where it is the resource itself */
  repetitions?: Extract
  /** elements that a simple parameter has and no part: the resource has then one of those instead, and a key says so */
  excess: readonly Extract[]
  /** parameters that hold such elements too: where they have a value, no key need say it */
  without: readonly Pick<Part, 'column' | 'searchType'>[]
}

export interface Composite {
  foci: readonly Focus[]
  /** the simple parameters that describe the parts, in their order: they hold whatever the parts hold, or more */
  simple: readonly Simple[]
}

export interface Composites {
  composites: ReadonlyMap<string, Composite>
  /** each once */
  foci: readonly Focus[]
}

const NAMES = ['a', 'b', 'c', 'd']
const RESOURCE = '%resource.'

interface Scope {
  type: string
  params: ReadonlyMap<string, Simple>
  definitions: Definitions
  known: Map<string, Focus>
}

/** @param only of these codes; absent: all */
export function compileComposites(
  type: string,
  params: ReadonlyMap<string, Simple>,
  definitions: Definitions,
  only?: ReadonlySet<string>,
): Composites {
  const scope: Scope = { type, params, definitions, known: new Map() }
  const composites = new Map<string, Composite>()
  // Those with one element first, so that what several share stands under the name that says what it is.
  const elements = (p: SearchParameter) => p.expression.split(' | ').length
  const own = [...params.values()]
    .map(({ definition }) => definition)
    .filter(({ code }) => !only || only.has(code))
    .sort((a, b) => elements(a) - elements(b))
  for (const p of own) if (p.component) composites.set(p.code, compileComposite(p, p.component, scope))
  return { composites, foci: [...scope.known.values()] }
}

type Components = NonNullable<SearchParameter['component']>

function compileComposite(p: SearchParameter, components: Components, scope: Scope): Composite {
  const simple = components.map(({ code }) => required(scope.params.get(code), `${p.url} has a part ${code} that ${scope.type} has not`))
  const terms = required(parseExpression(p.expression), p.url).filter((term) => term.root === scope.type)
  const foci = terms.map((term) => {
    const key = [termKey(term), ...components.map(({ expression }) => expression), ...simple.map((s) => s.definition.type)].join('\n')
    const known = scope.known.get(key)
    if (known) return known
    const made = term.steps.length === 0 ? wholeFocus(p, components, simple, scope) : repeatedFocus(p, term, components, simple, scope)
    scope.known.set(key, made)
    return made
  })
  return { foci, simple }
}

/** The resource itself: each part is what a simple parameter holds, save for elements that the part leaves out. */
function wholeFocus(p: SearchParameter, components: Components, simple: readonly Simple[], scope: Scope): Focus {
  const found = components.map(({ expression }, at) => {
    const terms = termsWithin(expression, scope.type)
    return { terms, holder: holderOf(terms, simple[at]?.definition.type, scope) }
  })
  return {
    name: p.code,
    parts: found.map(({ holder: { param } }) => ({
      searchType: required(param.searchType, p.url),
      column: required(param.columns[0], p.url),
      extracts: param.extracts,
      ofResource: true,
    })),
    ...excessOf(
      found.flatMap(({ terms, holder }) => {
        const own = new Set(terms.map(termKey))
        return holder.terms.filter((t) => !own.has(termKey(t)))
      }),
      scope,
    ),
  }
}

/** The text of a concept is in `value-string`: the keys of `value-concept` tell that already. */
function excessOf(terms: readonly Term[], scope: Scope): Pick<Focus, 'excess' | 'without'> {
  const around = terms.map((t) => {
    const holder = scope.params.values().find((param) => {
      const wholes = param.stored ? termsOf(param, scope) : []
      return wholes.length > 0 && wholes.every((whole) => isWithin(t, whole))
    })
    return holder?.searchType && holder.columns[0] && { column: holder.columns[0], searchType: holder.searchType }
  })
  return {
    excess: terms.filter((_, at) => !around[at]).map((t) => compiled(t, scope)),
    without: around.filter((holder) => holder !== undefined),
  }
}

const isWithin = (term: Term, whole: Term): boolean =>
  term.steps.length > whole.steps.length && termKey({ ...term, steps: term.steps.slice(0, whole.steps.length) }) === termKey(whole)

const termsOf = ({ definition }: Simple, { type }: Scope): Term[] =>
  (parseExpression(definition.expression) ?? []).filter((t) => t.root === type)

/** The stored parameter of that type which holds these elements and the fewest others. */
function holderOf(terms: readonly Term[], type: string | undefined, scope: Scope): { param: Simple; terms: Term[] } {
  const wanted = terms.map(termKey)
  const holders = [...scope.params.values()]
    .filter((param) => param.stored && param.definition.type === type)
    .map((param) => ({ param, terms: termsOf(param, scope) }))
    .filter((holder) => wanted.every((key) => holder.terms.some((t) => termKey(t) === key)))
    .sort((a, b) => a.terms.length - b.terms.length)
  return required(holders[0], `no parameter of ${scope.type} holds a part`)
}

function repeatedFocus(p: SearchParameter, term: Term, components: Components, simple: readonly Simple[], scope: Scope): Focus {
  const [place] = leafOf(term, scope.definitions).places
  const within = required(place, `${p.url} stands at no element`)
  return {
    name: p.code,
    repetitions: compiled(term, scope),
    excess: [],
    without: [],
    parts: components.map(({ expression }, at) => {
      const ofResource = expression.startsWith(RESOURCE)
      const terms = termsWithin(expression, ofResource ? scope.type : within)
      const code = required(NAMES[at], p.url)
      return {
        searchType: required(simple[at]?.searchType, p.url),
        // A part is asked without modifiers: what only `:text` needs is not kept for it.
        column: {
          ...columnOf({ code, keeping: 'entry', terms, targets: simple[at]?.definition.target ?? [] }, scope.definitions),
          texts: false,
        },
        extracts: terms.map((t) => compiled(t, scope)),
        ofResource,
      }
    }),
  }
}

/** The terms of a part, from the element at `place`. */
function termsWithin(expression: string, place: string): Term[] {
  const paths = expression.split(' | ').map((path) => `Focus.${path.startsWith(RESOURCE) ? path.slice(RESOURCE.length) : path}`)
  return required(parseExpression(paths.join(' | ')), expression).map((term) => ({ ...term, root: place }))
}

const compiled = (term: Term, { definitions }: Scope): Extract => required(compileTerm(term, definitions.elements), termKey(term))

/** Definitions are checked when they are built: what is missing here stops the start. */
function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new TypeError(what)
  return value
}
