/**
 * What hospitals export themselves is hidden as what they send in messages is: a home page with a sensitive diagnosis, with its document and what it
 * refers to; a scanned document of such a stay, or of a sensitive kind, with its bytes. What is hidden answers as what is absent.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { comparable } from '../consent/resources.ts'
import { zipOf } from '../mappings/parsers/zip-files.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { otherWard } from './other-ward.ts'

const HEADER = 'A48,A49,JZLSH,A11,A20,B12,B15,C03C,C04N,P40'
const PAGES = [
  HEADER,
  'L100,1,LZY1,王建国,110100195803120019,2026-01-01,2026-01-05,K29.500,慢性胃炎,1',
  'L100,2,LZY2,王建国,110100195803120019,2026-02-01,2026-02-05,B20.100,某病,1',
  'L100,3,LZY3,王建国,110100195803120019,2026-03-01,2026-03-05,K29.500,慢性胃炎,2',
].join('\n')
const pdf = (words: string): string => `%PDF-1.4\n% ${words}\n%%EOF\n`
const DOCUMENTS = zipOf([
  {
    name: 'index.csv',
    content:
      'file,document_no,patient_no,visit_no,type,title\na.pdf,LD1,L100,LZY1,C0049,出院记录\nb.pdf,LD2,L100,LZY2,C0049,出院记录\nc.pdf,LD3,L100,LZY3,C0007,HIV 抗体确证报告\n',
  },
  ...['a', 'b', 'c'].map((name) => ({ name: `${name}.pdf`, content: pdf(name) })),
])

let server: TestServer
/** reads everything: another process on the same database, without access control */
let reader: TestServer
let doctor: string
beforeAll(async () => {
  const config = readFileSync(DEMO_CONFIG_FILE, 'utf8').replace(
    '\nsources:\n',
    [
      '\nsources:',
      '  - { id: h1-pages, kind: hospital, mapping: hospital/home-page, organization: H1, client: h1-engine }',
      '  - { id: h1-files, kind: hospital, mapping: hospital/documents, organization: H1, client: h1-engine }',
      '',
    ].join('\n'),
  )
  server = await startTestServer({ config })
  reader = await startTestServer({ beside: server, noAuth: true })
  await send('h1-pages', Buffer.from(PAGES), 'text/csv', 'hqms.csv')
  await send('h1-files', DOCUMENTS, 'application/zip', 'day.zip')
  const [first] = await all('Condition')
  const person = String((first?.subject as { reference: string } | undefined)?.reference).replace('Patient/', '')
  doctor = await otherWard(server, person)
}, 90_000)
afterAll(async () => {
  await reader.stop()
  await server.stop()
})

async function send(source: string, body: Uint8Array, type: string, name: string): Promise<void> {
  const token = await server.token('h1-engine')
  const sent = await server.call('POST', `/ingest/${source}?filename=${name}`, {
    token,
    body: new Uint8Array(body),
    headers: { 'Content-Type': type },
  })
  let receipt = sent
  while (receipt.status === 202) {
    await delay(50)
    receipt = await server.call('GET', sent.headers.get('content-location') ?? '', { token })
  }
  expect(receipt.status).toBe(200)
}

type Found = Record<string, unknown> & { id: string }
const listed = (json: { entry?: { resource: Found }[] }): Found[] => (json.entry ?? []).map(({ resource }) => resource)
const all = async (type: string): Promise<Found[]> => listed((await reader.call('GET', `/fhir/${type}?_count=100`)).json)
const seen = async (type: string): Promise<Found[]> =>
  listed((await server.call('GET', `/fhir/${type}?_count=100`, { token: doctor })).json)
const withNumber = (found: readonly Found[], number: string) => found.find((one) => JSON.stringify(one.identifier ?? '').includes(number))

test('the page of the stay with the sensitive diagnosis is hidden, and so is the sensitive test of another one, whose page does not tell of it', async () => {
  const [everything, found] = [await all('Composition'), await seen('Composition')]
  const numbers = ['C0032.LZY1', 'C0032.LZY2', 'C0032.LZY3']
  expect(numbers.map((number) => withNumber(everything, number) !== undefined)).toEqual([true, true, true])
  expect(numbers.map((number) => withNumber(found, number) !== undefined)).toEqual([true, false, true])
  expect(JSON.stringify(await all('Observation'))).toContain('7918-6')
  expect(JSON.stringify(found)).not.toMatch(/HIV|B20/)
  expect(JSON.stringify(await seen('Condition'))).not.toContain('B20.100')
  expect(JSON.stringify(await seen('Observation'))).not.toContain('7918-6')
})

test('so are the scan of that stay and one that is sensitive by its title, and their bytes answer as those of no document', async () => {
  const [everything, found] = [await all('DocumentReference'), await seen('DocumentReference')]
  const numbers = ['LD1', 'LD2', 'LD3']
  expect(numbers.map((number) => withNumber(everything, number) !== undefined)).toEqual([true, true, true])
  expect(numbers.map((number) => withNumber(found, number) !== undefined)).toEqual([true, false, false])
  const address = (number: string): string =>
    (withNumber(everything, number) as unknown as { content: [{ attachment: { url: string } }] }).content[0].attachment.url
  const read = (url: string) => server.call('GET', `/fhir/${url}`, { token: doctor })
  expect((await read(address('LD1'))).status).toBe(200)
  const absent = `Binary/${'0'.repeat(26)}`
  for (const hidden of ['LD2', 'LD3'].map(address)) {
    expect((await reader.call('GET', `/fhir/${hidden}`)).status).toBe(200)
    expect(comparable(await read(hidden), hidden)).toBe(comparable(await read(absent), absent))
  }
})
