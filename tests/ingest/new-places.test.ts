/**
 * Places that nobody has met before, each a folder of tables and no code (docs/adding-a-source.md): a province's platform with its own names, dates and
 * codes; a hospital's HL7 v2 with fields where it likes them; another one's CDA under OIDs of its own; a laboratory's daily CSV in Chinese.
 */
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { systemDecision } from '../../server/access/decision.ts'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const DIALECTS = fileURLToPath(new URL('../fixtures/dialects', import.meta.url))
const SYSTEM = systemDecision('test')

let server: TestServer
beforeAll(async () => {
  const config = readFileSync(DEMO_CONFIG_FILE, 'utf8')
    .replace('mapping: rhip/tables,', 'mapping: rhip/tables/zhejiang,')
    .replace('id: h1-lis, kind: hospital, mapping: hospital/hl7v2,', 'id: h1-lis, kind: hospital, mapping: hospital/hl7v2/shaoxing,')
    .replace('mapping: hospital/cda,', 'mapping: hospital/cda/xiehe,')
    .replace(
      '\nsources:\n',
      '\nsources:\n  - { id: h1-labs, kind: hospital, mapping: hospital/tables/yiwu-lab, organization: H1, client: h1-engine, organizationCodes: { "0001": H1 } }\n' +
        '  - { id: rhip-yh, kind: rhip, mapping: rhip/tables/yunhai, organization: HA, client: ha, organizationCodes: { "0001": H1 } }\n',
    )
  server = await startTestServer({ config, environment: { DIALECTS_DIR: DIALECTS } })
}, 60_000)
afterAll(() => server.stop())

/** Sends a file or message and waits for its receipt. */
async function send(source: string, client: string, body: string, type: string, fileName = ''): Promise<Answer> {
  const token = await server.token(client)
  const path = `/ingest/${source}${fileName === '' ? '' : `?filename=${encodeURIComponent(fileName)}`}`
  const sent = await server.call('POST', path, {
    token,
    body: new Uint8Array(iconv.encode(body, 'gb18030')),
    headers: { 'Content-Type': type },
  })
  let receipt = sent
  while (receipt.status === 202) {
    await setTimeout(50)
    receipt = await server.call('GET', sent.headers.get('content-location') ?? '', { token })
  }
  return receipt
}

interface Issue {
  severity: string
  details: { coding?: { code: string }[] }
  expression?: string[]
}
/** Code and place of what is said of a payload, but for its summary and what is only told. */
const issuesOf = (receipt: Answer, ...severities: string[]): string[] =>
  (receipt.json.issue as Issue[])
    .filter(({ severity, details }) => severities.includes(severity) && details.coding?.[0]?.code !== 'ingest-summary')
    .map(({ details, expression }) => `${details.coding?.[0]?.code} ${expression?.[0]}`)

async function stored(type: string): Promise<FhirResource[]> {
  const found: FhirResource[] = []
  for await (const batch of server.running.store.stream(SYSTEM, type, { kind: 'everything' }))
    for (const { body } of batch) found.push(JSON.parse(Buffer.from(body).toString()) as FhirResource)
  return found
}
const saying = async (type: string, words: string): Promise<FhirResource[]> =>
  (await stored(type)).filter((one) => JSON.stringify(one).includes(words))

/** The work list of codes that nobody has mapped, as its source's client sees it. */
async function workList(client: string): Promise<string[]> {
  const answer = await server.call('GET', '/code-mapping/codes?count=100', { token: await server.token(client) })
  expect(answer.status).toBe(200)
  return ((answer.json.codes ?? answer.json.rows ?? []) as { source: string; map: string; code: string }[]).map(
    ({ source, map, code }) => `${source} ${map} ${code}`,
  )
}

describe('a province', () => {
  test('its tables, dates and codes become the same resources', async () => {
    const people =
      'jgdm|kahao|kalx|sfzh|xingming|xingbie|chusheng|gengxin|zhuangtai\n0001|C77001|社保卡|110100196511081227|李秀兰|F|08/11/1965|09/03/2026 23:00:00|有效\n'
    const visits = [
      'jgdm|liushui|kahao|kalx|xingbie|jzlb|ksdm|ksmc|jzsj|ysgh|ysxm|zdbm|zdmc|zhusu|zhuangtai',
      '0001|ZJMZ001|C77001|社保卡|F|PT|K77|内分泌专科|09/03/2026 08:05:00|D77|钱医生|E11.900|2型糖尿病|多饮一月|有效',
      '0001|ZJMZ002|C77001|社保卡|F|PT|K77|内分泌专科|31/02/2026 08:05:00|D77|钱医生|-|-|复诊|有效',
      '',
    ].join('\n')
    for (const [name, body] of Object.entries({ 'ZJ_GRXX_20260310.txt': people, 'ZJ_MZJL_20260310.txt': visits })) {
      const receipt = await send('rhip', 'ha', body, 'text/plain', name)
      expect([name, receipt.status, issuesOf(receipt, 'error', 'fatal')]).toEqual([name, 200, []])
      expect(issuesOf(receipt, 'warning')).toEqual(
        name.startsWith('ZJ_MZJL') ? expect.arrayContaining(['mapping-date-invalid row 2: JZKSRQ']) : [],
      )
    }
    expect(await saying('Patient', '李秀兰')).toEqual(
      expect.arrayContaining([expect.objectContaining({ gender: 'female', birthDate: '1965-11-08' })]),
    )
    const [visit] = await saying('Encounter', 'ZJMZ001')
    expect(visit).toMatchObject({
      status: 'finished',
      period: { start: '2026-03-09T08:05:00+08:00' },
      serviceType: { coding: [{ system: 'https://fhir-cn.example/sid/H1/department-code', code: 'K77' }], text: '内分泌专科' },
    })
    expect(await saying('Condition', 'E11.900')).toHaveLength(1)
    // A day that is none stays out of the resource.
    expect((await saying('Encounter', 'ZJMZ002'))[0]).not.toHaveProperty('period')
  })

  test('what no table knows is on the work list of its source', async () => {
    expect(await workList('ha')).toEqual(expect.arrayContaining(['rhip rhip-visit-type PT']))
  })

  test('a file without the column of a key is refused as a whole, and the column is named as the place writes it', async () => {
    const receipt = await send(
      'rhip',
      'ha',
      'jgdm|kalx|xingming|zhuangtai\n0001|社保卡|李秀兰|有效\n',
      'text/plain',
      'ZJ_GRXX_20260311.txt',
    )
    expect(issuesOf(receipt, 'error', 'fatal')).toEqual([expect.stringMatching(/^table-column-missing .*KAHAO$/)])
  })
})

describe('a hospital with fields of its own', () => {
  const MESSAGE = [
    'MSH|^~\\&|LIS|0001|EAI|YILIAN|202603060815||ORU^R01|SX1|P|2.4',
    'PID|1||SX7001||欧阳建国||19580312|男',
    'PV1|1|住院|K12^^||||||||||||||||SXZY1',
    'ZPI|1|A|B|11010019580312001X|13900000077',
    'ZBX|1|23|神经内科病区',
    'OBR|1|内部流水9|SXBG1|SX-XCG^血常规^SXLIS|||202603060630|||||||||||SQ20260306001||||202603060815|||已审核',
    'OBX|1|ST|SX-WBC^白细胞计数^SXLIS||6.5 10^9/L||3.5-9.5||||已审核',
    'OBX|2|ST|SX-K^血钾^SXLIS||5.9 mmol/L↑||3.5-5.3||||已审核',
    'OBX|3|ST|SX-NOTE^备注^SXLIS||复查3天||||||已审核',
    '',
  ].join('\n')

  test('its message is read as the standard says', async () => {
    const receipt = await send('h1-lis', 'h1-engine', MESSAGE.replace('11010019580312001X', '110100195803120019'), 'application/hl7-v2')
    expect([receipt.status, issuesOf(receipt, 'error', 'fatal')]).toEqual([200, []])
    const [patient] = await saying('Patient', 'SX7001')
    expect(patient).toMatchObject({ gender: 'male', name: [{ text: '欧阳建国' }] })
    expect(JSON.stringify(patient)).toContain('110100195803120019')
    expect(JSON.stringify(patient)).toContain('13900000077')
    expect(await saying('ServiceRequest', 'SQ20260306001')).toHaveLength(1)
    expect(await saying('ServiceRequest', '内部流水9')).toEqual([])
    const [leucocytes] = await saying('Observation', 'SX-WBC')
    expect(leucocytes).toMatchObject({
      status: 'final',
      valueQuantity: { value: 6.5, unit: '10^9/L', code: '10*9/L' },
      effectiveDateTime: '2026-03-06T06:30:00+08:00',
    })
    const [potassium] = await saying('Observation', 'SX-K')
    expect(potassium).toMatchObject({ valueQuantity: { value: 5.9, code: 'mmol/L' }, interpretation: [{ coding: [{ code: 'H' }] }] })
    // What only looks like a unit stays a text.
    expect((await saying('Observation', 'SX-NOTE'))[0]).toMatchObject({ valueString: '复查3天' })
    // What stood where another field is read from now is told.
    expect(issuesOf(receipt, 'information')).toEqual(expect.arrayContaining([expect.stringMatching(/^mapping-field-unread .*OBR-2$/)]))
  })

  test('its admission has the bed of its own segment', async () => {
    const admission = [
      'MSH|^~\\&|HIS|0001|EAI|YILIAN|202603060915||ADT^A01|SX2|P|2.4',
      'EVN|A01|202603060915',
      'PID|1||SX7001||欧阳建国||19580312|男',
      'PV1|1|住院|K12||||||||||||||||SXZY1|||||||||||||||||||||||||202603060900',
      'ZBX|1|23|神经内科病区',
      'ZDG|1|I63.900|脑梗死|F',
      'ZDG|2|I10.x00|高血压病|A',
      '',
    ].join('\n')
    const receipt = await send('h1-lis', 'h1-engine', admission, 'application/hl7-v2')
    expect([receipt.status, issuesOf(receipt, 'error', 'fatal')]).toEqual([200, []])
    expect(await saying('Location', '神经内科病区 23 床')).toHaveLength(1)
    expect((await saying('Encounter', 'SXZY1'))[0]).toMatchObject({
      class: { code: 'IMP' },
      status: 'in-progress',
      serviceType: { text: '神经内科病区' },
      location: [{ location: { reference: expect.stringMatching(/^Location\//) } }],
      period: { start: '2026-03-06T09:00:00+08:00' },
      diagnosis: [{}, {}],
    })
    expect((await saying('Condition', 'I63.900'))[0]).toMatchObject({ code: { text: '脑梗死' } })
    expect((await saying('Condition', 'I10.x00'))[0]).toMatchObject({ verificationStatus: { coding: [{ code: 'provisional' }] } })
  })

  test('its own codes are on the work list', async () => {
    expect(await workList('h1-engine')).toEqual(expect.arrayContaining(['h1-lis lab-item SX-NOTE']))
  })
})

test('a laboratory that has one file a day, with a header in Chinese: reports, results, and the patient of the hospital', async () => {
  const file = [
    '姓名,病历号,性别,报告单号,报告名称,标本,采样时间,报告时间,项目代码,项目名称,结果,单位,参考范围,提示,送检医生',
    '欧阳建国,SX7001,男,YW001,肝功能,血清,2026/3/7 6:30,2026/3/7 9:10,YW-ALT,丙氨酸氨基转移酶,"75",U/L,9-50,↑,赵医生',
    '欧阳建国,SX7001,男,YW001,肝功能,血清,2026/3/7 6:30,2026/3/7 9:10,YW-TBA,总胆汁酸,<1.0,umol/L,0-10,,赵医生',
    '欧阳建国,SX7001,男,YW002,乙肝,血清,2026/3/7 6:30,2026/3/7 10:00,YW-HBS,乙肝表面抗原,阴性(-),,阴性,,赵医生',
    '欧阳建国,SX7001,男,,乙肝,血清,2026/3/7 6:30,2026/3/7 10:00,YW-X,无单号,阴性(-),,阴性,,赵医生',
    '',
  ].join('\r\n')
  const receipt = await send('h1-labs', 'h1-engine', file, 'text/csv', '检验结果20260307.csv')
  // Without a number of its report a row can be put nowhere: each of its two tables says so.
  expect(issuesOf(receipt, 'error', 'fatal')).toEqual(['mapping-required row 4: BGDH', 'mapping-required row 4: JYZBLSH'])
  // 送检医生: a name in Chinese is told by its place, since it could be somebody's.
  expect(issuesOf(receipt, 'information')).toEqual(['table-column-unknown row 1: header column 15'])
  const reports = [...(await saying('DiagnosticReport', 'YW001')), ...(await saying('DiagnosticReport', 'YW002'))]
  expect(reports).toMatchObject([
    { status: 'final', code: { text: '肝功能' }, issued: '2026-03-07T09:10:00+08:00', result: [{}, {}] },
    { status: 'final', code: { text: '乙肝' }, result: [{}] },
  ])
  const [alt] = await saying('Observation', 'YW-ALT')
  expect(alt).toMatchObject({
    identifier: [{ value: 'YW001-YW-ALT' }],
    valueQuantity: { value: 75, code: 'U/L' },
    interpretation: [{ coding: [{ code: 'H' }] }],
    referenceRange: [{ low: { value: 9 }, high: { value: 50 } }],
  })
  expect((await saying('Observation', 'YW-TBA'))[0]).toMatchObject({ valueQuantity: { value: 1, comparator: '<' } })
  // One patient of the hospital, whichever system speaks of him: the laboratory's rows have his number and no other.
  const [leucocytes] = await saying('Observation', 'SX-WBC')
  expect(alt?.subject).toEqual(leucocytes?.subject)
  expect(await workList('h1-engine')).toEqual(expect.arrayContaining(['h1-labs lab-item YW-TBA']))
})

test('a laboratory that has a column for each item: each is a result of its report', async () => {
  const file =
    '报告单号,病历号,审核时间,血红蛋白,白细胞\nYW101,SX7001,2026/3/7 8:05,138,6.2\nYW102,SX7001,2026/3/7 9:05,,12.5\n,SX7001,2026/3/7 9:30,90,\n'
  const receipt = await send('h1-labs', 'h1-engine', file, 'text/csv', '血球计数20260307.csv')
  // Of a row without the number of its report neither the report nor the result that is there.
  expect(issuesOf(receipt, 'error', 'fatal')).toEqual(['mapping-required row 3: BGDH', 'mapping-required row 3: JYZBLSH'])
  const reports = [...(await saying('DiagnosticReport', 'YW101')), ...(await saying('DiagnosticReport', 'YW102'))]
  expect(reports).toMatchObject([
    { code: { text: '血常规' }, issued: '2026-03-07T08:05:00+08:00', result: [{}, {}] },
    { code: { text: '血常规' }, result: [{}] },
  ])
  expect((await saying('Observation', 'YW101-HGB'))[0]).toMatchObject({ valueQuantity: { value: 138, code: 'g/L' } })
  expect((await saying('Observation', 'YW102-WBC'))[0]).toMatchObject({
    code: { text: '白细胞计数' },
    valueQuantity: { value: 12.5, unit: '10^9/L', code: '10*9/L' },
  })
})

test('a document under identifiers of a vendor’s own', async () => {
  const sample = readFileSync(new URL('../fixtures/samples/hospital/cda/C0007.xml', import.meta.url), 'utf8')
  const document = sample
    .replaceAll('"2.16.156.10011.2.1.1.27"', '"1.2.156.9999.7.7"')
    .replaceAll('"2.16.156.10011.1.3"', '"1.2.156.9999.1.1"')
    .replaceAll('"2.16.156.10011.1.13"', '"1.2.156.9999.1.3"')
    .replaceAll('"2.16.156.10011.1.12"', '"1.2.156.9999.1.2"')
    .replace('code="C0007" codeSystem="2.16.156.10011.2.4"', 'code="LIS-REPORT" codeSystem="1.2.156.9999.2"')
    .replaceAll('encoding="UTF-8"', 'encoding="GB18030"')
  const receipt = await send('h1-cda', 'h1-engine', document, 'application/xml')
  expect([receipt.status, issuesOf(receipt, 'error', 'fatal')]).toEqual([200, []])
  const [composition] = await saying('Composition', 'DOC-C0007-1')
  expect(composition).toMatchObject({ title: '检验报告' })
  expect(await saying('Patient', 'BA000123')).toHaveLength(1)
})

describe('a platform whose visits are one table, whose amounts are fen, and whose texts have line ends', () => {
  const tabbed = (...rows: string[][]): string => rows.map((row) => row.join('\t')).join('\r\n')
  const sendFile = (name: string, ...rows: string[][]): Promise<Answer> => send('rhip-yh', 'ha', tabbed(...rows), 'text/plain', name)
  const VISITS = ['jzh', 'kh', 'jzlx', 'ksrq', 'jsrq', 'zd', 'zs', 'cyzd1', 'cyzd2', 'scbz']

  test('its visits are those of their kinds; a row of another kind waits for a line of its folder', async () => {
    const receipt = await sendFile(
      'YH_JZJL_20260401.txt',
      VISITS,
      ['YM1', 'C77002', '门诊', '2026/03/31 09:10', '', 'E11.900|2型糖尿病', '"多饮多尿一周\r\n伴""口干"""', '', '', '否'],
      ['YZ1', 'C77003', '住院', '20260320', '', '', '', 'J18.900', 'K29.500', ''],
      ['YT1', 'C77003', '体检', '20260320', '', '', '', '', '', '否'],
      ['YM2', 'C77003', '门诊', '20260320', '', '', '', '', '', '删'],
    )
    expect(issuesOf(receipt, 'error')).toEqual(['mapping-value-unknown row 3: JZLX', 'mapping-value-unknown row 4: XGBZ'])
    const visits = (await stored('Encounter')).filter(({ identifier }) =>
      ['YM1', 'YZ1', 'YT1', 'YM2'].includes((identifier as { value: string }[] | undefined)?.[0]?.value ?? ''),
    )
    expect(visits.map(({ status, period, reasonCode }) => ({ status, period, reasonCode }))).toEqual(
      expect.arrayContaining([
        {
          status: 'finished',
          period: { start: '2026-03-31T09:10:00+08:00' },
          reasonCode: [{ text: '多饮多尿一周\n伴"口干"' }],
        },
        { status: 'in-progress', period: { start: '2026-03-20' }, reasonCode: undefined },
      ]),
    )
    expect(visits).toHaveLength(2)
    const diagnoses = (await stored('Condition')).map(({ code }) => code as { coding?: { code: string }[]; text?: string })
    expect(diagnoses.find(({ coding }) => coding?.[0]?.code === 'E11.900')).toMatchObject({ text: '2型糖尿病' })
    for (const code of ['J18.900', 'K29.500']) expect(diagnoses.filter(({ coding }) => coding?.[0]?.code === code)).toHaveLength(1)
  })

  test('a charge and what gives it back are in yuan, and a mark that its folder does not know is neither', async () => {
    const receipt = await sendFile(
      'YH_FY_20260401.txt',
      ['fyxh', 'sftf', 'jzh', 'fsrq', 'xmmc', 'je'],
      ['YF1', 'N', 'YZ1', '20260321', '床位费', '5000'],
      ['YF1', 'Y', 'YZ1', '20260322', '床位费', '1250'],
      ['YF2', '退', 'YZ1', '20260322', '床位费', '1250'],
    )
    expect(issuesOf(receipt, 'error')).toEqual(['mapping-value-unknown row 3: STFBZ'])
    const amounts = (await stored('ChargeItem')).map(({ priceOverride }) => (priceOverride as { value: unknown }).value)
    expect(amounts.map(Number).sort((a, b) => a - b)).toEqual([-12.5, 50])
  })

  test('its results wait for their patient, with ranges of which one end is there', async () => {
    const receipt = await sendFile(
      'YH_JY_20260401.txt',
      ['bgdh', 'bgsj', 'xmdm', 'xmmc', 'jyjg', 'dw', 'ckxx', 'cksx'],
      ['YB1', '2026/03/21 08:15', 'CRP', 'C反应蛋白', '6.3', 'mg/L', '', '8'],
    )
    expect(issuesOf(receipt, 'error', 'warning')).toEqual([])
    expect(issuesOf(receipt, 'information')).toContain('waiting-for-patient row 1')
  })
})
