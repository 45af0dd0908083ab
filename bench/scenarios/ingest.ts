/** HL7 v2 laboratory messages from end to end: kept raw, mapped, linked, validated, labelled, stored with Provenance. */
import { type BenchRow, row } from '../measure.ts'
import { oruMessage } from '../data.ts'

const MESSAGES = 600
const SENDERS = 8

export async function ingestMessages(url: string, token: () => Promise<string>): Promise<BenchRow[]> {
  const seconds = await sendMessages(url, token, { from: 0, count: MESSAGES })
  return [row(`ingest of ORU^R01, 4 results each, ${SENDERS} senders`, MESSAGES / seconds, 'messages/s')]
}

/** So many messages from the one with that number on; how many seconds it takes until the last is answered. */
export async function sendMessages(
  url: string,
  token: () => Promise<string>,
  { from, count }: { from: number; count: number },
): Promise<number> {
  const headers = { Authorization: `Bearer ${await token()}`, 'Content-Type': 'application/hl7-v2' }
  let next = from
  const started = performance.now()
  await Promise.all(
    Array.from({ length: SENDERS }, async () => {
      while (next < from + count) {
        const answer = await fetch(`${url}/ingest/h1-lis`, { method: 'POST', headers, body: oruMessage(next++) })
        const text = await answer.text()
        if (!answer.ok) throw new Error(`ingest: ${answer.status} ${text.slice(0, 300)}`)
      }
    }),
  )
  return (performance.now() - started) / 1000
}
