/**
 * Builds `profiles/generated/r4/search-parameters.json` and `compartments.json` from the npm package hl7.fhir.r4.examples
 * (CC0), which holds the whole R4 definition. Run `node profiles/r4/build-search.ts`; CI fails when the result differs from
 * what is committed.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { passesCast } from '../../server/search/expression/compile.ts'
import { parseExpression, type Step } from '../../server/search/expression/parse.ts'

const packageFolder = dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.examples/package.json'))
const outputFolder = fileURLToPath(new URL('../generated/r4/', import.meta.url))

interface SourceParameter {
  id: string
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

type Definition = SourceParameter & { base: string[]; expression: string }

interface ElementSource {
  path: string
  contentReference?: string
  type?: { code: string }[]
  binding?: { strength: string; valueSet?: string }
}

interface StructureSource {
  type: string
  kind: string
  derivation?: string
  snapshot: { element: ElementSource[] }
}

interface ValueSetSource {
  url: string
  compose?: { include: { system?: string }[] }
}

const fileNames = readdirSync(packageFolder).sort()

function load<T>(kind: string): T[] {
  return fileNames
    .filter((name) => name.startsWith(`${kind}-`) && name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(packageFolder, name), 'utf8')) as T)
}

/**
 * The package mixes the definition with examples of SearchParameter (`example`, `example-extension`, `example-reference`,
 * `filter`: no version 4.0.1) and with experimental drafts on extensions whose expressions select nothing (wrong extension
 * URLs, no `.value`). Neither is part of the R4 search definition.
 */
function isDefinition(p: SourceParameter): p is Definition {
  return p.version === '4.0.1' && p.experimental === false && p.base !== undefined && p.expression !== undefined
}

/** R4 4.0.1 errata: expressions that do not start at a resource type. */
const CORRECTED: Record<string, string> = {
  'http://hl7.org/fhir/SearchParameter/InsurancePlan-name': 'InsurancePlan.name | InsurancePlan.alias',
}

/** R4 4.0.1 errata of components: there is no type `DateTime`. */
const CORRECTED_COMPONENTS: Record<string, string> = {
  'value.as(DateTime) | value.as(Period)': 'value.as(dateTime) | value.as(Period)',
}

/** R4 4.0.1 errata of components: `relation` is the code and `relatesto` the target, the definitions stand the other way round. */
const CORRECTED_DEFINITIONS: Record<string, string> = {
  'http://hl7.org/fhir/SearchParameter/DocumentReference-relatesto code': 'http://hl7.org/fhir/SearchParameter/DocumentReference-relation',
  'http://hl7.org/fhir/SearchParameter/DocumentReference-relation target':
    'http://hl7.org/fhir/SearchParameter/DocumentReference-relatesto',
}

/** Parts of a composite: the parameter that describes the part, by its code, and where the values are within the repetition. */
function componentsOf(p: SourceParameter, codes: Map<string, string>): { code: string; expression: string }[] {
  return (p.component ?? []).map(({ definition, expression }) => {
    const code = codes.get(CORRECTED_DEFINITIONS[`${definition} ${expression}`] ?? definition)
    if (code === undefined) throw new Error(`${p.url} has a part ${definition}, which is no parameter`)
    return { code, expression: CORRECTED_COMPONENTS[expression] ?? expression }
  })
}

/** Elements by path, choices without their `[x]`. */
function elementTable(structures: StructureSource[]): Map<string, ElementSource> {
  const table = new Map<string, ElementSource>()
  for (const s of structures) for (const e of s.snapshot.element) table.set(e.path.replace(/\[x\]$/, ''), e)
  return table
}

/** One type name, a list for a choice, or `#path` for an element that is defined elsewhere. */
function typesOf(element: ElementSource): string | string[] {
  if (element.contentReference) return element.contentReference
  const types = (element.type ?? []).map((t) => typeName(t.code))
  if (element.path.endsWith('[x]')) return types
  const [only] = types
  if (only === undefined) throw new TypeError(`R4 names no type of ${element.path}`)
  return only
}

const typeName = (code: string): string => (code.startsWith('http://hl7.org/fhirpath/System.') ? 'string' : code)

/** A list of every type (but Parameters) is written as `Resource`: 60 parameters have it. */
function targetsOf(target: string[], types: string[]): string[] {
  return types.every((t) => t === 'Parameters' || target.includes(t)) ? ['Resource'] : [...target].sort()
}

/** The parts of a composite as paths from the resource. */
function partExpressions(p: Definition): string[] {
  const parts = (p.component ?? []).flatMap(({ expression }) => (CORRECTED_COMPONENTS[expression] ?? expression).split(' | '))
  return p.expression.split(' | ').flatMap((focus) => {
    const [type = ''] = focus.split('.')
    return parts.map((part) => (part.startsWith('%resource.') ? part.replace('%resource', type) : `${focus}.${part}`))
  })
}

interface Visited {
  elements: Map<string, string | string[]>
  systems: Map<string, string[]>
}

/** Walks one path of an expression over the element table and keeps the types of what it passes. */
function visit(root: string, steps: Step[], table: Map<string, ElementSource>, systemsOf: (url: string) => string[], out: Visited): void {
  let places = [root]
  for (const step of steps) {
    if (step.kind === 'as') {
      places = places.filter((place) => passesCast(place, step.type))
      continue
    }
    if (step.kind !== 'child') continue
    places = places.flatMap((place) => {
      const path = `${place}.${step.name}`
      const element = table.get(path)
      if (!element) return []
      const declared = typesOf(element)
      const types = [declared].flat()
      out.elements.set(path, declared)
      if (types[0] === 'code' && element.binding?.strength === 'required' && element.binding.valueSet) {
        const systems = systemsOf(element.binding.valueSet.replace(/\|.*$/, ''))
        if (systems.length > 0) out.systems.set(path, systems)
      }
      return types.map((t) => (t.startsWith('#') ? t.slice(1) : t === 'BackboneElement' || t === 'Element' ? path : t))
    })
    if (places.length === 0) throw new Error(`R4 has no element ${root} … ${step.name}`)
  }
}

function buildParameters(): { text: string; count: number } {
  const structures = load<StructureSource>('StructureDefinition').filter(
    (s) => s.kind !== 'logical' && s.derivation !== 'constraint' && s.snapshot,
  )
  const table = elementTable(structures)
  const valueSets = new Map(load<ValueSetSource>('ValueSet').map((v) => [v.url, v]))
  const systemsOf = (url: string): string[] => [
    ...new Set((valueSets.get(url)?.compose?.include ?? []).flatMap((i) => (i.system ? [i.system] : []))),
  ]
  const visited: Visited = { elements: new Map(), systems: new Map() }
  const parameters = load<SourceParameter>('SearchParameter')
    .filter(isDefinition)
    .map((p) => ({ ...p, expression: CORRECTED[p.url] ?? p.expression }))
    .sort((a, b) => compare(a.url, b.url))
  const codes = new Map(parameters.map((p) => [p.url, p.code]))
  for (const p of parameters) {
    if (p.type === 'special') continue
    for (const text of p.type === 'composite' ? partExpressions(p) : [p.expression]) {
      for (const term of parseExpression(text) ?? []) {
        if (!table.has(term.root)) throw new Error(`${p.url} starts at ${term.root}, which is no type`)
        visit(term.root, term.steps, table, systemsOf, visited)
      }
    }
  }
  const types = structures
    .filter((s) => s.kind === 'resource' && s.type !== 'Resource' && s.type !== 'DomainResource')
    .map((s) => s.type)
    .sort()
  const rows = parameters.map((p) =>
    JSON.stringify({
      code: p.code,
      type: p.type,
      expression: p.expression,
      ...(p.target ? { target: targetsOf(p.target, types) } : {}),
      url: p.url,
      base: [...p.base].sort(),
      ...(p.component ? { component: componentsOf(p, codes) } : {}),
    }),
  )
  const sorted = (map: Map<string, unknown>) =>
    [...map].sort((a, b) => compare(a[0], b[0])).map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`)
  const text = [
    '{"resources":',
    JSON.stringify(types),
    ',"parameters":[\n',
    rows.join(',\n'),
    '\n],"elements":{\n',
    sorted(visited.elements).join(',\n'),
    '\n},"systems":{\n',
    sorted(visited.systems).join(',\n'),
    '\n}}\n',
  ].join('')
  return { text, count: rows.length }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

interface CompartmentSource {
  code: string
  resource: { code: string; param?: string[] }[]
}

/**
 * Compartment → resource type → reference parameters that put a resource in it. `{def}` stands for the resource of the
 * compartment itself, which needs no parameter. The package's own `example` is left out.
 */
function buildCompartments(): string {
  const names = ['patient', 'encounter', 'practitioner', 'device', 'relatedPerson']
  const entries = names.map((name) => {
    const c = JSON.parse(readFileSync(join(packageFolder, `CompartmentDefinition-${name}.json`), 'utf8')) as CompartmentSource
    const params = c.resource
      .map((r) => ({ code: r.code, param: (r.param ?? []).filter((p) => p !== '{def}') }))
      .filter((r) => r.param.length > 0)
      .sort((a, b) => compare(a.code, b.code))
      .map((r) => `${JSON.stringify(r.code)}:${JSON.stringify(r.param)}`)
    return `${JSON.stringify(c.code)}:{\n${params.join(',\n')}\n}`
  })
  return `{${entries.sort().join(',\n')}}\n`
}

/** Writes both files; answers how many parameters there are. */
export function buildSearch(folder: string = outputFolder): number {
  mkdirSync(folder, { recursive: true })
  const { text, count } = buildParameters()
  writeFileSync(join(folder, 'search-parameters.json'), text)
  writeFileSync(join(folder, 'compartments.json'), buildCompartments())
  return count
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`${buildSearch()} search parameters`)
}
