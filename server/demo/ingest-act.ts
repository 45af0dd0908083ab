/** Act one: every sample payload goes in unchanged, and what became of it is told. */
import type { Cast, FhirResource } from './cast.ts'
import type { Narrator } from './narrator.ts'
import { bytesOf, PAYLOADS, type Payload } from './payloads.ts'

const POLL_MS = 200
const POLLS_MAX = 150

export async function ingestAct(cast: Cast, narrator: Narrator): Promise<void> {
  narrator.heading('一、数据原样进入：医院、医保、区域平台', 'I. Payloads go in unchanged: hospital, insurance, regional platforms')
  const tokens = new Map<string, string>()
  for (const payload of PAYLOADS) {
    const token = tokens.get(payload.client) ?? (await cast.token(payload.client))
    tokens.set(payload.client, token)
    await sendOne(cast, narrator, token, payload)
  }
}

async function sendOne(cast: Cast, narrator: Narrator, token: string, payload: Payload): Promise<void> {
  const first = await cast.raw(token, `/ingest/${payload.source}`, {
    method: 'POST',
    headers: { 'Content-Type': payload.contentType, 'Content-Disposition': `attachment; filename="${payload.file.split('/').at(-1)}"` },
    body: new Uint8Array(await bytesOf(payload)),
  })
  const answer = first.status === 202 ? await waitFor(cast, token, first) : first
  const body = (await answer.json()) as FhirResource & { infcode?: string; err_msg?: string; warn_msg?: string }
  if (body.infcode !== undefined) {
    narrator.check(
      `${payload.zh} → 医保应答 infcode ${body.infcode}`,
      `${payload.en} → answered in the MIIS envelope, infcode ${body.infcode}`,
      first.status === 200 && body.infcode === '0',
    )
    if (body.warn_msg) narrator.detail(body.warn_msg)
    return
  }
  const issues = (body.issue ?? []) as { severity: string; diagnostics?: string; details?: { text?: string } }[]
  const bad = issues.filter(({ severity }) => severity === 'error' || severity === 'fatal')
  narrator.check(`${payload.zh} → ${answer.status}`, `${payload.en} → ${answer.status}`, answer.ok && bad.length === 0)
  for (const issue of issues.slice(0, 3)) narrator.detail(`${issue.severity}: ${issue.details?.text ?? issue.diagnostics ?? ''}`)
}

async function waitFor(cast: Cast, token: string, accepted: Response): Promise<Response> {
  const status = accepted.headers.get('content-location') ?? ''
  const path = status.startsWith('http') ? new URL(status).pathname : status
  await accepted.arrayBuffer()
  for (let poll = 0; poll < POLLS_MAX; poll++) {
    const answer = await cast.raw(token, path)
    if (answer.status !== 202) return answer
    await answer.arrayBuffer()
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  throw new Error('a batch was not processed in time')
}
