/** Functions of FHIRPath (http://hl7.org/fhirpath/N1/#functions) that invariants use and plain JSON can answer. */
import type { Zone } from '../../fhir/zone.ts'
import { boolean, type Collection, EMPTY, equal, NOT_CERTAIN, sameItem, truth } from './collection.ts'

export interface Environment {
  resource: unknown
  rootResource: unknown
  context: unknown
  /** `%extension` in the invariants of an extension about its context (R4 StructureDefinition.contextInvariant) */
  extension?: unknown
  /** absent: nothing is known but the resource */
  host?: Host
  /** the Bundle that the resource stands in */
  bundle?: unknown
}

/** What the validator knows beside the resource. */
export interface Host {
  /** of dates, where they meet times */
  zone: Zone
  /** undefined: the value set is not known */
  isMember(value: unknown, valueSet: string): boolean | undefined
  /** undefined: the profile is not known */
  conforms(value: unknown, profile: string, env: Environment): boolean | undefined
  /** identifiers of a StructureDefinition, for templates of CDA */
  identifiersOf(profile: string): readonly string[] | undefined
  /** the resource that a reference names, when it is at hand */
  resolve(reference: unknown, env: Environment): object | undefined
}

/** A compiled expression: the items it starts from, and the environment. */
export type Evaluate = (focus: Collection, env: Environment) => Collection

/** `args` are not evaluated yet; `focus` is what they start from unless the function gives each item. */
type Fn = (input: Collection, args: Evaluate[], focus: Collection, env: Environment) => Collection

const holds = (criterion: Evaluate, item: unknown, env: Environment): boolean => truth(criterion([item], env)) === true

const argument = (args: Evaluate[], at: number): Evaluate => {
  const found = args[at]
  if (!found) throw NOT_CERTAIN
  return found
}

/** One string, or undefined for none. */
function text(items: Collection): string | undefined {
  if (items.length === 0) return undefined
  if (items.length > 1 || typeof items[0] !== 'string') throw NOT_CERTAIN
  return items[0]
}

/** A test of a string against a string argument: empty when either is. */
const stringTest =
  (test: (value: string, other: string) => boolean): Fn =>
  (input, args, focus, env) => {
    const [value, other] = [text(input), text(argument(args, 0)(focus, env))]
    return value === undefined || other === undefined ? EMPTY : boolean(test(value, other))
  }

/** `&`: what is empty is an empty text. */
export const joined = (a: Collection, b: Collection): Collection => [(text(a) ?? '') + (text(b) ?? '')]

const patterns = new Map<string, RegExp>()

/** Patterns come from definitions, never from data; each is compiled once. */
function pattern(source: string, flags = 'su'): RegExp {
  const key = flags + source
  const known = patterns.get(key)
  if (known) return known
  const made = new RegExp(source, flags)
  patterns.set(key, made)
  return made
}

export const FUNCTIONS: Record<string, Fn> = {
  exists: (input, args, _focus, env) =>
    boolean(args.length === 0 ? input.length > 0 : input.some((item) => holds(argument(args, 0), item, env))),
  empty: (input) => boolean(input.length === 0),
  not: (input) => {
    const value = truth(input)
    return boolean(value === undefined ? undefined : !value)
  },
  count: (input) => [input.length],
  where: (input, args, _focus, env) => input.filter((item) => holds(argument(args, 0), item, env)),
  all: (input, args, _focus, env) => boolean(input.every((item) => holds(argument(args, 0), item, env))),
  select: (input, args, _focus, env) => input.flatMap((item) => argument(args, 0)([item], env)),
  first: (input) => input.slice(0, 1),
  tail: (input) => input.slice(1),
  hasValue: (input) => boolean(input.length === 1 && (input[0] === null || typeof input[0] !== 'object')),
  isDistinct: (input) => boolean(isDistinct(input)),
  intersect: (input, args, focus, env) => {
    const others = argument(args, 0)(focus, env)
    return input.filter(
      (item, at) => others.some((other) => sameItem(item, other)) && input.findIndex((other) => sameItem(item, other)) === at,
    )
  },
  startsWith: stringTest((value, other) => value.startsWith(other)),
  contains: stringTest((value, other) => value.includes(other)),
  matches: stringTest((value, other) => pattern(other).test(value)),
  substring: (input, args, focus, env) => {
    const [value, start] = [text(input), argument(args, 0)(focus, env)[0]]
    if (value === undefined) return EMPTY
    if (args.length > 1 || typeof start !== 'number') throw NOT_CERTAIN
    return start < 0 || start >= value.length ? EMPTY : [value.slice(start)]
  },
  length: (input) => {
    const value = text(input)
    return value === undefined ? EMPTY : [value.length]
  },
  // Of numbers the package knows more than plain JSON does.
  replaceMatches: (input, args, focus, env) => {
    const [value, source, by] = [text(input), text(argument(args, 0)(focus, env)), text(argument(args, 1)(focus, env))]
    if (value === undefined || source === undefined || by === undefined) return EMPTY
    // `$` would stand for a group, and an empty pattern is found between all characters.
    if (by.includes('$') || source === '') throw NOT_CERTAIN
    return [value.replace(pattern(source, 'gsu'), by)]
  },
  combine: (input, args, focus, env) => [...input, ...argument(args, 0)(focus, env)],
  toString: (input: Collection) => {
    const value = text(input)
    return value === undefined ? EMPTY : [value]
  },
  descendants: (input) => input.flatMap(below),
}

/** Everything inside of a node. What a primitive has beside its value stands under another key: the package puts them together. */
function below(node: unknown): unknown[] {
  if (node === null || typeof node !== 'object') return []
  return Object.entries(node).flatMap(([key, value]) => {
    if (key.startsWith('_')) throw NOT_CERTAIN
    if (key === 'resourceType') return []
    return [value].flat().flatMap((item) => [item, ...below(item)])
  })
}

/** Long lists are compared as a set; only short ones of objects item by item. */
function isDistinct(input: Collection): boolean {
  if (input.every((item) => item === null || typeof item !== 'object')) return new Set(input).size === input.length
  if (input.length > PAIRS_MAX) throw NOT_CERTAIN
  return input.every((item, at) => input.findIndex((other) => sameItem(item, other)) === at)
}

/** Items beyond which comparing each with each is left to the package. */
const PAIRS_MAX = 1000

export const union = (a: Collection, b: Collection): Collection => {
  const found: unknown[] = []
  for (const item of [...a, ...b]) if (!found.some((other) => sameItem(item, other))) found.push(item)
  return found
}

export function memberOf(item: Collection, set: Collection): boolean | undefined {
  if (item.length === 0) return undefined
  if (item.length > 1) throw NOT_CERTAIN
  return set.some((other) => equal(item, [other]) === true)
}
