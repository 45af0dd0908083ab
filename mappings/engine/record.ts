/** Collects what the mappings of one message, document or row group make, and lists what nobody read. */
import { type Mapping, runMapping, type RunOptions, type RunResult } from './mapping.ts'
import type {
  BatchWord,
  KinNumbers,
  MappedRecord,
  MappedResource,
  MappingContext,
  MappingIssue,
  PatientIdentity,
  ResourceKey,
  UnmappedCode,
  VisitNumbers,
} from './types.ts'
import { serialise } from './serialise.ts'
import { filled } from './values/blank.ts'

export interface RecordHead {
  recordType: string
  deliveryId: string
  at: string
}

export class RecordBuilder {
  readonly context: MappingContext
  patient: PatientIdentity | undefined
  readonly #head: RecordHead
  readonly #resources = new Map<string, MappedResource>()
  /** the mapping that made what stands under a key */
  readonly #madeBy = new Map<string, object>()
  readonly #batchWords: BatchWord[] = []
  readonly #visits = new Map<string, VisitNumbers>()
  readonly #kin: KinNumbers[] = []
  /** by place and code: the first of each stands, however many a hostile payload has */
  readonly #issues = new Map<string, MappingIssue>()
  readonly #unmapped = new Map<string, UnmappedCode>()
  /** field name to the other names under which it may have been read */
  readonly #offered = new Map<string, readonly string[]>()
  readonly #read = new Set<string>()
  /** fields that are sent as void, with the names under which that may be heeded */
  readonly #nulls = new Map<string, readonly string[]>()
  readonly #heeded = new Set<string>()

  constructor(context: MappingContext, head: RecordHead) {
    this.context = context
    this.#head = head
  }

  /** Maps a row, keeps what came of it; answers the resource's key, undefined when none was made. */
  run<Row extends object>(map: Mapping<Row>, row: Row, options: RunOptions): ResourceKey | 'patient' | undefined {
    if (options.offer !== false) this.offer(row, options.at)
    const result = runMapping(map, row, this.context, options)
    if (result.mapped) this.#sayRepeated(map, result.mapped, options)
    this.keep(result)
    return result.mapped?.key
  }

  /** Of a list two rows have one number and say different things of it: the first stands, and that is said. */
  #sayRepeated(map: object, mapped: MappedResource, { at = (field) => field }: RunOptions): void {
    if (mapped.key === 'patient' || mapped.placeholder) return
    const name = JSON.stringify(mapped.key)
    const known = this.#resources.get(name)
    const isOfList = this.#madeBy.get(name) === map
    this.#madeBy.set(name, map)
    if (!known || !isOfList || serialise(known.resource) === serialise(mapped.resource)) return
    this.issue({ severity: 'warning', code: 'mapping-repeated', at: at('').replace(/\.$/, '') })
  }

  keep(result: RunResult): void {
    for (const issue of result.issues) this.issue(issue)
    for (const code of result.unmapped) {
      const name = `${code.map}|${code.code}`
      if (!this.#unmapped.has(name)) this.#unmapped.set(name, code)
    }
    for (const field of result.read) this.#read.add(field)
    for (const field of result.heeded) this.#heeded.add(field)
    if (!result.mapped) return
    this.add(result.mapped)
    for (const thing of result.mentioned) this.add(thing)
  }

  /** Of one key the first statement of a record stands; a placeholder gives way to any. */
  add(mapped: MappedResource): void {
    const name = JSON.stringify(mapped.key)
    const known = this.#resources.get(name)
    if (!known || (known.placeholder && !mapped.placeholder)) this.#resources.set(name, mapped)
  }

  /** Something is said of a set whose members this record need not know. */
  sayOfBatch(word: BatchWord): void {
    this.#batchWords.push(word)
  }

  /** Two numbers are of one visit. */
  sayOfVisit(numbers: VisitNumbers): void {
    this.#visits.set(JSON.stringify([numbers.insured, numbers.own]), numbers)
  }

  /** Somebody else than the patient is known by these numbers. */
  sayOfKin(numbers: KinNumbers): void {
    this.#kin.push(numbers)
  }

  has(key: ResourceKey): boolean {
    return this.#resources.has(JSON.stringify(key))
  }

  issue(issue: MappingIssue): void {
    const name = `${issue.code}|${issue.at}`
    if (!this.#issues.has(name)) this.#issues.set(name, issue)
  }

  /** The filled fields of a row are expected to be read by someone. */
  offer(row: object, at: (field: string) => string = (field) => field): void {
    for (const [field, value] of Object.entries(row)) {
      if (typeof value !== 'object' && filled(value) !== undefined) this.offerNamed(at(field))
    }
  }

  /** A filled field that is expected to be read, under its own name or one of the others. */
  offerNamed(name: string, also: readonly string[] = []): void {
    this.#offered.set(name, also)
  }

  /** A field that is sent as void (HL7's `""`): it has no effect and is unread unless a mapping says that it heeds it. */
  offerNull(name: string, also: readonly string[] = []): void {
    this.#nulls.set(name, also)
  }

  /** Explicit nulls that were followed outside of a mapping. */
  noteHeeded(...names: string[]): void {
    for (const name of names) this.#heeded.add(name)
  }

  /** Fields that were used outside of a mapping (envelopes, keys). */
  noteRead(...names: string[]): void {
    for (const name of names) this.#read.add(name)
  }

  /** Names of the fields that were offered or read so far. */
  *fieldNames(): Generator<string> {
    yield* this.#offered.keys()
    yield* this.#read
  }

  finish(extra: Pick<MappedRecord, 'nothingToStore'> = {}): MappedRecord {
    return {
      ...this.#head,
      ...(this.patient && { patient: this.patient }),
      resources: [...this.#resources.values()],
      ...(this.#batchWords.length > 0 && { batchWords: this.#batchWords }),
      ...(this.#visits.size > 0 && { visits: [...this.#visits.values()] }),
      ...(this.#kin.length > 0 && { kin: [...this.#kin] }),
      unmapped: [...this.#unmapped.values()],
      issues: [...this.#issues.values()],
      unread: [...without(this.#offered, this.#read), ...without(this.#nulls, this.#heeded)],
      ...extra,
    }
  }
}

/** Names that stand neither themselves nor under another name among those that were used. */
const without = (names: ReadonlyMap<string, readonly string[]>, used: ReadonlySet<string>): string[] =>
  [...names].filter(([name, also]) => !used.has(name) && !also.some((one) => used.has(one))).map(([name]) => name)
