/** Stored definitions, parsed once for each version: the key names its content. */
import type { FhirResource } from '../../fhir/types.ts'
import { bodyText } from '../../interactions/answers.ts'
import type { Stored } from '../../store/types.ts'

const PARSED_BYTES_MAX = 64 * 1024 * 1024
const parsed = new Map<string, { resource: FhirResource; bytes: number }>()
let parsedBytes = 0

export const keyOf = ({ type, id, v, at }: Stored): string => `${type}/${id}/${v}/${at.getTime()}`

export function resourceOf(doc: Stored): FhirResource {
  const key = keyOf(doc)
  const known = parsed.get(key)
  if (known) return known.resource
  const made = { resource: JSON.parse(bodyText(doc)) as FhirResource, bytes: doc.body.length }
  while (parsedBytes + made.bytes > PARSED_BYTES_MAX && parsed.size > 0) forgetOldest()
  parsed.set(key, made)
  parsedBytes += made.bytes
  return made.resource
}

function forgetOldest(): void {
  const [key, { bytes }] = [...parsed.entries().take(1)][0] as [string, { bytes: number }]
  parsed.delete(key)
  parsedBytes -= bytes
}
