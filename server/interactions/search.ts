/** search of one type (R4 search.html): parse, decide, find, include, gate, mask, audit, splice. */
import type { Decision } from '../access/decision.ts'
import { OutcomeError, type OutcomeIssue } from '../outcome/outcome-error.ts'
import { renderOutcome } from '../outcome/render.ts'
import type { PlanNode } from '../search/plan.ts'
import { shownName } from '../search/parse/names.ts'
import type { ParsedSearch } from '../search/types.ts'
import type { PageMark, SearchPage, Stored } from '../store/types.ts'
import { audited } from './audited.ts'
import { bundleAnswer, type BundleEntry, type BundleLink, link } from './bundle-text.ts'
import { checkType, requireScope } from './checks.ts'
import { decided } from './decided.ts'
import { findIncluded, INCLUDED_MAX } from './includes.ts'
import { planForPersons } from './linked-patients.ts'
import { formOfAnswer, pageTokenOf } from './parameters.ts'
import { shown } from './read.ts'
import { isStrict, parseSearch, queryText } from './search-request.ts'
import { formOf } from './subset.ts'
import { told } from './through.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

export async function search(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const type = request.segments[0] ?? ''
  checkType(type)
  requireScope(request.actor, type, 's')
  const { query, mark } = pageOf(deps, request, type)
  const parsed = parseSearch(deps, request.actor, type, query, isStrict(request))
  const seen = await decided(deps, request, parsed.patients, async (decision) => {
    const find = (plan: PlanNode) => findPage(deps, decision, parsed, plan, mark)
    const { plan: asked, through } = await deps.store.follow(decision, type, parsed.plan)
    // Most searches name a Patient that stands for itself: they need not wait until that is known.
    const [plan, literal] = await Promise.all([planForPersons(deps, decision, { ...parsed, plan: asked }), find(asked)])
    const page = plan === asked ? literal : await find(plan)
    const [counted, found] = await Promise.all([
      countedOf(deps, decision, parsed, plan, page),
      findIncluded(deps, decision, request.actor, page.rows, parsed),
    ])
    return { page, counted, through, ...found }
  })
  const { page, counted, through, included, capped } = seen.value
  const found = [...(counted ?? page.rows), ...(page.beyond ? [page.beyond] : []), ...included, ...told(through)]
  const total = counted && page.total !== undefined ? { total: page.total } : {}
  await audited(deps, request, { interaction: 'search-type', action: 'E', type, found, seen, query, ...total })
  return searchset(deps, request, parsed, { page, included, capped })
}

async function findPage(
  deps: FhirDeps,
  decision: Decision,
  parsed: ParsedSearch,
  plan: PlanNode,
  mark: PageMark | undefined,
): Promise<SearchPage> {
  const { type, sort, count } = parsed
  if (parsed.summaryCount || count === 0) return { rows: [], total: await deps.store.count(decision, type, plan) }
  return deps.store.search(decision, { type, plan, sort, count, total: totalOf(deps, parsed), ...(mark ? { after: mark } : {}) })
}

/** A count of no more tells of single persons: whose they are is looked up. */
const SINGLED_OUT_MAX = 100
/** Of a patient who is named, so many are looked through. */
const NAMED_COUNTED_MAX = 1000

/**
 * A number says something about those whose resources it counts, although none is shown (the account of uses must not be
 * evaded by counting with ever other criteria): what is counted where patients are named, or where it is little.
 */
async function countedOf(
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
function pageOf(deps: FhirDeps, request: FhirRequest, type: string): { query: [string, string][]; mark?: PageMark } {
  const token = pageTokenOf(request.query)
  if (token === undefined) return { query: request.query }
  const state = deps.pages.open(request.actor, token)
  if (state.type !== type) throw new OutcomeError('page-invalid', { expression: ['http._page'] })
  return { query: state.query, mark: state.mark }
}

function totalOf(deps: FhirDeps, parsed: ParsedSearch): 'none' | 'accurate' {
  const asked = parsed.applied.some(([name]) => name === '_total')
  if (!asked) return deps.totals
  return parsed.total === 'none' ? 'none' : 'accurate'
}

interface Found {
  page: SearchPage
  included: Stored[]
  capped: boolean
}

function searchset(deps: FhirDeps, request: FhirRequest, parsed: ParsedSearch, found: Found): FhirResponse {
  const form = formOf(parsed.applied.filter(([name, value]) => name !== '_summary' || value !== 'count'))
  const entry = (doc: Stored, mode: 'match' | 'include'): BundleEntry => ({
    ...shown(deps, request, doc, form),
    search: { mode },
  })
  const entries = [
    ...found.page.rows.map((doc) => entry(doc, 'match')),
    ...found.included.map((doc) => entry(doc, 'include')),
    ...noticesOf(parsed, found.capped),
  ]
  const options = found.page.total === undefined ? {} : { total: found.page.total }
  return bundleAnswer('searchset', entries, { ...options, links: linksOf(deps, request, parsed, found.page) })
}

function linksOf(deps: FhirDeps, request: FhirRequest, parsed: ParsedSearch, page: SearchPage): BundleLink[] {
  const path = `${deps.baseUrl}/${parsed.type}`
  const token = request.query.find(([name]) => name === '_page')?.[1]
  const query = token === undefined ? queryText(parsed.applied) : queryText([['_page', token]])
  const links = [link('self', query === '' ? path : `${path}?${query}`)]
  if (page.next) {
    const next = deps.pages.seal(request.actor, { type: parsed.type, query: parsed.applied, mark: page.next })
    links.push(link('next', `${path}?_page=${next}${formOfAnswer(request.query)}`))
  }
  return links
}

function noticesOf(parsed: ParsedSearch, capped: boolean): BundleEntry[] {
  const issues: OutcomeIssue[] = []
  if (parsed.ignored.length > 0) {
    // As strict handling does: what does not look like a name could be somebody's data.
    const names = [...new Set(parsed.ignored.map(shownName))].join(', ')
    issues.push({ code: 'search-outcome', severity: 'warning', params: { names } })
  }
  if (capped) issues.push({ code: 'include-limit', severity: 'warning', params: { max: INCLUDED_MAX } })
  if (issues.length === 0) return []
  return [{ resource: JSON.stringify(renderOutcome(issues)), search: { mode: 'outcome' } }]
}
