/** Consents to a treatment and notices: C0026 to C0031. */
import { describe, expect, test } from '@jest/globals'
import { all, cd, entry, KEY, read, said, type Sections, st, readXml } from './cda-entries.ts'
import { sample } from '../support.ts'
import { invalid } from './rules.ts'

describe('consents to a treatment', () => {
  const sections = (opinion: string): Sections => [
    ['10219-4 Surgical operation note preoperative Dx', entry(said('DE05.01.024.00', '术前诊断编码', cd('K80.200', '胆囊结石', '3.11.3')))],
    [
      '18776-5 TREATMENT PLAN',
      entry(
        '<procedure classCode="PROC" moodCode="RQO"><code code="51.2300" codeSystem="2.16.156.10011.2.3.3.12" displayName="腹腔镜下胆囊切除术"/></procedure>',
      ),
    ],
    ['意见章节', entry(said('DE06.00.018.00', '医疗机构的意见', st('建议手术')), said('DE06.00.018.00', '患者意见', st(opinion)))],
    ['操作风险', entry(said('DE05.10.162.00', '手术中可能出现的意外和风险', st('出血')))],
  ]

  test('signed by the patient and his wife: active, verified, with the operation (C0026)', async () => {
    const record = await read('C0026', sections('同意手术'))
    expect(invalid(record)).toEqual([])
    expect(all(record, 'Consent')).toMatchObject([
      {
        meta: { profile: ['https://fhir-cn.example/StructureDefinition/cn-treatment-consent'] },
        status: 'active',
        scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'treatment' }] },
        category: [{ coding: [{ system: 'urn:oid:2.16.156.10011.2.4', code: 'C0026' }] }],
        patient: { $patient: true },
        dateTime: '2026-03-06T07:00:00+08:00',
        performer: [{ $patient: true }, KEY('RelatedPerson', 'BA000123', '李秀兰')],
        sourceReference: KEY('DocumentReference', 'DOC-C0026-1'),
        verification: [{ verified: true, verifiedWith: KEY('RelatedPerson', 'BA000123', '李秀兰') }],
        extension: [{ valueReference: KEY('Procedure', 'document', 'DOC-C0026-1', 'operation.1') }],
      },
    ])
    expect(all(record, 'Consent')[0]).not.toHaveProperty('provision')
    expect(all(record, 'RelatedPerson')).toMatchObject([
      {
        name: [{ text: '李秀兰' }],
        relationship: [{ coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.8', code: '12' }, { code: 'WIFE' }] }],
      },
    ])
    const [composition] = all(record, 'Composition')
    expect(composition?.attester).toMatchObject([
      { mode: 'legal', party: { display: '孙主任' } },
      { mode: 'personal', time: '2026-03-06T07:00:00+08:00', party: { $patient: true } },
      { mode: 'personal', party: { display: '李秀兰' } },
    ])
    const section = ['10219-4', '18776-5', 'opinion', 'operation-risk'].map((code) => ({ code: { coding: [{ code }] } }))
    expect(composition).toMatchObject({ section })
    expect(all(record, 'DocumentReference')[0]).toMatchObject({
      context: { related: [KEY('Composition', 'DOC-C0026-1'), KEY('Consent', 'document', 'DOC-C0026-1', 'treatment')] },
    })
  })

  test.each([
    ['不同意手术', 'rejected'],
    ['拒绝，要求出院', 'rejected'],
    ['同意', 'active'],
  ])('the patient says: %s', async (opinion, status) => {
    expect(all(await read('C0026', sections(opinion)), 'Consent')).toMatchObject([{ status }])
  })

  test('nobody of the patient signed: proposed, and the profile says what is missing', async () => {
    const unsigned = (xml: string): string => xml.replace(/<authenticator>.*?<\/authenticator>/g, '')
    const record = await read('C0026', sections('同意'), unsigned)
    expect(all(record, 'Consent')).toMatchObject([{ status: 'proposed' }])
    expect(invalid(record).some((issue) => issue.startsWith('Consent') && issue.includes('performer'))).toBe(true)
  })

  test('whatever a document says of scopes or provisions, ours is treatment', async () => {
    const record = await read('C0026', sections('{"scope":"patient-privacy","provision":{"type":"permit"}}'))
    expect(JSON.stringify(all(record, 'Consent'))).not.toMatch(/patient-privacy|provision/)
  })

  test('a notice is no consent (C0030)', async () => {
    const record = await read('C0030', [
      ['29548-5 Diagnosis', entry(said('DE05.01.024.00', '疾病诊断编码', cd('I63.900', '脑梗死', '3.11.3')))],
      ['34895-3 EDUCATION NOTE', entry(said('DE06.00.278.00', '病危通知内容', st('随时有生命危险')))],
    ])
    expect(invalid(record)).toEqual([])
    expect(all(record, 'Consent')).toEqual([])
    expect(all(record, 'Composition')[0]).toMatchObject({
      attester: [{}, { mode: 'personal', party: KEY('RelatedPerson', 'BA000123', '李秀兰') }],
    })
  })
})

test.each([
  ['C0027', ['Procedure']],
  ['C0028', ['Procedure']],
  ['C0029', ['Procedure']],
  ['C0031', []],
])('the sample %s: a Consent of its kind, signed by both, with what it is for', async (type, procedures) => {
  const record = await readXml(sample(`hospital/cda/${type}.xml`).toString('utf8'))
  expect(all(record, 'Consent')).toMatchObject([
    {
      status: 'active',
      scope: { coding: [{ code: 'treatment' }] },
      category: [{ coding: [{ system: 'urn:oid:2.16.156.10011.2.4', code: type }] }],
      identifier: [{ system: 'https://fhir-cn.example/sid/H1/consent-no', value: `ZQ${type}` }, {}],
      performer: [{ $patient: true }, KEY('RelatedPerson', 'BA000123', '李秀兰')],
    },
  ])
  expect(all(record, 'Procedure').map(({ resourceType, status }) => [resourceType, status])).toEqual(
    procedures.map((one) => [one, 'preparation']),
  )
})
