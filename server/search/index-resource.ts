/** What a resource is found by: one pass over the compiled parameters of its type. */
import { FUTURE, type Interval, PAST } from '../fhir/date.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Zone } from '../fhir/zone.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { indexCodings } from './coding-keys.ts'
import type { Focus } from './composite.ts'
import { CONTAINED, REFERRED, SEPARATOR, withoutPrefixes } from './keys.ts'
import { KEYS_MAX, TEXT_KEYS_MAX } from './limits.ts'
import { indexListed } from './listed.ts'
import { mainDateParams } from './main-date.ts'
import type { ContainedEntry, GroupEntry, IndexEntry, NumberRange } from './plan.ts'
import type { TypeParams } from './registry.ts'
import { indexText } from './text/index-text.ts'
import { reference } from './types/reference.ts'
import type { IndexSink } from './types/search-type.ts'

/**
 * A Subscription is found by nothing of `channel.header`: these are its client's credentials at the endpoint, and who is not shown
 * them (server/interactions/subscription-text.ts) would find them out by words, or by a parameter of his own making.
 */
function searchable(resource: FhirResource): FhirResource {
  if (resource.resourceType !== 'Subscription') return resource
  const { channel } = resource as { channel?: unknown }
  if (channel === null || typeof channel !== 'object') return resource
  const { header, _header, ...rest } = channel as Record<string, unknown>
  return { ...resource, channel: rest }
}

/** By type, without the parameters of operators. */
export type BuiltParams = (type: string) => TypeParams | undefined

/** @throws OutcomeError too-many-keys: a resource is indexed as a whole or not at all */
export function indexResource(resource: FhirResource, params: TypeParams, built: BuiltParams, place: IndexPlace): IndexEntry {
  const entry = indexAlone(resource, params, place)
  const contained = indexContained(resource, built, place).filter((one) => one !== undefined)
  const size = contained.reduce((sum, one) => sum + sizeOf(one), entry.keys.length)
  if (size > KEYS_MAX) throw new OutcomeError('too-many-keys', { params: { max: KEYS_MAX } })
  const keys = new Set([...entry.keys, ...contained.map(({ type }) => CONTAINED + type)])
  const own = built(resource.resourceType)
  if (own) indexCodings(resource, own, keys)
  return { ...entry, keys: [...keys], ...(contained.length > 0 ? { contained } : {}) }
}

/**
 * Of each resource that it contains, at its place in the list. Parameters of operators are left out: those of one type come and go
 * without the containers being indexed anew, which are of any type.
 */
export function indexContained(resource: FhirResource, built: BuiltParams, place: IndexPlace): (ContainedEntry | undefined)[] {
  const list: unknown[] = Array.isArray(resource.contained) ? resource.contained : []
  const referred = list.length === 0 ? new Map<string, Set<string>>() : referredBy(resource, built(resource.resourceType))
  return list.map((item) => {
    const one = (item ?? {}) as FhirResource
    const params = typeof one.resourceType === 'string' ? built(one.resourceType) : undefined
    if (!params) return undefined
    // What stands beside it is what its own references (`#id`) may name.
    const { keys, dates, nums, groups } = indexAlone({ ...one, contained: list }, { ...params, hasText: false }, place)
    if (typeof one.id === 'string') for (const code of referred.get(one.id) ?? []) keys.push(REFERRED + code)
    const filled = Object.entries({ dates, nums, groups }).filter(([, column]) => column && Object.keys(column).length > 0)
    return { type: one.resourceType, ...(typeof one.id === 'string' ? { _id: one.id } : {}), keys, ...Object.fromEntries(filled) }
  })
}

/** By which of its columns the resource refers to each that it contains: a chain goes in by the same parameter. */
function referredBy(resource: FhirResource, params: TypeParams | undefined): Map<string, Set<string>> {
  const codes = new Map<string, Set<string>>()
  for (const { column, searchType, extracts } of params?.stored ?? []) {
    if (searchType !== reference) continue
    const note = (value: unknown) => {
      const text = (value as { reference?: unknown } | null)?.reference
      if (typeof text !== 'string' || !text.startsWith('#')) return
      const id = text.slice(1)
      codes.set(id, (codes.get(id) ?? new Set()).add(column.code))
    }
    for (const extract of extracts) extract(resource, note)
  }
  return codes
}

/** Keys and ranges, those of its groups too. */
function sizeOf({ keys, dates = {}, nums = {}, groups = {} }: Partial<ContainedEntry>): number {
  const ranges = [...Object.values(dates), ...Object.values(nums)].reduce((sum, list) => sum + list.length, 0)
  const inner = Object.values(groups).flat()
  return (keys?.length ?? 0) + ranges + inner.reduce((sum, one) => sum + sizeOf(one), 0)
}

/** How dates and references are read. */
export interface IndexPlace {
  zone: Zone
  ownBase: string
}

function indexAlone(whole: FhirResource, params: TypeParams, { zone, ownBase }: IndexPlace): IndexEntry {
  const resource = searchable(whole)
  const sink = new Sink(zone, ownBase, resource)
  for (const { column, searchType, extracts } of params.stored) {
    const emit = (value: unknown, datatype: string) => searchType.index(column, value, datatype, sink)
    for (const extract of extracts) extract(resource, emit)
  }
  for (const focus of params.foci) indexFocus(focus, resource, sink)
  indexListed(resource, sink)
  if (params.hasText) indexText(resource, (word) => sink.word(word))
  return sink.entry(mainDateParams(resource.resourceType))
}

/** Of a composite: an entry for each repetition that has all of its parts. */
function indexFocus(focus: Focus, resource: FhirResource, sink: Sink): void {
  for (const extract of focus.excess) extract(resource, () => sink.key(focus.name + SEPARATOR.excess))
  focus.repetitions?.(resource, (repetition) => {
    const inner = sink.inner()
    const complete = focus.parts.every(({ column, searchType, extracts, ofResource }) => {
      const before = inner.size
      const emit = (value: unknown, datatype: string) => searchType.index(column, value, datatype, inner)
      for (const extract of extracts) extract((ofResource ? resource : repetition) as FhirResource, emit)
      return inner.size > before
    })
    if (complete) sink.group(focus.name, inner)
  })
}

class Sink implements IndexSink {
  readonly zone: Zone
  readonly ownBase: string
  readonly resource: FhirResource
  #keys = new Set<string>()
  #words = new Set<string>()
  #folded = new Map<string, string[]>()
  #dates: Record<string, { lo: Date; hi: Date }[]> = {}
  #nums: IndexEntry['nums'] = {}
  #groups: Record<string, GroupEntry[]> = {}
  #sorts: Record<string, { lo: string; hi: string }> = {}
  /** parameters whose order the keys do not tell */
  #ordered = new Set<string>()
  /** keys and ranges in its groups */
  #grouped = 0
  #ranges = 0

  constructor(zone: Zone, ownBase: string, resource: FhirResource) {
    this.zone = zone
    this.ownBase = ownBase
    this.resource = resource
  }

  /** How much it is found by: what adds to it has a value. */
  get size(): number {
    return this.#keys.size + this.#folded.size + this.#ranges
  }

  key(key: string): void {
    this.#keys.add(key)
    this.#checkSize()
  }

  #checkSize(): void {
    if (this.#keys.size + this.#grouped > KEYS_MAX) throw new OutcomeError('too-many-keys', { params: { max: KEYS_MAX } })
  }

  /** Of these there is a bound of their own, beyond which they are left out. */
  word(word: string): boolean {
    this.#words.add(word)
    return this.#words.size < TEXT_KEYS_MAX
  }

  /** For one repetition of a composite. */
  inner(): Sink {
    return new Sink(this.zone, this.ownBase, this.resource)
  }

  group(code: string, inner: Sink): void {
    const { keys, dates, nums } = inner.entry([])
    this.#grouped += keys.length + inner.#ranges
    this.#checkSize()
    const entry = { keys, ...(Object.keys(dates).length > 0 ? { dates } : {}), ...(Object.keys(nums).length > 0 ? { nums } : {}) }
    const known = this.#groups[code]
    if (known) known.push(entry)
    else this.#groups[code] = [entry]
  }

  folded(code: string, folded: string): void {
    const known = this.#folded.get(code)
    if (known) known.push(folded)
    else this.#folded.set(code, [folded])
  }

  sort(code: string, place: string, isKept: boolean): void {
    if (isKept) this.#ordered.add(code)
    const key = code + SEPARATOR.folded + place
    const known = this.#sorts[code]
    if (!known) this.#sorts[code] = { lo: key, hi: key }
    else if (key < known.lo) known.lo = key
    else if (key > known.hi) known.hi = key
  }

  date(code: string, { lo, hi }: Interval): void {
    this.#ranges++
    const range = { lo: new Date(lo), hi: new Date(hi) }
    const known = this.#dates[code]
    if (known) known.push(range)
    else this.#dates[code] = [range]
  }

  num(code: string, range: NumberRange): void {
    this.#ranges++
    const known = this.#nums[code]
    if (known) known.push(range)
    else this.#nums[code] = [range]
  }

  entry(mainDates: readonly string[]): IndexEntry {
    for (const [code, folded] of this.#folded) {
      for (const f of withoutPrefixes(folded)) this.key(code + SEPARATOR.folded + f)
    }
    const sd = this.#mainDate(mainDates)
    const words = this.#words.size > 0 ? { words: [...this.#words] } : {}
    const groups = Object.keys(this.#groups).length > 0 ? { groups: this.#groups } : {}
    const kept = Object.entries(this.#sorts).filter(([code]) => this.#ordered.has(code))
    const sorts = kept.length > 0 ? { sorts: Object.fromEntries(kept) } : {}
    return { keys: [...this.#keys], dates: this.#dates, nums: this.#nums, ...groups, ...words, ...sorts, ...(sd ? { sd } : {}) }
  }

  /** The beginning of the first main date; of one that is open to the past, its end. */
  #mainDate(params: readonly string[]): Date | undefined {
    for (const param of params) {
      const first = this.#dates[param]?.[0]
      if (!first) continue
      if (first.lo.getTime() !== PAST) return first.lo
      if (first.hi.getTime() !== FUTURE) return first.hi
    }
    return undefined
  }
}
