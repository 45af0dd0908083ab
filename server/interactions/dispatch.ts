/** Which interaction or operation a request is: the one table of the FHIR API. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { isResourceType } from '../fhir/resource-types.ts'
import { methodsOf, operationFor } from '../operations/registry.ts'
import { withAskedCodes } from './asked-codes.ts'
import { bundleHandler } from './bundle.ts'
import { searchCompartment as byCompartment } from './compartment-search.ts'
import { conditionalDelete, conditionalPatch, conditionalUpdate } from './conditional.ts'
import { containable } from './contained-search.ts'
import { create } from './create.ts'
import { explainable } from './explain.ts'
import { history } from './history.ts'
import { systemHistory, typeHistory } from './history-of-many.ts'
import { metadata } from './metadata.ts'
import { parseQueryBytes } from './query-text.ts'
import { patch } from './patch.ts'
import { read, vread } from './read.ts'
import { searchSystem as bySystem } from './search-many.ts'
import { search as byType } from './search.ts'
import type { FhirDeps, FhirRequest, FhirResponse, Handler } from './types.ts'
import { remove, update } from './update.ts'

type Shape =
  | 'system'
  | 'type'
  | 'instance'
  | 'compartment'
  | 'history'
  | 'type-history'
  | 'system-history'
  | 'version'
  | 'metadata'
  | 'form-search'

const searchSystem = explainable(bySystem)
const search = explainable(containable(byType))
const searchCompartment = explainable(byCompartment)

const TABLE: Record<Shape, Partial<Record<FhirRequest['method'], Handler>>> = {
  metadata: { GET: metadata },
  system: { GET: searchSystem, POST: bundleHandler(dispatch) },
  type: { GET: search, POST: create, PUT: conditionalUpdate, PATCH: conditionalPatch, DELETE: conditionalDelete },
  compartment: { GET: searchCompartment },
  'form-search': { POST: formSearch },
  instance: { GET: read, PUT: update, PATCH: patch, DELETE: remove },
  history: { GET: history },
  'type-history': { GET: typeHistory },
  'system-history': { GET: systemHistory },
  version: { GET: vread },
}

/** The account of uses is kept by the server alone. */
const READ_ONLY: ReadonlySet<string> = new Set(['AuditEvent'])
const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * What may be asked at an address, for `Allow` (RFC 9110 9.3.7, 10.2.1): by its form alone, so that it tells of no resource.
 * @throws OutcomeError operation-unknown, resource-type-unknown, not-found
 */
export function allowedAt(segments: string[]): string[] {
  const [type = ''] = segments
  if (segments.some(isOperation)) return withHead(methodsOf(segments))
  const shape = shapeOf(segments)
  if (!WITHOUT_TYPE.has(shape) && !isSystemForm(segments) && !isResourceType(type)) throw new OutcomeError('resource-type-unknown')
  return withHead(Object.keys(TABLE[shape]).filter((method) => !isRefused(method, segments)))
}

const WITHOUT_TYPE: ReadonlySet<Shape> = new Set(['system', 'metadata', 'system-history'])

/** That of the whole system has no type before it. */
const isSystemForm = ([first, ...others]: string[]): boolean => first === '_search' && others.length === 0

/**
 * Asked before a body is read as well: where no method takes one, its media type is nothing to complain of.
 * @throws OutcomeError method-not-allowed, read-only, and what `allowedAt` throws
 */
export function requireMethod(method: string, segments: string[]): void {
  if (!allowedAt(segments).includes(method)) throw notAllowed(method, segments)
}

/** @throws OutcomeError what `allowedAt` throws */
function notAllowed(method: string, segments: string[]): OutcomeError {
  const isReadOnly = !segments.some(isOperation) && isRefused(method, segments) && Object.hasOwn(TABLE[shapeOf(segments)], method)
  return new OutcomeError(isReadOnly ? 'read-only' : 'method-not-allowed', {}, { Allow: allowedAt(segments).join(', ') })
}

const isRefused = (method: string, segments: string[]): boolean =>
  READ_ONLY.has(segments[0] ?? '') && WRITES.has(method) && shapeOf(segments) !== 'form-search'

const isOperation = (segment: string): boolean => segment.startsWith('$')

const withHead = (methods: readonly string[]): string[] => [
  ...methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])),
  'OPTIONS',
]

/** @throws OutcomeError method-not-allowed, read-only, operation-unknown, not-found */
export function dispatch(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  return withAskedCodes(deps, request, async (own) => dispatched(own, request))
}

async function dispatched(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  if (request.segments.some(isOperation)) {
    await asStoredNow(deps, request)
    return operationFor(request)(deps, request)
  }
  const shape = shapeOf(request.segments)
  const handler = TABLE[shape][request.method === 'HEAD' ? 'GET' : request.method]
  if (!handler || isRefused(request.method, request.segments)) throw notAllowed(request.method, request.segments)
  refuseIdleConditions(request, shape)
  if (LOOKS_ITSELF.has(handler)) return handler(deps, request)
  await asStoredNow(deps, request)
  return handler(deps, request)
}

/**
 * A condition that the interaction does not have, as of an entry (./bundle-entries.ts): passed over, what it should have stopped would go through.
 * @throws OutcomeError conditional-unsupported
 */
function refuseIdleConditions({ method, header }: FhirRequest, shape: Shape): void {
  if (!WRITES.has(method) || shape === 'form-search') return
  const idle = method === 'POST' && shape === 'type' ? ['If-Match', 'If-None-Match'] : ['If-None-Exist']
  const found = idle.find((name) => header(name.toLowerCase()) !== undefined)
  if (found !== undefined) throw new OutcomeError('conditional-unsupported', { expression: [`http.${found}`] })
}

/** It looks for changed codes beside its other look-ups. */
const LOOKS_ITSELF: ReadonlySet<Handler> = new Set([create])

/** What is written is judged by the codes that are stored when it comes. */
async function asStoredNow(deps: FhirDeps, request: FhirRequest): Promise<void> {
  if (WRITES.has(request.method) && request.segments.at(-1) !== '_search') await deps.validator.refresh()
}

/** Names that no resource type and no id has. */
const OF_ONE: ReadonlyMap<string, Shape> = new Map([
  ['metadata', 'metadata'],
  ['_history', 'system-history'],
])
const OF_TWO: ReadonlyMap<string, Shape> = new Map([['_history', 'type-history']])

function shapeOf(segments: string[]): Shape {
  const [first, second, third] = segments
  if (segments.at(-1) === '_search' && segments.length <= 4) return 'form-search'
  if (segments.length === 0) return 'system'
  if (segments.length === 1) return OF_ONE.get(first ?? '') ?? 'type'
  if (segments.length === 2) return OF_TWO.get(second ?? '') ?? 'instance'
  if (third === '_history' && segments.length === 3) return 'history'
  if (third === '_history' && segments.length === 4) return 'version'
  if (segments.length === 3) return 'compartment'
  throw new OutcomeError('not-found')
}

/**
 * POST of `_search`, `[type]/_search`, `[compartment]/[id]/[type]/_search`: the form's parameters behind those of the address
 * (R4 http.html#search).
 */
async function formSearch(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  // Names of media types know no case (RFC 9110 8.3.1).
  const [type = ''] = (request.header('content-type') ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded')
    throw new OutcomeError('content-type-unsupported', { expression: ['http.Content-Type'] })
  const form = parseQueryBytes(request.body ?? new Uint8Array(), 'http.body')
  const asked = { ...request, segments: request.segments.slice(0, -1), query: [...request.query, ...form] }
  if (asked.segments.length === 0) return searchSystem(deps, asked)
  return asked.segments.length === 1 ? search(deps, asked) : searchCompartment(deps, asked)
}
