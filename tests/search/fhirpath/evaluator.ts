/**
 * A search answered as plainly as the standard says it: each resource of a world is looked at, with FHIRPath. Nothing here knows
 * how the server stores or finds.
 */
import type { FhirResource } from '../../../server/fhir/types.ts'
import { type Element, type Parameter, parameterOf, parametersOf } from './parameters.ts'
import { localOf, parts, TESTS } from './values.ts'

export type Ask =
  | { kind: 'criterion'; code: string; modifier?: string; values: string[] }
  | { kind: 'chain'; code: string; target?: string; ask: Ask }
  | { kind: 'has'; source: string; code: string; ask: Ask }

export interface IncludeAsk {
  back: boolean
  source: string
  code: string
  target?: string
  iterate: boolean
}

/** As it stands in a request, not percent-encoded. */
export function nameOf(ask: Ask): string {
  if (ask.kind === 'criterion') return ask.modifier === undefined ? ask.code : `${ask.code}:${ask.modifier}`
  if (ask.kind === 'chain') return `${ask.code}${ask.target === undefined ? '' : `:${ask.target}`}.${nameOf(ask.ask)}`
  return `_has:${ask.source}:${ask.code}:${nameOf(ask.ask)}`
}

export const textOf = (ask: Ask): string => (ask.kind === 'criterion' ? ask.values.join(',') : textOf(ask.ask))

export const keyOf = ({ resourceType, id }: FhirResource): string => `${resourceType}/${id}`

export class World {
  readonly base: string
  readonly #resources = new Map<string, FhirResource>()
  readonly #byType = new Map<string, FhirResource[]>()
  readonly #values = new Map<string, Element[]>()
  readonly #repetitions = new Map<string, Element[][][]>()

  constructor(resources: readonly FhirResource[], base: string) {
    this.base = base
    for (const resource of resources) {
      this.#resources.set(keyOf(resource), resource)
      const known = this.#byType.get(resource.resourceType)
      if (known) known.push(resource)
      else this.#byType.set(resource.resourceType, [resource])
    }
  }

  get types(): string[] {
    return [...this.#byType.keys()]
  }

  of(type: string): readonly FhirResource[] {
    return this.#byType.get(type) ?? []
  }

  resource(key: string): FhirResource | undefined {
    return this.#resources.get(key)
  }

  values(resource: FhirResource, parameter: Parameter): Element[] {
    return cached(this.#values, `${keyOf(resource)} ${parameter.code}`, () => parameter.valuesOf(resource))
  }

  repetitions(resource: FhirResource, parameter: Parameter): Element[][][] {
    return cached(this.#repetitions, `${keyOf(resource)} ${parameter.code}`, () => parameter.repetitionsOf(resource))
  }

  /** `Type/id` of each resource of this server that the parameter refers to, whether it is in the world or not. */
  targets(resource: FhirResource, code: string): string[] {
    const elements = this.values(resource, parameterOf(resource.resourceType, code))
    return elements.flatMap(({ value }) => localOf((value as { reference?: string }).reference ?? '', this.base) ?? [])
  }
}

function cached<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

/** All criteria hold. */
export const matchesOf = (world: World, type: string, asks: readonly Ask[]): FhirResource[] =>
  world.of(type).filter((resource) => asks.every((ask) => holds(world, resource, ask)))

export function holds(world: World, resource: FhirResource, ask: Ask): boolean {
  if (ask.kind === 'chain') return chainHolds(world, resource, ask)
  if (ask.kind === 'has') {
    const own = keyOf(resource)
    return world.of(ask.source).some((other) => world.targets(other, ask.code).includes(own) && holds(world, other, ask.ask))
  }
  const { code, modifier, values } = ask
  if (code === '_id') return values.includes(resource.id ?? '') !== (modifier === 'not')
  const parameter = parameterOf(resource.resourceType, code)
  if (modifier === 'missing') return hasValue(world, resource, parameter) !== (values[0] === 'true')
  if (modifier === 'not' || modifier === 'not-in')
    return !holds(world, resource, { kind: 'criterion', code, ...(modifier === 'not-in' ? { modifier: 'in' } : {}), values })
  return values.some((value) => valueHolds(world, resource, parameter, modifier, value))
}

/** Without a type: every resource at the other end whose type has the parameter. */
function chainHolds(world: World, resource: FhirResource, { code, target, ask }: Extract<Ask, { kind: 'chain' }>): boolean {
  return world.targets(resource, code).some((key) => {
    const other = world.resource(key)
    if (!other || (target !== undefined && other.resourceType !== target)) return false
    const isKnown = ask.kind === 'has' || parametersOf(other.resourceType).some((p) => p.code === ask.code)
    return isKnown && holds(world, other, ask)
  })
}

function hasValue(world: World, resource: FhirResource, parameter: Parameter): boolean {
  if (parameter.type === 'composite') return world.repetitions(resource, parameter).length > 0
  return world.values(resource, parameter).length > 0
}

function valueHolds(world: World, resource: FhirResource, parameter: Parameter, modifier: string | undefined, value: string): boolean {
  const context = { modifier, code: parameter.code, base: world.base, now: Date.now() }
  if (parameter.type !== 'composite') {
    const test = TESTS[parameter.type]
    return test !== undefined && world.values(resource, parameter).some((element) => test(element, value, context))
  }
  const asked = parts(value, '$')
  return world.repetitions(resource, parameter).some((repetition) =>
    repetition.every((elements, at) => {
      const test = TESTS[parameter.parts[at] ?? '']
      return test !== undefined && elements.some((element) => test(element, asked[at] ?? '', context))
    }),
  )
}

/** What stands beside these matches: each once, never a match again. */
export function includedOf(world: World, matches: readonly FhirResource[], terms: readonly IncludeAsk[]): string[] {
  const known = new Set(matches.map(keyOf))
  const found: string[] = []
  let from = matches
  for (let step = 0; from.length > 0; step++) {
    const next = new Set<string>()
    for (const term of terms) if (step === 0 || term.iterate) for (const key of oneStep(world, from, term)) next.add(key)
    from = [...next].filter((key) => !known.has(key)).flatMap((key) => world.resource(key) ?? [])
    for (const resource of from) known.add(keyOf(resource))
    found.push(...from.map(keyOf))
  }
  return found
}

function oneStep(world: World, from: readonly FhirResource[], { back, source, code, target }: IncludeAsk): string[] {
  if (!back) {
    const own = from.filter(({ resourceType }) => resourceType === source)
    return own.flatMap((resource) => world.targets(resource, code)).filter((key) => target === undefined || key.startsWith(`${target}/`))
  }
  const reached = new Set(from.filter(({ resourceType }) => target === undefined || resourceType === target).map(keyOf))
  return world
    .of(source)
    .filter((other) => world.targets(other, code).some((key) => reached.has(key)))
    .map(keyOf)
}
