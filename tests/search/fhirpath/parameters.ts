/**
 * The SearchParameters of R4 as HL7 publishes them, evaluated by the fhirpath package on plain resources: what a resource
 * should be found by, without a line of the server's own extraction.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FhirResource } from '../../../server/fhir/types.ts'

const require = createRequire(import.meta.url)
const folder = dirname(require.resolve('hl7.fhir.r4.examples/package.json'))
const fhirpath = require('fhirpath') as { compile(expression: unknown, model: unknown, options: unknown): Compiled }
const model = require('fhirpath/fhir-context/r4') as unknown

type Compiled = (node: unknown, environment?: object) => unknown[]
type Evaluate = (node: unknown, resource: FhirResource) => Element[]
type Raw = Evaluate & { raw: Compiled }

/** One item of a FHIRPath result. */
export interface Element {
  /** FHIR datatype (`CodeableConcept`, `dateTime`), or `boolean` of a comparison */
  datatype: string
  /** undefined where there is nothing but an id or extensions */
  value: unknown
}

export interface Parameter {
  code: string
  type: string
  base: readonly string[]
  target: readonly string[]
  valuesOf(resource: FhirResource): Element[]
  /** of a composite: for each repetition that has all parts, what each part is */
  repetitionsOf(resource: FhirResource): Element[][][]
  /** of a composite: types of its parts */
  parts: readonly string[]
}

interface Source {
  url: string
  version?: string
  experimental?: boolean
  code: string
  type: string
  expression?: string
  base?: string[]
  target?: string[]
  component?: { definition: string; expression: string }[]
}

/** The package mixes the definition with examples (no version 4.0.1) and experimental drafts. */
function sources(): Source[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('SearchParameter-') && name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Source)
    .filter((p) => p.version === '4.0.1' && p.experimental === false && p.base !== undefined && p.expression !== undefined)
}

let all: Source[] | undefined
const byType = new Map<string, Parameter[]>()

/** Parameters of a type with an expression, those of every resource too. */
export function parametersOf(type: string): readonly Parameter[] {
  const known = byType.get(type)
  if (known) return known
  all ??= sources()
  const own = all.filter(({ base = [] }) => base.includes(type) || base.includes('Resource') || base.includes('DomainResource'))
  const made = own.map((source) => parameter(type, source))
  byType.set(type, made)
  return made
}

export function parameterOf(type: string, code: string): Parameter {
  const found = parametersOf(type).find((p) => p.code === code)
  if (!found) throw new TypeError(`${type} has no parameter ${code}`)
  return found
}

function parameter(type: string, source: Source): Parameter {
  const expression = ownTerms(type, source.expression ?? '')
  const values = union(expression)
  const composite = () => {
    const components = source.component ?? []
    const foci = expression.split(' | ')
    return foci.map((focus) => ({
      focus: compiled(evaluable(focus)),
      parts: components.map(({ expression: part }) => ({ run: union(part), ofResource: part.startsWith('%resource') })),
    }))
  }
  let foci: ReturnType<typeof composite> | undefined
  return {
    code: source.code,
    type: source.type,
    base: source.base ?? [],
    target: source.target ?? [],
    parts: (source.component ?? []).map(({ definition }) => typeOfDefinition(definition)),
    valuesOf: (resource) => values(resource, resource),
    repetitionsOf(resource) {
      foci ??= composite()
      return foci.flatMap(({ focus, parts }) =>
        nodesOf(focus, resource)
          .map((node) => parts.map(({ run, ofResource }) => run(ofResource ? resource : node, resource)))
          .filter((repetition) => repetition.every((part) => part.length > 0)),
      )
    },
  }
}

/** Nodes, not values: a part is evaluated at the place where it stands. */
const nodesOf = ({ raw }: Raw, resource: FhirResource): unknown[] => raw(resource, { resource })

function typeOfDefinition(url: string): string {
  const found = all?.find((p) => p.url === url)
  if (!found) throw new TypeError(`no parameter ${url}`)
  return found.type
}

/** Terms that begin at another type can yield nothing: left out, since some unions have thirty of them. */
function ownTerms(type: string, expression: string): string {
  const terms = expression.split(' | ').filter((term) => {
    const [, root] = /^\(?([A-Z]\w*)\b/.exec(term.trim()) ?? []
    return root === undefined || root === type || root === 'Resource' || root === 'DomainResource'
  })
  return terms.join(' | ')
}

/**
 * `as` is for single values, but R4 uses it on repeating ones (R5 corrected it to `ofType`); `resolve()` would have to fetch:
 * the type is told by the reference itself. There is no type `DateTime`.
 */
function evaluable(expression: string): string {
  return expression
    .replace(/\.where\(resolve\(\) is (\w+)\)/g, ".where(refersTo('$1'))")
    .replace(/\(([\w.]+) as (\w+)\)/g, '$1.ofType($2)')
    .replace(/\.as\((\w+)\)/g, '.ofType($1)')
    .replaceAll('ofType(DateTime)', 'ofType(dateTime)')
}

/** Term by term: the package's own union compares all with all, and cannot compare quantities with a comparator. */
function union(expression: string): Evaluate {
  const terms = expression.split(' | ').map((term) => compiled(evaluable(term)))
  return (node, resource) => terms.flatMap((term) => term(node, resource))
}

/** For `refersTo`, which the evaluator calls with one element. */
let container: FhirResource = { resourceType: '' }

const FUNCTIONS = {
  refersTo: { fn: (nodes: unknown[], type: string) => nodes.map((node) => typeOfReference(node) === type), arity: { 1: ['String'] } },
}

function typeOfReference(node: unknown): string | undefined {
  const { reference, type } = (dataOf(node) ?? {}) as { reference?: string; type?: string }
  if (reference?.startsWith('#')) {
    const contained = (container.contained ?? []) as FhirResource[]
    return reference === '#' ? container.resourceType : (contained.find(({ id }) => id === reference.slice(1))?.resourceType ?? type)
  }
  return /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/.exec(reference ?? '')?.[1] ?? type
}

interface Node {
  data: unknown
  fhirNodeDataType: string
}

const isNode = (item: unknown): item is Node => typeof item === 'object' && item !== null && 'fhirNodeDataType' in item
const dataOf = (item: unknown): unknown => (isNode(item) ? item.data : item)

function compiled(expression: string): Raw {
  let made: Compiled | undefined
  const raw: Compiled = (node, environment) => {
    made ??=
      expression === '' ? () => [] : fhirpath.compile(expression, model, { resolveInternalTypes: false, userInvocationTable: FUNCTIONS })
    return made(node, environment)
  }
  const evaluate: Evaluate = (node, resource) => {
    container = resource
    return raw(node, { resource }).map(elementOf)
  }
  return Object.assign(evaluate, { raw })
}

function elementOf(item: unknown): Element {
  if (!isNode(item)) return { datatype: typeof item, value: item }
  const { data, fhirNodeDataType } = item
  const inline = (data as FhirResource | undefined)?.resourceType
  if (inline !== undefined) return { datatype: 'Resource', value: data }
  return { datatype: fhirNodeDataType.replace(/^System\.String$/, 'string'), value: plain(data) }
}

/** Numbers, dates and times are objects of the package. */
function plain(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('asStr' in data)) return data
  return 'decimalPlaces' in data ? Number(data.asStr) : data.asStr
}
