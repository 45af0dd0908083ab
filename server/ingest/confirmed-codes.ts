/**
 * What two people agreed that a source's code means (server/code-mapping), as ingest uses it. Each process looks before it maps:
 * one row counts the changes, and all is read again when it has moved.
 */
import type { MapName } from '../../mappings/engine/names.ts'
import type { MappedRecord } from '../../mappings/engine/types.ts'
import { BASE } from '../fhir/canonical.ts'
import type { Table, TableDoc } from '../store/types.ts'
import { changeCodingsIn, type CodeTarget } from './codings.ts'
import { unmappedId } from './unmapped.ts'

/** As a mapping asks for it. */
interface AskedCode {
  map: MapName
  code: string
  system: string | undefined
}

/** A code of a source and what was decided of it; `_id` is that of its row on the work list. */
export interface ConfirmedDoc extends TableDoc {
  _id: string
  source: string
  map: string
  system: string
  code: string
  /** JSON of CodeTarget where the code is translated; null: it is not, though something may be decided of it */
  applies: string | null
}

export interface DecisionsDoc extends TableDoc {
  _id: string
  n: number
}

export const CODE_MAPPINGS = 'code_mappings'
export const CODE_DECISIONS = 'code_decisions'
export const DECISIONS = 'decisions'

const OWN_SYSTEMS = `${BASE}/sid/`
const keyOf = (...parts: string[]): string => JSON.stringify(parts)
/** As mappings look up what people say in words (mappings/miis/dosage.ts). */
const plain = (code: string): string => code.normalize('NFKC').trim().toLowerCase()

/** What a mapping asks of one record's codes. */
export interface Asking {
  translate(source: string, asked: AskedCode): CodeTarget | undefined
  /** ids of what it was told */
  decided(): string[]
}

export class ConfirmedCodes {
  readonly #rows: Table<ConfirmedDoc>
  readonly #decisions: Table<DecisionsDoc>
  #n = -1
  /** all of it as of so many changes is being read */
  #reading: { n: number; done: Promise<void> } | undefined
  #turns = 0
  #newest = 0
  #targets = new Map<string, CodeTarget>()
  /** of shared systems, as mappings ask for them, with their ids */
  #shared = new Map<string, { id: string; target: CodeTarget }>()

  constructor(rows: Table<ConfirmedDoc>, decisions: Table<DecisionsDoc>) {
    this.#rows = rows
    this.#decisions = decisions
  }

  async refresh(): Promise<void> {
    const n = (await this.#decisions.get(DECISIONS))?.n ?? 0
    if (n === this.#n) return
    // Who comes while it is read waits for it: senders would each read all of it behind every decision.
    if (this.#reading?.n !== n) this.#reading = { n, done: this.#read(n) }
    const reading = this.#reading
    try {
      await reading.done
    } finally {
      if (this.#reading === reading) this.#reading = undefined
    }
  }

  async #read(n: number): Promise<void> {
    const turn = ++this.#turns
    const targets = new Map<string, CodeTarget>()
    const shared = new Map<string, { id: string; target: CodeTarget }>()
    for await (const { _id, source, map, system, code, applies } of this.#rows.stream({ applies: { $ne: null } })) {
      const target = JSON.parse(applies as string) as CodeTarget
      targets.set(_id, target)
      if (system.startsWith(OWN_SYSTEMS)) continue
      shared.set(keyOf(source, map, code), { id: _id, target })
      shared.set(keyOf(source, map, plain(code)), { id: _id, target })
    }
    // One that was begun before and ends later knows less.
    if (turn < this.#newest) return
    this.#newest = turn
    this.#targets = targets
    this.#shared = shared
    // Rows that were decided meanwhile count once more: the next look reads them again.
    this.#n = n
  }

  /**
   * Of a code as a mapping asks for it. Where it names no system, and that is an organisation's own, a source that speaks of several
   * organisations would mean different things by it, so that these are translated behind the mapping.
   */
  #found(source: string, { map, code, system }: AskedCode): { id: string; target: CodeTarget } | undefined {
    if (this.#targets.size === 0) return undefined
    return system === undefined ? this.#shared.get(keyOf(source, map, code)) : this.#exact(unmappedId(source, { map, system, code }))
  }

  #exact(id: string): { id: string; target: CodeTarget } | undefined {
    const target = this.#targets.get(id)
    return target && { id, target }
  }

  /** For the mapping of one record. */
  asking(): Asking {
    const told = new Set<string>()
    return {
      translate: (source, asked) => {
        const found = this.#found(source, asked)
        if (found) told.add(found.id)
        return found?.target
      },
      decided: () => [...told],
    }
  }

  /** Translates what the mapping kept as it came; what found its target is on no work list. */
  apply(source: string, record: MappedRecord): MappedRecord {
    const known = record.unmapped.flatMap((code) => {
      const target = this.#targets.get(unmappedId(source, code))
      return target ? [{ code, target }] : []
    })
    if (known.length === 0) return record
    // Constants of a mapping are shared by all of its records: they are not to be changed in place.
    const resources = structuredCloneOf(record.resources)
    for (const { code, target } of known) changeCodingsIn(resources, { source: code, target, former: [] })
    return { ...record, resources, unmapped: record.unmapped.filter((code) => !known.some((one) => one.code === code)) }
  }
}

/** Plain objects and lists anew; what prints itself (a decimal) is the same. */
function structuredCloneOf<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(structuredCloneOf) as T
  if ('toJSON' in value) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, structuredCloneOf(member)])) as T
}
