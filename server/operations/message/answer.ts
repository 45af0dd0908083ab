/** The message that answers a message (R4 messaging.html): its header names the id of the request, an OperationOutcome what was wrong. */
import { createHash } from 'node:crypto'
import type { FhirDeps, FhirResponse } from '../../interactions/types.ts'
import type { OutcomeIssue } from '../../outcome/outcome-error.ts'
import { FHIR_JSON, renderOutcome } from '../../outcome/render.ts'
import type { MessageHeader } from './content.ts'

export type Result = { at: Date } & (
  | { code: 'ok'; focus: readonly string[] }
  | { code: 'fatal-error' | 'transient-error'; status: number; issues: readonly OutcomeIssue[] }
)

const RESPONSE_REQUEST = 'http://hl7.org/fhir/StructureDefinition/messageheader-response-request'

/** The sender wants to hear of errors only, or of nothing (R4 extension messageheader-response-request). Errors have a status all the same. */
export function wantsNoAnswer({ extension }: MessageHeader): boolean {
  const list: unknown[] = Array.isArray(extension) ? extension : []
  return (list as ({ url?: unknown; valueCode?: unknown } | null)[]).some(
    (one) => one?.url === RESPONSE_REQUEST && (one.valueCode === 'never' || one.valueCode === 'on-error'),
  )
}

export function answerTo({ baseUrl }: FhirDeps, asked: MessageHeader, result: Result): FhirResponse {
  const failed = result.code === 'ok' ? undefined : result
  const [id, outcomeId, bundleId] = ['header', 'outcome', 'bundle'].map((part) => idOf([asked.id, asked.source.endpoint, result, part]))
  const { id: _, ...outcome } = renderOutcome(failed?.issues ?? []) as ReturnType<typeof renderOutcome> & { id?: string }
  const header = {
    resourceType: 'MessageHeader',
    id,
    ...(asked.eventCoding ? { eventCoding: asked.eventCoding } : { eventUri: asked.eventUri }),
    destination: [{ ...(asked.source.name === undefined ? {} : { name: asked.source.name }), endpoint: asked.source.endpoint }],
    source: { name: 'Yilian 医联', endpoint: `${baseUrl}/$process-message` },
    response: { identifier: asked.id, code: result.code, ...(failed ? { details: { reference: `urn:uuid:${outcomeId}` } } : {}) },
    ...(result.code === 'ok' && result.focus.length > 0
      ? { focus: result.focus.map((name) => ({ reference: `${baseUrl}/${name}` })) }
      : {}),
  }
  const bundle = {
    resourceType: 'Bundle',
    id: bundleId,
    type: 'message',
    timestamp: result.at.toISOString(),
    entry: [
      { fullUrl: `urn:uuid:${id}`, resource: header },
      ...(failed ? [{ fullUrl: `urn:uuid:${outcomeId}`, resource: { ...outcome, id: outcomeId } }] : []),
    ],
  }
  // What the request said stands in it: event and source.
  return { status: failed?.status ?? 200, headers: { 'Content-Type': FHIR_JSON }, body: [JSON.stringify(bundle)], reflected: [0] }
}

/** A UUID made of what it stands for (RFC 9562, version 8): the same answer has the same ids. */
function idOf(parts: unknown): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
