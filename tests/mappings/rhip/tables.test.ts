import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

const file = (name: string) => sample(`rhip/20260310/${name}.csv`)
const REPORT_HEADER = 'YLJGYQDM,BGRQ,BGDH,JZLSH,MZZYBZ,KH,KLX,CJSJ,BGSJ,SHSJ,BBMC,BGDLB,XGBZ'
const RESULT_HEADER = 'YLJGYQDM,JYZBLSH,BGDH,BGRQ,SHSJ,JYZBDM,JYZBMC,JYZBJG,CKZ,JLDW,YCTS,XGBZ'

const result = (values: Partial<Record<'code' | 'name' | 'value' | 'range' | 'unit' | 'flag' | 'state', string>>) => {
  const { code = 'WBC', name = '白细胞计数', value = '5.0', range = '3.5-9.5', unit = '10^9/L', flag = '1', state = '1' } = values
  return `${RESULT_HEADER}\n0001,R-1,R,20260306,2026-03-06 08:15:00,${code},${name},${value},${range},${unit},${flag},${state}\n`
}
const observationOf = async (csv: string) => plain(ofType((await readAll(rhipTables, csv)).mapped[0], 'Observation')[0])

describe('the sample batch', () => {
  test('patients: legal number, card, hospital number, GB 18030', async () => {
    const { mapped, rejected } = await readAll(rhipTables, file('TB_YL_PATIENT_INFORMATION'))
    expect(rejected).toEqual([])
    expect(mapped).toHaveLength(2)
    expect(mapped[0]?.patient).toEqual({
      local: [
        { kind: 'CARD', value: '0|C10000012345', strong: true },
        { kind: 'PI', value: 'H1|0001023456', strong: true },
      ],
      legal: { type: '01', number: '110100195803120019' },
      name: '王建国',
      birthDate: '1958-03-12',
      gender: 'male',
    })
    expect(mapped.flatMap(brokenRules)).toEqual([])
    const patient = plain(ofType(mapped[1], 'Patient')[0])
    expect(patient).toMatchObject({
      identifier: [
        { system: 'urn:oid:2.16.156.10011.1.3', value: '310100196511080248' },
        { system: 'https://fhir-cn.example/sid/ssc-no', value: 'C10000067890' },
        { system: 'https://fhir-cn.example/sid/H1/mrn', value: '0001078901' },
      ],
      name: [{ use: 'official', text: '李秀兰' }],
      gender: 'female',
      birthDate: '1965-11-08',
      telecom: [{ system: 'phone', use: 'mobile', value: '13800000002' }],
      address: [{ use: 'home', text: '上海市徐汇区示例路 2 号' }],
    })
    expect(patient.contact).toBeUndefined()
    expect(mapped[1]?.resources[0]?.statedAt).toBe('2026-03-09T17:00:00.000Z')
  })

  test('reports: keys of the hospital, the visit mentioned, the withdrawn one withdrawn', async () => {
    const { mapped, rejected } = await readAll(rhipTables, file('TB_LIS_REPORT'))
    expect(rejected).toEqual([])
    expect(mapped).toHaveLength(3)
    expect(mapped.flatMap(brokenRules)).toEqual([])
    expect(mapped[0]?.patient?.local).toEqual([
      { kind: 'CARD', value: '0|C10000012345', strong: true },
      { kind: 'VISIT', value: 'H1|ZY20260305001', strong: false },
      { kind: 'REPORT', value: 'H1|BG2026030600077', strong: false },
    ])
    const report = ofType(mapped[0], 'DiagnosticReport')[0]
    expect(report?.key).toEqual({ type: 'DiagnosticReport', scope: 'H1', parts: ['BG2026030600077'] })
    expect(report?.state).toBe('current')
    expect(plain(report)).toMatchObject({
      status: 'final',
      code: { text: '血常规' },
      effectiveDateTime: '2026-03-06T06:30:00+08:00',
      issued: '2026-03-06T08:15:00+08:00',
      encounter: { $key: { type: 'Encounter', scope: 'H1', parts: ['ZY20260305001'] } },
      specimen: [{ $key: { type: 'Specimen', scope: 'H1', parts: ['report', 'BG2026030600077'] } }],
    })
    const visit = ofType(mapped[0], 'Encounter')[0]
    expect(visit?.placeholder).toBe(true)
    expect(plain(visit)).toMatchObject({ class: { code: 'IMP' } })
    expect(mapped.map((record) => ofType(record, 'DiagnosticReport')[0]?.state)).toEqual(['current', 'current', 'withdrawn'])
    expect(ofType(mapped[2], 'Patient')).toEqual([])
  })

  test('a kind of visit without a target is class UNK and stands on the work list', async () => {
    const row = '0001,20260306,BG9,TJ20260306001,3,C10000012345,0,2026-03-06 06:30:00,2026-03-06 08:15:00,-,-,血常规,1'
    const { mapped } = await readAll(rhipTables, `${REPORT_HEADER}\n${row}\n`)
    expect(plain(ofType(mapped[0], 'Encounter')[0]).class).toEqual({
      system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor',
      code: 'UNK',
      display: 'unknown',
    })
    expect(mapped[0]?.unmapped).toEqual([
      { map: 'rhip-visit-kind', system: 'https://fhir-cn.example/CodeSystem/rhip-visit-kind', code: '3' },
    ])
  })

  test('results: value, comparator, coded text, LOINC by unit; known only by the report', async () => {
    const { mapped, rejected } = await readAll(rhipTables, file('TB_LIS_INDICATORS'))
    expect(rejected).toEqual([])
    expect(mapped.flatMap(brokenRules)).toEqual([])
    const results = mapped.map((record) => ofType(record, 'Observation')[0])
    expect(results.map((each) => each?.state)).toEqual(['current', 'current', 'current', 'current', 'current', 'withdrawn'])
    expect(mapped[0]?.patient).toEqual({ local: [{ kind: 'REPORT', value: 'H1|BG2026030600077', strong: false }] })
    expect(results[0]?.key).toEqual({ type: 'Observation', scope: 'H1', parts: ['BG2026030600077', 'WBC'] })
    expect(JSON.stringify(results[0]?.resource)).toContain('"value":10.90,')
    expect(plain(results[0])).toMatchObject({
      code: {
        coding: [
          { system: 'http://loinc.org', code: '6690-2' },
          { system: 'https://fhir-cn.example/sid/H1/lab-item-code', code: 'WBC' },
        ],
        text: '白细胞计数',
      },
      valueQuantity: { value: 10.9, unit: '10^9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
      interpretation: [{ coding: [{ code: 'H' }], text: '偏高' }],
      referenceRange: [{ low: { value: 3.5 }, high: { value: 9.5 }, text: '3.5-9.5' }],
    })
    expect(plain(results[2])).toMatchObject({
      valueQuantity: { value: 0.5, comparator: '<' },
      referenceRange: [{ high: { value: 8 }, text: '<8' }],
    })
    expect(plain(results[3])).toMatchObject({ valueCodeableConcept: { text: '阴性' }, referenceRange: [{ text: '阴性' }] })
    expect(plain(results[4])).toMatchObject({
      code: { coding: [{ code: '14749-6' }, { code: 'GLU' }] },
      referenceRange: [{ low: { value: 3.9 }, high: { value: 6.1 }, text: '3.9～6.1' }],
    })
    expect(mapped.flatMap((record) => record.unmapped)).toEqual([])
  })

  test('a result mentions its report, a withdrawn one does not', async () => {
    const { mapped } = await readAll(rhipTables, file('TB_LIS_INDICATORS'))
    const mention = ofType(mapped[0], 'DiagnosticReport')[0]
    expect(mention?.placeholder).toBe(true)
    expect(plain(mention).result).toEqual([{ $key: { type: 'Observation', scope: 'H1', parts: ['BG2026030600077', 'WBC'] } }])
    expect(ofType(mapped[5], 'DiagnosticReport')).toEqual([])
  })
})

describe('anomalies', () => {
  test('a row without its key or state is rejected with its place', async () => {
    const { mapped, rejected } = await readAll(
      rhipTables,
      `${REPORT_HEADER}\n0001,20260306,-,V,1,C,0,-,-,-,-,-,1\n0001,20260306,R,V,1,C,0,-,-,-,-,-,-\n`,
    )
    expect(mapped).toEqual([])
    expect(rejected.map(({ at, reason }) => [at, reason.code, reason.at])).toEqual([
      ['row 1', 'mapping-required', 'BGDH row 1'],
      ['row 2', 'mapping-required', 'XGBZ row 2'],
    ])
  })

  test('a control character in a number, a code and a time: none of them is read without it, each is flagged', async () => {
    const csv = result({ value: '1\u00001.20', code: 'W\u0001BC' }).replace('2026-03-06 08:15:00', '2026-03-06 08:\u00001:00')
    const { mapped } = await readAll(rhipTables, csv)
    const made = plain(ofType(mapped[0], 'Observation')[0])
    expect(made).toMatchObject({ valueString: '1\ufffd1.20', code: { text: '白细胞计数' } })
    expect([made.valueQuantity, (made.code as { coding?: unknown }).coding, made.issued]).toEqual([undefined, undefined, undefined])
    const found = mapped[0]?.issues.map(({ code, at }) => `${at} ${code}`)
    for (const place of ['JYZBJG', 'JYZBDM', 'SHSJ']) expect(found).toContain(`${place} mapping-character-unreadable`)
    expect(found).toContain('JYZBJG mapping-number-invalid')
  })

  test('a result without a code and a name is rejected', async () => {
    const { rejected } = await readAll(rhipTables, result({ code: '-', name: '-' }))
    expect(rejected.map(({ reason }) => reason.code)).toEqual(['mapping-required'])
  })

  test('1900-01-01 is no time, an impossible date is flagged', async () => {
    const csv = `${REPORT_HEADER}\n0001,20260306,R,V,1,C,0,1900-01-01 00:00:00,2026-02-31 08:00:00,-,血清,血糖,1\n`
    const { mapped } = await readAll(rhipTables, csv)
    const report = plain(ofType(mapped[0], 'DiagnosticReport')[0])
    expect(report.effectiveDateTime).toBeUndefined()
    expect(report.issued).toBeUndefined()
    expect(mapped[0]?.issues).toEqual([expect.objectContaining({ severity: 'warning', code: 'mapping-date-invalid', at: 'BGSJ' })])
    expect(mapped[0]?.resources.find((each) => each.key !== 'patient' && !each.placeholder)?.statedAt).toBe('2026-03-05T16:00:00.000Z')
  })

  test('a report before its sampling is stored and flagged', async () => {
    const csv = `${REPORT_HEADER}\n0001,20260306,R,V,1,C,0,2026-03-06 09:00:00,2026-03-06 08:00:00,2026-03-06 08:00:00,血清,血糖,1\n`
    const { mapped } = await readAll(rhipTables, csv)
    expect(mapped[0]?.issues.map(({ code, at }) => [code, at])).toEqual([['mapping-date-order', 'BGSJ']])
  })

  test.each([
    ['>=300', { valueQuantity: { value: 300, comparator: '>=' } }],
    ['1:320', { valueRatio: { numerator: { value: 1 }, denominator: { value: 320 } } }],
    ['3+', { valueCodeableConcept: { coding: [{ code: '3+' }] } }],
    ['阴性(-)', { valueCodeableConcept: { coding: [{ code: 'negative' }] } }],
    ['见备注', { valueString: '见备注' }],
    ['-', { dataAbsentReason: { coding: [{ code: 'unknown' }] } }],
  ])('result %s', async (value, expected) => {
    expect(await observationOf(result({ value, unit: '-', range: '-' }))).toMatchObject(expected)
  })

  test('a flag that contradicts value and range is kept and flagged', async () => {
    const { mapped } = await readAll(rhipTables, result({ value: '12.0', flag: '1' }))
    expect(mapped[0]?.issues.map(({ code, at }) => [code, at])).toEqual([['mapping-conflict', 'YCTS']])
    expect(plain(ofType(mapped[0], 'Observation')[0])).toMatchObject({
      valueQuantity: { value: 12 },
      interpretation: [{ coding: [{ code: 'N' }] }],
    })
  })

  test('an item without a LOINC code keeps its own and goes to the work list', async () => {
    const { mapped } = await readAll(rhipTables, result({ code: 'XYZ', name: '某项目' }))
    expect(mapped[0]?.unmapped).toEqual([
      { map: 'lab-item', system: 'https://fhir-cn.example/sid/H1/lab-item-code', code: 'XYZ', display: '某项目' },
    ])
    expect(plain(ofType(mapped[0], 'Observation')[0])).toMatchObject({ code: { coding: [{ code: 'XYZ' }], text: '某项目' } })
  })

  test('glucose without its unit has no LOINC code', async () => {
    const { mapped } = await readAll(rhipTables, result({ code: 'GLU', name: '葡萄糖', unit: '-' }))
    expect(mapped[0]?.unmapped.map(({ code }) => code)).toEqual(['GLU'])
  })

  test('an unknown column is reported once and the file goes on', async () => {
    const csv = `${REPORT_HEADER},NEU\n0001,20260306,R1,V,1,C,0,-,-,-,-,-,1,x\n0001,20260306,R2,V,1,C,0,-,-,-,-,-,1,y\n`
    const { mapped } = await readAll(rhipTables, csv)
    expect(mapped.map(({ issues }) => issues.map(({ code, at }) => [code, at]))).toEqual([[['table-column-unknown', 'header NEU']], []])
  })

  test('a file without a required column is refused, naming it', async () => {
    const { mapped, rejected } = await readAll(rhipTables, REPORT_HEADER.replace('BGDH', 'BGDX'), { fileName: 'TB_LIS_REPORT.csv' })
    expect(mapped).toEqual([])
    expect(rejected.map(({ at, reason }) => [at, reason.code])).toEqual([['header BGDH', 'table-column-missing']])
  })

  test('the table is recognised by its columns in any order, whatever the file is called', async () => {
    const [header = '', row = ''] = result({}).trim().split('\n')
    const turned = [header, row].map((line) => line.split(',').reverse().join('\t')).join('\n')
    const { mapped } = await readAll(rhipTables, turned, { fileName: 'export.txt' })
    expect(mapped[0]?.recordType).toBe('TB_LIS_INDICATORS')
  })

  test('identity number with a wrong check digit stands apart and is flagged; a disagreeing birth date too', async () => {
    const header = 'YLJGYQDM,KH,KLX,ZJHM,ZJLX,XB,XM,CSRQ,YWSCSJ,XGBZ'
    const { mapped } = await readAll(
      rhipTables,
      `${header}\n0001,C1,2,110100195803120018,01,1,-,19580312,2026-03-10 01:00:00,1\n0001,C2,0,110100195803120019,01,1,王建国,19580313,2026-03-10 01:00:00,1\n`,
    )
    expect(plain(ofType(mapped[0], 'Patient')[0]).identifier).toMatchObject([
      { system: 'https://fhir-cn.example/sid/id-card-unverified', value: '110100195803120018' },
      { system: 'https://fhir-cn.example/sid/H1/card-no', value: 'C1' },
    ])
    expect(mapped[0]?.patient?.local).toEqual([{ kind: 'CARD', value: '2|H1|C1', strong: true }])
    expect(mapped[0]?.issues.map(({ code }) => code)).toEqual(['mapping-identity-invalid'])
    expect(mapped[1]?.issues.map(({ code, at }) => [code, at])).toEqual([['mapping-conflict', 'CSRQ']])
    expect(plain(ofType(mapped[1], 'Patient')[0]).birthDate).toBe('1958-03-13')
  })
})

describe('laws', () => {
  test('whatever stands in the cells: nothing is thrown, and rows in = mapped + rejected', async () => {
    const cell = fc.oneof(
      fc.constantFrom('-', '1', '2', '20260306', '2026-03-06 08:15:00', '0001', 'WBC', '<0.5', '=cmd', '阴性'),
      fc.string({ maxLength: 8 }),
    )
    const headers = [REPORT_HEADER, RESULT_HEADER, 'YLJGYQDM,KH,KLX,ZJHM,ZJLX,XB,XM,CSRQ,YWSCSJ,XGBZ']
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...headers),
        fc.array(fc.array(cell, { minLength: 13, maxLength: 13 }), { maxLength: 8 }),
        async (header, rows) => {
          const width = header.split(',').length
          const lines = rows.map((row) =>
            row
              .slice(0, width)
              .map((text) => `"${text.replaceAll('"', '""').replace(/[\r\n]/g, ' ')}"`)
              .join(','),
          )
          const { mapped, rejected } = await readAll(rhipTables, iconv.encode([header, ...lines].join('\n'), 'gb18030'), {
            charset: 'gb18030',
          })
          // A file without rows is refused as a whole.
          expect(mapped.length + rejected.length).toBe(Math.max(rows.length, 1))
          expect(mapped.flatMap(brokenRules)).toEqual([])
        },
      ),
      { numRuns: 200 },
    )
  })
})
