/** What a resource is found by: one pass over the compiled parameters of its type. */
import { FUTURE, type Interval, PAST } from '../fhir/date.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Zone } from '../fhir/zone.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { SEPARATOR, withoutPrefixes } from './keys.ts'
import { KEYS_MAX } from './limits.ts'
import { mainDateParams } from './main-date.ts'
import type { IndexEntry } from './plan.ts'
import type { TypeParams } from './registry.ts'
import type { IndexSink } from './types/search-type.ts'

/** @throws OutcomeError too-many-keys: a resource is indexed as a whole or not at all */
export function indexResource(resource: FhirResource, params: TypeParams, zone: Zone, ownBase: string): IndexEntry {
  const sink = new Sink(zone, ownBase)
  for (const { column, searchType, extracts } of params.stored) {
    const emit = (value: unknown, datatype: string) => searchType.index(column, value, datatype, sink)
    for (const extract of extracts) extract(resource, emit)
  }
  return sink.entry(mainDateParams(resource.resourceType))
}

class Sink implements IndexSink {
  readonly zone: Zone
  readonly ownBase: string
  #keys = new Set<string>()
  #folded = new Map<string, string[]>()
  #dates: Record<string, { lo: Date; hi: Date }[]> = {}
  #nums: IndexEntry['nums'] = {}

  constructor(zone: Zone, ownBase: string) {
    this.zone = zone
    this.ownBase = ownBase
  }

  key(key: string): void {
    this.#keys.add(key)
    if (this.#keys.size > KEYS_MAX) throw new OutcomeError('too-many-keys', { params: { max: KEYS_MAX } })
  }

  folded(code: string, folded: string): void {
    const known = this.#folded.get(code)
    if (known) known.push(folded)
    else this.#folded.set(code, [folded])
  }

  date(code: string, { lo, hi }: Interval): void {
    const range = { lo: new Date(lo), hi: new Date(hi) }
    const known = this.#dates[code]
    if (known) known.push(range)
    else this.#dates[code] = [range]
  }

  num(code: string, range: { lo: number; hi: number; v: number; u?: string[] }): void {
    const known = this.#nums[code]
    if (known) known.push(range)
    else this.#nums[code] = [range]
  }

  entry(mainDates: readonly string[]): IndexEntry {
    for (const [code, folded] of this.#folded) {
      for (const f of withoutPrefixes(folded)) this.key(code + SEPARATOR.folded + f)
    }
    const sd = this.#mainDate(mainDates)
    return { keys: [...this.#keys], dates: this.#dates, nums: this.#nums, ...(sd ? { sd } : {}) }
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
