/** The search module: R4 search parameters, compiled per resource type at the first use. */
import { parseReference } from '../fhir/reference.ts'
import type { FhirResource } from '../fhir/types.ts'
import { zoneOf } from '../fhir/zone.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { createHash } from 'node:crypto'
import { isFor, typesFor, withCustom } from './custom.ts'
import { checkCustom } from './custom-check.ts'
import { keysOfCoding } from './coding-keys.ts'
import { type Definitions, r4Definitions } from './definitions.ts'
import { indexContained, indexResource } from './index-resource.ts'
import { INDEX_VERSION } from './index-version.ts'
import { localReferenceKey } from './keys.ts'
import { isAboutPerson } from './parse/patients.ts'
import { parseExpression, pathOf } from './expression/parse.ts'
import { parseRequest } from './parse/request.ts'
import { compileType, type TypeParams } from './registry.ts'
import type { CustomParameter, Search } from './types.ts'
import type { CodeSets, PlanContext } from './types/search-type.ts'

export interface SearchOptions {
  /** IANA zone of dates without one */
  timezone: string
  /** PUBLIC_URL; references to it or to its `/fhir` are this server's own */
  publicUrl: string
  /** milliseconds since 1970, for `ap` on dates */
  now?: () => number
  /** without it no value set and no hierarchy of codes is known */
  codeSets?: CodeSets
}

/** @throws RangeError for an unknown time zone */
export function createSearch(options: SearchOptions): Search {
  const definitions = r4Definitions()
  const zone = zoneOf(options.timezone)
  const ownBase = fhirBase(options.publicUrl)
  const context: PlanContext = { zone, ownBase, now: options.now ?? Date.now, ...(options.codeSets ? { codeSets: options.codeSets } : {}) }
  let custom: readonly CustomParameter[] = []
  let revision = 0
  const own = paramsByType(definitions, () => custom, options.timezone)
  const typeParams = own.of
  const place = { zone, ownBase }
  const known = (type: string): TypeParams => {
    const found = typeParams(type)
    if (!found) throw new OutcomeError('resource-type-unknown')
    return found
  }
  return {
    parse: (type, query, parseOptions) =>
      parseRequest(query, {
        type,
        params: (parseOptions.builtInOnly ? (own.built(type) ?? known(type)) : known(type)).searchable,
        paramsOf: (t) => (parseOptions.builtInOnly ? own.built(t) : typeParams(t))?.searchable,
        isAboutPerson: (t, code) => isAboutPerson(t, code, definitions.compartments.get('Patient')?.get(t) ?? []),
        budget: parseOptions.budget ?? { links: 0 },
        options: parseOptions,
        context: parseOptions.codeSets ? withCodeSets(context, parseOptions.codeSets) : context,
      }),
    index: (resource) => indexResource(resource, known(resource.resourceType), own.built, place),
    contained: (resource) => indexContained(resource, own.built, place),
    parameters: (type) =>
      [...known(type).searchable.values()].filter((p) => p.searchType ?? p.composite ?? p.places).map((p) => p.definition),
    paths: (type, code) => pathsOf(type, known(type).byCode.get(code)?.definition.expression),
    targets: (resource, param) => targetsOf(resource, known(resource.resourceType), param, ownBase),
    referenceKeys: (param, target, type) =>
      referenceKeys(param, target, type === undefined ? undefined : known(type), definitions, typeParams),
    codingKeys: (type, coding) => {
      const built = own.built(type)
      return built && keysOfCoding(built, coding)
    },
    compartmentParams: (type, compartment = 'Patient') => [...(definitions.compartments.get(compartment)?.get(type) ?? [])],
    builtIn: definitions.parameters,
    resources: definitions.resources,
    check: (parameter, others) => checkCustom(parameter, others, definitions),
    typesOf: (parameter) => typesFor(parameter, definitions),
    setCustom(parameters) {
      custom = parameters
      revision++
      own.forget()
    },
    isCustom: (type, code) => typeParams(type)?.byCode.get(code)?.custom !== undefined,
    indexedAs: (type) => own.hashOf(type),
    get revision() {
      return revision
    },
  }
}

const NO_CODES: CodeSets = { valueSet: () => undefined, hierarchy: () => undefined }

const withCodeSets = (context: PlanContext, codeSets: Partial<CodeSets>): PlanContext => ({
  ...context,
  codeSets: { ...(context.codeSets ?? NO_CODES), ...codeSets },
})

/** The FHIR base without a slash at its end. */
function fhirBase(publicUrl: string): string {
  const bare = publicUrl.replace(/\/+$/, '')
  return bare === '' || bare.endsWith('/fhir') ? bare : `${bare}/fhir`
}

interface ByType {
  of(type: string): TypeParams | undefined
  /** without the parameters of operators */
  built(type: string): TypeParams | undefined
  /** see `Search.indexedAs` */
  hashOf(type: string): number
  /** the parameters of operators are others now */
  forget(): void
}

/** Compiled at the first use: a server that never sees a Substance need not compile its parameters. */
function paramsByType(definitions: Definitions, custom: () => readonly CustomParameter[], timezone: string): ByType {
  const plains = new Map<string, TypeParams>()
  const compiled = new Map<string, TypeParams>()
  const hashes = new Map<string, number>()
  const built: ByType['built'] = (type) => {
    const known = plains.get(type)
    if (known || !definitions.resources.has(type)) return known
    const plain = compileType(type, definitions)
    plains.set(type, plain)
    return plain
  }
  const of: ByType['of'] = (type) => {
    const known = compiled.get(type)
    if (known) return known
    const plain = built(type)
    if (!plain) return undefined
    const made = withCustom(type, plain, custom(), definitions)
    compiled.set(type, made)
    return made
  }
  return {
    of,
    built,
    hashOf(type) {
      const known = hashes.get(type) ?? definitionHash(type, custom(), timezone)
      hashes.set(type, known)
      return known
    },
    forget() {
      compiled.clear()
      hashes.clear()
    },
  }
}

/** What a resource of the type is indexed by, as one number: 32 bits, since it stands with every resource. */
function definitionHash(type: string, custom: readonly CustomParameter[], timezone: string): number {
  const own = custom
    .filter((p) => isFor(p, type))
    .map(({ code, type: kind, expression, target, component }) => [code, kind, expression, target, component])
  const text = JSON.stringify([INDEX_VERSION, timezone, own.sort()])
  return createHash('sha256').update(text).digest().readInt32BE(0)
}

function pathsOf(type: string, expression: string | undefined): string[][] | undefined {
  const terms = expression === undefined ? undefined : parseExpression(expression)
  return terms?.filter(({ root }) => root === type).map(pathOf)
}

function targetsOf(resource: FhirResource, params: TypeParams, param: string, ownBase: string): string[] {
  const found = new Set<string>()
  const add = (value: unknown) => {
    const text = typeof value === 'string' ? value : (value as { reference?: unknown } | null)?.reference
    const target = typeof text === 'string' ? parseReference(text, ownBase) : undefined
    if (target?.kind === 'local') found.add(`${target.type}/${target.id}`)
  }
  for (const extract of params.byCode.get(param)?.extracts ?? []) extract(resource, add)
  return [...found]
}

/** Without a type: the keys under which any type stores the parameter. */
function referenceKeys(
  param: string,
  target: string,
  type: TypeParams | undefined,
  definitions: Definitions,
  typeParams: (type: string) => TypeParams | undefined,
): string[] {
  const all = type ? [type] : [...definitions.resources].flatMap((t) => typeParams(t) ?? [])
  const codes = new Set(all.flatMap((t) => (t.byCode.get(param)?.columns ?? []).map((c) => c.code)))
  return [...codes].map((code) => localReferenceKey(code, target))
}
