/** OUL^R21 to R24 and ORU^R30 to R32; expectations are written by hand from the grammars of HL7 v2.4 (7.3.3) and v2.5.1 (7.3.4 to 7.3.8). */
import { expect, test } from '@jest/globals'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { ofType, plain, sample } from '../support.ts'
import { INPATIENT, message, PATIENT, read } from './messages.ts'

const OBR = (at: number, number: string, panel: string): string =>
  `OBR|${at}|SQ${number}|BG${number}|${panel}^L|||20260306063000|||||||||||||||20260306081500||HM|F`
const OBX = (at: number, item: string, value: string): string => `OBX|${at}|NM|${item}^L||${value}|10^9/L|||||F`

interface Report {
  identifier: { value: string }[]
  specimen?: { $key: { parts: string[] } }[]
  result?: { $key: unknown }[]
}
const numberOf = (one: Parameters<typeof plain>[0]): string =>
  String((plain(one) as { valueQuantity: { value: unknown } }).valueQuantity.value)

/** Of each report its number, the specimen that it names, and its values. */
function reportsOf(record: MappedRecord | undefined): unknown[] {
  const values = new Map(ofType(record, 'Observation').map((one) => [JSON.stringify(one.key), numberOf(one)]))
  return ofType(record, 'DiagnosticReport').map((one) => {
    const { identifier, specimen, result } = plain(one) as unknown as Report
    return [identifier[0]?.value, specimen?.[0]?.$key.parts, (result ?? []).map(({ $key }) => values.get(JSON.stringify($key)))]
  })
}

test.each(['ORU^R30', 'ORU^R31', 'ORU^R32'])('%s: a result of a point of care is one like any other', async (type) => {
  const { record } = await read(
    message(
      type,
      '2.5.1',
      PATIENT,
      INPATIENT,
      'ORC|NW||BG1',
      'OBR|1||BG1|GLU^床旁血糖^L|||20260306063000|||||||||||||||20260306063100|||F',
      OBX(1, 'GLU^葡萄糖', '6.1'),
    ),
  )
  expect(record?.issues).toEqual([])
  expect(reportsOf(record)).toEqual([['BG1', undefined, ['6.1']]])
  expect(plain(ofType(record, 'DiagnosticReport')[0])).toMatchObject({ status: 'final', encounter: { $key: { parts: ['ZY1'] } } })
})

/** Of each specimen what is told of it but whose it is. */
const specimensOf = (record: MappedRecord | undefined): unknown[] =>
  ofType(record, 'Specimen').map((one) => {
    const { resourceType: _type, meta: _meta, subject: _subject, type, ...rest } = plain(one)
    return { ...rest, type: (type as { text: string } | undefined)?.text }
  })
const SID = 'https://fhir-cn.example/sid/H1'
const AT_HALF_PAST_SIX = { collection: { collectedDateTime: '2026-03-06T06:30:00+08:00' } }
const container = (value: string) => ({ identifier: [{ system: `${SID}/container-no`, value }] })

/** The specimen of each value. */
const measuredIn = (record: MappedRecord | undefined): unknown[] =>
  ofType(record, 'Observation').map((one) => {
    const { specimen } = plain(one) as { specimen?: { $key: { parts: string[] } } }
    return [numberOf(one), specimen?.$key.parts]
  })

test('OUL^R21 of v2.4: the order stands before its results, and before it the container, which is no other order’s', async () => {
  const { record } = await read(
    message(
      'OUL^R21',
      '2.4',
      ...[PATIENT, INPATIENT, 'SAC||JS1|G1|||BLD&全血'],
      ...['ORC|RE|SQ1|BG1', OBR(1, '1', 'XCG^血常规'), OBX(1, 'WBC^白细胞', '5.1')],
      ...['ORC|RE|SQ2|BG2', OBR(2, '2', 'NCG^尿常规'), OBX(1, 'SG^比重', '1.015')],
    ),
  )
  expect(reportsOf(record)).toEqual([
    ['BG1', ['report', 'BG1'], ['5.1']],
    ['BG2', undefined, ['1.015']],
  ])
  expect(specimensOf(record)).toEqual([
    {
      accessionIdentifier: { system: `${SID}/accession-no`, value: 'JS1' },
      ...{ type: '全血', container: [container('G1')], ...AT_HALF_PAST_SIX },
    },
  ])
  expect(record?.unread.filter((field) => field.startsWith('SAC'))).toEqual([])
})

test.each([
  ['OUL^R22', []],
  ['OUL^R23', ['SAC|||G1']],
])('%s: each specimen with what was measured in it, and none with the next one’s', async (type, container) => {
  const { record } = await read(
    message(
      type,
      '2.5.1',
      ...[PATIENT, INPATIENT],
      ...['SPM|1|BB1||BLD^全血|||||||||||||20260306063000', ...container],
      ...[OBR(1, '1', 'XCG^血常规'), 'ORC|RE|SQ1|BG1', OBX(1, 'WBC^白细胞', '5.1'), OBX(2, 'PLT^血小板', '210')],
      ...[OBR(2, '2', 'CRP^C反应蛋白'), 'ORC|RE|SQ2|BG2', OBX(1, 'CRP^C反应蛋白', '8.3')],
      ...['SPM|2|BB2||UR^尿液', 'OBX|1|ST|COL^颜色^L||黄|||||F', ...container],
      ...[OBR(3, '3', 'NCG^尿常规'), OBX(1, 'SG^比重', '1.015')],
    ),
  )
  expect(record?.issues).toEqual([])
  expect(reportsOf(record)).toEqual([
    ['BG1', ['BB1'], ['5.1', '210']],
    ['BG2', ['BB1'], ['8.3']],
    ['BG3', ['BB2'], ['1.015']],
  ])
  expect(ofType(record, 'Specimen').map((one) => (plain(one) as unknown as Report).identifier[0]?.value)).toEqual(['BB1', 'BB2'])
  // What is seen of the specimen itself is no result of a panel: it is told as not read.
  expect(record?.unread).toContain('OBX[4]-5')
})

test('OUL^R22 whose OBR has no number takes that of the ORC behind it', async () => {
  const { record } = await read(
    message('OUL^R22', '2.5.1', PATIENT, 'SPM|1|BB1||BLD^全血', 'OBR|1|||XCG^血常规^L', 'ORC|RE|SQ1|BG1', OBX(1, 'WBC^白细胞', '5.1')),
  )
  expect(reportsOf(record)).toEqual([['BG1', ['BB1'], ['5.1']]])
})

test('OUL^R24: the specimen stands behind its order', async () => {
  const { record } = await read(
    message(
      'OUL^R24',
      '2.5.1',
      ...[PATIENT, INPATIENT],
      ...[OBR(1, '1', 'XCG^血常规'), 'ORC|RE|SQ1|BG1', 'SPM|1|BB1||BLD^全血', OBX(1, 'WBC^白细胞', '5.1')],
      ...[OBR(2, '2', 'NCG^尿常规'), 'ORC|RE|SQ2|BG2', 'SPM|1|BB2||UR^尿液', OBX(1, 'SG^比重', '1.015')],
    ),
  )
  expect(reportsOf(record)).toEqual([
    ['BG1', ['BB1'], ['5.1']],
    ['BG2', ['BB2'], ['1.015']],
  ])
})

test.each([
  [
    'OUL^R22',
    ['SPM|1|BB1||BLD^全血', 'SAC|||G1', 'SAC|||G2', OBR(1, '1', 'XCG^血常规'), OBX(1, 'WBC^白细胞', '5.1')],
    ['SPM|2|BB2||UR^尿液', OBR(2, '1', 'NCG^尿常规'), OBX(1, 'SG^比重', '1.015')],
  ],
  [
    'OUL^R23',
    ['SPM|1|BB1||BLD^全血', 'SAC|||G1', OBR(1, '1', 'XCG^血常规'), OBX(1, 'WBC^白细胞', '5.1'), 'SAC|||G2'],
    ['SPM|2|BB2||UR^尿液', OBR(2, '1', 'NCG^尿常规'), OBX(1, 'SG^比重', '1.015')],
  ],
  [
    'OUL^R24',
    [OBR(1, '1', 'XCG^血常规'), 'SPM|1|BB1||BLD^全血', 'SAC|||G1', 'SAC|||G2', OBX(1, 'WBC^白细胞', '5.1')],
    [OBR(2, '1', 'NCG^尿常规'), 'SPM|2|BB2||UR^尿液', OBX(1, 'SG^比重', '1.015')],
  ],
  [
    'ORU^R01',
    [OBR(1, '1', 'XCG^血常规'), OBX(1, 'WBC^白细胞', '5.1'), 'SPM|1|BB1||BLD^全血', 'SAC|||G1', 'SAC|||G2'],
    [OBR(2, '1', 'NCG^尿常规'), OBX(1, 'SG^比重', '1.015'), 'SPM|2|BB2||UR^尿液'],
  ],
])('%s: one report of several specimens has all of them, and each result its own', async (type, blood, urine) => {
  const { record } = await read(message(type, '2.5.1', PATIENT, INPATIENT, ...blood, ...urine))
  expect(record?.issues).toEqual([])
  expect(ofType(record, 'DiagnosticReport').map(plain)).toMatchObject([
    { identifier: [{ value: 'BG1' }], specimen: [{ $key: { parts: ['BB1'] } }, { $key: { parts: ['BB2'] } }] },
  ])
  expect(measuredIn(record)).toEqual([
    ['5.1', ['BB1']],
    ['1.015', ['BB2']],
  ])
  const identifier = (value: string) => [{ system: `${SID}/specimen-no`, value }]
  expect(specimensOf(record)).toEqual([
    { identifier: identifier('BB1'), type: '全血', container: [container('G1'), container('G2')], ...AT_HALF_PAST_SIX },
    { identifier: identifier('BB2'), type: '尿液', ...AT_HALF_PAST_SIX },
  ])
})

test('specimens without numbers are told apart within their report, and where a panel has two of them its results are of neither', async () => {
  const { record } = await read(
    message(
      'OUL^R24',
      '2.5.1',
      ...[PATIENT, INPATIENT],
      ...[OBR(1, '1', 'XCG^血常规'), 'SPM|1|||BLD^全血', OBX(1, 'WBC^白细胞', '5.1')],
      ...[OBR(2, '1', 'QX^清除率'), 'SPM|1|||SER^血清', 'SPM|2|||UR^尿液', OBX(1, 'CCR^清除率', '88')],
    ),
  )
  const parts = [
    ['report', 'BG1'],
    ['report', 'BG1', '@2026-03-05T22:30:00.000Z SER'],
    ['report', 'BG1', '@2026-03-05T22:30:00.000Z UR'],
  ]
  expect(ofType(record, 'Specimen').map(({ key }) => key)).toMatchObject(parts.map((each) => ({ parts: each })))
  // What is known by its place stays there.
  expect(ofType(record, 'Specimen').map(({ numbered }) => numbered?.parts[2])).toEqual([undefined, '2', '3'])
  expect(specimensOf(record)).toMatchObject([{ type: '全血' }, { type: '血清' }, { type: '尿液' }])
  expect(measuredIn(record)).toEqual([
    ['5.1', ['report', 'BG1']],
    ['88', undefined],
  ])
  expect(plain(ofType(record, 'DiagnosticReport')[0]).specimen).toMatchObject(parts.map((each) => ({ $key: { parts: each } })))
})

test('a specimen that whoever asked for it did not number has the laboratory’s number (SPM-2.2)', async () => {
  const { record } = await read(
    message('OUL^R22', '2.5.1', PATIENT, 'SPM|1|^BB7||BLD^全血', OBR(1, '1', 'XCG^血常规'), OBX(1, 'WBC^白细胞', '5.1')),
  )
  expect(reportsOf(record)).toEqual([['BG1', ['BB7'], ['5.1']]])
  expect(record?.unread).not.toContain('SPM-2')
})

const CONTROL = (role: string): string => `SPM|1|ZK1||BLD^全血|||||||${role}^质控`

test('how a specimen was taken, how much of it there is, and that it was rejected', async () => {
  const spm = 'SPM|1|BB8||BLD^全血|||JMX^静脉采血|ZB^左臂||||2.5^mL||采血困难|||20260306063000|||N|RC^标本凝固|||NX^凝血块'
  const { record } = await read(message('OUL^R22', '2.5.1', PATIENT, spm, OBR(1, '1', 'XCG^血常规').replace(/F$/, 'X')))
  const concept = (kind: string, code: string, display: string) => ({
    ...{ coding: [{ system: `${SID}/${kind}-code`, code, display }], text: display },
  })
  expect(specimensOf(record)).toEqual([
    {
      ...{ identifier: [{ system: `${SID}/specimen-no`, value: 'BB8' }], type: '全血', status: 'unsatisfactory' },
      collection: {
        collectedDateTime: '2026-03-06T06:30:00+08:00',
        quantity: { value: 2.5, unit: 'mL', system: 'http://unitsofmeasure.org', code: 'mL' },
        method: concept('specimen-method', 'JMX', '静脉采血'),
        bodySite: concept('body-site', 'ZB', '左臂'),
      },
      condition: [concept('specimen-condition', 'NX', '凝血块')],
      note: [{ text: '采血困难' }, { text: '标本凝固' }],
    },
  ])
  // Whether it is there says nothing beside that.
  expect(record?.unread.filter((field) => field.startsWith('SPM'))).toEqual(['SPM-20'])
})

test.each([
  ['Y', '', 'available'],
  ['N', '', 'unavailable'],
  ['Y', 'RC', 'unsatisfactory'],
  ['', '', undefined],
])('SPM-20 “%s” with SPM-21 “%s” is %s', async (available, rejected, status) => {
  const spm = `SPM|1|BB1||BLD||||||||||||||||${available}|${rejected}`
  const { record } = await read(message('OUL^R22', '2.5.1', PATIENT, spm, OBR(1, '1', 'XCG^血常规')))
  expect(plain(ofType(record, 'Specimen')[0]).status).toBe(status)
})

test('a rejection that is taken back (an explicit null) leaves no status', async () => {
  const { record } = await read(message('OUL^R22', '2.5.1', PATIENT, `SPM|1|BB1${'|'.repeat(19)}""`, OBR(1, '1', 'XCG^血常规')))
  expect(ofType(record, 'Specimen')[0]?.without).toEqual(['status'])
})

test('a withdrawn report takes its specimen with it where that has no number of its own', async () => {
  const withdrawn = OBR(1, '1', 'XCG^血常规').replace(/F$/, 'X')
  const states = async (spm: string): Promise<unknown> => {
    const { record } = await read(
      message('OUL^R22', '2.5.1', PATIENT, spm, withdrawn, OBR(2, '2', 'CRP^C反应蛋白'), OBX(1, 'CRP^C反应蛋白', '8.3')),
    )
    expect(ofType(record, 'DiagnosticReport').map(({ state }) => state)).toEqual(['withdrawn', 'current'])
    return ofType(record, 'Specimen').map(({ key, state }) => [key === 'patient' ? key : key.parts, state])
  }
  expect(await states('SPM|1|BB1||BLD^全血')).toEqual([[['BB1'], 'current']])
  expect(await states('SPM|1|||BLD^全血')).toEqual([
    [['report', 'BG1'], 'withdrawn'],
    [['report', 'BG2'], 'current'],
  ])
})

const CONTRADICTION = (at: string) => ({ severity: 'warning', code: 'mapping-conflict', at })

test.each(['B', 'C', 'E', 'F', 'O', 'Q', 'V'])('what is measured in a control (SPM-11 %s) is nobody’s result', async (role) => {
  const result = [OBR(9, '9', 'XCG^血常规'), OBX(1, 'WBC^白细胞', '9.9')]
  for (const [type, ofControl] of [
    ['OUL^R22', [CONTROL(role), 'SAC|||G9', ...result]],
    ['OUL^R24', [result[0] ?? '', CONTROL(role), result[1] ?? '']],
    ['ORU^R01', [...result, CONTROL(role)]],
  ] as const) {
    for (const named of [[], [PATIENT, INPATIENT]]) {
      const { record, reason } = await read(message(type, '2.5.1', ...named, ...ofControl))
      expect(reason).toBeUndefined()
      expect(record).toMatchObject({ nothingToStore: true, resources: [], issues: named.length > 0 ? [CONTRADICTION('SPM-11')] : [] })
      expect(record?.unread).toEqual(expect.arrayContaining(['SPM-11.1', 'OBR-4.1', 'OBX-5']))
    }
    // Beside a patient's it is told as not read.
    const own = [...(type === 'OUL^R22' ? ['SPM|1|BB1'] : []), OBR(1, '1', 'XCG^血常规'), OBX(1, 'WBC^白细胞', '5.1')]
    const { record } = await read(message(type, '2.5.1', PATIENT, INPATIENT, ...ofControl, ...own))
    expect(ofType(record, 'DiagnosticReport').map((one) => (plain(one) as unknown as Report).identifier[0]?.value)).toEqual(['BG1'])
    expect(ofType(record, 'Observation').map(numberOf)).toEqual(['5.1'])
    expect(JSON.stringify(record?.resources)).not.toContain('ZK1')
    expect(record?.unread).toEqual(expect.arrayContaining(['OBX[1]-5']))
    expect(record?.issues).toEqual([CONTRADICTION(type === 'OUL^R22' ? 'SPM[1]-11' : 'SPM-11')])
  }
})

test.each(['P', 'R', 'L', ''])('what is measured in a specimen of the role “%s” is the patient’s', async (role) => {
  const { record } = await read(
    message('OUL^R22', '2.5.1', PATIENT, `SPM|1|BB1||BLD|||||||${role}`, OBR(1, '1', 'XCG^血常规'), OBX(1, 'WBC^白细胞', '5.1')),
  )
  expect(reportsOf(record)).toEqual([['BG1', ['BB1'], ['5.1']]])
})

test('a control of whoever’s panel shares a report with a patient’s leaves that report without it', async () => {
  const { record } = await read(
    message(
      'OUL^R22',
      '2.5.1',
      ...[PATIENT, CONTROL('Q'), OBR(1, '1', 'ZK^质控'), 'NTE|1||质控在控', OBX(1, 'WBC^白细胞', '9.9')],
      ...['SPM|2|BB1||BLD', OBR(2, '1', 'XCG^血常规'), OBX(1, 'WBC^白细胞', '5.1')],
    ),
  )
  expect(reportsOf(record)).toEqual([['BG1', ['BB1'], ['5.1']]])
  const report = plain(ofType(record, 'DiagnosticReport')[0])
  expect(report).toMatchObject({ code: { text: '血常规' } })
  expect(report).not.toHaveProperty('conclusion')
})

test('a remark behind the second panel is one on the report, and none on the result before', async () => {
  const { record } = await read(
    message(
      'ORU^R01',
      '2.4',
      ...[PATIENT, OBR(1, '1', 'XCG^血常规'), OBX(1, 'WBC^白细胞', '5.1')],
      ...[OBR(2, '1', 'CRP^C反应蛋白'), 'NTE|1||急诊标本', OBX(1, 'CRP^C反应蛋白', '8.3')],
    ),
  )
  expect(plain(ofType(record, 'DiagnosticReport')[0])).toMatchObject({ conclusion: '急诊标本' })
  expect(JSON.stringify(ofType(record, 'Observation'))).not.toContain('急诊标本')
})

test('what an automated laboratory sends of an outpatient’s blood and urine (GB 18030, v2.5.1)', async () => {
  const { record } = await read(sample('hospital/oul-r22-specimens.hl7'))
  expect(record?.issues).toEqual([])
  expect(record?.patient).toMatchObject({ name: '王建国', legal: { type: '01', number: '110100195803120019' } })
  const [serum, urine] = [['TM26030900121'], ['TM26030900122']]
  expect(ofType(record, 'DiagnosticReport').map(plain)).toMatchObject([
    {
      ...{ identifier: [{ value: 'BG20260309101' }], status: 'final', code: { text: '肝功能' }, conclusion: '标本轻度脂血' },
      ...{ effectiveDateTime: '2026-03-09T08:12:00+08:00', issued: '2026-03-09T09:25:00+08:00', specimen: [{ $key: { parts: serum } }] },
    },
    { identifier: [{ value: 'BG20260309102' }], status: 'final', code: { text: '尿常规' }, specimen: [{ $key: { parts: urine } }] },
  ])
  expect(ofType(record, 'Observation').map(plain)).toMatchObject([
    {
      ...{ code: { text: '丙氨酸氨基转移酶' }, valueQuantity: { value: 63, unit: 'U/L' }, interpretation: [{ coding: [{ code: 'H' }] }] },
      ...{ specimen: { $key: { parts: serum } }, performer: [{ display: '周检验' }], issued: '2026-03-09T09:20:00+08:00' },
    },
    { code: { text: '总胆红素' }, valueQuantity: { value: 15.4, code: 'umol/L' }, note: [{ text: '标本轻度脂血' }] },
    { code: { text: '尿蛋白' }, valueCodeableConcept: { text: '±' }, specimen: { $key: { parts: urine } } },
  ])
  const received = { receivedTime: '2026-03-09T08:35:00+08:00' }
  const identifier = (value: string) => [{ system: `${SID}/specimen-no`, value }]
  expect(specimensOf(record)).toEqual([
    {
      ...{ identifier: identifier('TM26030900121'), type: '血清', ...received, container: [container('G0900121')] },
      collection: { collectedDateTime: '2026-03-09T08:12:00+08:00' },
    },
    {
      ...{ identifier: identifier('TM26030900122'), type: '尿液', ...received },
      collection: { collectedDateTime: '2026-03-09T08:20:00+08:00' },
    },
  ])
  // What the analyser says of its reagents and of the test as such has no home.
  expect(record?.unread.filter((field) => /^(?:SPM|SAC|TCD|SID)/.test(field))).toEqual(['SAC-7', 'TCD-1', 'SID-1', 'SID-2'])
})

test('one without OBR was cut', async () => {
  for (const type of ['OUL^R22', 'ORU^R30']) {
    expect((await read(message(type, '2.5.1', PATIENT, 'SPM|1|BB1'))).reason).toMatchObject({ code: 'mapping-required', at: 'OBR' })
  }
})
