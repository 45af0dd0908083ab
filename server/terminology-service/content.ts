/**
 * What is in a value set (R4 valueset.html#4.9.2): the union of what is included, without what is excluded. A part of a system
 * and value sets is what they have in common. The same rules answer two questions: which codes, and whether this one.
 */
import { setImmediate } from 'node:timers/promises'
import type { IssueCode } from '../outcome/issues.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { type CodeSystem, type Concept, type Filter, isWhole, type Paging } from './code-system.ts'
import type { Library } from './library.ts'
import type { ComposePart, ContainsElement, Designation, ValueSetResource } from './resources.ts'

/** Codes that one expansion may go through: they are all in memory at once. */
export const COLLECTED_MAX = 200_000
/** Expressions in one value set, with all that it is made of. */
const REGEXES_MAX = 5
/** As long as one search may take: whoever sends a value set chooses how often its parts are gone through. */
const EVALUATION_MS_MAX = 20_000
/** So long others wait for their turn: what is in memory is gone through without waiting for anything. */
const TURN_MS = 20
/** Value sets within value sets. */
const DEPTH_MAX = 20

export interface Entry {
  system: string
  /** the version that the value set names, or that was used */
  version?: string
  code: string
  display?: string
  designations: readonly Designation[]
  abstract: boolean
  inactive: boolean
  /** the system has looked for the words of the filter already */
  found?: true
  /** where its codes stand under each other */
  within?: CodeSystem
}

/** Which versions of code systems are meant (R4 valueset-operation-expand.html: system-version, check-…, force-…). */
export interface VersionRules {
  use: ReadonlyMap<string, string>
  check: ReadonlyMap<string, string>
  force: ReadonlyMap<string, string>
}

export const NO_RULES: VersionRules = { use: new Map(), check: new Map(), force: new Map() }

export interface Evaluation {
  library: Library
  rules: VersionRules
  /** `exclude-system` */
  without?: ReadonlySet<string>
  /** words that are looked for: a system may leave out what has none of them */
  text?: string
  /** `url|version` of each code system that was used */
  used: Set<string>
  /** only a part of some code system is known */
  isOpen: boolean
  /** expressions that were run */
  regexes: Set<string>
  /** when it has to have ended, and when others have their next turn, by `performance.now()` */
  until: number
  turnAt: number
}

export const evaluation = (library: Library, rules: VersionRules = NO_RULES, msMax = EVALUATION_MS_MAX): Evaluation => ({
  library,
  rules,
  used: new Set(),
  isOpen: false,
  regexes: new Set(),
  until: performance.now() + msMax,
  turnAt: performance.now() + TURN_MS,
})

/** At each part and at each code. @throws OutcomeError expansion-long */
function step(run: Evaluation): Promise<void> | undefined {
  const now = performance.now()
  if (now > run.until) throw new OutcomeError('expansion-long', { params: { max: EVALUATION_MS_MAX / 1000 } })
  if (now < run.turnAt) return undefined
  return setImmediate().then(() => {
    run.turnAt = performance.now() + TURN_MS
  })
}

export type Membership = 'yes' | 'no' | 'unknown'

type Asked = Pick<Entry, 'system' | 'code' | 'version'>

/** Every code once, in the order in which it is included. @throws OutcomeError */
export async function contentOf(set: ValueSetResource, run: Evaluation, within: readonly string[] = []): Promise<Map<string, Entry>> {
  const path = [...within, nameOf(set)]
  if (!set.compose) return listed(set)
  const found = new Map<string, Entry>()
  for (const [at, part] of (set.compose.include ?? []).entries()) {
    await step(run)
    for await (const entry of entriesOf(part, run, { path, at: `ValueSet.compose.include[${at}]` })) {
      await step(run)
      if (run.without?.has(entry.system) || run.without?.has(`${entry.system}|${entry.version}`)) continue
      if (set.compose.inactive === false && entry.inactive) continue
      const key = keyOf(entry)
      if (!found.has(key)) found.set(key, entry)
      if (found.size > COLLECTED_MAX) throw new OutcomeError('expansion-costly', { params: { max: COLLECTED_MAX } })
    }
  }
  for (const [at, part] of (set.compose.exclude ?? []).entries())
    for (const [key, entry] of found) {
      await step(run)
      if ((await inPart(part, entry, run, { path, at: `ValueSet.compose.exclude[${at}]` })) === 'yes') found.delete(key)
    }
  return found
}

/** The same code of two versions is two where the value set names them. */
const keyOf = ({ system, version, code }: Asked): string => JSON.stringify([system, version ?? '', code])

/** One that comes expanded and has no definition. @throws OutcomeError definition-unknown: it has neither */
function listed(set: ValueSetResource): Map<string, Entry> {
  if (!set.expansion) return new Map()
  const found = new Map<string, Entry>()
  const walk = (elements: readonly ContainsElement[]) => {
    for (const one of elements) {
      const { system, code, version, display, designation = [], abstract = false, inactive = false } = one
      if (system !== undefined && code !== undefined) {
        const entry = { system, code, designations: designation, abstract, inactive }
        found.set(keyOf({ ...entry, ...(version === undefined ? {} : { version }) }), {
          ...entry,
          ...(version === undefined ? {} : { version }),
          ...(display === undefined ? {} : { display }),
        })
      }
      walk(one.contains ?? [])
    }
  }
  walk(set.expansion.contains ?? [])
  return found
}

/** Is the code in the set? `unknown`: a system of which it may be is known in part, or not at all. @throws OutcomeError */
export async function inSet(set: ValueSetResource, asked: Asked, run: Evaluation, within: readonly string[] = []): Promise<Membership> {
  const path = [...within, nameOf(set)]
  if (!set.compose) return [...listed(set).values()].some((one) => isSame(one, asked)) ? 'yes' : 'no'
  const included = await anyOf(set.compose.include ?? [], 'include', asked, run, path)
  if (included === 'no') return 'no'
  const excluded = await anyOf(set.compose.exclude ?? [], 'exclude', asked, run, path)
  if (excluded === 'yes') return 'no'
  if (set.compose.inactive === false && (await isInactive(asked, run))) return 'no'
  return excluded === 'unknown' ? 'unknown' : included
}

async function anyOf(
  parts: readonly ComposePart[],
  list: string,
  asked: Asked,
  run: Evaluation,
  path: readonly string[],
): Promise<Membership> {
  let found: Membership = 'no'
  for (const [at, part] of parts.entries()) {
    await step(run)
    const answer = await inPart(part, asked, run, { path, at: `ValueSet.compose.${list}[${at}]` })
    if (answer === 'yes') return 'yes'
    if (answer === 'unknown') found = 'unknown'
  }
  return found
}

const isSame = (a: Asked, b: Asked): boolean =>
  a.system === b.system && a.code === b.code && (a.version === undefined || b.version === undefined || a.version === b.version)

async function isInactive({ system, code, version }: Asked, { library }: Evaluation): Promise<boolean> {
  return (await (await library.codeSystem(system, version))?.lookup(code))?.inactive ?? false
}

/** Where in the definition a part stands. */
interface Place {
  path: readonly string[]
  at: string
}

async function* entriesOf(part: ComposePart, run: Evaluation, place: Place): AsyncIterable<Entry> {
  const [first, ...others] = part.valueSet ?? []
  if (part.system === undefined) {
    const set = await setOf(first ?? '', run, place, 0)
    for (const entry of (await contentOf(set, run, place.path)).values()) if (await inAll(others, entry, run, place, 1)) yield entry
    return
  }
  for await (const entry of systemEntries({ ...part, system: part.system }, run, place))
    if (await inAll(part.valueSet ?? [], entry, run, place, 0)) yield entry
}

async function* systemEntries(part: ComposePart & { system: string }, run: Evaluation, place: Place): AsyncIterable<Entry> {
  const system = await systemOf(part, run, place)
  const version = system?.version ?? versionFor(part, run, place)
  if (part.concept) {
    // The list is the value set's own: it needs no system to be known.
    for (const { code, display, designation = [] } of part.concept) {
      const known = await system?.lookup(code)
      const plain = entryOf(part.system, version, known ?? { code, designations: [], abstract: false, inactive: false }, system)
      yield { ...plain, code, ...(display === undefined ? {} : { display }), designations: [...designation, ...plain.designations] }
    }
    return
  }
  if (!system) throw refused('definition-unknown', `${place.at}.system`, 'system')
  if (!isWhole(system)) run.isOpen = true
  for await (const concepts of system.select(filtersOf(part, run, place), run.text))
    for (const concept of concepts)
      yield { ...entryOf(part.system, version, concept, system), ...(run.text === undefined ? {} : { found: true }) }
}

/**
 * A page of a set that is one part of one system, where the system can give pages; undefined: the set is to be gone through.
 * @throws OutcomeError
 */
export async function pageOf(
  set: ValueSetResource,
  paging: Omit<Paging, 'filters' | 'text'>,
  run: Evaluation,
): Promise<{ total?: number; entries: Entry[] } | undefined> {
  const [part, ...others] = set.compose?.include ?? []
  if (part?.system === undefined || others.length > 0 || set.compose?.exclude || part.concept || part.valueSet) return undefined
  const place = { path: [nameOf(set)], at: 'ValueSet.compose.include[0]' }
  const { system: url } = part
  const system = await run.library.codeSystem(url, versionFor(part, run, place))
  if (!system?.page || run.without?.has(url) || run.without?.has(`${url}|${system.version}`)) return undefined
  note(run, system)
  if (!isWhole(system)) run.isOpen = true
  const activeOnly = paging.activeOnly || set.compose?.inactive === false
  const asked = { ...paging, activeOnly, filters: filtersOf(part, run, place), ...(run.text === undefined ? {} : { text: run.text }) }
  const { total, concepts } = await system.page(asked)
  return { ...(total === undefined ? {} : { total }), entries: concepts.map((concept) => entryOf(url, system.version, concept, system)) }
}

function entryOf(url: string, version: string | undefined, concept: Omit<Concept, 'properties'>, within?: CodeSystem): Entry {
  const { code, display, designations, abstract, inactive } = concept
  return {
    system: url,
    ...(version === undefined ? {} : { version }),
    code,
    ...(display === undefined ? {} : { display }),
    designations,
    abstract,
    inactive,
    ...(within ? { within } : {}),
  }
}

async function inAll(sets: readonly string[], entry: Entry, run: Evaluation, place: Place, from: number): Promise<boolean> {
  for (const [at, canonical] of sets.entries()) {
    const set = await setOf(canonical, run, place, from + at)
    if ((await inSet(set, entry, run, place.path)) !== 'yes') return false
  }
  return true
}

const listedCodes = new WeakMap<object, ReadonlySet<string>>()

/** Those that a part lists, which each of another part's is looked for in. */
function codesOf(concepts: NonNullable<ComposePart['concept']>): ReadonlySet<string> {
  const known = listedCodes.get(concepts) ?? new Set(concepts.map(({ code }) => code))
  listedCodes.set(concepts, known)
  return known
}

async function inPart(part: ComposePart, asked: Asked, run: Evaluation, place: Place): Promise<Membership> {
  const own = part.system === undefined ? 'yes' : await inSystemPart({ ...part, system: part.system }, asked, run, place)
  if (own === 'no') return 'no'
  let found: Membership = own
  for (const [at, canonical] of (part.valueSet ?? []).entries()) {
    const answer = await inSet(await setOf(canonical, run, place, at), asked, run, place.path)
    if (answer === 'no') return 'no'
    if (answer === 'unknown') found = 'unknown'
  }
  return found
}

async function inSystemPart(part: ComposePart & { system: string }, asked: Asked, run: Evaluation, place: Place): Promise<Membership> {
  if (part.system !== asked.system) return 'no'
  const wanted = versionFor(part, run, place)
  if (wanted !== undefined && asked.version !== undefined && wanted !== asked.version) return 'no'
  if (part.concept) return codesOf(part.concept).has(asked.code) ? 'yes' : 'no'
  const filters = filtersOf(part, run, place)
  const systems = (await run.library.codeSystems(part.system)).filter((one) => matchesVersion(one, wanted ?? asked.version))
  let found: Membership = systems.length > 0 && systems.every(isWhole) ? 'no' : 'unknown'
  if (found === 'unknown') run.isOpen = true
  for (const system of systems) {
    note(run, system)
    if (!(await system.lookup(asked.code))) continue
    if (filters.length === 0 || (await system.matches(asked.code, filters))) return 'yes'
    found = 'no'
  }
  return found
}

const matchesVersion = ({ version }: CodeSystem, wanted: string | undefined): boolean => wanted === undefined || version === wanted

/** Each expression may take its time (filters.ts): all of them together have an end too. @throws OutcomeError value-set-filter */
function filtersOf({ filter = [] }: ComposePart, { regexes }: Evaluation, { at }: Place): Filter[] {
  return filter.map(({ property, op, value }, n) => {
    const one = { property, op, value, at: `${at}.filter[${n}]` }
    if (op === 'regex') regexes.add(value)
    if (regexes.size > REGEXES_MAX) throw new OutcomeError('value-set-filter', { expression: [one.at] })
    return one
  })
}

/** @throws OutcomeError code-system-version */
function versionFor({ system = '', version }: ComposePart, { rules }: Evaluation, { at }: Place): string | undefined {
  const forced = rules.force.get(system)
  if (forced !== undefined) return forced
  const checked = rules.check.get(system)
  if (checked !== undefined && version !== undefined && version !== checked)
    throw refused('code-system-version', `${at}.version`, 'check-system-version')
  return version ?? checked ?? rules.use.get(system)
}

async function systemOf(part: ComposePart & { system: string }, run: Evaluation, place: Place): Promise<CodeSystem | undefined> {
  const system = await run.library.codeSystem(part.system, versionFor(part, run, place))
  if (system) note(run, system)
  return system
}

function note(run: Evaluation, { url, version }: CodeSystem): void {
  run.used.add(version === undefined ? url : `${url}|${version}`)
}

/** @throws OutcomeError definition-unknown, value-set-cycle */
async function setOf(canonical: string, run: Evaluation, { path, at }: Place, n: number): Promise<ValueSetResource> {
  const expression = `${at}.valueSet[${n}]`
  const set = await run.library.valueSet(canonical)
  if (!set) throw refused('definition-unknown', expression, 'valueSet')
  if (path.includes(nameOf(set)) || path.length > DEPTH_MAX) throw new OutcomeError('value-set-cycle', { expression: [expression] })
  return set
}

const nameOf = ({ url, version, id }: ValueSetResource): string => `${url ?? id ?? ''}|${version ?? ''}`

const refused = (code: IssueCode, expression: string, name: string): OutcomeError =>
  new OutcomeError(code, { expression: [expression], params: { name } })

/**
 * The set as codes by system, or whole systems, for criteria of searches: a system that is included without a condition is not
 * listed. @throws OutcomeError
 */
export async function partsOf(set: ValueSetResource, run: Evaluation): Promise<{ system: string; codes?: string[] }[]> {
  const include = set.compose?.include ?? []
  const isPlain = (part: ComposePart) =>
    part.system !== undefined && !part.concept && !part.filter && !part.valueSet && part.version === undefined
  const plain = set.compose?.exclude === undefined && set.compose?.inactive !== false ? include.filter(isPlain) : []
  const whole = plain.flatMap(({ system }) => (system === undefined ? [] : [system]))
  const rest: ValueSetResource = set.compose
    ? { ...set, compose: { ...set.compose, include: include.filter((one) => !plain.includes(one)) } }
    : set
  const nested = await Promise.all(
    (rest.compose?.include ?? []).map((part) => (isAlias(part) && !rest.compose?.exclude ? aliased(part, set, run) : undefined)),
  )
  const others: ValueSetResource = rest.compose
    ? { ...rest, compose: { ...rest.compose, include: (rest.compose.include ?? []).filter((_, at) => nested[at] === undefined) } }
    : rest
  const codes = new Map<string, Set<string>>()
  for (const { system, code } of (await contentOf(others, run)).values()) {
    const list = codes.get(system) ?? new Set<string>()
    codes.set(system, list.add(code))
  }
  const listedCodes = [...codes].map(([system, list]) => ({ system, codes: [...list] }))
  return [...whole.map((system) => ({ system })), ...nested.flatMap((one) => one ?? []), ...listedCodes]
}

/** One other value set and nothing else. */
const isAlias = ({ system, valueSet }: ComposePart): boolean => system === undefined && valueSet?.length === 1

async function aliased({ valueSet: [canonical = ''] = [] }: ComposePart, set: ValueSetResource, run: Evaluation) {
  const place = { path: [nameOf(set)], at: 'ValueSet.compose.include' }
  const other = await setOf(canonical, run, place, 0)
  // What stands in a circle is refused by `contentOf`, which goes the whole way.
  if ((other.compose?.include ?? []).some((part) => part.valueSet)) return undefined
  return partsOf(other, run)
}
