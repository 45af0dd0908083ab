/** Rules that hold for every record of a hospital: references resolve within it, and what it makes is valid. */
import type { MappedRecord, ResourceKey } from '../../../mappings/engine/types.ts'
import { serialise } from '../../../mappings/engine/serialise.ts'
import { parseResource } from '../../../server/fhir/resource-text.ts'
import { createValidator } from '../../../server/validation/validator.ts'

const validator = createValidator()

/** Keys that something refers to and that no resource of the record has. The organisation itself is the configuration's. */
export function unresolved(record: MappedRecord): string[] {
  const known = new Set(record.resources.map(({ key }) => JSON.stringify(key)))
  const found: string[] = []
  const walk = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return
    const { $key, $url } = value as { $key?: ResourceKey; $url?: ResourceKey }
    const key = $key ?? $url
    const isOrganization = key?.type === 'Organization' && key.parts.length === 0
    if (key && !isOrganization && !known.has(JSON.stringify(key))) found.push(JSON.stringify(key))
    for (const one of Object.values(value)) walk(one)
  }
  for (const { resource } of record.resources) walk(resource)
  return found
}

/** Errors of the validator on what ingest would store; facts of the sender that disagree are stored and flagged, so they are none. */
export function invalid(record: MappedRecord): string[] {
  return record.resources.flatMap(({ resource }) => {
    const { decimals, resource: parsed } = parseResource(stored(serialise(resource)))
    const issues = validator.validate(parsed, { mode: 'create', decimals })
    return issues
      .filter(({ severity, kind }) => kind !== 'data' && kind !== 'text' && (severity === 'error' || severity === 'fatal'))
      .map((issue) => `${resource.resourceType} ${JSON.stringify(issue)}`)
  })
}

/** References as ingest writes them, with any id. */
function stored(text: string): string {
  return text
    .replaceAll('{"$patient":true}', '{"reference":"Patient/p"}')
    .replace(/\{"\$url":\{"type":"(\w+)","scope":"[^"]*","parts":\[[^\]]*\]\}\}/g, '"$1/x"')
    .replace(/"\$key":\{"type":"(\w+)","scope":"[^"]*","parts":\[[^\]]*\]\}/g, '"reference":"$1/x"')
}
