/** The receipt of ingest does not tell a source whether another one knows the person (leak catalogue L31 and L36 for sources). */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const sample = (name: string) => readFile(new URL(`../fixtures/samples/${name}`, import.meta.url))

let known: TestServer
let unknown: TestServer
beforeAll(async () => {
  known = await startTestServer()
  unknown = await startTestServer()
}, 60_000)
afterAll(() => Promise.all([known.stop(), unknown.stop()]))

async function send(server: TestServer, client: string, source: string, file: string): Promise<Answer> {
  const token = await server.token(client)
  return server.call('POST', `/ingest/${source}`, {
    token,
    body: new Uint8Array(await sample(file)),
    headers: { 'Content-Type': 'application/octet-stream' },
  })
}

/** Ids, addresses and times of a payload differ by nature. */
const neutral = (answer: Answer): string =>
  `${answer.status} ${answer.text}`.replaceAll(String(answer.json.id), '[payload]').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '[time]')

test('an admission of who is known elsewhere and of who is not', async () => {
  for (const file of ['miis/2203-outpatient-visit.json', 'rhip/de-coded-lab.xml']) {
    const [source, client] = file.startsWith('miis') ? ['miis', 'mia'] : ['rhip2', 'ha2']
    expect((await send(known, client as string, source as string, file)).status).toBeLessThan(300)
  }
  for (const file of ['hospital/adt-a01-admission.hl7', 'hospital/oru-r01-blood-count.hl7']) {
    const [stored, fresh] = [await send(known, 'h1-engine', 'h1-his', file), await send(unknown, 'h1-engine', 'h1-his', file)]
    expect(fresh.status).toBeLessThan(300)
    expect(neutral(stored)).toBe(neutral(fresh))
  }
})
