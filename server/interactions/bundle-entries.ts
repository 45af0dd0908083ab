/** The requests inside a Bundle. Resources are cut out of the Bundle's text, so their decimals and order survive. */
import { arrayItems, type DecimalTexts, members, type ParsedResource, parseResource } from '../fhir/resource-text.ts'
import type { FhirResource } from '../fhir/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { entryProblem } from './bundle-envelope.ts'
import { parseQuery } from './query-text.ts'
import { queryText } from './search-request.ts'
import type { Method } from './types.ts'
import { withinBase } from './within-base.ts'

export const BUNDLE_ENTRIES_MAX = 10_000

export interface EntryRequest {
  /** position in the Bundle */
  at: number
  fullUrl?: string
  method: Method
  segments: string[]
  query: [string, string][]
  headers: Record<string, string>
  /** the entry's resource as compact JSON text */
  text?: string
  /** the same as its Bundle was parsed */
  parsed?: Pick<ParsedResource, 'decimals'> & { resource: unknown }
  /** what its If-None-Exist finds is replaced by it, where it is otherwise left as it is (messages) */
  replaces?: true
  /** the query of a write by criteria; an update is taken for a create that replaces what it finds */
  criteria?: string
  /** the entry itself is wrong: its answer in a batch, the failure of a transaction */
  problem?: OutcomeError
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'])

/** @param ownBase base of this server, under which an entry may name what it is about by its whole address */
export function entriesOf(bundle: ParsedResource, ownBase: string): EntryRequest[] {
  const entryText = valueText(bundle.text, 'entry')
  if (entryText === undefined) return []
  if (!entryText.startsWith('[')) throw new OutcomeError('bundle-invalid', { expression: ['Bundle.entry'] })
  const texts = arrayItems(entryText)
  if (texts.length > BUNDLE_ENTRIES_MAX) throw new OutcomeError('bundle-entries', { params: { max: BUNDLE_ENTRIES_MAX } })
  const parsed = bundle.resource.entry as unknown[]
  return texts.map((text, at) => entryOf({ text, at, ownBase }, parsed[at], bundle.decimals))
}

/**
 * The resource of an entry, as it was parsed with its Bundle.
 * @throws OutcomeError json-not-object | resource-type-missing
 */
export function contentOf({ text, parsed }: EntryRequest): ParsedResource {
  const resource = parsed?.resource
  if (text === undefined || !parsed || resource === null || typeof resource !== 'object' || Array.isArray(resource))
    throw new OutcomeError('json-not-object')
  if (typeof (resource as FhirResource).resourceType !== 'string')
    throw new OutcomeError('resource-type-missing', { expression: ['resourceType'] })
  return { resource: resource as FhirResource, text, decimals: parsed.decimals }
}

/** The same content as an update of what stands there. */
export function asUpdate(entry: EntryRequest, type: string, id: string): EntryRequest {
  const content = parseResource(withId(entry.text ?? '', id))
  return { ...entry, method: 'PUT', segments: [type, id], headers: {}, text: content.text, parsed: content }
}

const BY_CRITERIA: ReadonlySet<Method> = new Set<Method>(['PUT', 'PATCH', 'DELETE'])
/** Of the match; another one would be a second question. */
const WITH_CRITERIA: ReadonlySet<string> = new Set(['if-match', 'if-none-match'])

/** PUT, PATCH and DELETE of [type]?criteria in a transaction (R4 http.html#trules, #cond-update). */
export function byCriteria(entry: EntryRequest): EntryRequest {
  const { method, segments, query, headers } = entry
  if (!BY_CRITERIA.has(method) || segments.length !== 1) return entry
  if (Object.keys(headers).some((name) => !WITH_CRITERIA.has(name))) return entry
  return { ...entry, method: method === 'PUT' ? 'POST' : method, query: [], criteria: queryText(query) }
}

/** Where the criteria of an entry stand. */
export const criteriaIn = ({ criteria }: EntryRequest): 'url' | 'ifNoneExist' => (criteria === undefined ? 'ifNoneExist' : 'url')

/**
 * What an update by criteria is once it is known what they find: an update of the match, or of the id that the content has.
 * Undefined: a create. @throws OutcomeError id-mismatch
 */
export function asUpdateOf(entry: EntryRequest, match: string | undefined): EntryRequest | undefined {
  const [type = ''] = entry.segments
  const own = contentOf(entry).resource.id
  if (match !== undefined && own !== undefined && own !== match) throw new OutcomeError('id-mismatch', { expression: [`${type}.id`] })
  if (own === undefined) return match === undefined ? undefined : { ...asUpdate(entry, type, match), headers: entry.headers }
  return { ...entry, method: 'PUT', segments: [type, String(own)] }
}

/**
 * Compact JSON text of a resource under another id. One that is missing goes where the server's own stamp puts it (`stampText`): elsewhere
 * the same content would be another text, and so another version.
 */
function withId(text: string, id: string): string {
  const all = members(text)
  const value = JSON.stringify(id)
  const own = all.find(({ key }) => key === 'id')
  if (own) return text.slice(0, own.valueStart) + value + text.slice(own.valueEnd)
  const type = all.find(({ key }) => key === 'resourceType')
  if (!type) return `{"id":${value},${text.slice(1)}`
  return `${text.slice(0, type.valueEnd)},"id":${value}${text.slice(type.valueEnd)}`
}

/** An export is no answer of its entry: it is made later, and its files and their list are no resources. */
const isOfExport = (segment: string): boolean => segment.startsWith('$export')

interface ParsedEntry {
  fullUrl?: unknown
  request?: Record<string, unknown>
  resource?: unknown
}

interface SentEntry {
  text: string
  at: number
  ownBase: string
}

function entryOf({ text, at, ownBase }: SentEntry, parsed: unknown, decimals: DecimalTexts): EntryRequest {
  const entry = parsed as ParsedEntry | null | undefined
  const asked = entry?.request
  const method = typeof asked?.method === 'string' && METHODS.has(asked.method) ? (asked.method as Method) : undefined
  const address = typeof asked?.url === 'string' ? withinBase(asked.url, ownBase) : ''
  const url = typeof asked?.url === 'string' && address !== undefined ? splitUrl(address) : undefined
  const resourceText = text.startsWith('{') ? valueText(text, 'resource') : undefined
  const base: EntryRequest = {
    at,
    ...(typeof entry?.fullUrl === 'string' ? { fullUrl: entry.fullUrl } : {}),
    method: method ?? 'GET',
    segments: url?.segments ?? [],
    query: url?.query ?? [],
    headers: conditionsOf(asked),
    ...(resourceText === undefined ? {} : { text: resourceText, parsed: { resource: entry?.resource, decimals } }),
  }
  const wrong = entryProblem(entry, at)
  const idle = idleCondition(base)
  if (wrong) base.problem = wrong
  else if (!method) base.problem = new OutcomeError('bundle-invalid', { expression: [`Bundle.entry[${at}].request.method`] })
  else if (idle) base.problem = new OutcomeError('conditional-unsupported', { expression: [`Bundle.entry[${at}].request.${idle}`] })
  else if (address === undefined) base.problem = new OutcomeError('entry-elsewhere', { expression: [`Bundle.entry[${at}].request.url`] })
  else if (!url || url.segments.some(isOfExport)) {
    base.problem = new OutcomeError('bundle-invalid', { expression: [`Bundle.entry[${at}].request.url`] })
  }
  return base
}

/** Elements of `Bundle.entry.request` and the headers that they stand for. */
export const CONDITIONS = {
  ifMatch: 'if-match',
  ifNoneMatch: 'if-none-match',
  ifNoneExist: 'if-none-exist',
  ifModifiedSince: 'if-modified-since',
}

/**
 * A condition that its interaction does not have: what it should have stopped would go through. Of `ifModifiedSince` HTTP says itself that it is
 * passed over but for reads (RFC 9110 13.1.3), and a read writes nothing.
 */
function idleCondition({ method, segments: [type = '', ...more], headers }: EntryRequest): string | undefined {
  const isCreate = method === 'POST' && more.length === 0 && !type.startsWith('$')
  const isWrite = method !== 'GET' && method !== 'HEAD'
  const idle = isCreate ? ['ifMatch', 'ifNoneMatch'] : isWrite ? ['ifNoneExist'] : []
  return idle.find((element) => headers[CONDITIONS[element as keyof typeof CONDITIONS]] !== undefined)
}

function conditionsOf(asked: Record<string, unknown> | undefined): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [element, header] of Object.entries(CONDITIONS)) {
    const value = asked?.[element]
    if (typeof value === 'string') headers[header] = value
  }
  return headers
}

/** Path and query of an entry's url: relative to the base. */
function splitUrl(url: string): { segments: string[]; query: [string, string][] } | undefined {
  const [, path = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(url) ?? []
  try {
    const segments = path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent)
    return { segments, query: parseQuery(query) }
  } catch {
    return undefined
  }
}

/** Text of one member of a compact JSON object. */
function valueText(text: string, key: string): string | undefined {
  const found = members(text).find((member) => member.key === key)
  return found ? text.slice(found.valueStart, found.valueEnd) : undefined
}
