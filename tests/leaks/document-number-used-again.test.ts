/**
 * A document's number that comes for another person: the document is that one's from then on, and whoever may see the second person only sees nothing
 * of the first one's, neither in it nor in its versions nor in its bytes; its sender is told.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { otherWard } from './other-ward.ts'

const HIS = readFileSync(new URL('../fixtures/samples/hospital/cda/C0035.xml', import.meta.url), 'utf8')
const HERS = [
  ['110100195803120019', '310100196511080248'],
  ['王建国', '李秀兰'],
  ['administrativeGenderCode code="1"', 'administrativeGenderCode code="2"'],
  ['19580312', '19651108'],
  ['BA000123', 'BA000999'],
  ['ZY20260305001', 'ZY20260305077'],
  ['<effectiveTime value="20260312161000"/>', '<effectiveTime value="20260313161000"/>'],
  ['示例内容', '另一内容'],
].reduce((text, [from = '', to = '']) => text.replaceAll(from, to), HIS)
/** Words, names and numbers that stand in his document alone. */
const OF_HIM = /示例内容|王建国|110100195803120019|BA000123|ZY20260305001/

let server: TestServer
/** reads everything: another process on the same database, without access control */
let reader: TestServer
let doctor: string
let person: string
const codes: string[][] = []
beforeAll(async () => {
  server = await startTestServer()
  reader = await startTestServer({ beside: server, noAuth: true })
  for (const document of [HIS, HERS]) codes.push(await send(document))
  const [reference] = await all('DocumentReference')
  person = String((reference?.subject as { reference: string } | undefined)?.reference).replace('Patient/', '')
  doctor = await otherWard(server, person)
}, 60_000)
afterAll(async () => {
  await reader.stop()
  await server.stop()
})

async function send(body: string): Promise<string[]> {
  const token = await server.token('h1-engine')
  const answer = await server.call('POST', '/ingest/h1-cda', { token, body, headers: { 'Content-Type': 'application/xml' } })
  expect(answer.status).toBe(200)
  return (answer.json.issue as { details?: { coding?: { code: string }[] } }[]).flatMap(({ details }) => details?.coding?.[0]?.code ?? [])
}

type Found = Record<string, unknown> & { id: string }
const listed = ({ json }: Answer): Found[] => ((json.entry ?? []) as { resource: Found }[]).map(({ resource }) => resource)
const all = async (type: string): Promise<Found[]> => listed(await reader.call('GET', `/fhir/${type}?_count=100`))
const seen = (path: string): Promise<Answer> => server.call('GET', `/fhir/${path}`, { token: doctor })

test('her doctor sees her document, and nothing of his in it, its versions or its bytes', async () => {
  for (const type of ['DocumentReference', 'Composition']) {
    const [one, ...others] = await all(type)
    expect(others).toEqual([])
    expect(JSON.stringify(one)).toContain(person)
    const id = one?.id ?? ''
    const before = await reader.call('GET', `/fhir/${type}/${id}/_history/1`)
    expect([type, before.status, before.text.includes(person)]).toEqual([type, 200, false])
    expect((await seen(`${type}/${id}`)).status).toBe(200)
    expect([type, (await seen(`${type}/${id}/_history/1`)).status]).toEqual([type, 404])
    expect((await seen(`${type}/${id}/_history`)).text).not.toMatch(OF_HIM)
  }
})

test('nor in the bytes of his document, which stand under the same number', async () => {
  const [reference] = await all('DocumentReference')
  const url = (reference?.content as { attachment: { url: string } }[] | undefined)?.[0]?.attachment.url ?? ''
  const text = async (path: string, token?: string): Promise<string> => {
    const answer = await (token ? server : reader).call('GET', `/fhir/${path}`, {
      ...(token && { token }),
      headers: { Accept: 'application/fhir+json' },
    })
    return answer.status === 200 ? Buffer.from(String(answer.json.data), 'base64').toString('utf8') : String(answer.status)
  }
  expect(await text(url, doctor)).toBe(HERS)
  expect(await text(`${url}/_history/1`)).toBe(HIS)
  expect(await text(`${url}/_history/1`, doctor)).toBe('404')
})

test('nor in anything that he has of it', async () => {
  for (const type of ['Patient', 'Observation', 'Condition', 'Procedure', 'Encounter', 'Provenance', 'RelatedPerson']) {
    const answer = await seen(`${type}?_count=100`)
    expect([type, answer.status]).toEqual([type, 200])
    expect(answer.text).not.toMatch(OF_HIM)
  }
  expect((await seen('_history?_count=200')).text).not.toMatch(OF_HIM)
})

test('the sender is told that the number was another person s document', () => {
  expect(codes[0]).not.toContain('other-person-before')
  expect(codes[1]).toContain('other-person-before')
})
