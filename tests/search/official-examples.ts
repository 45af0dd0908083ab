/** Comparison of the compiled closures with the fhirpath package on the official R4 examples. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FhirResource } from '../../server/fhir/types.ts'
import { r4Definitions } from '../../server/search/definitions.ts'
import { compileTerm, type Extract, referencedType } from '../../server/search/expression/compile.ts'
import { parseExpression, type Term } from '../../server/search/expression/parse.ts'

const require = createRequire(import.meta.url)
const folder = dirname(require.resolve('hl7.fhir.r4.examples/package.json'))
const fhirpath = require('fhirpath') as { compile(expression: string, model: unknown, options?: unknown): (resource: unknown) => unknown[] }
const model = require('fhirpath/fhir-context/r4') as unknown

/** The examples whose place in the sorted list is a multiple of `every`. */
export function* officialExamples(every: number): Generator<{ name: string; resource: FhirResource }> {
  const names = readdirSync(folder)
    .filter((n) => n.endsWith('.json') && n !== 'package.json')
    .sort()
  for (let at = 0; at < names.length; at += every) {
    const name = names[at] as string
    yield { name, resource: JSON.parse(readFileSync(join(folder, name), 'utf8')) as FhirResource }
  }
}

interface Pair {
  code: string
  closure: Extract
  /** what fhirpath evaluates: the same term, without the step that needs to fetch */
  evaluate: (resource: unknown) => unknown[]
  refersTo: string | undefined
}

const pairs = new Map<string, Pair[]>()

/** `as` is for single values, but R4 uses it on repeating ones (R5 corrected it to `ofType`); `resolve()` would have to fetch. */
function evaluable(term: string): string {
  return term
    .trim()
    .replace(/\.where\(resolve\(\) is \w+\)$/, '')
    .replace(/^\((\S+) as (\w+)\)/, '$1.ofType($2)')
    .replace(/\.as\((\w+)\)/, '.ofType($1)')
}

/** Each term of each parameter of the type, both ways. `where(resolve() is T)` is the last step wherever R4 has it. */
function pairsOf(type: string): Pair[] {
  const known = pairs.get(type)
  if (known) return known
  const { parameters, elements } = r4Definitions()
  const made = parameters
    .filter((p) => p.type !== 'composite' && p.type !== 'special' && (p.base.includes(type) || p.base.includes('Resource')))
    .flatMap((p) => {
      const texts = p.expression.split(' | ')
      const terms = parseExpression(p.expression) as Term[]
      return terms.flatMap((term, at) => {
        if (term.root !== type && term.root !== 'Resource') return []
        const last = term.steps.at(-1)
        const bare = evaluable(texts[at] as string)
        return [
          {
            code: p.code,
            closure: compileTerm(term, elements) as Extract,
            evaluate: fhirpath.compile(bare, model),
            refersTo: last?.kind === 'refersTo' ? last.type : undefined,
          },
        ]
      })
    })
  pairs.set(type, made)
  return made
}

export interface Comparison {
  resources: number
  elements: number
  differences: string[]
}

/** Elements of every term of every parameter, as closures give them and as fhirpath does. */
export function compareAll(every: number): Comparison {
  const result: Comparison = { resources: 0, elements: 0, differences: [] }
  for (const { name, resource } of officialExamples(every)) {
    result.resources++
    for (const pair of pairsOf(resource.resourceType)) {
      const ours: unknown[] = []
      pair.closure(resource, (value) => ours.push(value))
      const all = pair.evaluate(resource)
      const theirs = pair.refersTo === undefined ? all : all.filter((v) => referencedType(v, resource) === pair.refersTo)
      result.elements += theirs.length
      if (JSON.stringify(ours) !== JSON.stringify(theirs)) result.differences.push(`${name} ${pair.code}`)
    }
  }
  return result
}
