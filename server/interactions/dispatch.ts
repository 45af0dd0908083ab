/** Which interaction or operation a request is: the one table of the FHIR API. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { operationFor } from '../operations/registry.ts'
import { bundleHandler } from './bundle.ts'
import { capabilities } from './capabilities.ts'
import { searchCompartment } from './compartment-search.ts'
import { conditionalDelete, conditionalPatch, conditionalUpdate } from './conditional.ts'
import { create } from './create.ts'
import { history } from './history.ts'
import { systemHistory, typeHistory } from './history-of-many.ts'
import { parseQueryBytes } from './query-text.ts'
import { patch } from './patch.ts'
import { read, vread } from './read.ts'
import { searchSystem } from './search-many.ts'
import { search } from './search.ts'
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

const TABLE: Record<Shape, Partial<Record<FhirRequest['method'], Handler>>> = {
  metadata: { GET: capabilities },
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

/** @throws OutcomeError method-not-allowed, operation-unknown, not-found */
export function dispatch(deps: FhirDeps, request: FhirRequest): Promise<FhirResponse> {
  const operation = request.segments.find((segment) => segment.startsWith('$'))
  if (operation !== undefined) return operationFor(request)(deps, request)
  const shape = shapeOf(request.segments)
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const handler = TABLE[shape][method]
  if (!handler) throw new OutcomeError('method-not-allowed', {}, { Allow: Object.keys(TABLE[shape]).join(', ') })
  return handler(deps, request)
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
  const type = request.header('content-type') ?? ''
  if (!type.startsWith('application/x-www-form-urlencoded')) throw new OutcomeError('content-type-unsupported')
  const form = parseQueryBytes(request.body ?? new Uint8Array(), 'http.body')
  const asked = { ...request, segments: request.segments.slice(0, -1), query: [...request.query, ...form] }
  if (asked.segments.length === 0) return searchSystem(deps, asked)
  return asked.segments.length === 1 ? search(deps, asked) : searchCompartment(deps, asked)
}
