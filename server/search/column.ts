/** What is known of a parameter's elements without a resource: their datatypes, systems and targets. */
import type { Definitions } from './definitions.ts'
import { passesCast } from './expression/compile.ts'
import type { Term } from './expression/parse.ts'
import type { Keeping } from './keeping.ts'
import type { Column } from './types/search-type.ts'
import { PLAIN_TOKENS, SPECIAL_VALUES, TEXTS } from './types/token.ts'

interface Described {
  code: string
  keeping: Keeping
  /** undefined when the expression is outside the compiled subset */
  terms: readonly Term[] | undefined
  targets: readonly string[]
}

export function columnOf({ code, keeping, terms, targets }: Described, definitions: Definitions): Column {
  const leaves = (terms ?? []).map((t) => leafOf(t, definitions))
  const datatypes = new Set(leaves.flatMap((l) => l.datatypes))
  const systems = leaves.flatMap((l) => definitions.systems.get(l.path) ?? [])
  if (datatypes.has('boolean')) systems.push(SPECIAL_VALUES)
  return {
    code,
    keeping,
    plain: terms !== undefined && [...datatypes].every((t) => PLAIN_TOKENS.has(t)),
    // What many entries have in common are codes of the server's own: their displays are no place to look for anything.
    texts: keeping === 'entry' && (terms === undefined || [...datatypes].some((t) => TEXTS.has(t))),
    systems: [...new Set(systems)],
    datatypes,
    targets: new Set(targets),
  }
}

interface Leaf {
  path: string
  datatypes: string[]
  /** under which the element table has the children */
  places: string[]
}

/** Datatypes at the end of a term, and the path of its last element. */
export function leafOf(term: Term, definitions: Definitions): Leaf {
  let places: string[] = [term.root]
  let types: string[] = [term.root]
  let path = term.root
  for (const step of term.steps) {
    if (step.kind === 'existsNotFalse') return { path, datatypes: ['boolean'], places: [] }
    if (step.kind === 'as') {
      types = types.filter((t) => passesCast(t, step.type))
      places = types
    }
    if (step.kind === 'extension') {
      places = ['Extension']
      types = ['Extension']
      path = 'Extension'
    }
    if (step.kind !== 'child') continue
    const found = places.flatMap((place) => {
      const declared = definitions.elements.get(`${place}.${step.name}`)
      if (declared === undefined) return []
      path = `${place}.${step.name}`
      return [declared]
        .flat()
        .map((t) => ({ type: t, place: t.startsWith('#') ? t.slice(1) : t === 'BackboneElement' || t === 'Element' ? path : t }))
    })
    places = found.map((f) => f.place)
    types = found.map((f) => f.type)
  }
  return { path, datatypes: types, places }
}

/** Whether a path goes on behind a primitive (`birthDate.extension`): in JSON that stands beside the value (R4 json.html#primitive). */
export function leadsPastPrimitive(term: Term, definitions: Definitions): boolean {
  return term.steps.some((step, at) => {
    if (at === 0 || (step.kind !== 'child' && step.kind !== 'extension')) return false
    const { datatypes } = leafOf({ root: term.root, steps: term.steps.slice(0, at) }, definitions)
    return datatypes.length > 0 && datatypes.every((type) => /^[a-z]/.test(type))
  })
}
