/** MDM^T01 to T11; expectations are written by hand from HL7 v2.4, chapter 9. */
import { expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import { brokenRules, context, ofType, plain, readAll } from '../support.ts'
import { invalid, unresolved } from './rules.ts'

const PDF = Buffer.from('%PDF-1.4\n%test\n%%EOF\n').toString('base64')
const message = (event: string, obx: string[] = [], txa: Record<number, string> = {}): string => {
  const fields: Record<number, string> = {
    ...{
      1: '1',
      2: 'CYJL^出院记录',
      3: 'AP',
      6: '20260310153000',
      9: 'D0123^赵医生',
      10: 'D0100^钱主任',
      12: 'WS001',
      16: '出院记录.pdf',
      17: 'AU',
    },
    ...{ 18: 'R', 19: 'AV' },
    ...txa,
  }
  return [
    `MSH|^~\\&|EMR|0001|EAI|YILIAN|20260310160000||MDM^${event}|D1|P|2.4||||||GB 18030-2000`,
    `EVN|${event}|20260310160000`,
    'PID|1||0001023456^^^0001^PI||王建国||19580312|M',
    'PV1|1|I|||||||||||||||||ZY1',
    `TXA|${Array.from({ length: 19 }, (_, at) => fields[at + 1] ?? '').join('|')}`,
    ...obx,
    '',
  ].join('\r')
}

async function read(text: string) {
  const { mapped, rejected } = await readAll(hospitalHl7v2, iconv.encode(text, 'gb18030'), { context: context('hospital', 'H1') })
  expect(mapped.flatMap(brokenRules)).toEqual([])
  expect(mapped.flatMap(unresolved)).toEqual([])
  expect(mapped.flatMap(invalid)).toEqual([])
  return { record: mapped[0], reason: rejected[0]?.reason }
}

test('T02: the document in base64 as Binary, described by a DocumentReference', async () => {
  const { record } = await read(message('T02', [`OBX|1|ED|PDF^原文||^application^pdf^Base64^${PDF}||||||F`]))
  expect(record).toMatchObject({ issues: [], unread: ['PV1-2'] })
  const [reference] = ofType(record, 'DocumentReference')
  expect(reference).toMatchObject({ state: 'current', key: { scope: 'H1', parts: ['WS001'] }, statedAt: '2026-03-10T08:00:00.000Z' })
  expect(plain(reference)).toMatchObject({
    masterIdentifier: { system: 'https://fhir-cn.example/sid/H1/document-no', value: 'WS001' },
    status: 'current',
    docStatus: 'final',
    type: { coding: [{ code: 'CYJL', display: '出院记录' }], text: '出院记录' },
    date: '2026-03-10T15:30:00+08:00',
    author: [{ $key: { type: 'Practitioner', parts: ['D0123', '赵医生'] } }],
    authenticator: { $key: { type: 'Practitioner', parts: ['D0100', '钱主任'] } },
    securityLabel: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] }],
    content: [{ attachment: { contentType: 'application/pdf', size: 21, title: '出院记录.pdf' } }],
    context: { encounter: [{ $key: { type: 'Encounter', parts: ['ZY1'] } }] },
  })
  expect(plain(ofType(record, 'Binary')[0])).toMatchObject({
    resourceType: 'Binary',
    contentType: 'application/pdf',
    securityContext: { $key: { type: 'DocumentReference', scope: 'H1', parts: ['WS001'] } },
    data: PDF,
  })
})

test('T02 with text: one Binary of plain text, its escapes resolved', async () => {
  const { record } = await read(message('T02', ['OBX|1|TX|T^内容||患者入院后\\.br\\病情平稳||||||F', 'OBX|2|TX|T^内容||准予出院||||||F']))
  const binary = plain(ofType(record, 'Binary')[0]) as { contentType: string; data: string }
  expect(binary.contentType).toBe('text/plain; charset=utf-8')
  expect(Buffer.from(binary.data, 'base64').toString()).toBe('患者入院后\n病情平稳\n准予出院')
})

test('T01 tells of a document without its content; T11 and TXA-19 CA take it back; TXA-19 OB is an older one', async () => {
  const told = await read(message('T01'))
  expect(plain(ofType(told.record, 'DocumentReference')[0])).toMatchObject({ content: [{ attachment: { title: '出院记录.pdf' } }] })
  expect(ofType(told.record, 'Binary')).toEqual([])
  for (const taken of [await read(message('T11')), await read(message('T01', [], { 19: 'CA' }))]) {
    expect(ofType(taken.record, 'DocumentReference')[0]?.state).toBe('withdrawn')
  }
  const old = await read(message('T01', [], { 19: 'OB', 17: 'IP' }))
  expect(plain(ofType(old.record, 'DocumentReference')[0])).toMatchObject({ status: 'superseded', docStatus: 'preliminary' })
})

test('what cannot be kept is told, and what was cut is quarantined', async () => {
  const archive = Buffer.from('PK\u0003\u0004 archive').toString('base64')
  const { record } = await read(message('T04', [`OBX|1|ED|ZIP^原文||^application^zip^Base64^${archive}||||||F`]))
  expect(record?.issues).toMatchObject([{ severity: 'warning', code: 'mapping-value-unknown', at: 'OBX-5' }])
  expect(ofType(record, 'Binary')).toEqual([])
  expect((await read(message('T02'))).reason).toMatchObject({ code: 'mapping-required', at: 'OBX' })
  expect((await read(message('T01', [], { 12: '' }))).reason).toMatchObject({ code: 'mapping-required', at: 'TXA-12' })
})

test.each([
  ['T05', [], [{ code: 'appends', target: { identifier: { value: 'WS000' } } }]],
  ['T06', ['OBX|1|TX|T^内容||补充||||||F'], [{ code: 'appends', target: { identifier: { value: 'WS000' } } }]],
  ['T08', ['OBX|1|TX|T^内容||修改||||||F'], undefined],
  ['T10', ['OBX|1|TX|T^内容||更正||||||F'], [{ code: 'replaces', target: { identifier: { value: 'WS000' } } }]],
])('%s: what the document is to another one', async (event, obx, relatesTo) => {
  const { record } = await read(message(event, obx, { 13: 'WS000' }))
  expect(plain(ofType(record, 'DocumentReference')[0]).relatesTo).toEqual(
    relatesTo?.map(({ code, target }) => ({
      code,
      target: { identifier: { system: 'https://fhir-cn.example/sid/H1/document-no', ...target.identifier } },
    })),
  )
  expect(ofType(record, 'Binary')).toHaveLength(obx.length)
  expect(record?.unread).toEqual(['PV1-2', ...(relatesTo ? [] : ['TXA-13'])])
  if (obx.length > 0) expect((await read(message(event))).reason).toMatchObject({ code: 'mapping-required', at: 'OBX' })
})

test.each(['T01', 'T03', 'T05', 'T07', 'T09'])('%s tells nothing of the content: the one that was sent stays', async (event) => {
  const [reference] = ofType((await read(message(event))).record, 'DocumentReference')
  expect(reference?.yielding).toEqual(['content'])
  expect(ofType((await read(message('T02', ['OBX|1|TX|T^内容||文||||||F']))).record, 'DocumentReference')[0]?.yielding).toBeUndefined()
})
