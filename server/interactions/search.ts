/** search of one type (R4 search.html), also within a compartment: parse, decide, find, include, gate, mask, audit, splice. */
import type { Decision } from '../access/decision.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { PlanNode } from '../search/plan.ts'
import type { ParsedSearch } from '../search/types.ts'
import type { PageMark, SearchPage, Stored } from '../store/types.ts'
import { audited } from './audited.ts'
import { notFound } from './answers.ts'
import { checkType, requireScope } from './checks.ts'
import { decided, type Seen } from './decided.ts'
import { boundTo, type Compartment, ownerOf, searchWithin } from './compartments.ts'
import { findIncluded } from './includes.ts'
import { planForPersons } from './linked-patients.ts'
import { pageTokenOf } from './parameters.ts'
import { isStrict, parseSearch } from './search-request.ts'
import { searchset } from './searchset.ts'
import { told } from './through.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

export function search(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const type = request.segments[0] ?? ''
  return searchOfType(deps, request, { type, path: type })
}

/** What is searched, and under which path. */
export interface SearchPlace {
  type: string
  path: string
  compartment?: Compartment
}

export async function searchOfType(deps: FhirDeps, request: FhirRequest, { type, path, compartment }: SearchPlace): Promise<FhirResponse> {
  checkType(type)
  requireScope(request.actor, type, 's')
  const { query, mark } = pageOf(deps, request, path)
  const parsed = boundTo(parseSearch(deps, request.actor, type, query, isStrict(request)), compartment)
  const seen = await decided(deps, request, parsed.patients, async (decision) => {
    const owner = compartment && (await ownerOf(deps, decision, compartment))
    if (compartment && !owner) return undefined
    const within = await searchWithin(deps, owner, parsed)
    const { plan: asked, through, wide } = await deps.store.follow(decision, type, within.plan)
    const find = (plan: PlanNode) => findPage(deps, decision, within, { plan, mark, total: totalOf(parsed), wide })
    // Most searches name a Patient that stands for itself: they need not wait until that is known.
    const [plan, literal] = await Promise.all([planForPersons(deps, decision, { ...within, plan: asked }), find(asked)])
    const page = plan === asked ? literal : await find(plan)
    const [counted, found] = await Promise.all([
      // Without access control there is no account of uses.
      request.actor.unrestricted ? undefined : countedOf(deps, decision, within, plan, page),
      findIncluded(deps, decision, request.actor, page.rows, within),
    ])
    // That the owner is there is told too, also where nothing of it is found.
    return { page, counted, through, owners: owner ? [owner] : [], ...found }
  })
  if (!seen.value) return noOwner(deps, request, compartment, seen)
  const { page, counted, through, owners, included, capped } = seen.value
  const found = [...(counted ?? page.rows), ...(page.beyond ? [page.beyond] : []), ...included, ...owners, ...told(through)]
  const total = counted && page.total !== undefined ? { total: page.total } : {}
  await audited(deps, request, { interaction: 'search-type', action: 'E', type, found, seen, query, ...total })
  return searchset(deps, request, { ...parsed, path }, { page, included, capped })
}

/** A compartment whose owner is hidden answers as one whose owner is absent. */
export async function noOwner(
  deps: FhirDeps,
  request: FhirRequest,
  compartment: Compartment | undefined,
  seen: Seen<unknown>,
): Promise<never> {
  const asked = compartment ? { type: compartment.name, id: compartment.id } : { type: '' }
  await audited(deps, request, { interaction: 'search-type', action: 'E', ...asked, found: [], seen })
  throw notFound()
}

interface Asked {
  plan: PlanNode
  mark: PageMark | undefined
  total: 'none' | 'accurate' | undefined
  /** counting all matches may take too long */
  wide: boolean
}

async function findPage(
  deps: FhirDeps,
  decision: Decision,
  { type, sort, count, summaryCount }: ParsedSearch,
  { plan, mark, total: asked, wide }: Asked,
): Promise<SearchPage> {
  if (summaryCount || count === 0) return { rows: [], total: await deps.store.count(decision, type, plan) }
  const total = asked ?? (wide ? 'none' : deps.totals)
  const page = await deps.store.search(decision, { type, plan, sort, count, total, ...(mark ? { after: mark } : {}) })
  // Where nobody asked, none is counted that may take too long; a first page that is not full tells it.
  const known = asked === undefined && wide && deps.totals === 'accurate' && !mark && !page.next
  return known ? { ...page, total: page.rows.length } : page
}

/** A count of no more tells of single persons: whose they are is looked up. */
const SINGLED_OUT_MAX = 100
/** Of a patient who is named, so many are looked through. */
const NAMED_COUNTED_MAX = 1000

/**
 * A number says something about those whose resources it counts, although none is shown (the account of uses must not be
 * evaded by counting with ever other criteria): what is counted where patients are named, or where it is little.
 */
export async function countedOf(
  deps: FhirDeps,
  decision: Decision,
  parsed: ParsedSearch,
  plan: PlanNode,
  { rows, total = 0 }: SearchPage,
): Promise<Stored[] | undefined> {
  const names = new Set(parsed.patients).size
  if (total <= rows.length || (rows.length > 0 && names === 1) || (names === 0 && total > SINGLED_OUT_MAX)) return undefined
  const count = names === 0 ? SINGLED_OUT_MAX : NAMED_COUNTED_MAX
  const found = await deps.store.search(decision, { type: parsed.type, plan, sort: [], count, total: 'none' })
  return found.rows
}

/** The query and position of a page link, or of a first request. */
export function pageOf(deps: FhirDeps, request: FhirRequest, path: string): { query: [string, string][]; mark?: PageMark } {
  const token = pageTokenOf(request.query)
  if (token === undefined) return { query: request.query }
  const state = deps.pages.open(request.actor, token)
  if (state.type !== path) throw new OutcomeError('page-invalid', { expression: ['http._page'] })
  return { query: state.query, mark: state.mark }
}

/** Undefined: nobody asked. */
function totalOf(parsed: ParsedSearch): 'none' | 'accurate' | undefined {
  const asked = parsed.applied.some(([name]) => name === '_total')
  if (!asked) return undefined
  return parsed.total === 'none' ? 'none' : 'accurate'
}
