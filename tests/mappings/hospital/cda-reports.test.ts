/** Reports C0006 and C0007, by hand from the data sets of WS 445. */
import { describe, expect, test } from '@jest/globals'
import { ofType, plain, sample } from '../support.ts'
import { all, entry, KEY, read, readXml, said, st, within } from './cda-entries.ts'
import { invalid } from './rules.ts'

describe('reports', () => {
  test('a laboratory report under the number by which HL7 v2 knows it (C0007)', async () => {
    const item = (name: string, value: string, unit: string): string =>
      said('DE04.30.019.00', '检验项目代码', `<value xsi:type="CD" code="${name}" displayName="${name}"/>`) +
      `</entry><entry>${said('DE04.30.015.00', '检验定量结果', `<value xsi:type="REAL" value="${value}"/>`, within(said('DE04.30.016.00', '检查定量结果计量单位', st(unit))))}`
    const record = await read('C0007', [
      ['30954-2 STUDIES SUMMARY', entry(item('GLU', '6.30', 'mmol/L'), item('K', '3.9', 'mmol/L'))],
      ['检验报告', entry(said('DE04.50.130.00', '检验报告结果', st('血糖偏高')), said('DE08.10.026.00', '检验报告科室', st('检验科')))],
    ])
    expect(invalid(record)).toEqual([])
    const [report] = ofType(record, 'DiagnosticReport')
    expect(report?.key).toEqual(KEY('DiagnosticReport', 'JY2026030601').$key)
    expect(plain(report)).toMatchObject({
      identifier: [{ system: 'https://fhir-cn.example/sid/H1/lab-report-no', value: 'JY2026030601' }],
      category: [{ coding: [{ code: 'LAB' }] }],
      conclusion: '血糖偏高',
      performer: [{ display: '赵医生' }, { display: '检验科' }],
      result: [KEY('Observation', 'JY2026030601', 'GLU'), KEY('Observation', 'JY2026030601', 'K')],
      issued: '2026-03-12T16:00:00+08:00',
    })
    expect(all(record, 'Observation')[0]).toMatchObject({
      code: { coding: [{ system: 'http://loinc.org' }, { code: 'GLU' }] },
      valueQuantity: { value: 6.3, unit: 'mmol/L' },
    })
    expect(JSON.stringify(all(record, 'Observation')[0])).toContain('6.3')
  })

  test.each([
    ['2', '', 'A', '异常'],
    ['3', '', 'IND', '不确定'],
    ['1', ' displayName="正常"', 'N', '正常'],
    ['1', ' displayName="阳性"', 'POS', '阳性'],
    ['1', ' displayName="见备注"', undefined, '见备注'],
    ['2', ' displayName="危急值"', 'AA', '危急值'],
  ])('the code of a result beside its number: %s%s (C0007)', async (code, words, meant, text) => {
    const judged = said('DE04.30.017.00', '检验结果代码', `<value xsi:type="CD" code="${code}" codeSystem="1.2.3"${words}/>`)
    const item =
      said('DE04.30.019.00', '检验项目代码', '<value xsi:type="CD" code="GLU" displayName="葡萄糖"/>') +
      `</entry><entry>${said('DE04.30.015.00', '检验定量结果', '<value xsi:type="REAL" value="6.30"/>', within(judged))}`
    const [result] = all(await read('C0007', [['30954-2 STUDIES SUMMARY', entry(item)]]), 'Observation')
    const own = { system: 'urn:oid:1.2.3', code }
    expect(result?.interpretation).toMatchObject([
      {
        coding: meant === undefined ? [own] : [{ system: expect.stringMatching(/v3-ObservationInterpretation$/), code: meant }, own],
        text,
      },
    ])
    const critical = { url: expect.stringMatching(/cn-critical-value$/), extension: [{ url: 'found', valueBoolean: true }] }
    expect(result?.extension).toEqual(meant === 'AA' ? [critical] : undefined)
  })

  test.each([
    ['CT', 'RAD', 'cn-diagnosticreport-imaging'],
    ['心电图', 'OTH', 'cn-diagnosticreport-other'],
  ])('an examination by its words: %s (C0006)', async (kind, category, profile) => {
    const record = await read('C0006', [
      [
        '29545-1 PHYSICAL EXAMINATION',
        entry(said('DE04.30.018.00', '检查类别', st(kind)), said('DE04.30.019.00', '检查项目代码', st('胸部平扫'))),
      ],
      [
        '检查报告',
        entry(
          said('DE04.50.131.00', '检查报告结果-客观所见', st('右肺上叶结节')),
          said('DE04.50.131.00', '检查报告结果-主观提示', st('考虑良性')),
        ),
      ],
    ])
    expect(invalid(record)).toEqual([])
    expect(all(record, 'DiagnosticReport')).toMatchObject([
      {
        meta: { profile: [`https://fhir-cn.example/StructureDefinition/${profile}`] },
        category: [{ coding: [{ code: category }] }, { text: kind }],
        code: { text: '胸部平扫' },
        conclusion: '考虑良性',
      },
    ])
    expect(all(record, 'Observation')).toMatchObject([{ code: { text: '检查所见' }, valueString: '右肺上叶结节' }])
    expect(all(record, 'ImagingStudy')).toEqual([])
  })

  test('pathology is known by its words or its number', async () => {
    const specimen = within(
      said('DE04.50.134.00', '标本类别', `<effectiveTime><low value="20260306090000"/></effectiveTime>${st('胆囊组织')}`),
    )
    const record = await read('C0006', [
      [
        '29545-1 PHYSICAL EXAMINATION',
        entry(said('DE04.30.018.00', '检查类别', st('病理检查')), said('DE04.30.019.00', '检查项目代码', st('石蜡切片'), specimen)),
      ],
      ['检查报告', entry(said('DE04.50.131.00', '检查报告结果-主观提示', st('慢性胆囊炎')))],
    ])
    expect(invalid(record)).toEqual([])
    expect(all(record, 'DiagnosticReport')).toMatchObject([
      { category: [{ coding: [{ code: 'PAT' }] }, { text: '病理检查' }], specimen: [KEY('Specimen', 'exam', 'JC2026030601')] },
    ])
    expect(all(record, 'Specimen')).toMatchObject([
      { type: { text: '胆囊组织' }, collection: { collectedDateTime: '2026-03-06T09:00:00+08:00' } },
    ])
  })
})

test.each([
  ['C0006-imaging', 'cn-diagnosticreport-imaging', '右肺上叶小结节，建议随访'],
  ['C0006-pathology', 'cn-diagnosticreport-pathology', '慢性胆囊炎'],
])('the sample %s', async (name, profile, conclusion) => {
  const record = await readXml(sample(`hospital/cda/${name}.xml`).toString('utf8'))
  expect([invalid(record), record.unread]).toEqual([[], []])
  expect(all(record, 'DiagnosticReport')).toMatchObject([
    { meta: { profile: [`https://fhir-cn.example/StructureDefinition/${profile}`] }, conclusion },
  ])
})
