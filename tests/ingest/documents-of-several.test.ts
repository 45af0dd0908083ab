/**
 * Documents of several persons in one file, as platforms and hospitals send them: an archive of CDA, and XML of data elements. What is wrong with one,
 * or refused by one, touches the others' neither in what is stored nor in what is kept of the bytes.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { systemDecision } from '../../server/access/decision.ts'
import { give, type Words } from '../consent/resources.ts'
import { type ZipFile, zipOf } from '../mappings/parsers/zip-files.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const SYSTEM = systemDecision('test')
const COLLECT = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'collect' }] }]
const NOT_AT_ALL: Words = { series: 'none', policy: 'OPTOUT', provision: { action: COLLECT } }
const [REFUSER, OTHER] = ['110100195803120019', '310100196511080248'] as const

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  expect((await sendXml(doc('R0', REFUSER))).status).toBe(200)
  await give(server, await patientOf(REFUSER), NOT_AT_ALL)
}, 60_000)
afterAll(() => server.stop())

async function send(source: string, client: string, body: string | Uint8Array, type: string): Promise<Answer> {
  const token = await server.token(client)
  const sent = await server.call('POST', `/ingest/${source}`, { token, body, headers: { 'Content-Type': type } })
  let receipt = sent
  while (receipt.status === 202) {
    await delay(50)
    receipt = await server.call('GET', sent.headers.get('content-location') ?? '', { token })
  }
  return receipt
}
const sendXml = (...documents: string[]): Promise<Answer> => send('rhip2', 'ha2', `<HSDB>${documents.join('')}</HSDB>`, 'application/xml')
const sendCda = (...files: ZipFile[]): Promise<Answer> => send('h1-cda', 'h1-engine', zipOf(files), 'application/zip')

const doc = (report: string, card: string, more = ''): string =>
  `<DOC type="HSDC02.01"><DE01.00.018.00>${report}</DE01.00.018.00><DE08.10.052.00>0001</DE08.10.052.00>` +
  `<DE04.50.137.00>20260306T063000</DE04.50.137.00><DE02.01.030.00>${card}</DE02.01.030.00>${more}</DOC>`

const CDA = readFileSync(new URL('../fixtures/samples/hospital/cda/C0037.xml', import.meta.url), 'utf8')
/** A document of a person, with numbers of its own. */
const cda = (number: string, card: string): string =>
  CDA.replace(/(<id root="2\.16\.156\.10011\.1\.1" extension=")[^"]*/, `$1${number}`)
    .replaceAll('110100195803120019', card)
    .replaceAll('BA000123', `BA${card.slice(-4)}`)
    .replaceAll('ZY20260305001', `V${number}`)

/** Codes and places of what is wrong; the first issue is the summary. */
const errors = (answer: Answer): [string | undefined, string | undefined][] =>
  (answer.json.issue as { severity: string; details: { coding: { code: string }[] }; expression?: string[] }[])
    .slice(1)
    .flatMap((one) => (one.severity === 'error' ? [[one.details.coding[0]?.code, one.expression?.[0]]] : []))

async function all(type: string): Promise<string> {
  const found: string[] = []
  for await (const batch of server.running.store.stream(SYSTEM, type, { kind: 'everything' }))
    for (const { body } of batch) found.push(Buffer.from(body).toString())
  return found.join('\n')
}
async function patientOf(card: string): Promise<string> {
  for await (const batch of server.running.store.stream(SYSTEM, 'Patient', { kind: 'everything' }))
    for (const { id, body } of batch) if (Buffer.from(body).includes(card)) return id
  throw new Error('no such patient')
}
/** Of each Composition its version. */
async function versions(): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for await (const batch of server.running.store.stream(SYSTEM, 'Composition', { kind: 'everything' }))
    for (const { id, v } of batch) found.set(id, v)
  return found
}
const table = (name: string) => server.running.store.table(SYSTEM, name)
/** Bytes of the payload that are kept, and those of its parts in quarantine. */
async function keptOf(answer: Answer): Promise<{ whole: unknown[]; parts: string[] }> {
  const id = String(answer.json.id)
  const payload = await table('payloads').get(id)
  const parts = (await table('quarantine').find({ payload: id })).map(({ raw }) => Buffer.from(raw as Uint8Array).toString())
  return { whole: [payload?.inline ?? null, payload?.chunks ?? 0], parts }
}
const NOTHING = [null, 0]

describe('XML of data elements', () => {
  test('what cannot be read is kept with its own bytes alone', async () => {
    const [bad, other] = [doc('', OTHER), doc('R3', OTHER).replace('HSDC02.01', 'HSDB04.06')]
    const receipt = await sendXml(bad, doc('R1', OTHER), other)
    expect(errors(receipt)).toEqual([
      ['mapping-required', expect.stringContaining('document 1')],
      ['payload-type-unsupported', 'document 3'],
    ])
    expect((await keptOf(receipt)).parts.sort()).toEqual([bad, other].sort())
    expect(await all('DiagnosticReport')).toContain('"R1"')
  })

  test.each([
    ['sound', doc('R11', REFUSER)],
    ['without its number', doc('', REFUSER)],
    ['of another kind', doc('R12', REFUSER).replace('HSDC02.01', 'HSDB04.06')],
    ['mixed with another one', doc('R13', OTHER, `<DE02.01.030.00>${REFUSER}</DE02.01.030.00>`)],
  ])('of a document of who refuses that is %s nothing is kept, and the other is stored', async (how, refused) => {
    const receipt = await sendXml(doc(`R-${how}`, OTHER), refused)
    expect(errors(receipt)).toEqual([['not-collected', expect.stringContaining('document 2')]])
    expect(await keptOf(receipt)).toEqual({ whole: NOTHING, parts: [] })
    expect(await all('DiagnosticReport')).toContain(`"R-${how}"`)
  })
})

describe('an archive of CDA', () => {
  test('one who refuses, and what is broken of either: the other one’s are stored or kept with their own bytes', async () => {
    const [broken, refused] = [cda('D3', OTHER).slice(0, 4000), cda('D4', REFUSER).slice(0, 4000)]
    const receipt = await sendCda(
      { name: iconv.encode('病历/甲.xml', 'gb18030'), content: cda('D1', OTHER) },
      { name: 'b.xml', content: cda('D2', REFUSER) },
      { name: 'c.xml', content: broken },
      { name: 'd.xml', content: refused },
    )
    expect(errors(receipt)).toEqual([
      ['not-collected', 'file 2 document'],
      ['payload-structure', 'file 3 document'],
      ['not-collected', 'file 4 document'],
    ])
    expect(await keptOf(receipt)).toEqual({ whole: NOTHING, parts: [broken] })
    const compositions = await all('Composition')
    expect([compositions.includes('"D1"'), compositions.includes('"D2"')]).toEqual([true, false])
  })

  test('the same document in another archive, and either played again, whole or for a part in quarantine, change nothing', async () => {
    const [good, broken] = [cda('F1', OTHER), cda('F2', OTHER).slice(0, 4000)]
    const first = await sendCda({ name: 'a.xml', content: good }, { name: 'b.xml', content: broken })
    const before = await versions()
    const second = await sendCda({ name: 'again/一.xml', content: good }, { name: 'c.xml', content: cda('F3', OTHER) })
    expect(errors(second)).toEqual([])
    const after = await versions()
    expect([...before].filter(([id, version]) => after.get(id) !== version)).toEqual([])
    expect(after.size).toBe(before.size + 1)
    const token = await server.token('loader')
    const open = () => table('quarantine').find({ payload: first.json.id, state: 'open' })
    const [part] = await open()
    for (const place of [`h1-cda/payloads/${first.json.id}`, `quarantine/${part?._id}`, `h1-cda/payloads/${second.json.id}`])
      expect((await server.call('POST', `/ingest/${place}/$replay`, { token })).status).toBe(200)
    expect(await versions()).toEqual(after)
    expect((await open()).map(({ _id }) => _id)).toEqual([part?._id])
  })
})

test('what is too much to be in memory at once is refused, and nothing of it kept', async () => {
  const before = await table('payloads').count({})
  // 22 times 190,000 elements of 200 bytes are more than 768 MiB.
  const content = cda('G1', OTHER).replace('</title>', `</title><x>${'<i/>'.repeat(190_000)}</x>`)
  const archive = zipOf(Array.from({ length: 22 }, (_, at) => ({ name: `${at}.xml`, content })))
  expect(archive.byteLength).toBeLessThan(1024 * 1024)
  const answer = await send('h1-cda', 'h1-engine', archive, 'application/zip')
  expect([answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([413, 'payload-too-large'])
  expect(await table('payloads').count({})).toBe(before)
}, 60_000)
