/** ORM^O01, OMG^O19 and OML^O21; expectations are written by hand from HL7 v2.4 and v2.5.1, chapter 4. */
import { expect, test } from '@jest/globals'
import { orderStatus } from '../../../mappings/hospital/hl7v2/order.ts'
import { ofType, plain, sample } from '../support.ts'
import { message as hl7, INPATIENT, PATIENT, read } from './messages.ts'

const message = (type: string, version: string, ...segments: string[]): string => hl7(type, version, PATIENT, INPATIENT, ...segments)

const CATEGORY = (code: string) => [{ coding: [{ system: 'https://fhir-cn.example/CodeSystem/cn-service-category', code }] }]

test('ORM^O01: each OBR is an order; what reports refer to has the same key', async () => {
  const { record } = await read(
    message(
      'ORM^O01',
      '2.3.1',
      'ORC|NW|SQ1||||||||||D0123^赵医生',
      'OBR|1|SQ1||CTXB^胸部CT平扫^L||20260305102500|||||||咳嗽三周|||D0123^赵医生||||||||CT|||^^^^^S||||R05^咳嗽',
      'NTE|1||急查',
      'ORC|CA|SQ2',
      'OBR|2|SQ2||XCG^血常规^L|R|||||||||||||||||||HM',
    ),
  )
  expect(record?.issues).toEqual([])
  expect(record?.unread).toEqual(['OBR[1]-4.3', 'OBR[2]-4.3'])
  const orders = ofType(record, 'ServiceRequest')
  expect(orders.map(({ key }) => key)).toMatchObject([{ parts: ['SQ1'] }, { parts: ['SQ2'] }])
  expect(plain(orders[0])).toMatchObject({
    identifier: [{ value: 'SQ1' }],
    status: 'active',
    intent: 'order',
    category: CATEGORY('imaging'),
    priority: 'stat',
    code: {
      coding: [{ system: 'https://fhir-cn.example/sid/H1/exam-item-code', code: 'CTXB', display: '胸部CT平扫' }],
      text: '胸部CT平扫',
    },
    encounter: { $key: { type: 'Encounter', parts: ['ZY1'] } },
    authoredOn: '2026-03-05T10:25:00+08:00',
    requester: { $key: { type: 'Practitioner', parts: ['D0123', '赵医生'] } },
    reasonCode: [{ coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.11.3', code: 'R05' }], text: '咳嗽' }],
    note: [{ text: '咳嗽三周' }, { text: '急查' }],
  })
  expect(plain(orders[1])).toMatchObject({ status: 'revoked', category: CATEGORY('lab'), priority: 'routine' })
  expect(plain(orders[1]).code).toMatchObject({ coding: [{ system: 'https://fhir-cn.example/sid/H1/lab-panel-code', code: 'XCG' }] })
})

test('OML^O21 of v2.5.1: TQ1 and the specimen', async () => {
  const { record } = await read(
    message(
      'OML^O21',
      '2.5.1',
      'ORC|NW|SQ3|||||||20260305102500|||D0123^赵医生',
      'TQ1|1||||||20260306063000||S',
      'OBR|1|SQ3||XCG^血常规^L',
      'SPM|1|BB1||BLD^全血',
    ),
  )
  const [one] = ofType(record, 'ServiceRequest')
  expect(plain(one)).toMatchObject({
    category: CATEGORY('lab'),
    priority: 'stat',
    occurrenceDateTime: '2026-03-06T06:30:00+08:00',
    specimen: [{ $key: { type: 'Specimen', parts: ['BB1'] } }],
  })
  expect(ofType(record, 'Specimen')).toHaveLength(1)
})

interface Order {
  identifier: { value: string }[]
  status: string
  priority?: string
  specimen: { $key: { parts: string[] } }[]
}

test.each(['OML^O33', 'OML^O35'])('%s of v2.5.1: each specimen with the orders behind it', async (type) => {
  const { record } = await read(
    message(
      type,
      '2.5.1',
      'SPM|1|BB1||BLD^全血|||||||||||||20260306063000',
      ...(type === 'OML^O35' ? ['SAC|||G1'] : []),
      'ORC|NW|SQ7',
      'TQ1|1||||||20260306063000||S',
      'OBR|1|SQ7||XCG^血常规^L',
      'ORC|NW|SQ8',
      'OBR|2|SQ8||CRP^C反应蛋白^L',
      'SPM|2|BB2||UR^尿液',
      'ORC|CA|SQ9',
      'OBR|3|SQ9||NCG^尿常规^L',
      'NTE|1||作废',
    ),
  )
  expect(record?.issues).toEqual([])
  const orders = ofType(record, 'ServiceRequest').map(plain) as unknown as Order[]
  expect(
    orders.map(({ identifier, status, priority, specimen }) => [identifier[0]?.value, status, priority, specimen[0]?.$key.parts]),
  ).toEqual([
    ['SQ7', 'active', 'stat', ['BB1']],
    ['SQ8', 'active', undefined, ['BB1']],
    ['SQ9', 'revoked', undefined, ['BB2']],
  ])
  expect(orders).toMatchObject(orders.map(() => ({ category: CATEGORY('lab') })))
  expect(orders[2]).toMatchObject({ note: [{ text: '作废' }] })
  expect(ofType(record, 'Specimen').map(plain)).toMatchObject([
    { identifier: [{ value: 'BB1' }], type: { text: '全血' }, collection: { collectedDateTime: '2026-03-06T06:30:00+08:00' } },
    { identifier: [{ value: 'BB2' }], type: { text: '尿液' } },
  ])
  expect((await read(message(type, '2.5.1', 'SPM|1|BB1', 'ORC|NW|SQ7'))).reason).toMatchObject({ code: 'mapping-required', at: 'OBR' })
})

test.each([
  ['OML^O21', ['ORC|NW|SQ3', 'OBR|1|SQ3||QX^清除率^L', 'SPM|1|BB1||SER^血清', 'SAC|||G1', 'SAC|||G2', 'SPM|2|^BB2||UR^尿液']],
  ['OML^O33', ['SPM|1|BB1||SER^血清', 'SAC|||G1', 'SAC|||G2', 'ORC|NW|SQ3', 'OBR|1|SQ3||QX^清除率^L', 'SPM|2|^BB2||UR^尿液']],
  ['OML^O35', ['SPM|1|BB1||SER^血清', 'SAC|||G1', 'ORC|NW|SQ3', 'OBR|1|SQ3||QX^清除率^L', 'SAC|||G2', 'SPM|2|^BB2||UR^尿液']],
] as const)('%s: the containers of a specimen, and the number that the laboratory gave it', async (type, segments) => {
  const more = type === 'OML^O21' ? [] : ['ORC|NW|SQ4', 'OBR|2|SQ4||NCG^尿常规^L']
  const { record } = await read(message(type, '2.5.1', ...segments, ...more))
  expect(record?.issues).toEqual([])
  const specimens = (ofType(record, 'ServiceRequest').map(plain) as unknown as Order[]).map(({ specimen }) =>
    specimen.map(({ $key }) => $key.parts[0]),
  )
  expect(specimens).toEqual(type === 'OML^O21' ? [['BB1', 'BB2']] : [['BB1'], ['BB2']])
  const containers = ['G1', 'G2'].map((value) => ({ identifier: [{ system: 'https://fhir-cn.example/sid/H1/container-no', value }] }))
  const [blood, urine] = ofType(record, 'Specimen').map(plain)
  expect(blood).toMatchObject({ identifier: [{ value: 'BB1' }], type: { text: '血清' }, container: containers })
  expect(urine).toMatchObject({ identifier: [{ value: 'BB2' }], type: { text: '尿液' } })
  expect(urine).not.toHaveProperty('container')
  expect(record?.unread.filter((field) => /^S(?:PM|AC)/.test(field))).toEqual([])
})

test('what is ordered of an outpatient’s blood and urine, by tubes that have their numbers already', async () => {
  const { record } = await read(sample('hospital/oml-o33-specimens.hl7'))
  expect(record?.issues).toEqual([])
  expect(ofType(record, 'ServiceRequest').map(plain)).toMatchObject([
    {
      ...{ identifier: [{ value: 'SQ20260309014' }], status: 'active', priority: 'routine', code: { text: '肝功能' } },
      ...{ authoredOn: '2026-03-09T08:03:00+08:00', occurrenceDateTime: '2026-03-09T08:10:00+08:00', requester: { display: '孙医生' } },
      ...{ reasonCode: [{ coding: [{ code: 'R10.1' }], text: '上腹痛' }], note: [{ text: '上腹不适二周' }] },
      specimen: [{ $key: { parts: ['TM26030900121'] } }],
    },
    { identifier: [{ value: 'SQ20260309015' }], code: { text: '尿常规' }, specimen: [{ $key: { parts: ['TM26030900122'] } }] },
  ])
  expect(ofType(record, 'Specimen').map(plain)).toMatchObject([
    { identifier: [{ value: 'TM26030900121' }], type: { text: '血清' }, container: [{ identifier: [{ value: 'G0900121' }] }] },
    { identifier: [{ value: 'TM26030900122' }], type: { text: '尿液' } },
  ])
  expect(record?.unread.filter((field) => /^(?:SPM|SAC|ORC)/.test(field))).toEqual([])
})

test('a result of before beside an order (ORC-1 PR) is no order that is open, and told as not read', async () => {
  const { record } = await read(
    message('OML^O21', '2.5.1', 'ORC|NW|SQ3', 'OBR|1|SQ3||K^钾^L', 'ORC|PR|SQ1', 'OBR|2|SQ1||K^钾^L', 'OBX|1|NM|K^钾^L||6.1'),
  )
  expect(ofType(record, 'ServiceRequest').map(({ key }) => key)).toMatchObject([{ parts: ['SQ3'] }])
  expect(record?.unread).toEqual(expect.arrayContaining(['ORC[2]-2', 'OBR[2]-2', 'OBX-5']))
})

test('an order that a control be measured is none of the patient’s', async () => {
  const { record } = await read(
    message(
      'OML^O33',
      '2.5.1',
      'SPM|1|ZK1||BLD|||||||Q',
      'ORC|NW|SQ8',
      'OBR|1|SQ8||K^钾^L',
      'SPM|2|BB1',
      'ORC|NW|SQ9',
      'OBR|2|SQ9||K^钾^L',
    ),
  )
  expect(ofType(record, 'ServiceRequest').map(({ key }) => key)).toMatchObject([{ parts: ['SQ9'] }])
  expect(ofType(record, 'Specimen').map(({ key }) => key)).toMatchObject([{ parts: ['BB1'] }])
  expect(record?.unread).toContain('SPM[1]-11')
  expect(record?.issues).toEqual([{ severity: 'warning', code: 'mapping-conflict', at: 'SPM[1]-11' }])
})

test.each([
  ['NW', undefined, 'active'],
  ['SC', 'CM', 'completed'],
  ['SC', 'HD', 'on-hold'],
  ['HD', undefined, 'on-hold'],
  ['CA', 'IP', 'revoked'],
  ['DC', undefined, 'revoked'],
  [undefined, undefined, 'active'],
] as const)('ORC-1 %s with ORC-5 %s is %s', (control, state, status) => expect(orderStatus(control, state)).toBe(status))

test('what is cut is quarantined; a service and a drug in one ORM are one order each', async () => {
  expect((await read(message('OMG^O19', '2.4', 'ORC|NW|SQ4'))).reason).toMatchObject({ code: 'mapping-required', at: 'OBR' })
  const mixed = await read(message('ORM^O01', '2.4', 'ORC|NW|SQ5', 'OBR|1|SQ5||X^检查^L', 'ORC|NW|SQ6', 'RXO|YP1^阿司匹林'))
  expect(mixed.record?.issues).toEqual([])
  expect([ofType(mixed.record, 'ServiceRequest').length, ofType(mixed.record, 'MedicationRequest').length]).toEqual([1, 1])
})
