/** What is sent to a running server over HTTP, and whether anything of it is in its database. */
import { setTimeout as delay } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import type { Answer, TestServer } from '../support/server.ts'

/** @returns the receipt, once the payload is done */
export async function sentTo(
  server: TestServer,
  { source, client, type, file }: { source: string; client: string; type: string; file: string },
  body: string | Uint8Array,
): Promise<Answer> {
  const token = await server.token(client)
  const sent = await server.call('POST', `/ingest/${source}?filename=${file}`, { token, body, headers: { 'Content-Type': type } })
  let receipt = sent
  while (receipt.status === 202) {
    await delay(50)
    receipt = await server.call('GET', sent.headers.get('content-location') ?? '', { token })
  }
  return receipt
}

/** Codes of a receipt's issues. */
export const codesOf = (answer: Answer): string[] =>
  ((answer.json.issue ?? []) as { details?: { coding?: { code: string }[] } }[]).flatMap(({ details }) => details?.coding?.[0]?.code ?? [])

/** How many documents of each collection have the text in them, also in bytes. */
export async function documentsHolding(server: TestServer, text: string): Promise<Record<string, number>> {
  const client = new MongoClient(server.database.uri)
  const db = client.db(server.database.database)
  const found: Record<string, number> = {}
  const stands = (value: unknown): boolean =>
    value instanceof Uint8Array
      ? Buffer.from(value).includes(text)
      : value !== null && typeof value === 'object'
        ? Object.values(value).some(stands)
        : String(value).includes(text)
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    if (name.startsWith('system.')) continue
    for await (const doc of db.collection(name).find({}, { promoteBuffers: true })) if (stands(doc)) found[name] = (found[name] ?? 0) + 1
  }
  await client.close()
  return found
}
