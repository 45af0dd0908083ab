/** A search request: criteria to a plan, result parameters to their places (R4 search.html). */
import type { IssueCode } from '../../outcome/issues.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { splitEscaped } from '../escape.ts'
import { ALL_VALUES_MAX, NAME_LENGTH_MAX, PARAMETERS_MAX, VALUE_LENGTH_MAX } from '../limits.ts'
import { allOf, type PlanNode } from '../plan.ts'
import type { Param } from '../registry.ts'
import type { ParsedSearch } from '../types.ts'
import { planFilter } from '../filter/plan.ts'
import { FILTER_PARAMETER } from '../filter/text.ts'
import { placesNamed } from '../types/near.ts'
import { type ChainRequest, isLinked, planLinked } from './chain.ts'
import { planCriterion } from './criterion.ts'
import { checkIncludeCount, parseInclude } from './includes.ts'
import { LIST_PARAMETER, planListed } from './listed.ts'
import { paramError, splitName } from './names.ts'
import { patientKeys, patientsNamed } from './patients.ts'
import { checkSortCount, parseSort, sortCodes } from './sort.ts'
import { shownModifier } from './values.ts'

/** Known to FHIR, not built: ignoring them would answer more than was asked for, so they are refused in either handling. */
const NOT_BUILT: ReadonlySet<string> = new Set(['_text', '_content', '_query', '_contained', '_containedType'])

/** About the form of the answer: read elsewhere. */
const PASSED_OVER: ReadonlySet<string> = new Set(['_format', '_pretty'])

interface Draft extends ParsedSearch {
  nodes: PlanNode[]
  patientKeys: Map<string, string>
  bound: string[][]
}

interface Request extends ChainRequest {
  type: string
  params: ReadonlyMap<string, Param>
}

/** @throws OutcomeError naming the parameter; see ISSUES for the codes */
export function parseRequest(query: readonly [string, string][], request: Request): ParsedSearch {
  if (query.length > PARAMETERS_MAX)
    throw new OutcomeError('parameters-many', { expression: ['http.query'], params: { max: PARAMETERS_MAX } })
  const draft = emptyDraft(request)
  const seen = new Set<string>()
  let values = 0
  for (const [name, value] of query) {
    if (PASSED_OVER.has(name) || isEmpty(draft, name, value, request)) continue
    if (name.length > NAME_LENGTH_MAX) throw paramError('parameter-name-length', name, { max: String(NAME_LENGTH_MAX) })
    if (value.length > VALUE_LENGTH_MAX) throw paramError('parameter-length', name, { max: String(VALUE_LENGTH_MAX) })
    values += splitEscaped(value, ',').length
    if (values > ALL_VALUES_MAX) throw new OutcomeError('values-many', { expression: ['http.query'], params: { max: ALL_VALUES_MAX } })
    const result = RESULT_PARAMETERS.get(splitName(name).code)
    if (result) {
      checkResultName(name, result, seen)
      if (!result.read(draft, name, value, request)) continue
    } else if (!readCriterion(draft, name, value, request)) continue
    draft.applied.push([name, value])
  }
  return finish(draft)
}

/** An empty parameter is no error, and asks nothing (R4 search.html#errors): it is named as one that was left out, or refused when strict. */
const isEmpty = (draft: Draft, name: string, value: string, request: Request): boolean =>
  value === '' && !unknown(draft, name, request, 'parameter-invalid')

function emptyDraft(request: Request): Draft {
  return {
    type: request.type,
    plan: { kind: 'everything' },
    sort: [],
    count: request.options.countDefault,
    total: 'accurate',
    summaryCount: false,
    includes: [],
    revincludes: [],
    applied: [],
    ignored: [],
    patients: [],
    patientKeys: new Map(),
    nodes: [],
    bound: [],
  }
}

function finish({ nodes, bound, ...parsed }: Draft): ParsedSearch {
  checkSortCount(parsed.sort)
  checkIncludeCount('_include', parsed.includes)
  checkIncludeCount('_revinclude', parsed.revincludes)
  // R4 search.html#summary: what is included cannot be mixed with the narratives alone.
  if (parsed.summary === 'text' && parsed.includes.length + parsed.revincludes.length > 0) throw paramError('parameter-invalid', '_summary')
  return { ...parsed, plan: allOf(nodes), patients: commonPatients(bound) }
}

/** All criteria hold together: only those patients are left that each names. None left in common: those of the first. */
function commonPatients(bound: string[][]): string[] {
  const [first, ...rest] = bound
  if (!first) return []
  const common = first.filter((id) => rest.every((other) => other.includes(id)))
  return common.length > 0 ? common : first
}

/** True when the criterion was understood; an unknown parameter is noted or refused, as the handling asks. */
function readCriterion(draft: Draft, name: string, value: string, request: Request): boolean {
  if (isLinked(name)) return readLinked(draft, name, value, request)
  const { code, modifier } = splitName(name)
  if (code === FILTER_PARAMETER) return readFilter(draft, modifier, value, request)
  if (code === LIST_PARAMETER) {
    draft.nodes.push(planListed(request.type, modifier, value, request.options))
    return true
  }
  const param = request.params.get(code)
  if (!param && NOT_BUILT.has(code)) throw paramError('parameter-unsupported', name)
  if (!param) return unknown(draft, name, request)
  if (request.options.allowed && !request.options.allowed(request.type, code, modifier)) throw paramError('parameter-forbidden', code)
  const localCodes = request.options.localCodes?.(request.type) !== false
  const node = planCriterion(param, modifier, value, { ...request.context, localCodes })
  draft.nodes.push(node)
  const places = placesNamed(node)
  if (places.length > 0) draft.near = [...(draft.near ?? []), ...places]
  if (request.isAboutPerson(request.type, code)) for (const [key, id] of patientKeys(node)) draft.patientKeys.set(key, id)
  const patients = patientsNamed(request.type, code, modifier, value, request.context.ownBase)
  if (patients) draft.bound.push(patients)
  return true
}

function readFilter(draft: Draft, modifier: string | undefined, value: string, request: Request): boolean {
  if (modifier !== undefined) throw paramError('modifier-unsupported', FILTER_PARAMETER, { modifier: shownModifier(modifier) })
  const { node, patientKeys: keys, bound } = planFilter(request.type, value, request)
  draft.nodes.push(node)
  for (const [key, id] of keys) draft.patientKeys.set(key, id)
  draft.bound.push(...bound)
  return true
}

/** The first name of a chain may be an unknown parameter like any other; what is wrong behind it is refused. */
function readLinked(draft: Draft, name: string, value: string, request: Request): boolean {
  const { code } = splitName(name)
  if (code !== '_has' && !request.params.has(code)) return unknown(draft, name, request)
  draft.nodes.push(planLinked(request.type, name, value, request))
  return true
}

function unknown(draft: Draft, name: string, request: Request, code: IssueCode = 'parameter-unknown'): false {
  if (request.options.strict) throw paramError(code, name)
  draft.ignored.push(name)
  return false
}

interface ResultParameter {
  repeats: boolean
  modifier?: 'iterate'
  /** false when it was ignored */
  read(draft: Draft, name: string, value: string, request: Request): boolean
}

function checkResultName(name: string, result: ResultParameter, seen: Set<string>): void {
  const { code, modifier, chained } = splitName(name)
  if (chained || (modifier !== undefined && modifier !== result.modifier))
    throw paramError('modifier-unsupported', name, { modifier: (modifier ?? '').slice(0, 20).replace(/[^a-z]/g, '?') })
  if (!result.repeats && seen.has(code)) throw paramError('parameter-repeated', code)
  seen.add(code)
}

const RESULT_PARAMETERS: ReadonlyMap<string, ResultParameter> = new Map<string, ResultParameter>([
  ['_count', { repeats: false, read: readCount }],
  ['_total', { repeats: false, read: readTotal }],
  ['_summary', { repeats: false, read: readSummary }],
  ['_elements', { repeats: false, read: readElements }],
  ['_sort', { repeats: true, read: readSort }],
  ['_include', { repeats: true, modifier: 'iterate', read: readInclude }],
  ['_revinclude', { repeats: true, modifier: 'iterate', read: readInclude }],
])

function readCount(draft: Draft, name: string, value: string, { options }: Request): boolean {
  if (!/^\d{1,9}$/.test(value)) throw paramError('parameter-invalid', name)
  draft.count = Math.min(Number(value), options.countMax)
  // `_count=0` is `_summary=count`.
  if (draft.count === 0) draft.summaryCount = true
  return true
}

function readTotal(draft: Draft, name: string, value: string): boolean {
  if (value !== 'none' && value !== 'accurate' && value !== 'estimate') throw paramError('parameter-invalid', name)
  draft.total = value
  return true
}

const SUMMARIES: ReadonlySet<string> = new Set(['true', 'text', 'data', 'count', 'false'])

function readSummary(draft: Draft, name: string, value: string): boolean {
  if (!SUMMARIES.has(value)) throw paramError('parameter-invalid', name)
  if (value === 'count') draft.summaryCount = true
  else draft.summary = value as 'true' | 'text' | 'data' | 'false'
  return true
}

function readElements(draft: Draft, name: string, value: string): boolean {
  const elements = value.split(',')
  if (elements.some((e) => !/^[A-Za-z][A-Za-z0-9.]{0,127}$/.test(e))) throw paramError('parameter-invalid', name)
  draft.elements = elements
  return true
}

/** There is no score to sort by: another order would be taken for it. */
const SCORE = '_score'

/** Repeated for orders within an order, as a list has them (R4 search.html#table). An unknown sort parameter changes only the order: lenient handling ignores it. */
function readSort(draft: Draft, name: string, value: string, request: Request): boolean {
  const codes = sortCodes(value)
  if (codes.includes(SCORE)) throw paramError('parameter-unsupported', SCORE)
  if (codes.some((c) => !request.params.has(c))) return unknown(draft, name, request, 'parameter-invalid')
  for (const code of codes)
    if (request.options.allowed && !request.options.allowed(request.type, code)) throw paramError('parameter-forbidden', code)
  // The order of codes would tell those that do not find it.
  if (request.options.localCodes?.(request.type) === false)
    for (const code of codes)
      if (request.params.get(code)?.columns.some(({ plain }) => !plain)) throw paramError('parameter-forbidden', code)
  draft.sort.push(...parseSort(request.type, value, request.params))
  return true
}

function readInclude(draft: Draft, name: string, value: string, request: Request): boolean {
  const { code, modifier } = splitName(name)
  const terms = parseInclude(
    code as '_include' | '_revinclude',
    value,
    request.type,
    { paramsOf: request.paramsOf, mayInclude: request.options.mayInclude },
    modifier !== undefined,
  )
  const list = code === '_include' ? draft.includes : draft.revincludes
  list.push(...terms)
  return true
}
