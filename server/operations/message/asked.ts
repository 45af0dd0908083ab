/**
 * What $process-message is asked: the message is the body, with other parameters in the address, or stands in Parameters beside them
 * (R4 operations.html#request).
 */
import { arrayItems, members, type ParsedResource, parseResource } from '../../fhir/resource-text.ts'
import type { FhirRequest } from '../../interactions/types.ts'
import { parseBody } from '../../interactions/writing.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { paramError } from '../../search/parse/names.ts'

const CONTENT = 'content'
const OF_QUERY: ReadonlySet<string> = new Set(['async', '_format', '_pretty'])

/** @throws OutcomeError body-empty, parameter-…, json-… */
export function sentMessage(request: FhirRequest): ParsedResource {
  for (const [name, value] of request.query) {
    checkSimple(name, value)
    if (!OF_QUERY.has(name)) throw paramError('parameter-unknown', name)
  }
  const sent = parseBody(request)
  return sent.resource.resourceType === 'Parameters' ? contentOf(sent) : sent
}

/** Answers go to who asks; nothing is sent to an address that a message names. @throws OutcomeError parameter-unsupported, parameter-invalid */
function checkSimple(name: string, value: unknown): void {
  if (name === 'response-url' || (name === 'async' && value === 'true')) throw paramError('parameter-unsupported', name)
  if (name === 'async' && value !== 'false') throw paramError('parameter-invalid', name)
}

interface Sent {
  name?: unknown
  resource?: unknown
  valueBoolean?: unknown
}

/** @throws OutcomeError parameter-missing, parameter-repeated, parameter-unknown */
function contentOf({ resource, text }: ParsedResource): ParsedResource {
  const list = (Array.isArray(resource.parameter) ? resource.parameter : []) as (Sent | null)[]
  for (const [n, one] of list.entries()) {
    const name = String(one?.name ?? '')
    checkSimple(name, String(one?.valueBoolean ?? ''))
    if (name !== CONTENT && name !== 'async')
      throw new OutcomeError('parameter-unknown', { expression: [`Parameters.parameter[${n}]`], params: { name } })
  }
  const places = [...list.keys()].filter((n) => list[n]?.name === CONTENT)
  const [place] = places
  if (place === undefined || list[place]?.resource === undefined) throw paramError('parameter-missing', CONTENT)
  if (places.length > 1) throw paramError('parameter-repeated', CONTENT)
  const item = arrayItems(memberText(text, 'parameter'))[place] ?? ''
  return parseResource(memberText(item, 'resource'))
}

function memberText(text: string, name: string): string {
  const found = members(text).find(({ key }) => key === name)
  return found ? text.slice(found.valueStart, found.valueEnd) : ''
}
