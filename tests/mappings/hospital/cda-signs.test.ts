/** Vital signs and diagnoses of CDA documents: C0014, C0020, C0032, C0037, C0050, by hand from the data sets of WS 445. */
import { describe, expect, test } from '@jest/globals'
import { all, cd, cluster, DATA_ELEMENTS, entry, issues, KEY, pq, read, said, type Sections, st, ts, VISIT, within } from './cda-entries.ts'
import { invalid } from './rules.ts'

describe('vital signs (C0020)', () => {
  const signs = (...inner: string[]): Sections => [['8716-3 VITAL SIGNS', entry(...inner)]]

  test('each with LOINC beside its data element, at the time of the measurement', async () => {
    const at = '<effectiveTime value="20260306060000"/>'
    const record = await read(
      'C0020',
      signs(said('DE04.10.186.00', '体温(C)', at + pq('37.2', 'C')), said('DE04.10.118.00', '脉率(次/min)', pq('88', '次/min'))),
    )
    expect(invalid(record)).toEqual([])
    expect(all(record, 'Observation')).toMatchObject([
      {
        meta: { profile: ['https://fhir-cn.example/StructureDefinition/cn-vital-sign'] },
        status: 'final',
        category: [{ coding: [{ code: 'vital-signs' }] }],
        code: {
          coding: [
            { system: 'http://loinc.org', code: '8310-5' },
            { system: DATA_ELEMENTS, code: 'DE04.10.186.00' },
          ],
          text: '体温(C)',
        },
        encounter: KEY('Encounter', VISIT),
        effectiveDateTime: '2026-03-06T06:00:00+08:00',
        valueQuantity: { value: 37.2, unit: 'C', system: 'http://unitsofmeasure.org', code: 'Cel' },
      },
      {
        code: { coding: [{ code: '8893-0' }, { code: 'DE04.10.118.00' }] },
        effectiveDateTime: '2026-03-12T16:00:00+08:00',
        valueQuantity: { value: 88, unit: '次/min', code: '/min' },
      },
    ])
    expect(all(record, 'Composition')[0]).toMatchObject({ section: [{ entry: [{}, {}] }] })
  })

  test('two pressures are one measurement; one without the other stands alone', async () => {
    const pressure = cluster(said('DE04.10.174.00', '收缩压', pq('128', 'mmHg')), said('DE04.10.176.00', '舒张压', pq('82', 'mmHg')))
    const record = await read('C0020', signs(pressure, said('DE04.10.174.00', '收缩压', pq('131', 'mmHg'))))
    expect(invalid(record)).toEqual([])
    expect(all(record, 'Observation')).toMatchObject([
      {
        code: { coding: [{ code: '85354-9' }] },
        component: [
          { code: { coding: [{ code: '8480-6' }, {}] }, valueQuantity: { value: 128, code: 'mm[Hg]' } },
          { code: { coding: [{ code: '8462-4' }, {}] }, valueQuantity: { value: 82, code: 'mm[Hg]' } },
        ],
      },
      { code: { coding: [{ code: '8480-6' }, {}] }, valueQuantity: { value: 131 } },
    ])
  })

  test('a number that is none is kept as text and flagged; an item that nurses name themselves keeps its name', async () => {
    const item = said('DE02.10.031.00', '护理观察项目名称', st('神志'), within(said('DE02.10.028.00', '护理观察结果', st('清醒'))))
    const record = await read('C0020', [
      ...signs(said('DE04.10.118.00', '脉率(次/min)', pq('测不出', '次/min'))),
      ['护理观察', entry(item)],
    ])
    expect(issues(record)).toEqual([['warning', 'mapping-number-invalid']])
    expect(all(record, 'Observation').map(({ code, valueString }) => [(code as { text: string }).text, valueString])).toEqual([
      ['脉率(次/min)', '测不出'],
      ['神志', '清醒'],
    ])
  })

  test('before she was with child is not now', async () => {
    const record = await read(
      'C0014',
      signs(said('DE04.10.188.00', '孕前体重(kg)', pq('52', 'kg')), said('DE04.10.188.00', '产前体重(kg)', pq('66', 'kg'))),
    )
    const coded = all(record, 'Observation').map(({ code, valueQuantity }) => [
      ((code as { coding: { code: string }[] }).coding[0] as { code: string }).code,
      (valueQuantity as { value: number }).value,
    ])
    expect(coded).toEqual([
      ['29463-7', 66],
      ['DE04.10.188.00', 52],
    ])
  })
})

describe('diagnoses', () => {
  const both = (prefix: string, code: string, name: string): string =>
    cluster(said('DE05.01.025.00', `${prefix}名称`, st(name)), said('DE05.01.024.00', `${prefix}编码`, cd(code, name, '3.11.3')))

  test('in an organizer, name and code are one; what is only thought of is marked and none of the visit (C0037)', async () => {
    const record = await read('C0037', [
      [
        '29548-5 Diagnosis',
        entry(
          both('初步诊断-西医诊断', 'I20.000', '不稳定型心绞痛'),
          said('DE05.01.025.00', '鉴别诊断-西医诊断名称', st('主动脉夹层')),
          said('DE05.01.025.00', '诊疗计划', st('完善检查')),
        ),
      ],
      ['18776-5 TREATMENT PLAN', ''],
    ])
    expect(all(record, 'Condition')).toMatchObject([
      { verificationStatus: { coding: [{ code: 'provisional' }] }, code: { coding: [{ code: 'I20.000' }], text: '不稳定型心绞痛' } },
      { verificationStatus: { coding: [{ code: 'differential' }] }, code: { text: '主动脉夹层' } },
    ])
    expect(record.unmapped.map(({ code }) => code)).toEqual(['主动脉夹层'])
  })

  test('home page: main and other, condition on admission, pathology, external cause (C0032)', async () => {
    const withCondition = (prefix: string, code: string, name: string, condition: string) =>
      cluster(
        said('DE05.01.025.00', `${prefix}名称`, st(name)),
        said('DE05.01.024.00', `${prefix}编码`, cd(code, name, '3.11.3')),
        said('DE09.00.104.00', '入院病情代码', cd(condition, '有', '1.253')),
      )
    const record = await read('C0032', [
      [
        '29548-5 Diagnosis',
        entry(
          cluster(
            said('DE05.10.025.00', '门急诊诊断名称', st('腹痛')),
            said('DE05.01.024.00', '门急诊诊断疾病编码', cd('R10.400', '腹痛')),
          ),
        ),
      ],
      [
        '11535-2 Discharge Diagnosis',
        entry(
          withCondition('出院诊断-其他诊断疾病', 'I10.x00', '高血压', '1'),
          withCondition('出院诊断-疾病', 'K80.200', '胆囊结石', '9'),
          said(
            'DE05.10.152.00',
            '损伤中毒的外部原因',
            st('跌倒'),
            within(said('DE05.01.078.00', '损伤中毒的外部原因-疾病编码', cd('W19.900', '跌倒'))),
          ),
          said('DE06.00.223.00', '离院方式', cd('1', '医嘱离院', '3.1.265')),
        ),
      ],
    ])
    const encounter = all(record, 'Encounter')[0] as { diagnosis: unknown[]; hospitalization: unknown }
    expect(encounter.diagnosis).toMatchObject([
      { condition: KEY('Condition', VISIT, 'I10.x00'), use: { coding: [{ code: 'DD' }] } },
      { condition: KEY('Condition', VISIT, 'K80.200'), use: { coding: [{ code: 'DD' }] }, rank: 1 },
    ])
    expect(encounter.hospitalization).toMatchObject({
      dischargeDisposition: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.265', code: '1' }] },
    })
    expect(all(record, 'Condition').map(({ code }) => (code as { coding: { code: string }[] }).coding[0]?.code)).toEqual([
      'R10.400',
      'I10.x00',
      'K80.200',
      'W19.900',
    ])
    expect(all(record, 'Condition')[1]).toMatchObject({ extension: [{ valueCoding: { code: '1' } }] })
    // 9 is in no table of conditions on admission.
    expect(all(record, 'Condition')[2]).not.toHaveProperty('extension')
    expect(issues(record)).toEqual([['warning', 'mapping-value-unknown']])
  })

  test('a death: the stay ends with it, the person is dead (C0050)', async () => {
    const record = await read('C0050', [
      ['8648-8 Hospital Course', entry(said('DE02.01.036.00', '死亡日期时间', ts('20260311041500')))],
      [
        '死亡原因章节',
        entry(
          said(
            'DE05.01.025.00',
            '直接死亡原因名称',
            st('呼吸衰竭'),
            within(said('DE05.01.024.00', '直接死亡原因编码', cd('J96.900', '呼吸衰竭'))),
          ),
        ),
      ],
    ])
    expect(all(record, 'Patient')[0]).toMatchObject({ deceasedDateTime: '2026-03-11T04:15:00+08:00' })
    expect(all(record, 'Encounter')[0]).toMatchObject({
      status: 'finished',
      hospitalization: { dischargeDisposition: { coding: [{ code: '5' }] } },
    })
    expect(all(record, 'Condition')).toMatchObject([{ code: { coding: [{ code: 'J96.900' }] } }])
  })
})
