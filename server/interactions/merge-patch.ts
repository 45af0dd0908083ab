/**
 * JSON Merge Patch (RFC 7396) on the text of a resource: what clients send that know no other patch (fhirpy, as plain
 * `application/json`). R4 names JSON Patch and FHIRPath Patch and leaves the formats open (CapabilityStatement.patchFormat).
 */
import { compactJson } from '../fhir/resource-text.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { type Json, type JsonObject, parseMarked, printMarked } from './marked-json.ts'
import { isElementName } from './json-patch.ts'

/** @throws OutcomeError patch-invalid | json-invalid and the like; expression: the place of a member that no element has */
export function parseMergePatch(body: Uint8Array): JsonObject {
  const text = compactJson(body)
  if (!text.startsWith('{')) throw new OutcomeError('patch-invalid')
  const patch = parseMarked(text) as JsonObject
  requireNames(patch, '')
  return patch
}

function requireNames(value: Json, at: string): void {
  if (!isObject(value)) return
  for (const [name, member] of Object.entries(value)) {
    if (!isElementName(name)) throw new OutcomeError('patch-invalid', { expression: [at === '' ? 'http.body' : at] })
    requireNames(member, at === '' ? name : `${at}.${name}`)
  }
}

const isObject = (value: Json | undefined): value is JsonObject => value !== null && typeof value === 'object' && !Array.isArray(value)

export const applyMergePatch = (text: string, patch: JsonObject): string => printMarked(merged(parseMarked(text), patch))

/** RFC 7396, 2: null takes a member away, objects are merged, everything else (lists too) takes the place of what was there. */
function merged(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = merged(Object.hasOwn(result, name) ? result[name] : undefined, value)
  }
  return result
}
