/**
 * History of a type and of the system (R4 http.html#history), newest first, in pages that stay the same while writes go on.
 * Of each resource those versions are there that its own history shows. It is a search by time, so it needs the scope to
 * search (SMART App Launch 2: `s`), and it is for the identified form: in the masked ones the order in which records of many
 * came, beside what is not masked, would tell when.
 */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { ChangesQuery, PageMark } from '../store/types.ts'
import { audited } from './audited.ts'
import { bundleAnswer } from './bundle-text.ts'
import { checkType } from './checks.ts'
import { decided } from './decided.ts'
import { HISTORY_COUNT_MAX, historyCount, historyEntry, OF_TIME } from './history.ts'
import { openPage, pageLinks } from './page-links.ts'
import { checkParameters } from './parameters.ts'
import { duringOf, sinceOf } from './since.ts'
import { FORM_PARAMETERS, formOf } from './subset.ts'
import { typesNamed, typesToSearch } from './type-list.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

const OF_TYPE: ReadonlySet<string> = new Set(['_count', '_since', '_at', '_page', ...FORM_PARAMETERS])
/** `_type` is no parameter of R4 here; passed over, it would answer more than was asked for. */
const OF_SYSTEM: ReadonlySet<string> = new Set([...OF_TYPE, '_type'])
/** Would leave versions out. */
const NOT_BUILT: ReadonlySet<string> = new Set(['_list'])

interface Asked {
  interaction: 'history-type' | 'history-system'
  /** of the whole system: empty */
  type: string
  path: string
  query: [string, string][]
  after?: PageMark
}

export function typeHistory(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const [type = ''] = request.segments
  checkType(type)
  const of = { interaction: 'history-type', type, path: `${deps.baseUrl}/${type}/_history` } as const
  const asked = askedOf(deps, request, of, OF_TYPE)
  return answer(deps, request, asked, typesToSearch(request.actor, [type]))
}

export async function systemHistory(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const of = { interaction: 'history-system', type: '', path: `${deps.baseUrl}/_history` } as const
  const asked = askedOf(deps, request, of, OF_SYSTEM)
  const types = typesToSearch(request.actor, typesNamed(asked.query))
  const stored = new Set(await deps.store.types())
  return answer(
    deps,
    request,
    asked,
    types.filter((type) => stored.has(type)),
  )
}

/** @throws OutcomeError not-permitted, page-invalid, parameter-unknown, parameter-unsupported */
function askedOf(
  deps: FhirDeps,
  request: FhirRequest,
  of: Pick<Asked, 'interaction' | 'type' | 'path'>,
  understood: ReadonlySet<string>,
): Asked {
  const { actor, query } = request
  if (actor.form !== 'IDENT' && !actor.unrestricted) throw new OutcomeError('not-permitted')
  const state = openPage(deps, request, query, pageOf(of))
  if (state) return { ...of, query: state.query, after: state.mark }
  checkParameters(request, query, { understood, restricting: NOT_BUILT, once: OF_TIME })
  return { ...of, query: query.filter(([name]) => understood.has(name)) }
}

/** What a page link belongs to: no resource type has such a name. */
const pageOf = ({ type }: Pick<Asked, 'type'>): string => `_history ${type}`

async function answer(deps: FhirDeps, request: FhirRequest, asked: Asked, types: readonly string[]): Promise<FhirResponse> {
  const { interaction, type, path, query, after } = asked
  const form = formOf(query)
  const changes = changesOf(deps, request, asked, types)
  const { value: page, ...seen } = await decided(deps, request, [], (decision) => deps.store.changes(decision, changes))
  const found = [...page.rows, ...(page.beyond ? [page.beyond] : [])]
  await audited(deps, request, { interaction, action: 'R', type, found, seen, query })
  const counted = historyCount(query) === 0
  const links = pageLinks(deps, request, { address: path, type: pageOf(asked), query }, counted ? undefined : page.next)
  // All that there is on one page has a number without being counted.
  const isWhole = after === undefined && !page.next
  return bundleAnswer('history', counted ? [] : page.rows.map((version) => historyEntry(deps, request, version, form)), {
    links,
    ...(isWhole ? { total: page.rows.length } : {}),
  })
}

function changesOf({ zone }: FhirDeps, request: FhirRequest, { query, after }: Asked, types: readonly string[]): ChangesQuery {
  const since = sinceOf(request, query)
  const during = duringOf(request, query, zone)
  return {
    types,
    count: historyCount(query) || HISTORY_COUNT_MAX,
    ...(since === undefined ? {} : { since }),
    ...(during === undefined ? {} : { during }),
    ...(after === undefined ? {} : { after }),
  }
}
