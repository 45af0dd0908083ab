/**
 * A document that a relative signed who refuses to be collected (formats.md D49) is refused as a whole: what people wrote for people may name her
 * in any words. A document of every kind, in which she is named wherever somebody may write a name: nothing of it is in any collection.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { plainRelation } from '../../server/ingest/kin-relations.ts'
import { namingOf } from '../../server/ingest/kin-words.ts'
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

const send = (body: string | Uint8Array): Promise<Answer> =>
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
  '%s: nothing of it is kept',
  async (file) => {
    const before = await ofHer()
    const documents = (await all('Composition')).length
    const receipt = await send(documentOf(file, REFUSES))
    expect([receipt.status, codesOf(receipt)]).toEqual([200, ['ingest-summary', 'not-collected']])
    expect(receipt.text).not.toMatch(/consent|refusal|refused by|拒绝|同意/i)
    expect([await ofHer(), (await all('Composition')).length]).toEqual([before, documents])
  },
  60_000,
)

const ofNumber = (text: string, no: string): string => text.replace('DOC-C0026-1', `DOC-${no}`)
const inHeader = (no: string): string => ofNumber(documentOf('C0026.xml', REFUSES, false), no)
/** By whom the patient's illness is told, who signs nothing; her number written as a reference to its first character. */
const toldBy = (no: string): string => {
  const number = `&#x${REFUSES.number.charCodeAt(0).toString(16)};${REFUSES.number.slice(1)}`
  const informs = `<informant><relatedEntity><id root="2.16.156.10011.1.3" extension="${number}"/><code code="12" displayName="妻"/><relatedPerson><name>${REFUSES.name}</name></relatedPerson></relatedEntity></informant>`
  return ofNumber(readFileSync(new URL('C0026.xml', SAMPLES), 'utf8'), no).replace(/<custodian\b/, `${informs}<custodian`)
}
const utf16 = (text: string): Uint8Array => Buffer.from(`\ufeff${text.replace('encoding="UTF-8"', 'encoding="UTF-16"')}`, 'utf16le')

test.each<[string, string | Uint8Array]>([
  ['where its header alone names her', inHeader('HEADER')],
  ['where it does not say how she is called', inHeader('NAMELESS').replaceAll(`<name>${REFUSES.name}</name>`, '')],
  ['where she signs nothing and her number is spelt with a reference', toldBy('REFERENCE')],
  ['where that is in UTF-16', utf16(toldBy('UTF16'))],
  [
    'where its patient is not known',
    inHeader('WAITS')
      .replace('ZY20260305001', 'ZY-UNKNOWN')
      .replace('<id root="2.16.156.10011.1.13" extension="BA000123"/>', '')
      .replace('<id root="2.16.156.10011.1.3" extension="110100195803120019"/><name>', '<name>'),
  ],
])('nothing of it is kept %s', async (_, body) => {
  const before = await ofHer()
  const documents = (await all('Composition')).length
  expect(codesOf(await send(body))).toEqual(['ingest-summary', 'not-collected'])
  expect([await ofHer(), (await all('Composition')).length]).toEqual([before, documents])
})

test('nor what the sender calls the type of its bytes', async () => {
  await sentTo(
    server,
    { source: 'h1-cda', client: 'h1-engine', type: 'application/xml; name=signed-by-her.xml', file: 'c.xml' },
    inHeader('TYPE'),
  )
  expect(await holdingAny(server, 'signed-by-her')).toEqual({})
})

test('of somebody who does not refuse all is kept where this looks for it: bytes, original, texts', async () => {
  const receipt = await send(documentOf('C0026.xml', ALLOWS).replace('DOC-C0026-1', 'DOC-ALLOWED'))
  expect(codesOf(receipt)).not.toContain('not-collected')
  // Her admission and the document.
  expect(await holdingAny(server, ALLOWS.name)).toMatchObject({ payloads: 2, Binary: 1, Composition: 1, RelatedPerson: 1 })
})

describe('words by which she is known', () => {
  const isNaming = namingOf({ names: ['欧阳拒收'], phones: ['+86 139-1111-2222', '8012'], legals: ['11010119900307002X'] })
  test.each([
    ...['欧阳拒收', '欧阳 拒\n收', '欧阳<b>拒</b>收', '欧阳·拒收', { name: '欧阳拒收' }],
    ...['13911112222', '1391111 2222', '１３９１１１１２２２２', '分机8012', '110101199003070 02x', '110101900307002'],
  ])('%j', (value) => expect(isNaming(value)).toBe(true))
  test.each(['欧阳收拒', '13911112223', '801', '110101199003070', { a: '欧阳' }])('not %j', (value) => expect(isNaming(value)).toBe(false))
})

test.each([
  [[{ coding: [{ system: 'urn:s', code: '12', display: '妻' }], text: '妻' }], true],
  [[{ coding: [{ system: 'urn:s', code: '12', display: '妻小芳' }], text: '小芳' }], [{ coding: [{ system: 'urn:s', code: '12' }] }]],
  [[{ coding: [{ system: 'urn:s', code: '13766665555' }] }, { text: '妻' }], [{ text: '妻' }]],
  [[{ text: '妻，微信小芳' }], undefined],
  [[{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'WIFE', display: 'wife' }] }], true],
  [
    [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'WIFE', display: '妻小芳' }] }],
    [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'WIFE' }] }],
  ],
])('of the relation %j is kept %j', (said, kept) => {
  expect(plainRelation(said)).toEqual(kept === true ? said : kept)
})

describe('other words for her', () => {
  const isNaming = namingOf({ names: ['欧阳丽华', '李娜'], phones: ['13911112222'], legals: [] })
  test.each([
    ...['歐陽麗華同意', '由歐 陽 麗 華签字', '欧\u200b阳\u2060丽\u00ad华', '欧_阳_丽_华', '欧、阳（丽）华', '&#27431;阳丽华'],
    ...['Ouyang Lihua', 'OUYANG LI-HUA', 'Lihua Ouyang', 'Ōuyáng Lìhuá', 'ouyanglihua', 'Li Na', 'LI, Na', 'na li'],
    ...['姓欧阳，名丽华', '欧阳女士', '欧阳某', '丽华陪同', '李女士', '李太太', '姓李'],
    ...['一三九一一一一二二二二', '139.1111.2222', '139/1111/2222', '１３９＿１１１１＿２２２２'],
  ])('%j', (words) => expect(isNaming(words)).toBe(true))
  test.each(['李医生', '行李', 'linac', 'final', '丽江', { id: 'aaouyanglihuabb' }])('not %j', (words) =>
    expect(isNaming(words)).toBe(false),
  )
})
