/** History of one resource (R4 http.html#history), newest first, with `_count`, `_since`, `_at` and paging. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Stored, VersionsQuery } from '../store/types.ts'
import { audited } from './audited.ts'
import { notFound } from './answers.ts'
import { bundleAnswer, type BundleEntry, link } from './bundle-text.ts'
import { checkId, checkType, requireScope } from './checks.ts'
import { decided } from './decided.ts'
import { paramError } from '../search/parse/names.ts'
import { checkParameters, formOfAnswer } from './parameters.ts'
import { shown, stampOf } from './read.ts'
import { queryText } from './search-request.ts'
import { duringOf, sinceOf } from './since.ts'
import { FORM_PARAMETERS, type Form, formOf } from './subset.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from './types.ts'

const HISTORY_COUNT_DEFAULT = 50
export const HISTORY_COUNT_MAX = 1000
const UNDERSTOOD: ReadonlySet<string> = new Set(['_count', '_since', '_at', '_before', ...FORM_PARAMETERS])
/** "Each of these parameters SHALL NOT appear more than once" (R4 http.html#history). */
export const OF_TIME: ReadonlySet<string> = new Set(['_count', '_since', '_at'])
/** Would leave versions out. */
const NOT_BUILT: ReadonlySet<string> = new Set(['_list'])

/** Parameters that the next page has as they are. */
const KEPT: ReadonlySet<string> = new Set(['_at', ...FORM_PARAMETERS])

export async function history(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const [type = '', id = ''] = request.segments
  checkType(type)
  checkId(id)
  requireScope(request.actor, type, 'r')
  const options = historyOptions(deps, request)
  const form = formOf(request.query)
  const seen = await decided(deps, request, [], async (decision) => {
    const current = await deps.store.read(decision, type, id)
    if (!current) return undefined
    return deps.store.history(decision, type, id, { ...options, count: (options.count || HISTORY_COUNT_MAX) + 1 })
  })
  const rows = seen.value
  const page = rows?.slice(0, options.count) ?? []
  // Versions may be about different persons: each of them is told, also of the one that the next link tells of.
  await audited(deps, request, { interaction: 'history-instance', action: 'R', type, id, found: rows ?? [], seen })
  if (!rows) throw notFound()
  const path = `${deps.baseUrl}/${type}/${id}/_history`
  const last = page.at(-1)
  // What was understood, as it was asked for (R4 http.html#paging).
  const own = request.query.filter(([name]) => UNDERSTOOD.has(name))
  const links = [link('self', own.length === 0 ? path : `${path}?${queryText(own)}`)]
  const kept = request.query
    .flatMap(([name, value]) => (KEPT.has(name) ? [`&${queryText([[name, value]])}`] : []))
    .concat(formOfAnswer(request.query))
    .join('')
  const since = options.since ? `&_since=${encodeURIComponent(options.since.toISOString())}` : ''
  if (rows.length > page.length && last) links.push(link('next', `${path}?_count=${options.count}&_before=${last.v}${since}${kept}`))
  return bundleAnswer(
    'history',
    page.map((row) => historyEntry(deps, request, row, form)),
    { links, ...(options.count === 0 ? totalOf(rows) : {}) },
  )
}

/** As many as are looked through to count them: of more there is no total. */
const totalOf = ({ length }: readonly Stored[]): { total?: number } => (length > HISTORY_COUNT_MAX ? {} : { total: length })

function historyOptions({ zone }: FhirDeps, request: FhirRequest): VersionsQuery {
  checkParameters(request, request.query, { understood: UNDERSTOOD, restricting: NOT_BUILT, once: OF_TIME })
  const value = (name: string) => request.query.find(([key]) => key === name)?.[1]
  const since = sinceOf(request, request.query)
  const during = duringOf(request, request.query, zone)
  const before = value('_before')
  if (before !== undefined && !/^\d{1,9}$/.test(before)) throw new OutcomeError('page-invalid', { expression: ['http._before'] })
  return {
    count: historyCount(request.query),
    ...(before === undefined ? {} : { before: Number(before) }),
    ...(since === undefined ? {} : { since }),
    ...(during === undefined ? {} : { during }),
  }
}

/** How many versions a page has; 0, as in a search: only how many there are. @throws OutcomeError parameter-invalid */
export function historyCount(query: FhirRequest['query']): number {
  const count = query.find(([name]) => name === '_count')?.[1]
  if (count !== undefined && !/^\d{1,6}$/.test(count)) throw paramError('parameter-invalid', '_count')
  return Math.min(Number(count ?? HISTORY_COUNT_DEFAULT), HISTORY_COUNT_MAX)
}

export function historyEntry(deps: FhirDeps, request: FhirRequest, row: Stored, form: Form): BundleEntry {
  // What is deleted has no text to mask: its entry names the id that was asked for.
  const entry = row.deleted ? { fullUrl: `${deps.baseUrl}/${row.type}/${row.id}` } : shown(deps, request, row, form)
  const { at } = stampOf(request, row)
  const url = row.method === 'POST' ? row.type : entry.fullUrl.slice(deps.baseUrl.length + 1)
  return {
    ...entry,
    request: { method: row.method, url },
    response: {
      status: statusOf(row),
      etag: `W/"${row.v}"`,
      ...(at ? { lastModified: at.toISOString() } : {}),
    },
  }
}

/** What the write was answered with: also by PUT a first version was created, and one that came after a deletion. */
function statusOf({ method, v, revived }: Stored): string {
  if (method === 'DELETE') return '204'
  return method === 'POST' || v === 1 || revived ? '201' : '200'
}
