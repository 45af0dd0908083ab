/** Headers of FHIR that bring something which is not kept here: passed over, less would be stored than was sent. */
import type { IncomingHttpHeaders } from 'node:http'
import { OutcomeError } from '../outcome/outcome-error.ts'

/** A statement of who changed something and why (R4 provenance.html); it is sent in a transaction, beside what it is about. */
const PROVENANCE = 'X-Provenance'
const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** @throws OutcomeError header-unsupported */
export function refuseUnsupported({ method, headers }: { method: string; headers: IncomingHttpHeaders }): void {
  if (!WRITES.has(method) || headers[PROVENANCE.toLowerCase()] === undefined) return
  throw new OutcomeError('header-unsupported', { params: { name: PROVENANCE }, expression: [`http.${PROVENANCE}`] })
}
