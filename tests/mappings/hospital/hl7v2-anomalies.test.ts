/** What goes wrong in HL7 v2 of Chinese hospitals (formats.md B and D), one minimal message each. */
import { describe, expect, test } from '@jest/globals'
import iconv from 'iconv-lite'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import type { MappedRecord } from '../../../mappings/engine/types.ts'
import { brokenRules, context, ofType, plain, readAll } from '../support.ts'
import { invalid, unresolved } from './rules.ts'

const hospital = context('hospital', 'H1')
const readText = (text: string | Uint8Array) => readAll(hospitalHl7v2, text, { context: hospital })

const EVN = 'EVN||20260306081530'
const MSH = (type: string, charset = 'UNICODE UTF-8') =>
  `MSH|^~\\&|LIS|0001|EAI|Y|20260306081530||${type}|M1|P|2.4||||||${charset}${type.startsWith('ADT') ? `\r${EVN}` : ''}`
const PID = 'PID|1||0001^^^0001^PI||王建国||19580312|M'
const PV1 = 'PV1|1|I|0305^心内科^12||||D1^赵医生||||||||||||ZY1'
const OBR = 'OBR|1|SQ1|BG1|XCG^血常规|||20260306063000|||||||20260306065500||||||||20260306081500||HM|F'

const one = async (...segments: string[]): Promise<MappedRecord> => {
  const { mapped, rejected } = await readText(segments.join('\r'))
  expect(rejected).toEqual([])
  const record = mapped[0] as MappedRecord
  expect(brokenRules(record)).toEqual([])
  expect(unresolved(record)).toEqual([])
  expect(invalid(record)).toEqual([])
  return record
}
/** Of a visit where there is a PV1, else of the patient alone. */
const adt = (...segments: string[]) => one(MSH(segments.some((each) => each.startsWith('PV1')) ? 'ADT^A01' : 'ADT^A31'), ...segments)
const oru = (...segments: string[]) => one(MSH('ORU^R01'), PID, PV1, ...segments)
const observation = async (obx: string) => plain(ofType(await oru(OBR, obx), 'Observation')[0])
const issues = (record: MappedRecord) => record.issues.map(({ severity, code, at }) => [severity, code, at])
const reason = async (text: string | Uint8Array) =>
  (await readText(text)).rejected.map(({ at, reason: found }) => [at, found.code, found.at])

test('the validity rule itself finds what is wrong', async () => {
  const record = await adt(PID)
  const broken = {
    ...record,
    resources: [{ ...record.resources[0], resource: { resourceType: 'Observation', status: 'final' } }],
  } as MappedRecord
  expect(invalid(broken).join()).toContain('Observation')
})

describe('messages that are not taken', () => {
  test.each([
    ['no message', 'hello', [['MSH', 'payload-structure', 'MSH']]],
    ['a type that is not mapped', [MSH('BAR^P01'), PID].join('\r'), [['message 1', 'payload-type-unsupported', 'MSH-9']]],
    ['two patients who change beds', [MSH('ADT^A17'), PID].join('\r'), [['message 1', 'payload-type-unsupported', 'MSH-9']]],
    ['no control id', [MSH('ADT^A31').replace('|M1|', '||'), PID].join('\r'), [['message 1', 'mapping-required', 'MSH-10']]],
    ['no patient', MSH('ADT^A31'), [['message 1', 'mapping-required', 'PID']]],
    ['no time', [MSH('ADT^A31').replaceAll('20260306081530', ''), PID].join('\r'), [['message 1', 'mapping-required', 'MSH-7']]],
    ['a time that is none', MSH('ADT^A31').replaceAll('0815', 'x'), [['message 1', 'mapping-date-invalid', 'MSH-7']]],
    ['an admission without its visit', [MSH('ADT^A01'), PID].join('\r'), [['message 1', 'mapping-required', 'PV1']]],
    ['an admission that was cut after the event', MSH('ADT^A01'), [['message 1', 'mapping-required', 'PID']]],
    [
      'an admission that was cut in the patient',
      [MSH('ADT^A01'), 'PID|1||0001^^^00'].join('\r'),
      [['message 1', 'mapping-required', 'PV1']],
    ],
    ['no order in a result', [MSH('ORU^R01'), PID].join('\r'), [['message 1', 'mapping-required', 'OBR']]],
  ])('%s', async (_what, text, expected) => expect(await reason(text)).toEqual(expected))

  test("a segment whose facts are not the message's own: stored, flagged", async () => {
    expect(issues(await one(MSH('ADT^A08'), PID))).toEqual([['warning', 'mapping-required', 'PV1']])
    expect(issues(await one(MSH('ADT^A01').replace(`\r${EVN}`, ''), PID, PV1))).toEqual([['warning', 'mapping-required', 'EVN']])
  })

  test('another hospital (D48)', async () => {
    const foreign = { ...hospital, organization: (code: string | undefined) => (code === '0002' ? 'H2' : 'H1') }
    const text = [MSH('ADT^A31').replace('|0001|', '|0002|'), PID].join('\r')
    const { rejected, mapped } = await readAll(hospitalHl7v2, text, { context: foreign })
    expect(mapped).toEqual([])
    expect(rejected[0]?.reason).toEqual({ severity: 'error', code: 'mapping-organization', at: 'MSH-4' })
  })

  test('one bad message of a batch: the rest goes on, its bytes are kept', async () => {
    const good = [MSH('ADT^A31'), PID].join('\r')
    const bad = Buffer.concat([Buffer.from(`${MSH('ADT^A31')}\rPID|1||1^^^^PI||`), Buffer.from([0xcd])])
    const { mapped, rejected } = await readText(Buffer.concat([Buffer.from(`${good}\r`), bad, Buffer.from(`\r${good}\r`)]))
    expect(mapped.map((record) => record.at)).toEqual(['message 1', 'message 3'])
    expect(rejected).toHaveLength(1)
    expect(rejected[0]).toMatchObject({ at: 'message 2', reason: { code: 'payload-charset', at: 'MSH-18' } })
    expect(Buffer.from(rejected[0]?.raw ?? []).includes(Buffer.from([0xcd]))).toBe(true)
  })
})

describe('charset (D1)', () => {
  test.each(['GBK', 'CHN', '', 'UNICODE'])('GB 18030 under %j', async (said) => {
    const { mapped } = await readText(iconv.encode([MSH('ADT^A31', said), PID].join('\r'), 'gb18030'))
    expect([mapped[0]?.patient?.name, mapped[0]?.issues]).toEqual(['王建国', []])
  })

  test('a wrong MSH-18 is found, stored and flagged', async () => {
    const { mapped } = await readText(Buffer.from([MSH('ADT^A31', 'GBK'), PID].join('\r')))
    expect(mapped[0]?.patient?.name).toBe('王建国')
    expect(issues(mapped[0] as MappedRecord)).toEqual([['warning', 'payload-charset', 'MSH-18']])
  })
})

describe('who the patient is', () => {
  test('types of local taste, and none at all (PID-3)', async () => {
    const record = await adt('PID|1||0001~110100195803120019^^^^SFZ~K9^^^^JZK~HC1^^^^hc~X1^^^^ZZ||王建国')
    expect(record.patient?.local).toEqual([
      { kind: 'PI', value: '0001', strong: true },
      { kind: 'HC', value: 'HC1', strong: false },
      { kind: 'CARD', value: 'K9', strong: false },
    ])
    expect(record.patient?.legal).toEqual({ type: '01', number: '110100195803120019' })
    const identifiers = plain(ofType(record, 'Patient')[0]).identifier as { system: string }[]
    expect(identifiers.map(({ system }) => system.replace('https://fhir-cn.example', ''))).toEqual([
      '/sid/H1/mrn',
      'urn:oid:2.16.156.10011.1.3',
      '/sid/H1/card-no',
      'urn:oid:2.16.156.10011.1.19',
      '/sid/H1/other-zz',
    ])
  })

  test('PID-19 alone; the same number twice is one identifier', async () => {
    expect((await adt(`${PID}|||||||||||110100195803120019`)).patient?.legal).toEqual({ type: '01', number: '110100195803120019' })
    const twice = await adt('PID|1||0001^^^^PI~110100195803120019^^^^NI||王建国||||||||||||||110100195803120019')
    expect(plain(ofType(twice, 'Patient')[0]).identifier).toHaveLength(2)
  })

  test('a wrong check digit and a placeholder are kept aside and flagged (D9, D10)', async () => {
    const wrong = await adt('PID|1||0001^^^^PI~110100195803120018^^^^NI||王建国')
    expect(issues(wrong)).toEqual([['warning', 'mapping-identity-invalid', 'PID-3[2].1']])
    expect(plain(ofType(wrong, 'Patient')[0]).identifier).toContainEqual(
      expect.objectContaining({ system: 'https://fhir-cn.example/sid/id-card-unverified', value: '110100195803120018' }),
    )
    expect(wrong.patient?.legal).toEqual({ type: '01', number: '110100195803120018' })
    const placeholder = await adt('PID|1||0001^^^^PI~111111111111111111^^^^NI||王建国')
    expect(issues(placeholder)).toEqual([['warning', 'mapping-identity-placeholder', 'PID-3[2].1']])
  })

  test('birth date and sex that contradict the identity number: both kept, flagged (D8)', async () => {
    const record = await adt('PID|1||0001^^^^PI~110100195803120019^^^^NI||王建国||19580313|F')
    expect(plain(ofType(record, 'Patient')[0])).toMatchObject({ birthDate: '1958-03-13', gender: 'female' })
    expect(issues(record)).toEqual([
      ['warning', 'mapping-conflict', 'PID-8.1'],
      ['warning', 'mapping-conflict', 'PID-7'],
    ])
  })

  test('sentinels and impossible dates (D4, D5)', async () => {
    const sentinel = await adt('PID|1||0001^^^^PI||王建国||19000101')
    expect([plain(ofType(sentinel, 'Patient')[0]).birthDate, sentinel.issues, sentinel.patient?.birthDate]).toEqual([
      undefined,
      [],
      undefined,
    ])
    const impossible = await adt('PID|1||0001^^^^PI||王建国||20260231')
    expect(plain(ofType(impossible, 'Patient')[0])).not.toHaveProperty('birthDate')
    expect(issues(impossible)).toEqual([['warning', 'mapping-date-invalid', 'PID-7']])
  })

  test('names: whole in PID-5.1, in two parts, masked', async () => {
    expect((await adt('PID|1||1^^^^PI||欧阳^修')).patient?.name).toBe('欧阳修')
    expect((await adt('PID|1||1^^^^PI||Smith^John')).patient?.name).toBe('John Smith')
    expect((await adt('PID|1||1^^^^PI||阿卜杜拉·买买提')).patient?.name).toBe('阿卜杜拉·买买提')
    expect((await adt('PID|1||1^^^^PI||-')).patient?.name).toBeUndefined()
  })

  test('no number at all: the patient is not made, the record says why', async () => {
    expect(await reason([MSH('ADT^A31'), 'PID|1||||王建国'].join('\r'))).toEqual([['message 1', 'mapping-required', 'PID-3']])
  })
})

describe('visits', () => {
  test.each([
    ['A01', 'in-progress'],
    ['A03', 'finished'],
    ['A04', 'in-progress'],
    ['A05', 'planned'],
    ['A08', 'in-progress'],
    ['A11', 'cancelled'],
    ['A13', 'in-progress'],
  ])('ADT^%s is %s', async (event, status) => {
    const record = await one(MSH(`ADT^${event}`), PID, PV1)
    expect(plain(ofType(record, 'Encounter')[0]).status).toBe(status)
  })

  test('A08 with a discharge time is finished; 24:00 is the next day', async () => {
    const record = await one(MSH('ADT^A08'), PID, `${PV1}|||||||||||||||||||||||||20260305091500|20260312240000`)
    expect(plain(ofType(record, 'Encounter')[0])).toMatchObject({
      status: 'finished',
      period: { start: '2026-03-05T09:15:00+08:00', end: '2026-03-13T00:00:00+08:00' },
    })
  })

  test('A28 is about the patient only', async () => expect(ofType(await one(MSH('ADT^A28'), PID, PV1), 'Encounter')).toEqual([]))

  test('no visit number: the patient is stored, the visit flagged', async () => {
    const record = await adt(PID, 'PV1|1|I|0305', 'DG1|1||I10^高血压^ICD-10')
    expect(record.resources.map(({ resource }) => resource.resourceType)).toEqual(['Patient'])
    expect(issues(record)).toEqual([['warning', 'mapping-required', 'PV1-19']])
    expect(record.unread).toContain('DG1-3.1')
  })

  test('an unknown class is said to be unknown and put on the work list', async () => {
    const record = await adt(PID, PV1.replace('|I|', '|Q|'))
    expect(plain(ofType(record, 'Encounter')[0]).class).toMatchObject({ code: 'UNK' })
    expect(record.unmapped.map(({ map, code }) => [map, code])).toEqual([['hl7-patient-class', 'Q']])
  })
})

describe('diagnoses and allergies', () => {
  test('a local code and a bare name go to the work list (D26, D28)', async () => {
    const record = await adt(PID, PV1, 'DG1|1||ZD001^心绞痛^LOCAL', 'DG1|2||^胸闷待查', 'DG1|3||-')
    expect(ofType(record, 'Condition').map((each) => plain(each).code)).toEqual([
      { coding: [{ system: 'https://fhir-cn.example/sid/H1/diagnosis-code', code: 'ZD001', display: '心绞痛' }], text: '心绞痛' },
      { text: '胸闷待查' },
    ])
    expect(record.unmapped.map(({ map, code }) => [map, code])).toEqual([
      ['diagnosis', 'ZD001'],
      ['diagnosis', '胸闷待查'],
    ])
    expect(issues(record)).toEqual([['error', 'mapping-required', 'DG1[3]-3.1']])
  })

  test('no allergies are no allergy', async () => expect(ofType(await adt(PID, PV1, 'AL1|1|DA|^无'), 'AllergyIntolerance')).toEqual([]))
})

describe('results (D15 to D18)', () => {
  test('titre, grade, comparator with units in Chinese, coded value, structured numeric', async () => {
    expect(await observation('OBX|1|ST|ANA^抗核抗体||1:320||<1:100')).toMatchObject({
      valueRatio: { numerator: { value: 1 }, denominator: { value: 320 } },
    })
    expect(await observation('OBX|1|NM|UPRO^尿蛋白||3+')).toMatchObject({ valueCodeableConcept: { coding: [{ code: '3+' }], text: '3+' } })
    expect(await observation('OBX|1|NM|P^脉搏||≥100|次/分')).toMatchObject({
      valueQuantity: { value: 100, comparator: '>=', unit: '次/分', code: '/min' },
    })
    expect(await observation('OBX|1|SN|DNA^病毒载量||<^500|IU/ml^国际单位')).toMatchObject({
      valueQuantity: { value: 500, comparator: '<', unit: 'IU/ml', code: '[IU]/mL' },
    })
    expect(await observation('OBX|1|TX|MS^形态||可见异型\\.br\\淋巴细胞~建议复查')).toMatchObject({
      valueString: '可见异型\n淋巴细胞\n建议复查',
    })
  })

  test('a range with an unescaped ~', async () =>
    expect(await observation('OBX|1|NM|GLU^葡萄糖||5.0|mmol/L|3.9~6.1')).toMatchObject({
      referenceRange: [{ low: { value: 3.9 }, high: { value: 6.1 }, text: '3.9~6.1' }],
    }))

  test('no value: dataAbsentReason', async () =>
    expect(await observation('OBX|1|NM|GLU^葡萄糖||-')).toMatchObject({ dataAbsentReason: { coding: [{ code: 'unknown' }] } }))

  test('an unknown unit stays as text; an unmapped item goes to the work list', async () => {
    const record = await oru(OBR, 'OBX|1|NM|XX9^某项||5|个单位')
    expect(plain(ofType(record, 'Observation')[0]).valueQuantity).toEqual({ value: 5, unit: '个单位' })
    expect(record.unmapped).toEqual([
      { map: 'lab-item', system: 'https://fhir-cn.example/sid/H1/lab-item-code', code: 'XX9', display: '某项' },
    ])
  })

  test('a flag that contradicts the value is kept and flagged; an unknown flag is text', async () => {
    const contradicts = await oru(OBR, 'OBX|1|NM|WBC^白细胞||2.0|10^9/L|3.5-9.5|↑')
    expect(plain(ofType(contradicts, 'Observation')[0]).interpretation).toMatchObject([{ coding: [{ code: 'H' }], text: '↑' }])
    expect(issues(contradicts)).toEqual([['warning', 'mapping-conflict', 'OBX-8']])
    const unknown = await oru(OBR, 'OBX|1|NM|WBC^白细胞||5.0|10^9/L|3.5-9.5|怪')
    expect(plain(ofType(unknown, 'Observation')[0]).interpretation).toEqual([{ text: '怪' }])
    expect(issues(unknown)).toEqual([['warning', 'mapping-value-unknown', 'OBX-8']])
  })

  test('critical value (D19)', async () =>
    expect((await observation('OBX|1|NM|K^钾||7.1|mmol/L|3.5-5.5|HH')).interpretation).toMatchObject([{ coding: [{ code: 'HH' }] }]))

  test('the same item twice keeps both', async () => {
    const record = await oru(OBR, 'OBX|1|NM|GLU^葡萄糖|1|5.0|mmol/L', 'OBX|2|NM|GLU^葡萄糖|2|7.0|mmol/L')
    expect(ofType(record, 'Observation').map(({ key }) => key !== 'patient' && key.parts)).toEqual([
      ['BG1', 'GLU'],
      ['BG1', 'GLU#2'],
    ])
  })

  test('an item without code and name makes no result, the rest is stored', async () => {
    const record = await oru(OBR, 'OBX|1|NM|||5.0', 'OBX|2|NM|GLU^葡萄糖||5.0|mmol/L')
    expect(issues(record).map(([severity, code]) => [severity, code])).toContainEqual(['error', 'mapping-required'])
    expect(ofType(record, 'Observation')).toHaveLength(1)
  })
})

describe('corrections and withdrawals (D20)', () => {
  test.each(['D', 'W', 'X'])('OBX-11 %s withdraws one result', async (status) => {
    const record = await oru(OBR, `OBX|1|NM|WBC^白细胞||5.0|10^9/L|||||${status}`, 'OBX|2|NM|RBC^红细胞||4.5|10^12/L|||||F')
    expect(ofType(record, 'Observation').map(({ state }) => state)).toEqual(['withdrawn', 'current'])
    const [report] = ofType(record, 'DiagnosticReport')
    expect([report?.state, (plain(report).result as unknown[]).length]).toEqual(['current', 1])
  })

  test('a result of a standing that nobody knows has not that of its report', async () => {
    const record = await oru(OBR, 'OBX|1|NM|WBC^白细胞||5.0|10^9/L|||||待定', 'OBX|2|NM|RBC^红细胞||4.5|10^12/L|||||')
    expect(ofType(record, 'Observation').map((one) => plain(one).status)).toEqual(['unknown', 'final'])
    expect(issues(record)).toEqual([['warning', 'mapping-value-unknown', 'OBX[1]-11']])
  })

  test.each(['D', 'W', 'X'])('OBR-25 %s withdraws the report and its results', async (status) => {
    const record = await oru(OBR.replace(/F$/, status), 'OBX|1|NM|WBC^白细胞||5.0|10^9/L|||||F')
    expect([...ofType(record, 'DiagnosticReport'), ...ofType(record, 'Observation')].map(({ state }) => state)).toEqual([
      'withdrawn',
      'withdrawn',
    ])
    expect(ofType(record, 'ServiceRequest')[0]?.state).toBe('current')
  })

  test.each([
    ['P', 'preliminary'],
    ['C', 'corrected'],
    ['F', 'final'],
  ])('OBR-25 %s is %s', async (status, expected) => {
    const record = await oru(OBR.replace(/F$/, status), `OBX|1|NM|WBC^白细胞||5.0|10^9/L|||||${status}`)
    expect([plain(ofType(record, 'DiagnosticReport')[0]).status, plain(ofType(record, 'Observation')[0]).status]).toEqual([
      expected,
      expected,
    ])
  })
})

describe('reports', () => {
  test('several reports in one message; the number of a report from ORC-3', async () => {
    const record = await oru(
      'ORC|RE|SQ1|BG7',
      'OBR|1|||XCG^血常规|||20260306063000|||||||||||||||20260306081500|||F',
      'OBX|1|NM|WBC^白细胞||5',
      OBR.replace('BG1', 'BG2'),
      'OBX|1|NM|GLU^葡萄糖||5',
    )
    expect(ofType(record, 'DiagnosticReport').map(({ key }) => key !== 'patient' && key.parts)).toEqual([['BG7'], ['BG2']])
    expect(ofType(record, 'Observation').map(({ key }) => key !== 'patient' && key.parts)).toEqual([
      ['BG7', 'WBC'],
      ['BG2', 'GLU'],
    ])
  })

  test('panels of one report number are one report', async () => {
    const record = await oru(OBR, 'OBX|1|NM|WBC^白细胞||5', OBR.replace('XCG^血常规', 'CRP^C反应蛋白'), 'OBX|1|NM|CRP^C反应蛋白||5')
    expect(ofType(record, 'DiagnosticReport')).toHaveLength(1)
    expect(plain(ofType(record, 'DiagnosticReport')[0]).result).toHaveLength(2)
  })

  test('reported before it was sampled (D7)', async () => {
    const record = await oru(OBR.replace('20260306063000', '20260306093000'), 'OBX|1|NM|WBC^白细胞||5')
    expect(issues(record)).toEqual([['warning', 'mapping-date-order', 'OBR-22']])
  })

  test('remarks: behind OBR on the report, behind a result on the result', async () => {
    const record = await oru(OBR, 'NTE|1||报告备注', 'OBX|1|NM|WBC^白细胞||5', 'NTE|1||已复查', 'OBX|2|NM|RBC^红细胞||4')
    expect(plain(ofType(record, 'DiagnosticReport')[0]).conclusion).toBe('报告备注')
    expect(ofType(record, 'Observation').map((each) => plain(each).note)).toEqual([[{ text: '已复查' }], undefined])
  })

  test('a PDF inside goes to presentedForm, by its bytes and not by its name; anything else is told (D38)', async () => {
    const pdf = Buffer.from('%PDF-1.4 x').toString('base64')
    const record = await oru(
      OBR,
      `OBX|1|ED|PDF^报告||^application^octet-stream^Base64^${pdf}`,
      'OBX|2|ED|ZIP^附件||^application^pdf^Base64^UEsDBAoAAAAA',
    )
    expect(plain(ofType(record, 'DiagnosticReport')[0]).presentedForm).toEqual([{ contentType: 'application/pdf', data: pdf }])
    expect([ofType(record, 'Observation'), issues(record)]).toEqual([[], [['warning', 'mapping-value-unknown', 'OBX[2]-5']]])
    expect(record.unread).toContain('OBX[2]-5.5')
  })

  test('an imaging report is no laboratory report', async () => {
    const record = await oru(OBR.replace('|HM|', '|RAD|'), 'OBX|1|TX|CT01^胸部CT||两肺纹理增粗')
    expect(plain(ofType(record, 'DiagnosticReport')[0])).toMatchObject({ category: [{ coding: [{ code: 'RAD' }] }] })
    expect(plain(ofType(record, 'DiagnosticReport')[0]).meta).toMatchObject({
      profile: ['https://fhir-cn.example/StructureDefinition/cn-diagnosticreport-imaging'],
    })
    expect(plain(ofType(record, 'Observation')[0])).toMatchObject({
      category: [{ coding: [{ code: 'imaging' }] }],
      valueString: '两肺纹理增粗',
    })
    expect(record.unmapped).toEqual([])
  })
})
