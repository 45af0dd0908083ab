/** A sound payload between the broken ones: it must come to the same as on a server that has seen nothing else. */
import type { Caller, CallInit } from '../support/client.ts'
import { invented, labMessage } from '../support/people.ts'

/** Receipt and resources of the n-th sound message, without what differs from one server to another by its nature. */
export async function goodResult(caller: Caller, n: number): Promise<string> {
  const report = `GOOD${n}`
  const results = ['WBC', 'RBC'].map((code, at) => ({ code: `${code}G${n}`, value: `${n}.${at}0` }))
  const body = labMessage({ person: invented(900_000 + n), report, results, panel: `PG${n}` })
  const init: CallInit = { method: 'POST', body, headers: { 'Content-Type': 'application/hl7-v2' } }
  const receipt = await caller.call({ id: 'h1-engine' }, '/ingest/h1-lis', init)
  const path = `/fhir/DiagnosticReport?identifier=${report}&_include=DiagnosticReport:result&_include=DiagnosticReport:subject`
  const found = await caller.call({ id: 'h1-engine' }, path)
  return `${receipt.status} ${plain(receipt.text)}\n${found.status} ${plain(found.text)}`
}

/** Instants of the server's own clock, and its address. */
const plain = (text: string): string =>
  text
    .replaceAll(/"(lastUpdated|valueInstant|recorded)":"[^"]*"/g, '"$1":""')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'http://server')
    .replaceAll(/"Patient\/[A-Za-z0-9\-.]+"/g, '"Patient/…"')
    .replaceAll(/"resourceType":"Patient","id":"[^"]*"/g, '"resourceType":"Patient","id":""')
    .replaceAll(/\/Patient\/[A-Za-z0-9\-.]+/g, '/Patient/…')
