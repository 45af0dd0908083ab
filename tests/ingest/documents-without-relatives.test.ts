/**
 * A document that a relative signed who refuses to be collected (formats.md D49): what it says of its patient is stored, and nothing by which she is
 * known, in no collection, in whatever spelling. A document of every kind, in which she is named wherever somebody may write a name.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { namingOf, tellsNumbers } from '../../server/ingest/kin-words.ts'
import { give } from '../consent/resources.ts'
import { admit, valid } from '../linking/sending.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { holdingAny } from './everything-kept.ts'
import { codesOf, sentTo } from './sent-to-server.ts'

const SYSTEM = systemDecision('test')
const SAMPLES = new URL('../fixtures/samples/hospital/cda/', import.meta.url)
const REFUSES = { name: '欧阳拒收', number: valid('11010119900307002'), phone: '13911112222' }
const ALLOWS = { name: '司马愿意', number: valid('11010119910307004'), phone: '13933334444' }
type Relative = typeof REFUSES
/** By which she is registered beside, and named in texts. */
const REGISTERED = { name: '欧阳拒守', phone: '13955556666' }

let server: TestServer
let patient: string
beforeAll(async () => {
  server = await startTestServer()
  const engine = await server.token('h1-engine')
  await admit(server, { pi: 'M1', name: REFUSES.name, number: REFUSES.number }, engine)
  await admit(server, { pi: 'M1', name: REGISTERED.name, number: REFUSES.number, phone: REGISTERED.phone, time: '20260305093001' }, engine)
  await admit(server, { pi: 'M2', name: ALLOWS.name, number: ALLOWS.number }, engine)
  const found = (await all('Patient')).find((one) => JSON.stringify(one).includes(REFUSES.number))
  patient = String(found?.id)
  const collect = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'collect' }] }]
  await give(server, patient, { series: 'none', policy: 'OPTOUT', provision: { action: collect } })
}, 60_000)
afterAll(() => server.stop())

async function all(type: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  for await (const batch of server.running.store.stream(SYSTEM, type, { kind: 'everything' }))
    for (const { body, deleted } of batch) if (!deleted) found.push(JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>)
  return found
}

const wide = (text: string): string => text.replace(/[0-9X]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0))
const spaced = (text: string): string => [...text].join(' ')

/** How a document may name her, one way after the other. */
const spellings = ({ name, number, phone }: Relative): string[] => [
  `由其妻${name}签字`,
  `由其妻${spaced(name)}签字`,
  `由其妻<content styleCode="Bold">${name.slice(0, 2)}</content>${name.slice(2)}签字`,
  `妻子电话 ${phone.slice(0, 3)}-${phone.slice(3, 7)}-${phone.slice(7)}`,
  `妻子证件 ${number}`,
  `妻子证件 ${wide(number)}`,
  `妻子证件 ${spaced(number)}`,
]

/** Signed and told of by her, and with her in the first texts and values of its sections; `told` false: in its header alone. */
function documentOf(file: string, relative: Relative, told = true): string {
  const { name, number, phone } = relative
  const entity = (tag: string, person: string): string =>
    `<${tag}><id root="2.16.156.10011.1.3" extension="${number}"/><code code="12" codeSystem="2.16.156.10011.2.3.3.8" displayName="妻"/><telecom value="tel:${phone}"/><${person}><name>${name}</name></${person}></${tag}>`
  const signs = `<authenticator><time value="20260306070500"/><signatureCode/>${entity('assignedEntity', 'assignedPerson')}</authenticator>`
  const informs = `<informant>${entity('relatedEntity', 'relatedPerson')}</informant>`
  const ways = spellings(relative)
  let way = 0
  const text = readFileSync(new URL(file, SAMPLES), 'utf8')
    // No other relative signs, so that what is left is told of her.
    .replaceAll('110100196008230029', number)
    .replaceAll('李秀兰', name)
    .replace(/<custodian\b/, () => `${informs}<custodian`)
    .replace(/<componentOf>|<component>/, (tag) => `${signs}${tag}`)
  if (!told) return text
  return text
    .replace(/<text\s*\/>/g, () => (way < ways.length ? `<text>${ways[way++]}</text>` : '<text/>'))
    .replace(/的示例内容(\d+)/, (value) => `${value}，${name}述`)
}

const send = (body: string): Promise<Answer> =>
  sentTo(server, { source: 'h1-cda', client: 'h1-engine', type: 'application/xml', file: 'c.xml' }, body)

const ofHer = () =>
  holdingAny(
    server,
    REFUSES.name,
    spaced(REFUSES.name),
    REFUSES.number,
    wide(REFUSES.number),
    spaced(REFUSES.number),
    REFUSES.phone,
    '139-1111-2222',
  )

const FILES = readdirSync(SAMPLES).filter((file) => file.endsWith('.xml'))

test.each(FILES)(
  '%s: nothing of her is kept, and what it says of its patient is',
  async (file) => {
    const before = await ofHer()
    const count = async () => (await all('Composition')).length
    const [documents, binaries] = [await count(), (await all('Binary')).length]
    const receipt = await send(documentOf(file, REFUSES))
    expect(receipt.status).toBe(200)
    expect(receipt.text).not.toMatch(/consent|refusal|refused by|拒绝|同意/i)
    expect(await ofHer()).toEqual(before)
    expect(codesOf(receipt)).toContain('relative-not-collected')
    expect([await count(), (await all('Binary')).length]).toEqual([documents + 1, binaries])
    const payload = await server.running.store.table(SYSTEM, 'payloads').get(String(receipt.json.id))
    expect([payload?.inline, payload?.chunks, payload?.fileName]).toEqual([null, 0, ''])
  },
  60_000,
)

test('that there is such a relative is told, and that she signed; what names her is left out, and nothing refers to it', async () => {
  await send(documentOf('C0026.xml', REFUSES))
  const relatives = (await all('RelatedPerson')) as {
    id: string
    name?: unknown
    telecom?: unknown
    identifier?: unknown
    relationship: unknown
  }[]
  expect(relatives.length).toBeGreaterThan(0)
  for (const { name, telecom, identifier, relationship } of relatives) {
    expect([name, telecom, identifier]).toEqual([undefined, undefined, undefined])
    expect(JSON.stringify(relationship)).toContain('妻')
  }
  const kept = new Set<string>()
  const types = [
    'Composition',
    'Observation',
    'Condition',
    'Procedure',
    'DocumentReference',
    'RelatedPerson',
    'Consent',
    'Encounter',
    'DiagnosticReport',
  ]
  for (const type of types) for (const { id } of await all(type)) kept.add(`${type}/${String(id)}`)
  const compositions = await all('Composition')
  const named = compositions.flatMap((one) =>
    [...JSON.stringify(one).matchAll(/"reference":"([A-Za-z]+\/[^"]+)"/g)].map(([, name = '']) => name),
  )
  expect(named.filter((name) => types.includes(name.split('/')[0] ?? '') && !kept.has(name))).toEqual([])
  expect(compositions.some((one) => JSON.stringify(one).includes('内容未入库'))).toBe(true)
  expect(JSON.stringify(compositions.flatMap(({ attester }) => attester))).toContain('RelatedPerson/')
  const references = (await all('DocumentReference')) as { content: { attachment: Record<string, unknown> }[] }[]
  for (const { content } of references) for (const { attachment } of content) expect(Object.keys(attachment)).not.toContain('url')
})

test.each(['C0026.xml', 'C0032.xml', 'C0049.xml'])('%s: all but the original is stored where its header alone names her', async (file) => {
  const stored = async (relative: Relative, no: string): Promise<number> => {
    const body = documentOf(file, relative, false).replace(
      /(<id root="2\.16\.156\.10011\.1\.1" extension=")[^"]+/,
      (_, head: string) => head + no,
    )
    const receipt = await send(body)
    const payload = await server.running.store.table(SYSTEM, 'payloads').get(String(receipt.json.id))
    return Number((payload?.counts as { resources: number } | undefined)?.resources)
  }
  const whole = await stored(ALLOWS, `WHOLE-${file}`)
  expect(whole).toBeGreaterThan(5)
  expect(await stored(REFUSES, `PART-${file}`)).toBe(whole - 1)
})

test('a text that calls her as she is registered is left out as well, and one with a telephone whose nobody knows', async () => {
  const before = await holdingAny(server, REGISTERED.name, REGISTERED.phone)
  const texts = [`由${REGISTERED.name}陪同`, `联系 ${REGISTERED.phone}`, '找 138 7777 8888']
  const body = documentOf('C0049.xml', REFUSES, false)
    .replace(/DOC-C0049-\d+/, 'DOC-REGISTERED')
    .replace(/<text\s*\/>/g, () => `<text>${texts.shift() ?? ''}</text>`)
  expect(texts).toEqual([])
  expect(codesOf(await send(body))).toContain('relative-not-collected')
  expect(await holdingAny(server, REGISTERED.name, REGISTERED.phone)).toEqual(before)
  expect(await holdingAny(server, '138 7777 8888')).toEqual({})
})

test('one that waits for its patient waits without her', async () => {
  const before = await ofHer()
  const body = documentOf('C0026.xml', REFUSES)
    .replace('DOC-C0026-1', 'DOC-WAITS')
    .replace('ZY20260305001', 'ZY-UNKNOWN')
    .replace('<id root="2.16.156.10011.1.13" extension="BA000123"/>', '')
    .replace('<id root="2.16.156.10011.1.3" extension="110100195803120019"/><name>', '<name>')
  expect(codesOf(await send(body))).toEqual(expect.arrayContaining(['waiting-for-patient', 'relative-not-collected']))
  expect(await ofHer()).toEqual(before)
})

describe('is refused as a whole', () => {
  const cases: [string, (text: string) => string][] = [
    ['where its patient is called after her', (text) => text.replaceAll('王建国', `${REFUSES.name}之夫`)],
    ['where it calls its author so', (text) => text.replace('赵医生', REFUSES.name)],
    ['where it does not say how she is called', (text) => text.replaceAll(`<name>${REFUSES.name}</name>`, '')],
    ['where its number is hers', (text) => text.replace('DOC-C0026-1', `DOC-${REFUSES.phone}`)],
  ]
  test.each(cases)('%s', async (_, change) => {
    const before = await ofHer()
    const documents = (await all('Composition')).length
    expect(codesOf(await send(change(documentOf('C0026.xml', REFUSES, false))))).toEqual(['ingest-summary', 'not-collected'])
    expect([(await all('Composition')).length, await ofHer()]).toEqual([documents, before])
  })
})

test('of somebody who does not refuse all is kept where this looks for it: bytes, original, texts', async () => {
  const receipt = await send(documentOf('C0026.xml', ALLOWS).replace('DOC-C0026-1', 'DOC-ALLOWED'))
  expect(codesOf(receipt)).not.toContain('relative-not-collected')
  const kept = await holdingAny(server, ALLOWS.name)
  // Her admission and four documents; the relative of one patient is one.
  expect(kept).toMatchObject({ payloads: 5, Binary: 4, Composition: 4, RelatedPerson: 1 })
})

describe('words by which she is known', () => {
  const isNaming = namingOf({ names: ['欧阳拒收'], phones: ['+86 139-1111-2222', '8012'], legals: ['11010119900307002X'] })
  test.each([
    ...['欧阳拒收', '欧阳 拒\n收', '欧阳<b>拒</b>收', '欧阳·拒收', { name: '欧阳拒收' }],
    ...['13911112222', '1391111 2222', '１３９１１１１２２２２', '分机8012', '110101199003070 02x', '110101900307002'],
  ])('%j', (value) => expect(isNaming(value)).toBe(true))
  test.each(['电话：8888 6666', '139-1111 2222', '010-88886666', '证件110101199003070025', '联系人王某 66668888'])(
    'a number in %j',
    (value) => {
      expect(tellsNumbers(value)).toBe(true)
    },
  )
  test.each(['2026-03-06T07:05:00+08:00', '体温 36.5 ℃，脉搏 80 次/min', '20260306', '血压 139/89 mmHg'])('no number in %j', (value) => {
    expect(tellsNumbers(value)).toBe(false)
  })
  test.each(['欧阳收拒', '13911112223', '801', '110101199003070', { a: '欧阳' }])('not %j', (value) => expect(isNaming(value)).toBe(false))
})
