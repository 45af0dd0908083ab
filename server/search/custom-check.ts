/** Whether a SearchParameter of an operator can take effect: what is wrong is said by element, before anything is stored. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { columnOf, leafOf, leadsPastPrimitive } from './column.ts'
import { isFor, typesFor, withCustom } from './custom.ts'
import type { Definitions } from './definitions.ts'
import { isSafe } from './expression/guard.ts'
import { parseExpression, type Term, termKey } from './expression/parse.ts'
import { CUSTOM_EXPRESSION_MAX } from './limits.ts'
import { ABSTRACT_TYPES } from './parameter-resource.ts'
import { compileType } from './registry.ts'
import type { CustomParameter, SearchParameter } from './types.ts'

/** Names that mean something to every search of patients' data, whatever the expression says. */
const RESERVED: ReadonlySet<string> = new Set(['patient', 'subject'])
/** Names that differ in their case alone do not mean different things (R4 search.html#Summary). */
const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
/** Names of every JavaScript object: columns are kept by name. */
const isProperty = (code: string): boolean => code in Object.prototype

/** Datatypes that each type of search reads. */
const READS: Readonly<Record<string, string>> = {
  token: 'code id string uri url canonical oid uuid boolean Coding CodeableConcept Identifier ContactPoint',
  reference: 'Reference canonical uri url Resource',
  string: 'string markdown code id HumanName Address',
  date: 'date dateTime instant Period Timing',
  number: 'decimal integer positiveInt unsignedInt Range',
  quantity: 'Quantity SimpleQuantity Age Duration Count Distance Money Range SampledData',
  uri: 'uri url canonical oid uuid',
}

type Fault = 'search-parameter-code' | 'search-parameter-base' | 'search-parameter-expression' | 'search-parameter-type'

const fault = (code: Fault, element: string): OutcomeError => new OutcomeError(code, { expression: [`SearchParameter.${element}`] })

/** @param others of operators, in force beside it. @throws OutcomeError search-parameter-… */
export function checkCustom(p: SearchParameter, others: readonly CustomParameter[], definitions: Definitions): void {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(p.code) || RESERVED.has(p.code.toLowerCase()) || isProperty(p.code))
    throw fault('search-parameter-code', 'code')
  const types = checkedTypes(p, definitions)
  for (const type of types) {
    const isBuiltIn = definitions.parameters.some(({ code, base }) => isSameName(code, p.code) && isFor({ ...p, base }, type))
    if (isBuiltIn || others.some((other) => isSameName(other.code, p.code) && isFor(other, type)))
      throw fault('search-parameter-code', 'code')
  }
  const reads = new Set(READS[p.type]?.split(' '))
  if (p.type !== 'composite' && reads.size === 0) throw fault('search-parameter-type', 'type')
  const unknown = p.target?.filter((type) => type !== 'Resource' && !definitions.resources.has(type)) ?? []
  if (unknown.length > 0) throw fault('search-parameter-type', 'target')
  checkExpression(p, types, reads, definitions)
  if (p.type === 'composite') for (const type of types) checkParts(p, type, others, definitions)
}

function checkedTypes(p: SearchParameter, definitions: Definitions): string[] {
  const isKnown = (type: string) => isFor({ ...p, base: [type] }, type) && (definitions.resources.has(type) || ABSTRACT_TYPES.has(type))
  if (p.base.length === 0 || !p.base.every(isKnown)) throw fault('search-parameter-base', 'base')
  // Parts are looked for on the types themselves.
  if (p.type === 'composite' && p.base.some((type) => ABSTRACT_TYPES.has(type))) throw fault('search-parameter-base', 'base')
  return typesFor(p, definitions)
}

function checkExpression(p: SearchParameter, types: readonly string[], reads: ReadonlySet<string>, definitions: Definitions): void {
  if (p.expression === '' || p.expression.length > CUSTOM_EXPRESSION_MAX) throw fault('search-parameter-expression', 'expression')
  const terms = parseExpression(p.expression)
  const roots = new Set([...p.base, ...types])
  if (!terms) {
    if (p.type === 'composite') throw fault('search-parameter-expression', 'expression')
    checkUncompiled(p, definitions)
    return
  }
  // Each base type has a path of its own, and no path starts at another type.
  const covered = (type: string) => terms.some(({ root }) => root === type || ABSTRACT_TYPES.has(root))
  if (!terms.every(({ root }) => roots.has(root) || ABSTRACT_TYPES.has(root)) || !p.base.every(covered))
    throw fault('search-parameter-base', 'expression')
  for (const term of terms) checkTerm(p, term, reads, definitions)
}

function checkTerm(p: SearchParameter, term: Term, reads: ReadonlySet<string>, definitions: Definitions): void {
  if (leadsPastPrimitive(term, definitions)) {
    checkUncompiled(p, definitions)
    return
  }
  const { datatypes } = leafOf(term, definitions)
  if (datatypes.length === 0 || !hasCompared(term, definitions)) throw fault('search-parameter-expression', 'expression')
  if (p.type !== 'composite' && !datatypes.some((type) => reads.has(type))) throw fault('search-parameter-type', 'type')
}

/** Whether the elements by which `where` chooses are there. */
function hasCompared({ root, steps }: Term, definitions: Definitions): boolean {
  return steps.every((step, at) => {
    if (step.kind !== 'equals') return true
    const { places } = leafOf({ root, steps: steps.slice(0, at) }, definitions)
    return places.some((place) => definitions.elements.has(`${place}.${step.name}`))
  })
}

let names: ReadonlySet<string> | undefined

/** Of types and elements: of datatypes too, which stand in casts. */
function namesOf({ resources, elements }: Definitions): ReadonlySet<string> {
  const parts = [...elements].flatMap(([path, types]) => [...path.split('.'), ...[types].flat()])
  return new Set([...resources, ...parts])
}

function checkUncompiled({ expression, base }: SearchParameter, definitions: Definitions): void {
  names ??= namesOf(definitions)
  const starts = base.every((type) => ABSTRACT_TYPES.has(type) || new RegExp(`\\b${type}\\b`).test(expression))
  if (!starts || !isSafe(expression, names)) throw fault('search-parameter-expression', 'expression')
}

const RESOURCE = '%resource.'

/**
 * What the parts hold, the parameters that describe them must hold too: by their keys a search is narrowed, and without that it
 * would look through all resources of the type.
 */
function checkParts(p: SearchParameter, type: string, others: readonly CustomParameter[], definitions: Definitions): void {
  const wrong = new OutcomeError('search-parameter-component', { expression: ['SearchParameter.component'] })
  const parts = p.component ?? []
  const params = withCustom(type, compileType(type, definitions), others, definitions)
  if (parts.length < 2 || parts.length > 4) throw wrong
  for (const { code, expression } of parts) {
    const described = params.byCode.get(code)
    if (!described?.searchType) throw wrong
    const held = new Set((parseExpression(described.definition.expression) ?? []).map(termKey))
    const paths = pathsOf(p, expression, type)
    if (!paths?.every((term) => held.has(termKey(term)))) throw wrong
    const { datatypes } = columnOf({ code, keeping: 'entry', terms: paths, targets: [] }, definitions)
    if (datatypes.size === 0) throw wrong
  }
  checkCompiles(type, [...others, { ...p, ready: false }], definitions, wrong)
}

/** The paths of a part from the resource, for each element of the composite on this type. */
function pathsOf(p: SearchParameter, expression: string, type: string): Term[] | undefined {
  const foci = (parseExpression(p.expression) ?? []).filter(({ root }) => root === type)
  const all: Term[] = []
  for (const path of expression.split(' | ')) {
    const ofResource = path.startsWith(RESOURCE)
    const [term] = parseExpression(`${type}.${ofResource ? path.slice(RESOURCE.length) : path}`) ?? []
    if (!term) return undefined
    for (const focus of foci) all.push(ofResource ? term : { root: type, steps: [...focus.steps, ...term.steps] })
  }
  return all
}

/** The compiler takes parts of a set only whole. */
function checkCompiles(type: string, all: readonly CustomParameter[], definitions: Definitions, wrong: OutcomeError): void {
  try {
    withCustom(type, compileType(type, definitions), all, definitions)
  } catch (error) {
    if (error instanceof TypeError) throw wrong
    throw error
  }
}
