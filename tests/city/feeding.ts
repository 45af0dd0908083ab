/** A city is sent to a real server over HTTP, in the order in which it comes, by many senders at the same time. */
import { readFile } from 'node:fs/promises'
import type { Answer, TestServer, TestServerOptions } from '../support/server.ts'
import type { City } from './city.ts'
import type { Payload } from './types.ts'

/** Three hospitals, the insurance and one platform; the threshold of a city of this size. */
export async function cityServer(threshold: number | undefined): Promise<TestServerOptions> {
  const demo = await readFile(new URL('../../config/demo.yaml', import.meta.url), 'utf8')
  const h3 =
    '  - { id: h3-his, kind: hospital, mapping: hospital/hl7v2, organization: H3, client: h1-engine, charset: auto, organizationCodes: { "0003": H3 } }\n'
  const config = demo
    .replace(/^ {2}- \{ id: miis,/m, `${h3}  - { id: miis,`)
    .replace(/(id: rhip,.*)\{ "0001": H1 \}/, '$1{ "0001": H1, "0002": H2, "0003": H3 }')
    .replace(/^policy:$/m, threshold === undefined ? 'policy:' : `policy:\n  linkThreshold: ${threshold}`)
  return { config, noAuth: true }
}

export interface Fed {
  payloads: number
  refused: number
  seconds: number
  /** answers that are none of a server that works */
  failures: string[]
}

const SENDERS = 12
const STATUS_POLL_MS = 250

export async function feed(server: TestServer, { payloads }: City, progress: (done: number) => void = () => undefined): Promise<Fed> {
  const started = performance.now()
  const fed: Fed = { payloads: payloads.length, refused: 0, seconds: 0, failures: [] }
  const left = payloads.values()
  let done = 0
  const sender = async (): Promise<void> => {
    for (const payload of left) {
      await sendOne(server, payload, fed)
      if (++done % 1_000 === 0) progress(done)
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
  fed.seconds = (performance.now() - started) / 1000
  return fed
}

async function sendOne(server: TestServer, payload: Payload, fed: Fed): Promise<void> {
  const answer = await finished(server, await send(server, payload))
  // The insurance reads in its own envelope whether it was stored: infcode 0.
  const isRefused = answer.status === 422 || (answer.json?.infcode !== undefined && Number(answer.json.infcode) !== 0)
  if (isRefused) fed.refused++
  if (isRefused !== (payload.broken === true) || (answer.status !== 200 && !isRefused))
    fed.failures.push(`${payload.source} ${answer.status} ${answer.text.slice(0, 300)}`)
}

function send(server: TestServer, { source, contentType, fileName, body }: Payload): Promise<Answer> {
  const headers = { 'Content-Type': contentType, ...(fileName === undefined ? {} : { 'X-File-Name': fileName }) }
  return server.call('POST', `/ingest/${source}`, { body, headers })
}

/** Files are accepted, and worked off behind the answer. */
async function finished(server: TestServer, answer: Answer): Promise<Answer> {
  let last = answer
  while (last.status === 202) {
    await new Promise((resolve) => setTimeout(resolve, STATUS_POLL_MS))
    last = await server.call('GET', answer.headers.get('content-location') ?? '')
  }
  return last
}

export interface Quarantined {
  items: number
  /** without a reason, or whose replay is no answer */
  bad: number
}

/** Every part that could not be stored has a reason, and can be tried again. */
export async function quarantinedOf(server: TestServer, most: number): Promise<Quarantined> {
  const { items, total } = (await server.call('GET', '/ingest/quarantine')).json as {
    items: { id: string; reasons: unknown[] }[]
    total: number
  }
  let bad = 0
  for (const { id, reasons } of items.slice(0, most)) {
    const replayed = await server.call('POST', `/ingest/quarantine/${encodeURIComponent(id)}/$replay`)
    if (reasons.length === 0 || replayed.status !== 200) bad++
  }
  return { items: total, bad }
}
