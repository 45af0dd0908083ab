/**
 * `_typeFilter` of an export (Bulk Data Access 2.0, export): queries of REST, one of which a resource of their type has to meet. Each is
 * read, gated and followed as a search of the asker's own.
 */
import type { Decision } from '../../access/decision.ts'
import { isResourceType } from '../../fhir/resource-types.ts'
import { withAskedCodes } from '../../interactions/asked-codes.ts'
import { planForPersons } from '../../interactions/linked-patients.ts'
import { parseCriteria } from '../../interactions/query-text.ts'
import { parseSearch } from '../../interactions/search-request.ts'
import type { FhirDeps, FhirRequest } from '../../interactions/types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError, shownName, splitName } from '../../search/parse/names.ts'
import { anyOf, type PlanNode } from '../../search/plan.ts'
import type { ParsedSearch } from '../../search/types.ts'
import type { Met } from '../../store/types.ts'

export const TYPE_FILTER = '_typeFilter'
/** Of one export: they are kept with it, and what they ask stands in the account of each whom they find. */
const FILTERS_MAX = 100
const FILTER_CHARS_MAX = 16 * 1024

/** One query, as it was understood. */
export interface TypeFilter {
  type: string
  query: [name: string, value: string][]
}

/** "FHIR search response parameters such as `_include` and `_sort` SHALL NOT be used." */
const OF_ANSWERS: ReadonlySet<string> = new Set(
  '_include _revinclude _count _sort _total _summary _elements _contained _containedType _format _pretty _page _score explain'.split(' '),
)

/** For the account of uses: all that is asked, as of a search. */
export const criteriaOf = (filters: readonly TypeFilter[]): TypeFilter['query'] => filters.flatMap(({ query }) => query)

export interface Filters {
  filters: TypeFilter[]
  /** names of what was left out, fit to be shown; under lenient handling alone */
  ignored: string[]
}

/**
 * @param values of all its repetitions
 * @param types of the export: a query of another type would filter nothing
 * @throws OutcomeError naming `_typeFilter` or the parameter of a query, and what a search throws
 */
export function filtersOf(
  deps: FhirDeps,
  request: FhirRequest,
  values: readonly string[],
  asked: { types: readonly string[]; isLenient: boolean },
): Filters {
  const chars = values.reduce((sum, value) => sum + value.length, 0)
  if (chars > FILTER_CHARS_MAX) throw paramError('parameter-length', TYPE_FILTER, { max: String(FILTER_CHARS_MAX) })
  const texts = values.flatMap(queriesIn)
  if (texts.length > FILTERS_MAX) throw new OutcomeError('parameters-many', { expression: [TYPE_FILTER], params: { max: FILTERS_MAX } })
  const budget = { links: 0 }
  const ignored: string[] = []
  const filters = texts.map((text): TypeFilter => {
    const [, type = ''] = QUERY.exec(text) ?? []
    if (!isResourceType(type) || !asked.types.includes(type)) throw paramError('parameter-invalid', TYPE_FILTER)
    const [query, ofAnswers] = parted(parseCriteria(text, TYPE_FILTER))
    const [first] = ofAnswers
    if (first !== undefined && !asked.isLenient) throw paramError('parameter-unsupported', first)
    const parsed = parseSearch(deps, request.actor, type, query, !asked.isLenient, budget)
    ignored.push(...[...ofAnswers, ...parsed.ignored].map(shownName))
    return { type, query: parsed.applied }
  })
  return { filters, ignored }
}

const QUERY = /^([A-Z][A-Za-z]*)\?./s

/**
 * A comma may also stand in a query: one between queries has the beginning of a query behind it, and is not escaped. Backslashes in
 * pairs are escaped themselves, and escape no comma.
 */
const queriesIn = (value: string): string[] => value.split(/,(?<=(?<!\\)(?:\\\\)*,)\s*(?=[A-Z][A-Za-z]*\?)/)

function parted(query: readonly [string, string][]): [criteria: [string, string][], ofAnswers: string[]] {
  const isOfAnswers = ([name]: readonly [string, string]): boolean => OF_ANSWERS.has(splitName(name).code)
  return [query.filter((pair) => !isOfAnswers(pair)), query.filter(isOfAnswers).map(([name]) => name)]
}

/** What the queries of one type ask for, before anything is followed. @throws OutcomeError where one is not understood any more */
export function parsedFilters(deps: FhirDeps, request: FhirRequest, filters: readonly TypeFilter[]): Promise<ParsedSearch[]> {
  return withAskedCodes(deps, request, async (own) => {
    const budget = { links: 0 }
    // What was left out at the kick-off is not there any more: to leave out another one would answer more than was asked.
    return filters.map(({ type, query }) => parseSearch(own, request.actor, type, query, true, budget))
  })
}

export interface FollowedFilters {
  plan: PlanNode
  /** what their links led to */
  through: Met[][]
}

/** As in a search: links are followed, and who names a Patient means the person. */
export async function followFilters(deps: FhirDeps, decision: Decision, parsed: readonly ParsedSearch[]): Promise<FollowedFilters> {
  const nodes: PlanNode[] = []
  const through: Met[][] = []
  for (const one of parsed) {
    const followed = await deps.store.follow(decision, one.type, one.plan)
    nodes.push(await planForPersons(deps, decision, { ...one, plan: followed.plan }))
    through.push(...followed.through)
  }
  return { plan: anyOf(nodes), through }
}
