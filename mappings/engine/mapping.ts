/** A mapping of one kind of source row to one FHIR resource, and the function that applies it. */
import { structureDefinition } from '../../server/fhir/canonical.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import type { RulesOf } from './elements.ts'
import { build, type Plan, planOf } from './build.ts'
import { From } from './from.ts'
import { institutionMention } from './mention.ts'
import type { ProfileName } from './names.ts'
import type { Field, RowView, Run } from './rule.ts'
import type { MappedResource, MappingContext, MappingIssue, ResourceKey, TimedKey, UnmappedCode } from './types.ts'
import { Decimal } from './values/decimal.ts'
import { EXPLICIT_NULL, filled } from './values/blank.ts'
import { isDamaged } from './values/text.ts'

export interface MappingDefinition<Row, Resource extends { resourceType: string }> {
  /** `miis/2203/diseinfo`: names the mapping in issues */
  source: string
  to: Resource['resourceType']
  /** profile id(s), `cn-condition`; types without a profile of ours have none */
  profile?: ProfileName | readonly ProfileName[]
  /** key fields in order, a key made of the row (keys.ts), or the record's patient */
  id: readonly Field<Row>[] | 'patient' | ((row: RowView<Row>, run: Run) => ResourceKey | undefined)
  /** field with the code of the institution that assigned the numbers; without it the source's organisation. Never the custodian */
  organization?: Field<Row>
  /** rows for which it is false make nothing */
  when?: (row: RowView<Row>) => boolean
  /** the source says that the thing is void */
  withdrawn?: (row: RowView<Row>) => boolean
  /** elements that a row takes back, whatever was said of them before */
  without?: readonly string[]
  /** elements, or parts of those that are kept in parts, that are void where all of these fields are (HL7's `""`) */
  nulls?: readonly { element: string; fields: readonly string[] }[]
  /** sets of which the thing is a part */
  batches?: (row: RowView<Row>, run: Run) => readonly ResourceKey[]
  /** elements that any other statement knows better (MappedResource.yielding), of every row or of this one */
  yielding?: readonly string[] | ((row: RowView<Row>) => readonly string[])
  /** each of many records says it alike (MappedResource.inPassing) */
  inPassing?: true
  /** other keys under which the thing may be known (MappedResource.numbered, plain, first) */
  numbered?: (row: RowView<Row>, run: Run) => ResourceKey | undefined
  plain?: (row: RowView<Row>, run: Run) => ResourceKey | undefined
  first?: (row: RowView<Row>, run: Run) => ResourceKey | undefined
  /** its number among the lines of the message (MappedResource.line) */
  line?: (row: RowView<Row>) => MappedResource['line'] | undefined
  /** by when its specimen was taken (MappedResource.timed) */
  timed?: (row: RowView<Row>, run: Run) => TimedKey | undefined
  rules: (from: From<Row>) => RulesOf<Resource>
}

export interface Mapping<Row> {
  readonly source: string
  readonly to: string
  readonly profiles: readonly ProfileName[]
  readonly definition: Omit<MappingDefinition<Row, { resourceType: string }>, 'rules'>
  readonly elements: Plan
}

export function mapping<Row extends object, Resource extends { resourceType: string }>(
  definition: MappingDefinition<Row, Resource>,
): Mapping<Row> {
  const { rules, ...rest } = definition
  const made: Mapping<Row> = {
    source: definition.source,
    to: definition.to,
    profiles: profilesOf(definition.profile),
    definition: rest,
    elements: planOf(rules(new From<Row>())),
  }
  defined.push(made)
  return made
}

const defined: Pick<Mapping<never>, 'source' | 'to' | 'profiles' | 'elements'>[] = []

/**
 * Every mapping of the modules that are loaded, for checks over all of them: TypeScript accepts members that a resource
 * type does not have in what a function answers, so a misspelt element is found by a test.
 */
export function definedMappings(): readonly Pick<Mapping<never>, 'source' | 'to' | 'profiles' | 'elements'>[] {
  return defined
}

function profilesOf(profile: ProfileName | readonly ProfileName[] | undefined): readonly ProfileName[] {
  return typeof profile === 'string' ? [profile] : (profile ?? [])
}

export interface RunOptions {
  /** the source's own time of this statement, ISO instant */
  statedAt: string
  /** which of two statements of one instant goes before: text that sorts */
  order?: string
  /** field name to its name in the whole payload: `(f) => 'input.diseinfo[1].' + f`; as it is when left out */
  at?: (field: string) => string
  /** MappedResource.voidsResults, where it is withdrawn */
  voidsResults?: boolean
  /** whole record withdrawn, whatever the row says */
  withdrawn?: boolean
  /** elements that it takes back, beside those of its mapping */
  without?: readonly string[]
  /** parts of elements that it leaves as any other statement has them (MappedResource.leaves) */
  leaves?: readonly string[]
  /** elements that any other statement knows better, beside those of its mapping */
  yielding?: readonly string[]
  /** members that its lists no longer have, and kinds of members that it names all of (MappedResource.unlisted, whole) */
  unlisted?: MappedResource['unlisted']
  whole?: MappedResource['whole']
  /** sets of which the thing is a part, beside those that its mapping names */
  batches?: readonly ResourceKey[]
  /** set of which it hears what is told (MappedResource.hears) */
  hears?: ResourceKey | undefined
  /** whose it is of all who may have the number of a set (MappedResource.ofPerson) */
  ofPerson?: ResourceKey | undefined
  /** elements that it has once its set is taken back, of what is not void then (MappedResource.onceReversed) */
  onceReversed?: Readonly<Record<string, string>>
  /** the message that says it, where the source may take that back as a whole; undefined: it may not */
  saidBy?: ResourceKey | undefined
  /** among which requests and answers it is (MappedResource.exchanged) */
  exchanged?: MappedResource['exchanged'] | undefined
  /** the request that says it, whose answer is not known (MappedResource.asked) */
  asked?: ResourceKey | undefined
  /** what says it, kept apart from what else the source says of the thing (MappedResource.apart) */
  apart?: ResourceKey | undefined
  /** lists that are taken back with a set (MappedResource.listsApart) */
  listsApart?: MappedResource['listsApart']
  /** it says no time, and was said when it came (MappedResource.onArrival) */
  onArrival?: true | undefined
  /** false: the record offers its fields itself (RecordBuilder.offerNamed), the row only repeats them */
  offer?: false
}

export interface RunResult {
  /** absent when `when` was false, or a required input is missing (then there is an issue of severity error) */
  mapped?: MappedResource
  /** placeholders of what it refers to */
  mentioned: MappedResource[]
  issues: MappingIssue[]
  unmapped: UnmappedCode[]
  /** names (by `at`) of the fields that were read */
  read: Set<string>
  /** names of the fields whose explicit null was followed */
  heeded: string[]
}

/** Applies a mapping to one row. Pure: the same row and context give the same result. */
export function runMapping<Row extends object>(map: Mapping<Row>, row: Row, context: MappingContext, options: RunOptions): RunResult {
  const run = new RowRun(map, row as Record<string, unknown>, context, options)
  const result: RunResult = { mentioned: run.mentioned, issues: run.issues, unmapped: run.unmappedCodes, read: run.read, heeded: [] }
  const view = run.row as unknown as RowView<Row>
  const { when, withdrawn, batches } = map.definition
  if (when && !when(view)) return result
  const elements = build(map.elements, run)
  const void_ = options.withdrawn || withdrawn?.(view)
  if (void_) run.forgive()
  const key = keyOf(map, run, view)
  if (key === undefined || run.refused) return result
  const institution = void_ ? undefined : institutionMention(context, run.scope)
  if (institution) run.mention(institution)
  const resource = {
    resourceType: map.to,
    ...(map.profiles.length > 0 && { meta: { profile: map.profiles.map(structureDefinition) } }),
    ...(elements as object | undefined),
  } as FhirResource
  result.mapped = { key, resource, state: void_ ? 'withdrawn' : 'current', statedAt: options.statedAt }
  if (options.order !== undefined) result.mapped.order = options.order
  if (map.definition.inPassing) result.mapped.inPassing = true
  const nulls = voidElements(map.definition.nulls ?? [], row as Record<string, unknown>, resource as object)
  result.heeded.push(...nulls.fields.map((field) => (options.at ? options.at(field) : field)))
  if (nulls.elements.length > 0) result.mapped.without = nulls.elements
  const { without = [], yielding = [] } = map.definition
  const ofMapping = { without, leaves: [], yielding: typeof yielding === 'function' ? yielding(view) : yielding }
  for (const name of ['without', 'leaves', 'yielding'] as const) {
    const named = [...(result.mapped[name] ?? []), ...ofMapping[name], ...(options[name] ?? [])]
    if (named.length > 0) result.mapped[name] = named
  }
  const sets = [...(batches?.(view, run) ?? []), ...(options.batches ?? [])]
  if (sets.length > 0) result.mapped.batches = sets
  for (const name of ['numbered', 'plain', 'first'] as const) {
    const other = map.definition[name]?.(view, run)
    if (other) result.mapped[name] = other
  }
  const line = map.definition.line?.(view)
  if (line !== undefined) result.mapped.line = line
  const timed = map.definition.timed?.(view, run)
  if (timed) result.mapped.timed = timed
  if (options.voidsResults && void_) result.mapped.voidsResults = true
  if (options.unlisted) result.mapped.unlisted = options.unlisted
  if (options.whole) result.mapped.whole = options.whole
  if (options.onceReversed) result.mapped.onceReversed = options.onceReversed
  if (options.hears) result.mapped.hears = options.hears
  if (options.ofPerson) result.mapped.ofPerson = options.ofPerson
  if (options.saidBy) result.mapped.saidBy = options.saidBy
  if (options.exchanged) result.mapped.exchanged = options.exchanged
  if (options.asked) result.mapped.asked = options.asked
  if (options.apart) result.mapped.apart = options.apart
  if (options.listsApart) result.mapped.listsApart = options.listsApart
  if (options.onArrival) result.mapped.onArrival = true
  return result
}

/** What the explicit nulls of a row take back. An element that the row states otherwise replaces all that was said of it anyway. */
function voidElements(
  nulls: readonly { element: string; fields: readonly string[] }[],
  row: Readonly<Record<string, unknown>>,
  resource: object,
): { elements: string[]; fields: string[] } {
  const found = { elements: [] as string[], fields: [] as string[] }
  for (const { element, fields } of nulls) {
    const sent = fields.filter((field) => row[field] === EXPLICIT_NULL)
    const isStated = element in resource
    if (sent.length === 0 || !(isStated || sent.length === fields.length)) continue
    found.fields.push(...sent)
    if (!isStated) found.elements.push(element)
  }
  return found
}

function keyOf<Row>(map: Mapping<Row>, run: RowRun, view: RowView<Row>): MappedResource['key'] | undefined {
  const { id } = map.definition
  if (id === 'patient') return 'patient'
  if (typeof id === 'function') {
    const key = id(view, run)
    // A missing input that was required has been named already; `id` says only that the parts of the key were not there.
    if (!key && !run.refused) run.refuse('id')
    return key
  }
  const parts = id.map((field) => {
    const part = run.text(field)
    if (part === undefined) run.refuse(field)
    return part
  })
  return parts.every((part) => part !== undefined) ? { type: map.to, scope: run.scope, parts } : undefined
}

class RowRun implements Run {
  readonly context: MappingContext
  readonly scope: string
  readonly row: RowView<Record<string, unknown>>
  readonly issues: MappingIssue[] = []
  readonly unmappedCodes: UnmappedCode[] = []
  readonly mentioned: MappedResource[] = []
  readonly read = new Set<string>()
  refused = false
  readonly #source: string
  readonly #values: Record<string, unknown>
  readonly #at: (field: string) => string
  /** fields that were read, which several rules ask for */
  readonly #known = new Map<string, unknown>()

  constructor(
    map: { source: string; definition: { organization?: string } },
    values: Record<string, unknown>,
    context: MappingContext,
    options: RunOptions,
  ) {
    this.context = context
    this.#source = map.source
    this.#values = values
    this.#at = options.at ?? ((field) => field)
    this.row = new Proxy(values, { get: (_target, field) => (typeof field === 'string' ? this.#get(field) : undefined) })
    const code = map.definition.organization && this.text(map.definition.organization)
    this.scope = code === undefined ? context.source.organization : context.organization(code)
  }

  #get(field: string): unknown {
    const known = this.#known.get(field)
    if (known !== undefined || this.#known.has(field)) return known
    const value = this.#read(field)
    this.#known.set(field, value)
    return value
  }

  #read(field: string): unknown {
    this.read.add(this.#at(field))
    const value = Object.hasOwn(this.#values, field) ? this.#values[field] : undefined
    const isText = value === null || value instanceof Decimal || (typeof value !== 'object' && typeof value !== 'function')
    // The one place through which every source's fields pass: what cannot be read as it was sent is said on the receipt.
    if (typeof value === 'string' && isDamaged(value)) this.flaw(field, 'mapping-character-unreadable')
    return isText ? filled(value) : value
  }

  text(field: string): string | undefined {
    const value = this.#get(field)
    return typeof value === 'string' ? value : undefined
  }

  flaw(field: string, code: string, severity: MappingIssue['severity'] = 'warning'): void {
    const at = this.#at(field)
    if (!this.issues.some((known) => known.at === at && known.code === code)) this.issues.push({ severity, code, at, text: this.#source })
  }

  refuse(field: string): void {
    this.refused = true
    this.flaw(field, 'mapping-required', 'error')
  }

  /** Whoever takes a thing back need not say again what it was: nothing of that is kept. */
  forgive(): void {
    this.refused = false
    const told = this.issues.filter(({ code }) => code !== 'mapping-required')
    this.issues.splice(0, this.issues.length, ...told)
  }

  unmapped(code: UnmappedCode): void {
    if (!this.unmappedCodes.some((known) => known.map === code.map && known.code === code.code)) this.unmappedCodes.push(code)
  }

  mention(thing: MappedResource): void {
    this.mentioned.push(thing)
  }
}
