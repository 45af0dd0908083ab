/** The formats of a patch (R4 http.html#patch): the one table of them, by media type; and which of them a request has. */
import { compactJson, parseResource } from '../fhir/resource-text.ts'
import type { FhirResource } from '../fhir/types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { applyFhirPathPatch, parseFhirPathPatch } from './fhirpath-patch.ts'
import { applyJsonPatch, parseJsonPatch } from './json-patch.ts'
import { applyMergePatch, parseMergePatch } from './merge-patch.ts'
import type { FhirRequest } from './types.ts'

/** What is done to the text of a resource. @throws OutcomeError patch-path and the like */
export type Patch = (text: string) => string

const JSON_PATCH = 'application/json-patch+json'
const FHIR_JSON_PATCH = 'application/fhir+json'
const MERGE_PATCH = 'application/merge-patch+json'

type Parse = (body: Uint8Array) => Patch

const jsonPatch: Parse = (body) => {
  const operations = parseJsonPatch(body)
  return (text) => applyJsonPatch(text, operations)
}

const fhirPathPatch: Parse = (body) => {
  const operations = parseFhirPathPatch(body)
  return (text) => applyFhirPathPatch(text, operations)
}

const mergePatch: Parse = (body) => {
  const changes = parseMergePatch(body)
  return (text) => applyMergePatch(text, changes)
}

/** The generic name says JSON and no more: which of the three it is, the document does. */
const byContent: Parse = (body) => {
  const sent: unknown = JSON.parse(compactJson(body))
  if (Array.isArray(sent)) return jsonPatch(body)
  return (sent as FhirResource | null)?.resourceType === 'Parameters' ? fhirPathPatch(body) : mergePatch(body)
}

/** No object: a client's media type must not reach what every object has (`constructor`). */
const FORMATS: ReadonlyMap<string, Parse> = new Map([
  [JSON_PATCH, jsonPatch],
  [FHIR_JSON_PATCH, fhirPathPatch],
  [MERGE_PATCH, mergePatch],
  ['application/json', byContent],
])

/** It comes as the JSON that it stands for. */
export const FHIR_XML_PATCH = 'application/fhir+xml'

export const PATCH_FORMATS: readonly string[] = [...FORMATS.keys(), FHIR_XML_PATCH]

/** For whoever sends another one (RFC 5789, 2.2). */
export function unsupportedPatch(): OutcomeError {
  return new OutcomeError('content-type-unsupported', { expression: ['http.Content-Type'] }, { 'Accept-Patch': PATCH_FORMATS.join(', ') })
}

/** What a Binary in an entry of a Bundle may hold. */
const IN_BINARY: ReadonlySet<unknown> = new Set([JSON_PATCH, MERGE_PATCH])

/**
 * Of a request its body, as its media type says; of an entry of a Bundle, which has none, a Binary with JSON Patch (or a merge
 * patch) or the Parameters of FHIRPath Patch (R4 http.html#transaction).
 * @throws OutcomeError content-type-unsupported, body-empty, patch-invalid
 */
export function patchOf(request: FhirRequest): Patch {
  const type = request.header('content-type')
  if (type === undefined) return ofEntry(request)
  const parse = FORMATS.get(type.split(';')[0]?.trim().toLowerCase() ?? '')
  if (!parse) throw unsupportedPatch()
  return parse(sentIn(request))
}

function sentIn({ body }: FhirRequest): Uint8Array {
  if (body === undefined || body.length === 0) throw new OutcomeError('body-empty')
  return body
}

function ofEntry(request: FhirRequest): Patch {
  const body = sentIn(request)
  const { resource } = parseResource(body)
  if (resource.resourceType === 'Parameters') return fhirPathPatch(body)
  const { resourceType, contentType } = resource
  const parse = resourceType === 'Binary' && IN_BINARY.has(contentType) ? FORMATS.get(String(contentType)) : undefined
  if (!parse || typeof resource.data !== 'string') throw new OutcomeError('patch-invalid', { expression: ['Binary.contentType'] })
  return parse(Buffer.from(resource.data, 'base64'))
}
