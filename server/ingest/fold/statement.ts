/** A mapped resource to a statement, and the joining of statements of one source. */
import { hash } from 'node:crypto'
import type { MappedResource, SourceKind } from '../../../mappings/engine/types.ts'
import { zoneOf } from '../../fhir/zone.ts'
import type { Texts } from '../texts.ts'
import {
  aboutIn,
  elementsInParts,
  END_ALONE,
  type ListRule,
  listRule,
  listsWithKinds,
  START_ALONE,
  unitOf,
  unlistedKey,
  wholeKey,
} from './rules.ts'
import { instantOf, type ListEntry, MENTION, speakerOf, type Stamp, type Statement, STATEMENT, type Unit } from './types.ts'
import { keptWhenWithdrawn } from './withdrawn.ts'

export interface StatementOrigin {
  source: string
  kind: SourceKind
  organization: string
  /** the source's record of the patient; absent when the resource is about nobody */
  patient?: string
  /** ISO instant of our clock */
  receivedAt: string
  /** how often the payload was mapped before: what is mapped anew replaces what the same payload said */
  generation: number
  /** of its record in the payload, from 1: of two in one file the one behind counts, where they say no time, or a day alone */
  position?: number
  /** in which the source's days begin; absent: UTC */
  timezone?: string
}

/** Elements that the store sets, or that the address of the resource says. */
const NOT_STATED = new Set(['resourceType', 'id', 'text'])
const META_STATED = ['profile', 'security', 'tag'].map((name) => ({ name, path: `meta.${name}` }))
const ORDER_DIGITS = 5
const GENERATION_DIGITS = 4
const POSITION_DIGITS = 8
/** Name of a unit without members, of a report that was taken back with all results that it had (voided.ts). */
export const WITH_RESULTS = 'with results'
const DAY_MS = 86_400_000
/** Said of what says no time of its own. */
const NO_TIME = new Date(0).toISOString()

/**
 * One source's statement about one resource.
 * @param mapped with its references resolved
 * @param texts JSON text of a value; numbers keep their digits
 */
export function statementOf(mapped: MappedResource, origin: StatementOrigin, texts: Texts): Statement {
  const { resource } = mapped
  const statedAt = mapped.inPassing ? dayOf(instant(mapped.statedAt)) : instant(mapped.statedAt)
  const withdrawn = mapped.state === 'withdrawn'
  const weight = mapped.placeholder ? MENTION : STATEMENT
  // Mentions of one thing are all alike: without a time of their own they need not be written again and again.
  const said =
    mapped.placeholder || mapped.inPassing
      ? ''
      : `${mapped.order ?? ''}|${origin.receivedAt}|${generationOf(origin)}${mapped.onArrival || saysNoHour(statedAt, origin.timezone) ? placeOf(origin) : ''}`
  const at: Stamp = `${weight}${statedAt}|${said}|${digest(texts(resource))}`
  const statement: Statement = {
    source: origin.source,
    kind: origin.kind,
    organization: origin.organization,
    state: { at: `${weight}${statedAt}|${stateOrder(mapped, said)}`, withdrawn },
    units: {},
    lists: {},
  }
  if (origin.patient !== undefined) statement.patient = { at, id: origin.patient }
  const put = new StatementBuilder(resource.resourceType, statement, at, statedAt, texts, mapped.leaves ?? [])
  const yields: Stamp = `${MENTION}${at.slice(MENTION.length)}`
  for (const [element, value] of Object.entries(resource)) {
    if (value === undefined || value === null || NOT_STATED.has(element)) continue
    put.at = mapped.yielding?.includes(element) ? yields : at
    if (element === 'meta') put.meta(value as Record<string, unknown>, withdrawn)
    else if (!withdrawn || keptWhenWithdrawn(resource.resourceType, element)) put.element(element, value)
  }
  // Before what is named with it, and behind all that was said earlier.
  const saidOfLists = `${mapped.order ?? ''}|${origin.receivedAt}|${generationOf(origin)}`
  if (mapped.unlisted) put.unlisted(mapped.unlisted, saidOfLists)
  if (mapped.whole) put.whole(mapped.whole, saidOfLists)
  for (const element of mapped.without ?? []) statement.units[unitOf(element)] = { at, members: {} }
  if (mapped.voidsResults) statement.units[WITH_RESULTS] = { at: statement.state.at, members: {} }
  return statement
}

/** An order that begins with when it was sent, so that what is said anew after a withdrawal stands. */
const SENT = /^\d{4}-[^|]+\|/

/** A withdrawal of the same instant goes before what it withdraws; of those that say when they were sent, before what was sent with it. */
function stateOrder({ state, order = '' }: MappedResource, said: string): string {
  const isWithdrawn = state === 'withdrawn'
  if (said === '' || !SENT.test(order)) return `${isWithdrawn ? 1 : 0}|${said}`
  return `0|${order}|${isWithdrawn ? 'withdrawn' : 'current'}|${said.slice(order.length + 1)}`
}

const generationOf = ({ generation }: Pick<StatementOrigin, 'generation'>): string => String(generation).padStart(GENERATION_DIGITS, '0')

/** What was kept of the same file before places were goes before. */
const placeOf = ({ position }: Pick<StatementOrigin, 'position'>): string =>
  position === undefined ? '' : `~${String(position).padStart(POSITION_DIGITS, '0')}`

/** When a record came, as strings that sort: by its payload, then by its place in it. */
export const arrivalOf = (origin: Pick<StatementOrigin, 'receivedAt' | 'generation' | 'position'>): string =>
  `${origin.receivedAt}|${generationOf(origin)}${placeOf(origin)}`

/** No time at all, or a day: what else one file says of the thing has mostly the same. */
function saysNoHour(statedAt: string, timezone = 'UTC'): boolean {
  if (statedAt === NO_TIME) return true
  const instant = Date.parse(statedAt)
  return (instant + zoneOf(timezone).offsetAt(instant)) % DAY_MS === 0
}

/** Whether its place in the file is part of its stamp: it said no hour. */
export const countsByPlace = ({ state }: Statement): boolean => state.at.includes('~')

class StatementBuilder {
  readonly #type: string
  readonly #statement: Statement
  /** stamp of the elements that are put next */
  at: Stamp
  readonly #statedAt: string
  readonly #texts: Texts
  readonly #leaves: readonly string[]

  constructor(type: string, statement: Statement, at: Stamp, statedAt: string, texts: Texts, leaves: readonly string[]) {
    this.#type = type
    this.#statement = statement
    this.at = at
    this.#statedAt = statedAt
    this.#texts = texts
    this.#leaves = leaves
  }

  /** A withdrawn thing no longer claims a profile: what is left of it cannot keep one. */
  meta(meta: Record<string, unknown>, withdrawn: boolean): void {
    if (typeof meta.source === 'string') this.#unit('meta.source', 'source', meta.source)
    for (const { name, path } of META_STATED) {
      if (withdrawn && name === 'profile') continue
      const rule = listRule(this.#type, path)
      if (rule && Array.isArray(meta[name])) this.#list(path, rule, meta[name])
    }
  }

  element(element: string, value: unknown): void {
    const rule = listRule(this.#type, element)
    if (element === 'period' && this.#type === 'Encounter' && isEndAlone(value)) this.#unit(END_ALONE, END_ALONE, value.end)
    else if (element === 'period' && this.#leaves.includes(END_ALONE) && isStartAlone(value))
      this.#unit(START_ALONE, START_ALONE, value.start)
    else if (rule && Array.isArray(value)) this.#list(element, rule, value)
    else if (elementsInParts(this.#type).includes(element)) {
      for (const [part, said] of Object.entries(value as object)) this.#unit(`${element}.${part}`, `${element}.${part}`, said)
    } else this.#conceptOrUnit(element, value)
  }

  unlisted({ statedAt, lists }: NonNullable<MappedResource['unlisted']>, said: string): void {
    for (const [path, members] of Object.entries(lists)) {
      const about = aboutIn(this.#type, path)
      if (!about) throw new TypeError(`nothing is unlisted of ${path}`)
      this.#words(
        path,
        `${STATEMENT}${instant(statedAt)}|${said}`,
        members.map((member) => unlistedKey(about(member as never))),
      )
    }
  }

  whole(lists: NonNullable<MappedResource['whole']>, said: string): void {
    for (const [path, kinds] of Object.entries(lists)) {
      if (!listRule(this.#type, path)?.kind) throw new TypeError(`${path} has no kinds of members`)
      this.#words(path, `${STATEMENT}${this.#statedAt}|${said}`, kinds.map(wholeKey))
    }
  }

  #words(path: string, at: Stamp, names: readonly string[]): void {
    const entries = this.#statement.lists[path] ?? bare<ListEntry>()
    this.#statement.lists[path] = entries
    for (const name of names) entries[name] = { at, first: '', items: [] }
  }

  #conceptOrUnit(element: string, value: unknown): void {
    const { coding } = value as Record<string, unknown>
    const inner = Array.isArray(coding) ? `${element}.coding` : undefined
    const innerRule = inner && listRule(this.#type, inner)
    if (!inner || !innerRule || !Array.isArray(coding)) {
      this.#unit(unitOf(element, this.#type), element, value)
      return
    }
    this.#list(inner, innerRule, coding)
    const { coding: _, ...rest } = value as Record<string, unknown>
    if (Object.keys(rest).length > 0) this.#unit(element, element, rest)
  }

  #unit(name: string, element: string, value: unknown): void {
    const text = this.#texts(value)
    if (text === '{}' || text === '[]' || text === '""') return
    const { units } = this.#statement
    units[name] ??= { at: this.at, members: {} }
    units[name].members[element] = text
  }

  #list(path: string, rule: ListRule, values: unknown[]): void {
    const entries = this.#statement.lists[path] ?? bare<ListEntry>()
    this.#statement.lists[path] = entries
    values.forEach((value, at) => {
      const text = this.#texts(value)
      const key = rule.key(value as never)
      const first = `${this.#statedAt}|${String(at).padStart(ORDER_DIGITS, '0')}`
      entries[key] ??= { at: this.at, first, items: [] }
      if (!entries[key].items.includes(text)) entries[key].items.push(text)
    })
  }
}

/** Who says only when a visit ended (MIIS 2402) does not say that it never began. */
const isEndAlone = (period: unknown): period is { end: string } =>
  typeof period === 'object' && period !== null && 'end' in period && !('start' in period)

const isStartAlone = (period: unknown): period is { start: string } =>
  typeof period === 'object' && period !== null && 'start' in period && !('end' in period)

/** Servers of before kept whole what is a list with kinds of members now: those that it had then, each by itself. */
export function withMembersApart(type: string, statement: Statement): Statement {
  const whole = listsWithKinds(type).filter(([path]) => statement.units[path])
  if (whole.length === 0) return statement
  const [units, lists] = [{ ...statement.units }, { ...statement.lists }]
  for (const [path, rule] of whole) {
    const { at, members } = units[path] as Unit
    delete units[path]
    const entries = bare<ListEntry>()
    for (const [place, value] of (JSON.parse(members[path] ?? '[]') as unknown[]).entries()) {
      const first = `${instantOf(at)}|${String(place).padStart(ORDER_DIGITS, '0')}`
      entries[rule.key(value as never)] = { at, first, items: [JSON.stringify(value)] }
    }
    lists[path] = joinRecords(entries, lists[path] ?? {}, joinEntries)
  }
  return { ...statement, units, lists }
}

/** Both statements of one source about one resource in one. Associative, commutative, idempotent. */
export function joinStatements(a: Statement, b: Statement): Statement {
  if (a.verdict !== undefined && b.verdict !== undefined) return verdictRank(a) >= verdictRank(b) ? a : b
  const patient = a.patient && b.patient ? later(a.patient, b.patient) : (a.patient ?? b.patient)
  const state = later(a.state, b.state)
  const { source, via, kind, organization } = state === a.state ? a : b
  return {
    source,
    ...(via !== undefined && { via }),
    kind,
    organization,
    state,
    ...(patient && { patient }),
    units: joinRecords(a.units, b.units, later),
    lists: joinRecords(a.lists, b.lists, (x, y) => joinRecords(x, y, joinEntries)),
  }
}

/** By what was known; of what follows from the same knowledge any is as good. */
const verdictRank = ({ verdict, state }: Statement): string => `${verdict} ${state.at} ${state.withdrawn}`

/** What each speaker says in one: of several patients what it said last says whose the thing is. */
export function bySpeaker(statements: readonly Statement[]): Statement[] {
  const joined = new Map<string, Statement>()
  for (const one of statements) {
    const known = joined.get(speakerOf(one))
    joined.set(speakerOf(one), known ? joinStatements(known, one) : one)
  }
  return [...joined.values()]
}

/** The later of two; at the same stamp the one whose text sorts last, so that the order of arrival does not matter. */
function later<T extends { at: Stamp }>(a: T, b: T): T {
  if (a.at !== b.at) return a.at > b.at ? a : b
  return stable(a) >= stable(b) ? a : b
}

function joinEntries(a: ListEntry, b: ListEntry): ListEntry {
  const winner = later({ at: a.at, items: a.items }, { at: b.at, items: b.items })
  const [first = a.first] = [a.first, b.first].sort()
  return { ...winner, first }
}

function joinRecords<T>(a: Record<string, T>, b: Record<string, T>, join: (x: T, y: T) => T): Record<string, T> {
  const out = Object.assign(bare<T>(), a)
  for (const [key, value] of Object.entries(b)) {
    const known = out[key]
    out[key] = known === undefined ? value : join(known, value)
  }
  return out
}

/** Keys come from what sources say: `__proto__` must be a name as any other. */
const bare = <T>(): Record<string, T> => Object.create(null) as Record<string, T>

function stable(value: { at: Stamp } & Partial<Unit & ListEntry & { withdrawn: boolean; id: string }>): string {
  return JSON.stringify([value.members && Object.entries(value.members).sort(), value.items, value.withdrawn, value.id])
}

/** @throws Error on an impossible instant: mappings answer valid ones */
function instant(text: string): string {
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw new TypeError('statedAt is no instant')
  return date.toISOString()
}

/** Its beginning, of an instant. */
const dayOf = (at: string): string => `${at.slice(0, 'YYYY-MM-DD'.length)}T00:00:00.000Z`

const digest = (text: string): string => hash('sha256', text, 'base64url').slice(0, 12)
