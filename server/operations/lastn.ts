/**
 * Observation/$lastn (R4 observation-operation-lastn.html): of the matches of a search the latest `max` of each code, newest first.
 * Whatever is as old as the last of them comes with it. One aggregation finds them; hidden Observations take no place. What was entered
 * in error takes one: R4 says that it is there "if not explicitly filtered by status", and HAPI FHIR looks at no status either. Who
 * did not ask by status is told, since it stands where he looks for what holds.
 */
import type { Decision } from '../access/decision.ts'
import { bodyText } from '../interactions/answers.ts'
import { audited } from '../interactions/audited.ts'
import { requireScope } from '../interactions/checks.ts'
import { decided } from '../interactions/decided.ts'
import { findIncluded } from '../interactions/includes.ts'
import { planForPersons } from '../interactions/linked-patients.ts'
import { pageOf } from '../interactions/search.ts'
import { isStrict, parseSearch } from '../interactions/search-request.ts'
import { searchset } from '../interactions/searchset.ts'
import { told } from '../interactions/through.ts'
import type { FhirDeps, FhirRequest, FhirResponse } from '../interactions/types.ts'
import { OutcomeError, type OutcomeIssue } from '../outcome/outcome-error.ts'
import { SEPARATOR } from '../search/keys.ts'
import { paramError, splitName } from '../search/parse/names.ts'
import type { ParsedSearch } from '../search/types.ts'
import type { Latest, Met, PageMark, Stored } from '../store/types.ts'
import { groupsOf } from './code-groups.ts'
import { inParameters, onePositive, simplePairs } from './in-parameters.ts'
import type { Operation } from './types.ts'

const TYPE = 'Observation'
const PATH = `${TYPE}/$lastn`
const CODE_KEYS = `code${SEPARATOR.system}`
/** Observations in all groups together: more than a reader can want, and so many that an answer stays small. */
const FOUND_MAX = 10_000
const MAX_MAX = 1000

export const lastn: Operation = {
  code: 'lastn',
  on: TYPE,
  level: 'type',
  methods: ['GET', 'POST'],
  writes: false,
  definition: 'http://hl7.org/fhir/OperationDefinition/Observation-lastn',
  run,
}

interface Asked {
  parsed: ParsedSearch
  max: number
  mark?: PageMark
  /** whether it says which statuses it wants */
  byStatus: boolean
}

async function run(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  requireScope(request.actor, TYPE, 's')
  const asked = askedOf(deps, request)
  const { parsed } = asked
  const seen = await decided(deps, request, parsed.patients, async (decision) => {
    const { plan, through } = await deps.store.follow(decision, TYPE, parsed.plan)
    const wider = await planForPersons(deps, decision, { ...parsed, plan })
    const rows = await deps.store.latest(decision, { type: TYPE, plan: wider, start: CODE_KEYS, count: asked.max, most: FOUND_MAX })
    const all = latestOf(rows, asked.max)
    const page = await pageFrom(deps, decision, all, asked)
    const found = await findIncluded(deps, decision, request.actor, page.rows, parsed)
    return { all, through, page, ...found }
  })
  const { all, through, page, included, capped } = seen.value
  const total = all.length
  const tells = [...page.rows, ...included, ...told([all, ...through])]
  const query = parsed.applied
  await audited(deps, request, { interaction: 'lastn', action: 'E', type: TYPE, found: once(tells), seen, query, total })
  const notices = asked.byStatus ? [] : noticesOf(page.rows)
  return searchset(deps, request, { ...parsed, path: PATH }, { page: { ...page, total }, included, capped, notices })
}

const RETRACTED = 'entered-in-error'

function noticesOf(rows: readonly Stored[]): OutcomeIssue[] {
  const isRetracted = (text: string): boolean => text.includes(RETRACTED) && (JSON.parse(text) as { status?: unknown }).status === RETRACTED
  return rows.some((row) => isRetracted(bodyText(row))) ? [{ code: 'lastn-retracted', severity: 'warning' }] : []
}

const once = (met: readonly Met[]): Met[] => [...new Map(met.map((one) => [`${one.type}/${one.id}`, one])).values()]

/** @throws OutcomeError parameter-missing, parameter-unsupported, and what a search throws */
function askedOf(deps: FhirDeps, request: FhirRequest): Asked {
  const sent = { ...request, query: simplePairs(inParameters(request)) }
  const { query, mark } = pageOf(deps, sent, PATH)
  const max = onePositive(
    query.map(([name, value]) => ({ name, value })),
    'max',
  )
  // The order is that of the operation.
  if (query.some(([name]) => name === '_sort')) throw paramError('parameter-unsupported', '_sort')
  const own: [string, string][] = query.filter(([name]) => name !== 'max')
  const parsed = parseSearch(deps, request.actor, TYPE, own, isStrict(request))
  const codes = parsed.applied.map(([name]) => splitName(name)).filter(({ modifier }) => modifier !== 'missing')
  if (!codes.some(({ code }) => SUBJECTS.has(code))) throw paramError('parameter-missing', 'patient')
  if (!codes.some(({ code }) => code === 'category' || OF_CODE.test(code))) throw paramError('parameter-missing', 'category')
  const applied: [string, string][] = [...parsed.applied, ...(max === undefined ? [] : [['max', String(max)] as [string, string]])]
  const byStatus = codes.some(({ code }) => code === 'status')
  return { parsed: { ...parsed, applied }, max: Math.min(max ?? 1, MAX_MAX), byStatus, ...(mark ? { mark } : {}) }
}

const SUBJECTS: ReadonlySet<string> = new Set(['patient', 'subject'])
/** Parameters with a code element in their expression. */
const OF_CODE = /^(?:combo-|component-)?code(?:-value-[a-z]+)?$/

/** A found Observation with its place among all: the beginning of its time, what has none behind all others. */
interface Ranked extends Latest {
  time: number
}

/** Newest first; of each group of equivalent codes the first `max`, and those of the same time as the last of them. */
function latestOf(rows: readonly Latest[], max: number): Ranked[] {
  const ranked = rows.map((row): Ranked => ({ ...row, time: row.date?.getTime() ?? Number.NEGATIVE_INFINITY })).sort(byTime)
  const kept = groupsOf(ranked).flatMap((group) => {
    const last = group[max - 1]
    return group.filter((one, at) => at < max || (last?.date !== undefined && one.time === last.time))
  })
  return kept.sort(byTime)
}

function byTime(a: Ranked, b: Ranked): number {
  if (a.time !== b.time) return b.time > a.time ? 1 : -1
  // Of what has no time the last stored comes first.
  if (a.date === undefined && a.at.getTime() !== b.at.getTime()) return b.at.getTime() - a.at.getTime()
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

interface Page {
  rows: Stored[]
  next?: PageMark
}

/** The page behind the mark, whole Observations; each page finds the latest anew. */
async function pageFrom(deps: FhirDeps, decision: Decision, all: readonly Ranked[], { parsed, mark }: Asked): Promise<Page> {
  const from = mark ? all.findIndex((one) => isBehind(one, mark)) : 0
  const { count } = parsed
  const chosen = from < 0 ? [] : all.slice(from, from + count)
  const last = chosen.at(-1)
  if (!last || parsed.summaryCount) return { rows: [] }
  const ids = chosen.map(({ id }) => id)
  const query = { type: TYPE, plan: { kind: 'ids' as const, ids }, sort: [], count: ids.length, total: 'none' as const }
  const found = new Map((await deps.store.search(decision, query)).rows.map((row) => [row.id, row]))
  const rows = ids.flatMap((id) => found.get(id) ?? [])
  return { rows, ...(from + count < all.length ? { next: markOf(last) } : {}) }
}

const markOf = ({ date, at, id }: Ranked): PageMark => [date?.getTime() ?? null, at.getTime(), id]

/** @throws OutcomeError page-invalid */
function isBehind(one: Ranked, [date, at, id]: PageMark): boolean {
  if ((date !== null && typeof date !== 'number') || typeof at !== 'number' || typeof id !== 'string')
    throw new OutcomeError('page-invalid', { expression: ['http._page'] })
  const placed = { id, at: new Date(at), ...(date === null ? {} : { date: new Date(date) }), time: date ?? Number.NEGATIVE_INFINITY }
  return byTime(one, placed as Ranked) > 0
}
