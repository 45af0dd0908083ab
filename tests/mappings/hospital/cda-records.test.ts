/** Home pages and records: C0002, C0032, C0034, C0037, C0038, by hand from the data sets of WS 445. */
import { describe, expect, test } from '@jest/globals'
import { ofType } from '../support.ts'
import { all, bl, cd, cluster, DATA_ELEMENTS, entry, KEY, read, said, st, within } from './cda-entries.ts'
import { invalid } from './rules.ts'

describe('home page and other records', () => {
  test('fees: a part stands below its whole, and the sum is what was sent (C0032)', async () => {
    const fee = (code: string, name: string, value: string): string =>
      said(`HDSD00.11.${code}`, name, `<value xsi:type="MO" value="${value}" currency="元"/>`)
    const record = await read('C0032', [
      ['11535-2 Discharge Diagnosis', entry(said('DE05.01.024.00', '出院诊断-疾病编码', cd('K80.200', '胆囊结石', '3.11.3')))],
      [
        '48768-6 PAYMENT SOURCES',
        entry(
          said('DE07.00.007.00', '医疗付款方式代码', cd('01', '城镇职工基本医疗保险')),
          said(
            'HDSD00.11.142',
            '住院总费用',
            '<value xsi:type="MO" value="12345.60" currency="元"/>',
            within(fee('143', '住院总费用-自付金额(元)', '2345.60')),
          ),
          fee('098', '西药费', '3000.00'),
          fee('099', '西药费-抗菌药物费用', '500.00'),
          fee('131', '治疗-手术治疗项目费', '6000.00'),
          fee('132', '治疗-手术治疗费-麻醉费', '1000.00'),
        ),
      ],
    ])
    expect(invalid(record)).toEqual([])
    expect(all(record, 'Invoice')).toMatchObject([
      {
        status: 'issued',
        totalGross: { value: 12345.6, currency: 'CNY' },
        totalPriceComponent: [{ type: 'informational', amount: { value: 2345.6 } }],
        lineItem: [
          {
            chargeItemCodeableConcept: { coding: [{ code: 'HDSD00.11.098' }, { code: '09' }], text: '西药费' },
            priceComponent: [
              { type: 'base', amount: { value: 3000, currency: 'CNY' } },
              { type: 'informational', code: { text: '西药费-抗菌药物费用' }, amount: { value: 500 } },
            ],
          },
          {
            priceComponent: [
              { type: 'base', amount: { value: 6000 } },
              { type: 'informational', amount: { value: 1000 } },
            ],
          },
        ],
      },
    ])
    const foreign = await read('C0032', [
      [
        '48768-6 PAYMENT SOURCES',
        entry(
          said('HDSD00.11.142', '住院总费用', '<value xsi:type="MO" value="100.00" currency="USD"/>'),
          said('HDSD00.11.098', '西药费', '<value xsi:type="MO" value="5.00" currency="QQQ"/>'),
        ),
      ],
    ])
    expect(all(foreign, 'Invoice')).toMatchObject([{ totalGross: { value: 100, currency: 'USD' } }])
    expect(JSON.stringify(all(foreign, 'Invoice'))).not.toContain('CNY')
    expect(foreign?.issues.map(({ code }) => code)).toContain('mapping-value-unknown')
    expect(all(record, 'Claim')).toEqual([])
    expect(all(record, 'Encounter')[0]).toMatchObject({
      class: { code: 'IMP' },
      status: 'finished',
      period: { start: '2026-03-05T09:15:00+08:00', end: '2026-03-12T15:00:00+08:00' },
      extension: [{ valueCodeableConcept: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.1.269', code: '01' }] } }],
    })
  })

  test('the person of a home page: marriage, people, work, whom to tell (C0032)', async () => {
    const person =
      '<maritalStatusCode code="20" displayName="已婚"/><ethnicGroupCode code="01" displayName="汉族"/><nationality code="156" displayName="中国"/><occupation><occupationCode code="11" displayName="国家公务员"/></occupation><nativePlace><place><addr><city>济南市</city><state>山东省</state></addr></place></nativePlace><employerOrganization><name>示例公司</name><telecom value="010-1"/></employerOrganization></patient>'
    const contact =
      '<participant typeCode="NOT"><associatedEntity classCode="ECON"><code code="12" codeSystem="2.16.156.10011.2.3.3.8" displayName="妻"/><telecom value="13800000001"/><associatedPerson><name>李秀兰</name></associatedPerson></associatedEntity></participant><relatedDocument'
    const record = await read('C0032', [['11535-2 Discharge Diagnosis', '']], (xml) =>
      xml.replace('</patient>', person).replace('<relatedDocument', contact),
    )
    expect(invalid(record)).toEqual([])
    expect(all(record, 'Patient')[0]).toMatchObject({
      maritalStatus: { coding: [{ code: 'M' }, { code: '20' }] },
      contact: [
        { relationship: [{ coding: [{ code: '12' }, { code: 'WIFE' }] }], name: { text: '李秀兰' }, telecom: [{ value: '13800000001' }] },
      ],
      extension: expect.arrayContaining([
        {
          url: expect.stringMatching(/cn-ethnicity$/),
          valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.3.3', code: '01', display: '汉族' },
        },
        { url: expect.stringMatching(/cn-native-place$/), valueString: '山东省济南市' },
      ]),
    })
    expect(record.unread).toEqual([])
  })

  test('an outpatient visit: its class, its orders, its diagnosis of Chinese medicine (C0002)', async () => {
    const tcm = cluster(
      said('DE05.10.172.00', '中医证候名称', st('肝阳上亢证')),
      said('DE05.10.130.00', '中医证候代码', cd('BNG010', '肝阳上亢证', '3.14')),
    )
    const record = await read('C0002', [
      [
        '48765-2 Allergies, adverse reactions, alerts',
        entry(said('DE02.10.023.00', '过敏史标志', bl('true'), within(said('DE05.01.022.00', '过敏史', st('青霉素'))))),
      ],
      ['29548-5 Diagnosis', entry(tcm)],
    ])
    expect(invalid(record)).toEqual([])
    expect(all(record, 'Encounter')).toMatchObject([
      { status: 'finished', class: { code: 'AMB' }, period: { start: '2026-03-06T08:00:00+08:00', end: '2026-03-06T09:30:00+08:00' } },
    ])
    expect(all(record, 'Condition')).toMatchObject([
      {
        category: [{ coding: [{ code: 'tcm-syndrome' }] }],
        code: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.14', code: 'BNG010' }] },
      },
    ])
    expect(all(record, 'AllergyIntolerance')).toMatchObject([
      { code: { text: '青霉素' }, clinicalStatus: { coding: [{ code: 'active' }] } },
    ])
    expect(ofType(record, 'AllergyIntolerance')[0]?.key).toEqual(KEY('AllergyIntolerance', 'BA000123', '青霉素').$key)
  })

  test.each(['否认食物过敏，对青霉素过敏', '无食物过敏史；头孢曲松皮疹', '无过敏史但青霉素皮试阳性'])(
    'what is said behind a denial is an allergy: %s (C0034)',
    async (text) => {
      const record = await read('C0034', [['11348-0 HISTORY OF PAST ILLNESS', entry(said('DE02.10.022.00', '过敏史', st(text)))]])
      expect(all(record, 'AllergyIntolerance')).toMatchObject([{ code: { text } }])
    },
  )

  test.each(['否认药物过敏史', '无', '未发现', '不详', '否认药物过敏史，否认食物过敏史。'])(
    'no allergy is none: %s (C0034)',
    async (text) => {
      const record = await read('C0034', [['11348-0 HISTORY OF PAST ILLNESS', entry(said('DE02.10.022.00', '过敏史', st(text)))]])
      expect(all(record, 'AllergyIntolerance')).toEqual([])
    },
  )

  test('an admission record: its visit is mentioned with its class, and another document may say more (C0034)', async () => {
    const record = await read('C0034', [['29545-1 PHYSICAL EXAMINATION', entry(said('DE04.10.046.00', '腹部检查结果', st('右上腹压痛')))]])
    expect(ofType(record, 'Encounter')).toMatchObject([{ placeholder: true, resource: { class: { code: 'IMP' } } }])
    expect(all(record, 'Observation')).toMatchObject([
      {
        category: [{ coding: [{ code: 'exam' }] }],
        code: { coding: [{ system: DATA_ELEMENTS, code: 'DE04.10.046.00' }] },
        valueString: '右上腹压痛',
      },
    ])
  })

  test('sections that hang at the document without a body are read like others', async () => {
    const flat = (xml: string): string => xml.replace('<component><structuredBody>', '').replace('</structuredBody></component>', '')
    const record = await read('C0034', [['10154-3 CHIEF COMPLAINT', entry(said('DE04.01.119.00', '主诉', st('腹痛三天')))]], flat)
    expect(JSON.stringify(all(record, 'Composition')[0]?.section)).toContain('主诉：腹痛三天')
    expect(record.unread).toEqual([])
  })

  test('an element of no table stays in its section, and nothing is unread', async () => {
    const record = await read('C0034', [['10154-3 CHIEF COMPLAINT', entry(said('DE99.99.999.00', '院内自定义', st('某值')))]])
    expect(JSON.stringify(all(record, 'Composition')[0]?.section)).toContain('院内自定义：某值')
    expect(record.unread).toEqual([])
  })
})
