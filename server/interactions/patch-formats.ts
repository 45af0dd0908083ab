/** The formats of a patch (R4 http.html#patch): the one table of them, by media type; and which of them a request has. */
import { parseResource } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { applyFhirPathPatch, parseFhirPathPatch } from './fhirpath-patch.ts'
import { applyJsonPatch, parseJsonPatch } from './json-patch.ts'
import type { FhirRequest } from './types.ts'

/** What is done to the text of a resource. @throws OutcomeError patch-path and the like */
export type Patch = (text: string) => string

const JSON_PATCH = 'application/json-patch+json'
const FHIR_JSON_PATCH = 'application/fhir+json'

type Parse = (body: Uint8Array) => Patch

const jsonPatch: Parse = (body) => {
  const operations = parseJsonPatch(body)
  return (text) => applyJsonPatch(text, operations)
}

const fhirPathPatch: Parse = (body) => {
  const operations = parseFhirPathPatch(body)
  return (text) => applyFhirPathPatch(text, operations)
}

/** No object: a client's media type must not reach what every object has (`constructor`). */
const FORMATS: ReadonlyMap<string, Parse> = new Map([
  [JSON_PATCH, jsonPatch],
  [FHIR_JSON_PATCH, fhirPathPatch],
])

/** It comes as the JSON that it stands for. */
export const FHIR_XML_PATCH = 'application/fhir+xml'

export const PATCH_FORMATS: readonly string[] = [...FORMATS.keys(), FHIR_XML_PATCH]

/** For whoever sends another one (RFC 5789, 2.2). */
export function unsupportedPatch(): OutcomeError {
  return new OutcomeError('content-type-unsupported', { expression: ['http.Content-Type'] }, { 'Accept-Patch': PATCH_FORMATS.join(', ') })
}

/**
 * Of a request its body, as its media type says; of an entry of a Bundle, which has none, a Binary with JSON Patch or the
 * Parameters of FHIRPath Patch (R4 http.html#transaction).
 * @throws OutcomeError content-type-unsupported, patch-invalid
 */
export function patchOf(request: FhirRequest): Patch {
  const type = request.header('content-type')
  if (type === undefined) return ofEntry(request)
  const parse = FORMATS.get(type.split(';')[0]?.trim().toLowerCase() ?? '')
  if (!parse) throw unsupportedPatch()
  return parse(request.body ?? new Uint8Array())
}

function ofEntry(request: FhirRequest): Patch {
  const body = request.body ?? new Uint8Array()
  const { resource } = parseResource(body)
  if (resource.resourceType === 'Parameters') return fhirPathPatch(body)
  const isJsonPatch = resource.resourceType === 'Binary' && resource.contentType === JSON_PATCH
  if (!isJsonPatch || typeof resource.data !== 'string') throw new OutcomeError('patch-invalid', { expression: ['Binary.contentType'] })
  return jsonPatch(Buffer.from(resource.data, 'base64'))
}
