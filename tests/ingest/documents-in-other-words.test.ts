/**
 * A document of which a relative who refuses to be collected is told in other words than her name and number as they are registered: in traditional
 * characters, in pinyin, by a part of her name, by what else tells who she is (formats.md D49). Either that is left out or the document is refused.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { plainRelation } from '../../server/ingest/kin-relations.ts'
import { namingOf, tellsOfPeople } from '../../server/ingest/kin-words.ts'
import { give } from '../consent/resources.ts'
import { admit, valid } from '../linking/sending.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { holdingAny } from './everything-kept.ts'
import { codesOf, sentTo } from './sent-to-server.ts'

const SYSTEM = systemDecision('test')
const SAMPLE = readFileSync(new URL('../fixtures/samples/hospital/cda/C0026.xml', import.meta.url), 'utf8')
const WIFE = { name: '欧阳丽华', number: valid('11010119900307002'), phone: '13911112222' }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await admit(server, { pi: 'M1', name: WIFE.name, number: WIFE.number }, await server.token('h1-engine'))
  const [patient] = (await all('Patient')).filter((one) => JSON.stringify(one).includes(WIFE.number))
  const collect = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'collect' }] }]
  await give(server, String(patient?.id), { series: 'none', policy: 'OPTOUT', provision: { action: collect } })
}, 60_000)
afterAll(() => server.stop())

async function all(type: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  for await (const batch of server.running.store.stream(SYSTEM, type, { kind: 'everything' }))
    for (const { body, deleted } of batch) if (!deleted) found.push(JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>)
  return found
}

const send = (body: string | Uint8Array, type = 'application/xml'): Promise<Answer> =>
  sentTo(server, { source: 'h1-cda', client: 'h1-engine', type, file: 'c.xml' }, body)

let documents = 0
/** Signed by her, of its own number, with these words in a text and a value. */
function documentWith(words: string): string {
  let times = 0
  return SAMPLE.replace('DOC-C0026-1', `DOC-OTHER-${++documents}`)
    .replaceAll('110100196008230029', WIFE.number)
    .replaceAll('李秀兰', WIFE.name)
    .replaceAll('<text/>', (empty) => (times++ === 0 ? `<text>${words}</text>` : empty))
    .replace('术前准备的示例内容3', `术前准备，${words}`)
}

const WORDS = [
  ...['歐陽麗華同意', '由歐 陽 麗 華签字', '欧\u200b阳\u2060丽\u00ad华', '欧_阳_丽_华', '欧、阳（丽）华', '&amp;#27431;阳丽华'],
  ...['Ouyang Lihua', 'OUYANG LI-HUA', 'Lihua Ouyang', 'Ōuyáng Lìhuá', 'ouyanglihua'],
  ...['姓欧阳，名丽华', '欧阳女士', '欧阳某', '丽华陪同'],
  ...['一三九一一一一二二二二', '139.1111.2222', '139/1111/2222', '１３９＿１１１１＿２２２２'],
  ...['lihua88@example.org', '微信 lxl_88', '其妻车牌京A12345', '车号京A·12345', '住东四北大街八号院', '其工作单位为某厂'],
  ...['妻子患乙肝', '配偶HIV阳性', '家属要求手术'],
]

test.each(WORDS)('%s: is not kept', async (words) => {
  // What is looked for is as it would stand: without the escapes of XML.
  const sought = words.replaceAll('&amp;', '&')
  const before = await holdingAny(server, sought, words)
  const codes = codesOf(await send(documentWith(words)))
  expect(codes.filter((code) => ['relative-not-collected', 'not-collected'].includes(code))).toHaveLength(1)
  expect(await holdingAny(server, sought, words)).toEqual(before)
})

test('a word that tells of nobody is kept', async () => {
  const words = '禁食八小时，备皮，留置导尿'
  expect(codesOf(await send(documentWith(words)))).toContain('relative-not-collected')
  expect(await holdingAny(server, words)).toMatchObject({ Composition: 1 })
})

/** By whom the patient's illness is told, who signs nothing. */
const toldBy = (number: string): string =>
  SAMPLE.replace('DOC-C0026-1', `DOC-OTHER-${++documents}`)
    .replace(/<authenticator>(?:(?!<\/authenticator>).)*110100196008230029.*?<\/authenticator>/s, '')
    .replace(
      /<custodian\b/,
      `<informant><relatedEntity><id root="2.16.156.10011.1.3" extension="${number}"/><code code="12" displayName="妻"/><relatedPerson><name>${WIFE.name}</name></relatedPerson></relatedEntity></informant><custodian`,
    )

test.each([
  ['with a character reference', (text: string) => text],
  ['in UTF-16', (text: string) => Buffer.from(`\ufeff${text.replace('encoding="UTF-8"', 'encoding="UTF-16"')}`, 'utf16le')],
])('an original in which her number stands %s is not kept', async (_, encode) => {
  const before = await holdingAny(server, WIFE.name)
  const number = `&#x${WIFE.number.charCodeAt(0).toString(16)};${WIFE.number.slice(1)}`
  expect(codesOf(await send(encode(toldBy(number))))).toContain('relative-not-collected')
  expect(await holdingAny(server, WIFE.name)).toEqual(before)
})

test('another relative in the document of whom nothing tells that it is not she is not told of', async () => {
  const other = `<participant typeCode="NOT"><associatedEntity classCode="ECON"><id/><code code="12" displayName="妻"/><telecom value="tel:13766665555"/><associatedPerson><name>小芳</name></associatedPerson></associatedEntity></participant>`
  const informs = `<informant><relatedEntity><code code="12" displayName="妻"/><telecom value="tel:13766665555"/><relatedPerson><name>小芳</name></relatedPerson></relatedEntity></informant>`
  await send(
    documentWith('备皮')
      .replace(/<custodian\b/, `${informs}<custodian`)
      .replace('<relatedDocument', `${other}<relatedDocument`),
  )
  expect(await holdingAny(server, '小芳', '13766665555')).toEqual({})
})

test('what the relation is called is not kept where it is more than a relation', async () => {
  await send(documentWith('备皮').replace('displayName="妻"', 'displayName="妻小芳在纺织厂"'))
  expect(await holdingAny(server, '小芳', '纺织厂')).toEqual({})
})

test('what the sender calls the type of its bytes is not kept', async () => {
  await send(documentWith('备皮'), 'application/xml; name=lihua-signs.xml')
  expect(await holdingAny(server, 'lihua-signs')).toEqual({})
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

describe('words', () => {
  const isNaming = namingOf({ names: ['欧阳丽华', '李娜'], phones: [], legals: [] })
  test.each(['李女士', '李太太', '姓李', 'Li Na', 'LI, Na', 'na li', '歐陽麗華'])('%j names her', (words) => {
    expect(isNaming(words)).toBe(true)
  })
  test.each(['李医生', '行李', 'linac', 'final', '丽江', { id: 'aaouyanglihuabb' }])('%j does not', (words) => {
    expect(isNaming(words)).toBe(false)
  })
  test.each(['体温 36.5 ℃，脉搏 80 次/min', '2026-03-06T07:05:00+08:00', '腹腔镜下胆囊切除术', '10^9/L', '主任医师大夫查房'])(
    '%j tells of nobody',
    (words) => {
      expect(tellsOfPeople(words)).toBe(false)
    },
  )
})
