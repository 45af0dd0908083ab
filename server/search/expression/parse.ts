/**
 * Reads the small part of FHIRPath in which the R4 search parameters are written: paths, `as`, `ofType`, `where(x='y')`,
 * `where(resolve() is T)`, an index, `extension('…')`, unions, and `P.exists() and P != false`.
 */

export type Step =
  | { kind: 'child'; name: string }
  | { kind: 'as'; type: string }
  | { kind: 'index'; at: number }
  | { kind: 'equals'; name: string; value: string }
  | { kind: 'refersTo'; type: string }
  | { kind: 'extension'; url: string }
  /** the boolean `exists() and … != false` */
  | { kind: 'existsNotFalse' }

export interface Term {
  /** resource type on which the path starts; may be `Resource` or `DomainResource` */
  root: string
  steps: Step[]
}

const NAME = '[A-Za-z][A-Za-z0-9]*'
/** Forms with what they make of the texts in their parentheses. */
const STEP_FORMS: [RegExp, (first: string, second: string) => Step][] = [
  [new RegExp(`^\\.(?:as|ofType)\\((${NAME})\\)`), (type) => ({ kind: 'as', type })],
  [new RegExp(`^\\.where\\(resolve\\(\\) is (${NAME})\\)`), (type) => ({ kind: 'refersTo', type })],
  [new RegExp(`^\\.where\\((${NAME}) ?= ?'([^'\\\\]*)'\\)`), (name, value) => ({ kind: 'equals', name, value })],
  [/^\.extension\('([^'\\]*)'\)/, (url) => ({ kind: 'extension', url })],
  [/^\[(\d+)\]/, (at) => ({ kind: 'index', at: Number(at) })],
  [new RegExp(`^\\.(${NAME})(?![A-Za-z0-9(])`), (name) => ({ kind: 'child', name })],
]

/** The terms of the union, or undefined when some part is outside the subset (the caller then uses the fhirpath package). */
export function parseExpression(expression: string): Term[] | undefined {
  const terms: Term[] = []
  for (const part of expression.split(' | ')) {
    const term = parseTerm(part.trim())
    if (!term) return undefined
    terms.push(term)
  }
  return terms
}

const EXISTS_NOT_FALSE = new RegExp(`^(${NAME}(?:\\.${NAME})*)\\.exists\\(\\) and (\\S+) != false$`)
const CAST = new RegExp(`^\\((${NAME}(?:\\.${NAME})*) as (${NAME})\\)(.*)$`)

function parseTerm(text: string): Term | undefined {
  const [, existing, compared] = EXISTS_NOT_FALSE.exec(text) ?? []
  if (existing !== undefined && existing === compared) {
    const term = parsePath(existing)
    return term && { root: term.root, steps: [...term.steps, { kind: 'existsNotFalse' }] }
  }
  const cast = CAST.exec(text)
  return parsePath(cast ? `${cast[1]}.as(${cast[2]})${cast[3]}` : text)
}

function parsePath(text: string): Term | undefined {
  const root = new RegExp(`^${NAME}`).exec(text)?.[0]
  if (root === undefined) return undefined
  const steps: Step[] = []
  let rest = text.slice(root.length)
  while (rest !== '') {
    const found = parseStep(rest)
    if (!found) return undefined
    steps.push(found.step)
    rest = rest.slice(found.length)
  }
  return { root, steps }
}

function parseStep(rest: string): { step: Step; length: number } | undefined {
  for (const [form, make] of STEP_FORMS) {
    const [whole, first = '', second = ''] = form.exec(rest) ?? []
    if (whole !== undefined) return { step: make(first, second), length: whole.length }
  }
  return undefined
}

/** Names of the elements on the way, as they stand in the JSON: of a choice with its type. */
export function pathOf({ steps }: Term): string[] {
  const path: string[] = []
  for (const step of steps) {
    if (step.kind === 'child') path.push(step.name)
    else if (step.kind === 'extension') path.push('extension')
    else if (step.kind === 'as') path.push(`${path.pop() ?? ''}${step.type.charAt(0).toUpperCase()}${step.type.slice(1)}`)
  }
  return path
}

/** One text per term that is equal for equal terms: used to find parameters that others already cover. */
export function termKey(term: Term): string {
  return `${term.root}${term.steps.map((s) => JSON.stringify(s)).join('')}`
}
