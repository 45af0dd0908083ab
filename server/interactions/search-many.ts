/**
 * Search of several types (R4 http.html#search): of the system, and of all that stands in a compartment (`Patient/1/*`). By
 * what all the types asked for share; without `_type` that is what every type has. Types one after the other, or by
 * `_lastUpdated`.
 */
import type { Decision } from '../access/decision.ts'
import type { Actor } from '../auth/actor.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import type { ParsedSearch } from '../search/types.ts'
import type { Met, PageMark, SearchPage, Stored } from '../store/types.ts'
import { audited } from './audited.ts'
import { boundTo, type Compartment, ownerOf, searchWithin, typesIn } from './compartments.ts'
import { decided } from './decided.ts'
import { findIncluded } from './includes.ts'
import { planForPersons } from './linked-patients.ts'
import { countedOf, noOwner, pageOf } from './search.ts'
import { isStrict, parseSearch, RESULT_PARAMETERS } from './search-request.ts'
import { searchset } from './searchset.ts'
import { pageByTime, pageByType, type TypePlan } from './several-types.ts'
import { told } from './through.ts'
import { ANY_TYPE, typesNamed, typesToSearch } from './type-list.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

type Query = [name: string, value: string][]

/** A page by time looks at as many of each type. */
const BY_TIME_MAX = 100

interface Asked {
  each: ParsedSearch[]
  /** of the first type: what is the same for all of them */
  shared: ParsedSearch
  applied: Query
  ignored: string[]
}

export const searchSystem = (deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> => searchOfMany(deps, request, '')

export async function searchOfMany(deps: FhirDeps, request: FhirRequest, path: string, compartment?: Compartment): Promise<FhirResponse> {
  const { actor } = request
  const { query, mark } = pageOf(deps, request, path)
  const asked = askedOf(deps, actor, query, mark !== undefined || isStrict(request), compartment)
  const stored = new Set(await deps.store.types())
  const each = asked.each.filter(({ type }) => stored.has(type))
  const patients = asked.each.every((parsed) => parsed.patients.length > 0) ? asked.shared.patients : []
  const seen = await decided(deps, request, patients, async (decision) => {
    const owner = compartment && (await ownerOf(deps, decision, compartment))
    if (compartment && !owner) return undefined
    const plans = await Promise.all(each.map((parsed) => planOf(deps, decision, owner, parsed)))
    const page = await pageOfMany(deps, decision, asked, plans, mark)
    const [counted, found] = await Promise.all([
      countedOfMany(deps, decision, plans, page),
      findIncluded(deps, decision, actor, page.rows, asked.shared),
    ])
    return { page, counted, through: plans.flatMap(({ through }) => through), owners: owner ? [owner] : [], ...found }
  })
  if (!seen.value) return noOwner(deps, request, compartment, seen)
  const { page, counted, through, owners, included, capped } = seen.value
  const found = [...(counted ?? page.rows), ...(page.beyond ? [page.beyond] : []), ...included, ...owners, ...told(through)]
  const total = counted && page.total !== undefined ? { total: page.total } : {}
  await audited(deps, request, { interaction: 'search-system', action: 'E', type: '', found, seen, query, ...total })
  const near = asked.shared.near ? { near: asked.shared.near } : {}
  return searchset(deps, request, { ...asked, ...near, path }, { page, included, capped })
}

interface Planned extends TypePlan {
  parsed: ParsedSearch
  through: Met[][]
}

async function planOf(deps: FhirDeps, decision: Decision, owner: Stored | undefined, parsed: ParsedSearch): Promise<Planned> {
  const within = await searchWithin(deps, owner, parsed)
  const { plan, through } = await deps.store.follow(decision, parsed.type, within.plan)
  return { type: parsed.type, parsed, plan: await planForPersons(deps, decision, { ...within, plan }), through }
}

async function pageOfMany(
  deps: FhirDeps,
  decision: Decision,
  { shared, applied }: Asked,
  plans: readonly Planned[],
  after: PageMark | undefined,
): Promise<SearchPage> {
  const isCounted = shared.summaryCount || (shared.total !== 'none' && applied.some(([name]) => name === '_total'))
  const totalOf = async (): Promise<number> => {
    const counts = await Promise.all(plans.map(({ type, plan }) => deps.store.count(decision, type, plan)))
    return counts.reduce((sum, count) => sum + count, 0)
  }
  if (shared.summaryCount) return { rows: [], total: await totalOf() }
  const resumed = after ? { after } : {}
  const [term] = shared.sort
  const page = term
    ? await pageByTime(deps, decision, plans, { count: Math.min(shared.count, BY_TIME_MAX), descending: term.descending, ...resumed })
    : await pageByType(deps, decision, plans, { count: shared.count, ...resumed })
  // All that there is on one page has a number without being counted; a count of everything is made for who asks for it.
  if (!after && !page.next) return { ...page, total: page.rows.length }
  return isCounted ? { ...page, total: await totalOf() } : page
}

/** Whose data a number tells of, type by type; see `countedOf`. */
async function countedOfMany(
  deps: FhirDeps,
  decision: Decision,
  plans: readonly Planned[],
  page: SearchPage,
): Promise<Stored[] | undefined> {
  const counted = await Promise.all(plans.map(({ parsed, plan }) => countedOf(deps, decision, parsed, plan, page)))
  const found = counted.filter((rows) => rows !== undefined)
  return found.length === 0 ? undefined : found.flat()
}

/** @throws OutcomeError forbidden, and what the parser says of a parameter */
function askedOf(deps: FhirDeps, actor: Actor, query: Query, strict: boolean, compartment: Compartment | undefined): Asked {
  const named = typesNamed(query)
  const within = compartment && typesIn(deps, compartment.name)
  const outside = named?.find((type) => within && !within.includes(type))
  if (compartment && outside !== undefined)
    throw new OutcomeError('compartment-type', { expression: ['_type'], params: { type: outside, name: compartment.name } })
  const types = typesToSearch(actor, named, within)
  const rest = query.filter(([name, value]) => name !== '_type' && value !== '')
  const includes = rest.filter(([name]) => INCLUDES.has(name))
  const criteria = rest.filter(([name]) => !INCLUDES.has(name))
  const foreign = foreignTo(deps, actor, named ?? [ANY_TYPE], criteria)
  const [unknown] = foreign
  if (strict && unknown !== undefined) throw paramError('parameter-unknown', unknown)
  // Not by its name alone: another one of the name may say something.
  const empty = query.flatMap(([name, value]) => (value === '' && !RESULT_PARAMETERS.has(name) ? [name] : []))
  if (strict && empty[0] !== undefined) throw paramError('parameter-invalid', empty[0])
  const known = criteria.filter(([name]) => !foreign.has(name))
  const budget = { links: 0 }
  const each = types.map((type) => boundTo(parseSearch(deps, actor, type, known, true, budget), compartment))
  const shared = { ...(each[0] as ParsedSearch), ...includesOf(deps, actor, types, includes) }
  if (shared.sort.length > 1 || shared.sort.some(({ by }) => by !== 'lastUpdated')) throw paramError('parameter-unsupported', '_sort')
  const understood = new Set(shared.applied.map(([name]) => name))
  const applied = query.filter(([name, value]) => value !== '' && (name === '_type' || INCLUDES.has(name) || understood.has(name)))
  return { each, shared, applied, ignored: [...foreign, ...empty] }
}

/** Names of parameters that one of the types does not have. */
function foreignTo(deps: FhirDeps, actor: Actor, types: readonly string[], criteria: Query): Set<string> {
  const budget = { links: 0 }
  return new Set(types.flatMap((type) => parseSearch(deps, actor, type, criteria, false, budget).ignored))
}

const INCLUDES: ReadonlySet<string> = new Set(['_include', '_revinclude'])

/** Of each what it means for those of the types that it is for; one that is for none of them is refused. */
function includesOf(
  deps: FhirDeps,
  actor: Actor,
  types: readonly string[],
  includes: Query,
): Pick<ParsedSearch, 'includes' | 'revincludes'> {
  const parsed = includes.flatMap((pair) => {
    const found = types.flatMap((type) => parsedInclude(deps, actor, type, pair) ?? [])
    if (found.length === 0) throw paramError('parameter-invalid', pair[0])
    return found
  })
  const distinct = <T>(terms: T[]): T[] => [...new Map(terms.map((term) => [JSON.stringify(term), term])).values()]
  return {
    includes: distinct(parsed.flatMap((one) => one.includes)),
    revincludes: distinct(parsed.flatMap((one) => one.revincludes)),
  }
}

function parsedInclude(deps: FhirDeps, actor: Actor, type: string, pair: [string, string]): ParsedSearch | undefined {
  try {
    return parseSearch(deps, actor, type, [pair], true)
  } catch (error) {
    if (error instanceof OutcomeError && error.issues[0]?.code === 'parameter-invalid') return undefined
    throw error
  }
}
