/**
 * What one GraphQL query reads: each resource and each search by the same decision, scopes, masks and parameters as over REST, bounded together.
 * What was reached, and by which search, is kept for the account of uses.
 */
import type { Decision } from '../../access/decision.ts'
import { allows } from '../../auth/scopes.ts'
import { isId } from '../../fhir/ids.ts'
import { parseReference } from '../../fhir/reference.ts'
import { isResourceType } from '../../fhir/resource-types.ts'
import { bodyText } from '../../interactions/answers.ts'
import type { ReadFact } from '../../interactions/audited.ts'
import { requireScope } from '../../interactions/checks.ts'
import { planForPersons } from '../../interactions/linked-patients.ts'
import { type JsonObject, parseMarked } from '../../interactions/marked-json.ts'
import { orderFor } from '../../interactions/order.ts'
import { masked } from '../../interactions/read.ts'
import { countedOf } from '../../interactions/search.ts'
import { PAGE_COUNT_MAX, parseSearch } from '../../interactions/search-request.ts'
import { told } from '../../interactions/through.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError } from '../../search/parse/names.ts'
import type { PageMark, SearchPage, Stored } from '../../store/types.ts'
import { type Asking, depthOf, type Payer, widthOf } from './cost.ts'
import { Pace } from './pace.ts'
import { argumentText, elementText } from './values.ts'

/** Of one query: resources that it reaches, searches, elements of the answer, and those of the schema. */
export const RESOURCES_MAX = 2000
export const SEARCHES_MAX = 100
export const ELEMENTS_MAX = 200_000
/** All that clients ask to know the whole schema is a million. */
export const SCHEMA_MAX = 1_500_000

/** Fields at which something is wrong: each error costs as much as many fields. */
const ERRORS_MAX = 1000
const BOUNDS = { errors: ERRORS_MAX, resources: RESOURCES_MAX, searches: SEARCHES_MAX, elements: ELEMENTS_MAX, schema: SCHEMA_MAX }

type Arguments = Readonly<Record<string, unknown>>
type Fact = Pick<ReadFact, 'interaction' | 'type' | 'id' | 'query' | 'found' | 'total'>

export class Work implements Payer {
  readonly pace = new Pace()
  readonly #facts: Fact[] = []
  /** what was reached by its id or by a reference */
  readonly #reached: Stored[] = []
  readonly #deps: FhirDeps
  readonly #request: FhirRequest
  readonly #decision: Decision
  readonly #shown = new Map<string, Promise<JsonObject | undefined>>()
  /** the resource in which a reference stands, for what is contained in it */
  readonly #around = new WeakMap<object, JsonObject>()
  #failure: OutcomeError | undefined
  readonly #bounds = { ...BOUNDS }

  constructor(deps: FhirDeps, request: FhirRequest, decision: Decision) {
    this.#deps = deps
    this.#request = request
    this.#decision = decision
  }

  /**
   * False where it is too much. Then the whole query fails (`failure`), and what is left of it is answered with nothing, so that it ends: an error
   * at each field would cost more than the field.
   */
  #takes(what: keyof typeof BOUNDS, count = 1): boolean {
    this.#bounds[what] -= count
    if (this.#bounds[what] >= 0) return true
    this.#failure ??= new OutcomeError('graphql-costly', { params: { max: BOUNDS[what] } })
    return false
  }

  /** Elements of what is stored. */
  takes(elements: number): boolean {
    return this.#takes('elements', elements)
  }

  takesOfSchema(elements: number): boolean {
    return this.#takes('schema', elements)
  }

  /** What makes all of it fail. */
  get failure(): OutcomeError | undefined {
    return this.#failure
  }

  /** @param asking what is asked of it, where it is no leaf: each field of the answer is paid for by the object in which it stands */
  element(source: Arguments, key: string, asking: Asking): unknown {
    const value = source[key]
    return value == null || this.takes(widthOf(asking)) ? value : null
  }

  /** Those of a list that fit the arguments. @throws OutcomeError parameter-invalid */
  elements(source: Arguments, key: string, args: Arguments, asking: Asking): unknown {
    const all = source[key]
    if (!Array.isArray(all)) return all
    try {
      return this.takes(all.length) ? this.#fitting(all, args, asking) : []
    } catch (error) {
      if (this.#takes('errors')) throw error
      return []
    }
  }

  #fitting(all: readonly unknown[], { _count, _offset, ...filters }: Arguments, asking: Asking): unknown {
    const wanted = Object.entries(filters).flatMap(([name, value]): [string, string][] =>
      value == null ? [] : [[name, argumentText(value)]],
    )
    const fits = (item: unknown) =>
      wanted.every(([name, text]) => {
        const value = (item as Arguments | null)?.[name]
        return value !== undefined && value !== null && elementText(value) === text
      })
    const found = wanted.length === 0 ? all : all.filter(fits)
    const from = placeOf(_offset, '_offset') ?? 0
    const count = placeOf(_count, '_count')
    const shown = found.slice(from, count === undefined ? undefined : from + count)
    const elements = shown.length * widthOf(asking)
    return this.takes(elements) ? this.pace.of(shown, elements) : []
  }

  /** By its id. @throws OutcomeError forbidden, not-found */
  async read(type: string, id: string, asking: Asking): Promise<JsonObject | null> {
    requireScope(this.#request.actor, type, 'r')
    if (!this.takes(widthOf(asking))) return null
    const found = isId(id) ? await this.#visible(type, id) : undefined
    if (found) return found
    if (this.#failure) return null
    if (isId(id)) this.#facts.push({ interaction: 'read', type, id, found: [] })
    throw new OutcomeError('not-found')
  }

  /** For the account of uses: each search, each id that was asked for in vain, and all that was read together. */
  facts(): Fact[] {
    const read: Fact[] = this.#reached.length > 0 ? [{ interaction: 'graphql', type: '', found: this.#reached }] : []
    return [...read, ...this.#facts]
  }

  /** What a reference leads to. @throws OutcomeError reference-unresolved: hidden, absent, or elsewhere */
  async target(
    source: Arguments,
    { optional, type: wanted }: { optional: boolean; type?: string },
    asking: Asking,
  ): Promise<JsonObject | null> {
    const { reference } = source
    if (!this.takes(widthOf(asking))) return null
    const target = typeof reference === 'string' ? parseReference(reference, this.#deps.baseUrl) : undefined
    const found =
      target?.kind === 'contained' ? this.#contained(source, target.id) : target?.kind === 'local' ? await this.#target(target) : undefined
    if (this.#failure) return null
    if (!found && !optional && !this.#takes('errors')) return null
    if (!found && !optional) throw new OutcomeError('reference-unresolved')
    return found && (wanted === undefined || found.resourceType === wanted) ? found : null
  }

  async #target({ type, id, version }: { type: string; id: string; version?: string }): Promise<JsonObject | undefined> {
    // A version is not what stands now.
    if (version !== undefined || !isResourceType(type) || !allows(this.#request.actor, type, 'r')) return undefined
    return this.#visible(type, id)
  }

  #contained(source: object, id: string): JsonObject | undefined {
    const around = this.#around.get(source)
    const list = Array.isArray(around?.contained) ? (around.contained as JsonObject[]) : []
    return id === '' ? around : list.find((one) => one.id === id)
  }

  #visible(type: string, id: string): Promise<JsonObject | undefined> {
    const name = `${type}/${id}`
    const known = this.#shown.get(name)
    if (known) return known
    if (!this.#takes('resources')) return Promise.resolve(undefined)
    const found = this.#deps.store.read(this.#decision, type, id).then((doc) => {
      if (!doc || doc.deleted) return undefined
      this.#reached.push(doc)
      return this.#show(doc)
    })
    this.#shown.set(name, found)
    return found
  }

  /** In the form in which the asker reads it. */
  #show(doc: Stored): JsonObject {
    const text = masked(this.#deps, this.#request, doc)
    const resource = parseMarked(typeof text === 'string' ? text : bodyText(doc)) as JsonObject
    const note = (value: unknown): void => {
      if (value === null || typeof value !== 'object') return
      if ('reference' in value) this.#around.set(value, resource)
      for (const inner of Object.values(value)) note(inner)
    }
    note(resource)
    return resource
  }

  async list(type: string, args: Arguments, source: Arguments | undefined, asking: Asking): Promise<JsonObject[]> {
    const { page, offset } = await this.#search(type, args, source, 'none')
    const rows = page.rows.slice(offset)
    return this.takes(rows.length * widthOf(asking)) ? rows.map((doc) => this.#show(doc)) : []
  }

  async connection(type: string, args: Arguments, source: Arguments | undefined, asking: Asking): Promise<object | null> {
    const { page, offset, pagesize, query } = await this.#search(type, args, source, 'accurate')
    const rows = page.rows.slice(offset)
    // Its edges are made by the package, which asks nobody: what is asked below them is paid for here.
    if (!this.takes(widthOf(asking) + rows.length * depthOf(asking))) return null
    const edges = rows.map((doc) => ({ mode: 'match', resource: this.#show(doc) }))
    const next = page.next && this.#deps.pages.seal(this.#request.actor, { type: cursorOf(type), query, mark: page.next })
    return { count: page.total, offset, pagesize, edges, next }
  }

  async #search(type: string, args: Arguments, source: Arguments | undefined, total: 'none' | 'accurate'): Promise<Searched> {
    if (!this.#takes('searches')) return NOTHING
    const { actor } = this.#request
    requireScope(actor, type, 's')
    const { query, mark, offset } = this.#asked(type, args, source)
    const parsed = parseSearch(this.#deps, actor, type, query, true)
    const { store } = this.#deps
    const { plan: literal, through } = await store.follow(this.#decision, type, parsed.plan)
    const plan = await planForPersons(this.#deps, this.#decision, { ...parsed, plan: literal })
    // A page begins behind those that are passed over.
    const count = Math.min(parsed.count + offset, PAGE_COUNT_MAX)
    const page = await store.search(this.#decision, {
      type,
      plan,
      sort: orderFor(actor, parsed.sort),
      count,
      total,
      ...(mark ? { after: mark } : {}),
    })
    const isLeft = this.#takes('resources', page.rows.length)
    const counted = await countedOf(this.#deps, this.#decision, parsed, plan, page)
    const found = [...(counted ?? page.rows), ...(page.beyond ? [page.beyond] : []), ...told(through)]
    this.#facts.push({
      interaction: 'search-type',
      type,
      found,
      query: parsed.applied,
      ...(counted && page.total !== undefined ? { total: page.total } : {}),
    })
    return isLeft ? { page, offset, pagesize: parsed.count, query: parsed.applied } : NOTHING
  }

  /** Arguments as the parameters of a search. @throws OutcomeError page-invalid, parameter-invalid */
  #asked(type: string, { _cursor, _offset, _reference, ...args }: Arguments, source: Arguments | undefined): Asked {
    if (typeof _cursor === 'string' && _cursor !== '') {
      const state = this.#deps.pages.open(this.#request.actor, _cursor)
      if (state.type !== cursorOf(type)) throw new OutcomeError('page-invalid', { expression: ['_cursor'] })
      return { query: state.query, mark: state.mark, offset: 0 }
    }
    const codes = new Map(this.#deps.search.parameters(type).map(({ code }) => [code.replaceAll('-', '_'), code]))
    const query = Object.entries(args).flatMap(([name, value]): [string, string][] => {
      const values = Array.isArray(value) ? value : [value]
      return values.flatMap((one): [string, string][] => (one == null ? [] : [[codes.get(name) ?? name, argumentText(one)]]))
    })
    if (_reference !== undefined) query.push(this.#reverse(type, argumentText(_reference), source))
    return { query, offset: placeOf(_offset, '_offset') ?? 0 }
  }

  /** What refers to the resource by one of its reference parameters. */
  #reverse(type: string, name: string, source: Arguments | undefined): [string, string] {
    const parameter = this.#deps.search.parameters(type).find(({ code }) => code === name || code.replaceAll('-', '_') === name)
    if (parameter?.type !== 'reference' || !source) throw paramError('parameter-invalid', '_reference')
    return [parameter.code, `${String(source.resourceType)}/${String(source.id)}`]
  }
}

interface Asked {
  query: [string, string][]
  mark?: PageMark
  offset: number
}

interface Searched {
  page: SearchPage
  offset: number
  pagesize: number
  query: [string, string][]
}

const NOTHING: Searched = { page: { rows: [] }, offset: 0, pagesize: 0, query: [] }

const cursorOf = (type: string): string => `$graphql ${type}`

/** @throws OutcomeError parameter-invalid */
function placeOf(value: unknown, name: string): number | undefined {
  if (value == null) return undefined
  if (typeof value !== 'number' || value < 0 || value > PAGE_COUNT_MAX) throw paramError('parameter-invalid', name)
  return value
}
