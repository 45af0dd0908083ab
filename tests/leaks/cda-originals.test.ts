/**
 * The original of a document says all that the document says: whoever may not read a sensitive diagnosis may read neither the Composition that
 * names it, nor the original's DocumentReference, nor its bytes. What the same document says beside it stays readable.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { comparable } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { otherWard } from './other-ward.ts'

const SAMPLE = readFileSync(new URL('../fixtures/samples/hospital/cda/C0035.xml', import.meta.url), 'utf8')
/** Documents of two visits: in the first nothing is sensitive, in the second the later document tells of HIV. */
const FIRST = SAMPLE
const BEFORE = SAMPLE.replaceAll('DOC-C0035-1', 'DOC-C0035-2').replaceAll('ZY20260305001', 'ZY20260305009')
const SENSITIVE = BEFORE.replaceAll('DOC-C0035-2', 'DOC-C0035-3').replace(
  /(displayName="出院诊断-西医诊断编码"\/><value xsi:type="CD" code=")[^"]+(" displayName=")[^"]+"/,
  '$1B20.100$2某病"',
)

let server: TestServer
/** reads everything: another process on the same database, without access control */
let reader: TestServer
let doctor: string
beforeAll(async () => {
  server = await startTestServer()
  reader = await startTestServer({ beside: server, noAuth: true })
  for (const document of [FIRST, BEFORE, SENSITIVE]) await send(document)
  const [first] = await all('Condition')
  const subject = first?.subject as { reference: string } | undefined
  const person = String(subject?.reference).replace('Patient/', '')
  doctor = await otherWard(server, person)
}, 60_000)
afterAll(async () => {
  await reader.stop()
  await server.stop()
})

async function send(body: string): Promise<void> {
  const token = await server.token('h1-engine')
  const answer = await server.call('POST', '/ingest/h1-cda', { token, body, headers: { 'Content-Type': 'application/xml' } })
  expect(answer.status).toBe(200)
}

type Found = Record<string, unknown> & { id: string }
const listed = (json: { entry?: { resource: Found }[] }): Found[] => (json.entry ?? []).map(({ resource }) => resource)
const all = async (type: string): Promise<Found[]> => listed((await reader.call('GET', `/fhir/${type}?_count=100`)).json)
const seen = async (type: string): Promise<Found[]> =>
  listed((await server.call('GET', `/fhir/${type}?_count=100`, { token: doctor })).json)

/** By the number of the document. */
const numbered = (found: readonly Found[], number: string): Found | undefined =>
  found.find((one) => JSON.stringify(one).includes(`"value":"${number}"`))

test('the document with the sensitive diagnosis is hidden whole, with what belongs to its visit', async () => {
  expect(SENSITIVE).toContain('code="B20.100"')
  for (const type of ['Composition', 'DocumentReference']) {
    const [everything, found] = [await all(type), await seen(type)]
    const numbers = ['DOC-C0035-1', 'DOC-C0035-2', 'DOC-C0035-3']
    expect(numbers.map((number) => numbered(everything, number) !== undefined)).toEqual([true, true, true])
    expect(numbers.map((number) => numbered(found, number) !== undefined)).toEqual([true, false, false])
  }
  expect((await seen('Condition')).some((one) => JSON.stringify(one).includes('B20.100'))).toBe(false)
})

test('its bytes answer as those of no document, and those that came before it do', async () => {
  const references = await all('DocumentReference')
  const address = (number: string): string => {
    const content = numbered(references, number)?.content as [{ attachment: { url: string } }]
    return content[0].attachment.url
  }
  const read = (url: string) => server.call('GET', `/fhir/${url}`, { token: doctor })
  const absent = `Binary/${'0'.repeat(26)}`
  expect((await read(address('DOC-C0035-1'))).status).toBe(200)
  for (const hidden of [address('DOC-C0035-2'), address('DOC-C0035-3')]) {
    expect((await reader.call('GET', `/fhir/${hidden}`)).status).toBe(200)
    expect(comparable(await read(hidden), hidden)).toBe(comparable(await read(absent), absent))
  }
})
