/**
 * `_contained` and `_containedType` (R4 search.html#contained): resources that stand in others. They have no rights of their own: what
 * is looked for is their container, under the decision, the labels and the account of uses that hold for it. So a hidden container is as
 * an absent one, and of a seen one nothing is told that reading it would not tell. The masked forms have no contained resources.
 *
 * All types that the caller may search are looked through, one after the other. There are no counts beyond a page, no links and no orders:
 * a contained resource is nothing that others refer to, and containers of different types have no order in common.
 */
import type { Decision } from '../access/decision.ts'
import { allows } from '../auth/scopes.ts'
import { arrayItems, members, parseResource } from '../fhir/resource-text.ts'
import { CONTAINED } from '../search/keys.ts'
import { containedAsked, needsLooking, planMatches } from '../search/matches.ts'
import { isLinked } from '../search/parse/chain.ts'
import { paramError, splitName } from '../search/parse/names.ts'
import { allOf, anyOf, type PlanNode } from '../search/plan.ts'
import type { ParsedSearch } from '../search/types.ts'
import type { PageMark, SearchPage, Stored } from '../store/types.ts'
import { audited } from './audited.ts'
import type { BundleEntry } from './bundle-text.ts'
import { checkType, requireScope } from './checks.ts'
import { decided } from './decided.ts'
import { planForPersons } from './linked-patients.ts'
import { shown } from './read.ts'
import { pageOf } from './search.ts'
import { isStrict, PAGE_COUNT_DEFAULT, PAGE_COUNT_MAX, RESULT_PARAMETERS } from './search-request.ts'
import { searchset } from './searchset.ts'
import { pageByType, type TypePlan } from './several-types.ts'
import { formOf, inForm } from './subset.ts'
import { typesToSearch } from './type-list.ts'
import type { FhirDeps, FhirRequest, FhirResponse, Handler } from './types.ts'

const CONTAINED_PARAMETER = '_contained'
const KIND_PARAMETER = '_containedType'

type Query = [name: string, value: string][]

interface Asked {
  /** resources that stand by themselves are looked for too */
  own: boolean
  /** the contained resources are answered instead of their containers */
  parts: boolean
}

/** A search of a type, which may ask for contained resources of it. */
export const containable =
  (search: Handler): Handler =>
  async (deps, request) => {
    const type = request.segments[0] ?? ''
    checkType(type)
    requireScope(request.actor, type, 's')
    const { query, mark } = pageOf(deps, request, type)
    const asked = askedOf(query)
    if (asked) return searchContained(deps, request, { type, query, mark, asked })
    return search(deps, { ...request, query: request.query.filter(([name]) => !isOfContained(name)) })
  }

const isOfContained = (name: string): boolean => name === CONTAINED_PARAMETER || name === KIND_PARAMETER

/** Undefined: resources that stand by themselves alone. @throws OutcomeError parameter-repeated, parameter-invalid */
function askedOf(query: Query): Asked | undefined {
  const which = oneOf(query, CONTAINED_PARAMETER, ['false', 'true', 'both'])
  const kind = oneOf(query, KIND_PARAMETER, ['container', 'contained'])
  return which === 'false' ? undefined : { own: which === 'both', parts: kind === 'contained' }
}

/** The first of its values where it is not named. */
function oneOf(query: Query, name: string, values: readonly string[]): string {
  const [value = values[0] as string, ...others] = query.flatMap(([key, text]) => (key === name ? [text] : []))
  if (others.length > 0) throw paramError('parameter-repeated', name)
  if (!values.includes(value)) throw paramError('parameter-invalid', name)
  return value
}

interface ContainedSearch {
  type: string
  query: Query
  mark: PageMark | undefined
  asked: Asked
}

async function searchContained(deps: FhirDeps, request: FhirRequest, of: ContainedSearch): Promise<FhirResponse> {
  const { type, query, mark, asked } = of
  if (request.actor.form !== 'IDENT' && !request.actor.unrestricted) throw paramError('parameter-forbidden', CONTAINED_PARAMETER)
  const types = typesToSearch(request.actor, undefined)
  // Of AuditEvents, which nothing contains.
  if (!types.includes(type)) throw paramError('parameter-unsupported', CONTAINED_PARAMETER)
  const parsed = parse(deps, request, type, query, mark !== undefined || isStrict(request))
  const stored = new Set(await deps.store.types())
  const containers = types.filter((one) => stored.has(one))
  const seen = await decided(deps, request, [], async (decision) => {
    const plan = await planForPersons(deps, decision, parsed)
    return { plan, page: await findPage(deps, decision, plansOf(containers, type, plan, asked), parsed.count, mark) }
  })
  const { plan, page } = seen.value
  const found = [...page.rows, ...(page.beyond ? [page.beyond] : [])]
  await audited(deps, request, { interaction: 'search-type', action: 'E', type, found, seen, query })
  const applied: Query = [...parsed.applied, ...query.filter(([name]) => isOfContained(name))]
  const inParts = asked.parts
    ? pageOfParts(await partsOf(deps, request, { ...of, plan, applied }, page.rows), page, parsed.count, mark)
    : undefined
  const next = inParts ? inParts.next : page.next
  // All that there is on one page has a number without being counted.
  const total = mark || next ? {} : { total: (inParts?.matches ?? page.rows).length }
  return searchset(
    deps,
    request,
    { applied, ignored: parsed.ignored, path: type },
    {
      page: { rows: page.rows, ...(next ? { next } : {}), ...total },
      included: [],
      capped: false,
      ...(inParts ? { matches: inParts.matches } : {}),
    },
  )
}

/**
 * As many as are asked for and no more (R4 search.html#count), although one container may have several. A mark then says how many of
 * the container behind it were answered already.
 */
function pageOfParts(
  parts: readonly BundleEntry[][],
  { rows, next }: Pick<SearchPage, 'rows' | 'next'>,
  count: number,
  mark: PageMark | undefined,
): { matches: BundleEntry[]; next?: PageMark } {
  const matches: BundleEntry[] = []
  let [type = '', id = '', done = 0, within = ''] = mark ?? []
  for (const [at, all] of parts.entries()) {
    const row = rows[at] as Stored
    const name = `${row.type}/${row.id}`
    // Another one may stand there by now.
    const from = name === within ? Number(done) : 0
    const room = count - matches.length
    if (all.length - from > room) {
      matches.push(...all.slice(from, from + room))
      return { matches, next: [type, id, from + room, name] }
    }
    matches.push(...all.slice(from))
    ;({ type, id } = row)
  }
  return { matches, ...(next ? { next } : {}) }
}

function findPage(
  deps: FhirDeps,
  decision: Decision,
  plans: readonly TypePlan[],
  count: number,
  mark: PageMark | undefined,
): Promise<Omit<SearchPage, 'total'>> {
  return pageByType(deps, decision, plans, { count, ...(mark ? { after: mark } : {}) })
}

/** The key narrows it to what contains any of the type: the rest of a collection is not looked at. */
function plansOf(containers: readonly string[], type: string, node: PlanNode, { own }: Asked): TypePlan[] {
  const within = allOf([
    { kind: 'keys', keys: [CONTAINED + type] },
    { kind: 'contained', type, node },
  ])
  return containers.map((container) => ({ type: container, plan: own && container === type ? anyOf([node, within]) : within }))
}

/** Result parameters that have no meaning here, and criteria that look beyond the contained resource or at what it does not have. */
const REFUSED: ReadonlySet<string> = new Set('_sort _include _revinclude _has _list _text _content _lastUpdated near'.split(' '))

/** @throws OutcomeError contained-parameter, and what the parser says of a parameter */
function parse(deps: FhirDeps, { actor }: FhirRequest, type: string, query: Query, strict: boolean): ParsedSearch {
  const rest = query.filter(([name]) => !isOfContained(name) && !RESULT_PARAMETERS.has(name))
  for (const [name, value] of rest) if (isRefused(deps, type, name, value)) throw paramError('contained-parameter', name)
  const parsed = deps.search.parse(type, rest, {
    strict,
    builtInOnly: true,
    ...(deps.codeSets ? { codeSets: deps.codeSets } : {}),
    countDefault: PAGE_COUNT_DEFAULT,
    countMax: PAGE_COUNT_MAX,
    mayFollow: (of) => allows(actor, of, 's'),
  })
  // What is left of that kind stands in a `_filter`.
  if (needsLooking(parsed.plan)) throw paramError('contained-parameter', '_filter')
  return parsed
}

function isRefused(deps: FhirDeps, type: string, name: string, value: string): boolean {
  const { code } = splitName(name)
  const isCount =
    (name === '_total' && value === 'accurate') || (name === '_summary' && value === 'count') || /^_count=0+$/.test(`${name}=${value}`)
  return REFUSED.has(code) || isLinked(name) || isCount || deps.search.isCustom(type, code)
}

/** Of each container the contained resources that match, cut out of the text that the caller may see, each under the address `[container]#[id]`. */
async function partsOf(
  deps: FhirDeps,
  request: FhirRequest,
  { type, asked, plan, applied }: Pick<ContainedSearch, 'type' | 'asked'> & { plan: PlanNode; applied: Query },
  rows: readonly Stored[],
): Promise<BundleEntry[][]> {
  const form = formOf(applied)
  const search = { mode: 'match' } as const
  const parts: BundleEntry[][] = []
  for (const doc of rows) {
    const entries: BundleEntry[] = []
    parts.push(entries)
    const { fullUrl, resource: body } = shown(deps, request, doc)
    const { resource, text, decimals } = parseResource(body)
    if (asked.own && doc.type === type) {
      const index = deps.search.index(resource, decimals)
      const [withMaster] = await deps.access.masterKeys([resource])
      const keys = withMaster?.(index.keys) ?? index.keys
      if (planMatches(plan, { id: doc.id, at: doc.at, index: { ...index, keys } }))
        entries.push({ ...shown(deps, request, doc, form), search })
    }
    const items = containedTexts(text)
    deps.search.contained(resource).forEach((one, at) => {
      if (one?.type !== type || !planMatches(plan, containedAsked(one))) return
      entries.push({ fullUrl: `${fullUrl}#${one._id ?? ''}`, resource: inForm(form, type, items[at] ?? ''), search })
    })
  }
  return parts
}

function containedTexts(text: string): string[] {
  const found = members(text).find(({ key }) => key === 'contained')
  return found ? arrayItems(text.slice(found.valueStart, found.valueEnd)) : []
}
