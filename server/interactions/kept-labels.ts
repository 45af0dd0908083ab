/** Security labels outlive an update that leaves them out (R4 resource.html#tag-updates; access.md L57). */
import { type ParsedResource, parseResource, withMeta } from '../fhir/resource-text.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Stored } from '../store/types.ts'
import { bodyText } from './answers.ts'

type Label = { system?: string; code?: string }

/** The resource with the labels of the version that it replaces. Only an operator takes one away, and that is on record. */
export function keepLabels(parsed: ParsedResource, current: Stored): ParsedResource {
  const before = labelsOf(JSON.parse(bodyText(current)) as FhirResource)
  const now = labelsOf(parsed.resource)
  const missing = before.filter((label) => !now.some(({ system, code }) => system === label.system && code === label.code))
  if (missing.length === 0) return parsed
  return parseResource(withMeta(parsed.text, JSON.stringify({ ...parsed.resource.meta, security: [...now, ...missing] })))
}

function labelsOf(resource: FhirResource): Label[] {
  const labels: unknown = resource.meta?.security
  return Array.isArray(labels) ? (labels as Label[]) : []
}
