/**
 * Who refuses that a hospital collects of him is not collected from what it exports itself, either: neither a home page nor a document of his, and no
 * bytes of the file are kept, because a DBF and an archive cannot be cut. The others in the file are stored.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { give, recipient, withdraw, type Words } from '../consent/resources.ts'
import { dbfOf, text } from '../mappings/parsers/dbf-files.ts'
import { zipOf } from '../mappings/parsers/zip-files.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const SYSTEM = systemDecision('test')
const COLLECT = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'collect' }] }]
const NOT_BY_H1: Words = { series: 'h1', policy: 'OPTOUT', provision: { action: COLLECT, actor: recipient('H1') } }
/** Who refuses, and another one. */
const [REFUSER, OTHER] = ['110100195803120019', '310100196511080248']

let server: TestServer
let refusal: Awaited<ReturnType<typeof give>>
beforeAll(async () => {
  const sources = ['home-page', 'documents'].map(
    (format) => `  - { id: h1-${format}, kind: hospital, mapping: hospital/${format}, organization: H1, client: h1-engine }\n`,
  )
  server = await startTestServer({
    config: readFileSync(DEMO_CONFIG_FILE, 'utf8').replace('\nsources:\n', `\nsources:\n${sources.join('')}`),
  })
  await send('h1-home-page', pages('0', 'REFUSER0'), 'application/x-dbf')
  refusal = await give(server, await patientOf(REFUSER), NOT_BY_H1)
}, 60_000)
afterAll(() => server.stop())

const COLUMNS = [text('P3', 10), text('P13', 18), text('P22', 10), text('P25', 10), text('P321', 10), text('P322', 20), text('JZLSH', 12)]
const page = (card: string, visit: string) => ({
  P3: `M${card.slice(-4)}`,
  P13: card,
  P22: '2026-03-01',
  P25: '2026-03-02',
  P321: 'K29.500',
  P322: '慢性胃炎',
  JZLSH: visit,
})
const pages = (mark: string, ...visits: string[]): Buffer =>
  dbfOf(
    COLUMNS,
    visits.map((visit) => page(visit.startsWith('REFUSER') ? (REFUSER as string) : (OTHER as string), `${visit}${mark}`)),
  )

async function send(source: string, body: Uint8Array, type: string): Promise<Answer> {
  const token = await server.token('h1-engine')
  const sent = await server.call('POST', `/ingest/${source}?filename=x`, {
    token,
    body: new Uint8Array(body),
    headers: { 'Content-Type': type },
  })
  let receipt = sent
  while (receipt.status === 202) {
    await delay(50)
    receipt = await server.call('GET', sent.headers.get('content-location') ?? '', { token })
  }
  return receipt
}

async function all(type: string): Promise<string> {
  const found: string[] = []
  for await (const batch of server.running.store.stream(SYSTEM, type, { kind: 'everything' }))
    for (const { body } of batch) found.push(Buffer.from(body).toString())
  return found.join('\n')
}
async function patientOf(card: string | undefined): Promise<string> {
  for await (const batch of server.running.store.stream(SYSTEM, 'Patient', { kind: 'everything' }))
    for (const { id, body } of batch) if (Buffer.from(body).includes(card ?? '')) return id
  throw new Error('no such patient')
}
const codesOf = (answer: Answer): string[] =>
  (answer.json.issue as { details: { coding: { code: string }[] } }[]).map(({ details }) => details.coding[0]?.code ?? '')
/** What is kept of the bytes of a payload. */
async function bytesOf(answer: Answer): Promise<unknown[]> {
  const payload = await server.running.store.table(SYSTEM, 'payloads').get(String(answer.json.id))
  return [payload?.inline ?? null, payload?.chunks ?? 0]
}

test('a home page', async () => {
  const receipt = await send('h1-home-page', pages('1', 'REFUSER', 'OTHER'), 'application/x-dbf')
  expect(codesOf(receipt)).toContain('not-collected')
  const stays = await all('Encounter')
  expect([stays.includes('REFUSER0'), stays.includes('"REFUSER1"'), stays.includes('"OTHER1"')]).toEqual([true, false, true])
  expect(await bytesOf(receipt)).toEqual([null, 0])
})

test('a document', async () => {
  const index = `file,document_no,identity_no,visit_no\na.pdf,DOC-A,${REFUSER},REFUSERA\nb.pdf,DOC-B,${OTHER},OTHERB\n`
  const archive = zipOf([
    { name: 'index.csv', content: index },
    { name: 'a.pdf', content: '%PDF-1.4 a' },
    { name: 'b.pdf', content: '%PDF-1.4 b' },
  ])
  const receipt = await send('h1-documents', archive, 'application/zip')
  expect(codesOf(receipt)).toContain('not-collected')
  const documents = await all('DocumentReference')
  expect([documents.includes('DOC-A'), documents.includes('DOC-B')]).toEqual([false, true])
  expect(await all('Binary')).not.toContain(Buffer.from('%PDF-1.4 a').toString('base64'))
  expect(await bytesOf(receipt)).toEqual([null, 0])
})

test('the same files come again when the refusal is over: what was refused is stored, the others are as they were', async () => {
  const encounters = async () => (await all('Encounter')).split('\n').sort()
  const summary = (answer: Answer) => JSON.stringify(answer.json.extension)
  const csv = Buffer.from(
    [
      'A48,A20,B12,B15,C03C,C04N,JZLSH',
      ...[REFUSER, OTHER].map((card) => `M${card?.slice(-4)},${card},2026-03-01,2026-03-02,K29.500,胃炎,${card?.slice(-4)}CSV`),
    ].join('\n'),
  )
  const sent = [
    ['h1-home-page', pages('1', 'REFUSER', 'OTHER'), 'application/x-dbf'],
    ['h1-home-page', csv, 'text/csv'],
  ] as const
  for (const [source, body, type] of sent) await send(source, body, type)
  const before = await encounters()
  expect([before.join().includes('0019CSV'), before.join().includes('0248CSV')]).toEqual([false, true])
  // As long as the refusal stands they change nothing, and no bytes of who refuses are kept.
  for (const [source, body, type] of sent) {
    const receipt = await send(source, body, type)
    expect(codesOf(receipt)).toContain('not-collected')
    const payload = await server.running.store.table(SYSTEM, 'payloads').get(String(receipt.json.id))
    expect(Buffer.from((payload?.inline as Uint8Array | null) ?? []).includes(REFUSER as string)).toBe(false)
  }
  expect(await encounters()).toEqual(before)
  const quality = async () => {
    const token = await server.token('loader')
    return (await server.call('GET', '/ingest/quality?source=h1-home-page', { token })).json.sources[0].records as number
  }
  const judged = await quality()
  await withdraw(server, await patientOf(REFUSER), refusal)
  for (const [source, body, type] of sent) {
    const receipt = await send(source, body, type)
    expect(codesOf(receipt)).not.toContain('not-collected')
    expect(summary(receipt)).toContain('{"url":"records","valueInteger":2}')
  }
  const after = await encounters()
  expect(after.filter((one) => before.includes(one))).toEqual(before)
  expect(after.filter((one) => !before.includes(one)).map((one) => /REFUSER1|0019CSV/.exec(one)?.[0])).toEqual(
    expect.arrayContaining(['REFUSER1', '0019CSV']),
  )
  expect(after).toHaveLength(before.length + 2)
  expect(await quality()).toBe(judged)
  // Nothing is left of what was kept of them before.
  const uploads = new Set((await server.running.store.table(SYSTEM, 'payloads').find({})).map(({ upload }) => upload))
  const chunks = await server.running.store.table(SYSTEM, 'payload_chunks').find({})
  expect(chunks.filter(({ upload }) => !uploads.has(upload))).toEqual([])
})
