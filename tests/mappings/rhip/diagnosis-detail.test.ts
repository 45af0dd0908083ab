/** TB_IH_DIAGNOSIS_DETAIL: Western and Chinese diagnoses, suspected ones, the main one, a withdrawn one. */
import { expect, test } from '@jest/globals'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

test('the sample', async () => {
  const { mapped, rejected } = await readAll(rhipTables, sample('rhip/20260311/TB_IH_DIAGNOSIS_DETAIL.csv'))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  const [main, suspected, chinese, withdrawn] = mapped
  expect(ofType(main, 'Condition')[0]?.key).toEqual({ type: 'Condition', scope: 'H1', parts: ['ZY20260305001', 'J18.900'] })
  expect(plain(ofType(main, 'Condition')[0])).toMatchObject({
    extension: [{ valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.1.253', code: '1' } }],
    identifier: [{ system: 'https://fhir-cn.example/sid/H1/diagnosis-no', value: 'ZD0001' }],
    clinicalStatus: { coding: [{ code: 'resolved' }] },
    category: [{ coding: [{ code: 'encounter-diagnosis' }, { code: '3' }] }],
    code: {
      coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.11.3', version: 'clinical-2.0', code: 'J18.900', display: '肺炎' }],
      text: '肺炎',
    },
    encounter: { $key: { type: 'Encounter', scope: 'H1', parts: ['ZY20260305001'] } },
    recordedDate: '2026-03-10T09:00:00+08:00',
    note: [{ text: '出院情况：治愈' }],
  })
  const visit = ofType(main, 'Encounter')[0]
  expect(visit?.placeholder).toBe(true)
  expect(plain(visit)).toMatchObject({
    class: { code: 'IMP' },
    diagnosis: [
      { condition: { $key: { parts: ['ZY20260305001', 'J18.900'] }, display: '肺炎' }, use: { coding: [{ code: 'DD' }] }, rank: 1 },
    ],
  })
  expect(plain(ofType(suspected, 'Condition')[0])).toMatchObject({ verificationStatus: { coding: [{ code: 'provisional' }] } })
  expect(plain(ofType(suspected, 'Encounter')[0]).diagnosis).toEqual([
    { condition: { $key: { type: 'Condition', scope: 'H1', parts: ['ZY20260305001', 'E11.900'] }, display: '2型糖尿病' } },
  ])
  // The name of a Chinese disease holds its syndromes and the method of treatment.
  expect(ofType(chinese, 'Condition').map((one) => plain(one).code)).toEqual([
    {
      coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.14', code: 'A04.01.02', display: '咳嗽' }],
      text: '咳嗽(风热犯肺+痰热壅肺,清热化痰法)',
    },
    { text: '风热犯肺' },
    { text: '痰热壅肺' },
  ])
  expect(plain(ofType(chinese, 'Condition')[0])).toMatchObject({
    category: [{ coding: [{ code: 'tcm-disease' }, { code: '3' }] }],
    note: [{ text: '出院情况：好转' }, { text: '治法：清热化痰法' }],
  })
  expect(ofType(withdrawn, 'Condition')[0]?.state).toBe('withdrawn')
  expect(ofType(withdrawn, 'Encounter')).toEqual([])
  expect(mapped[0]?.patient).toEqual({ local: [{ kind: 'VISIT', value: 'H1|ZY20260305001', strong: false }] })
})

test("a code of the hospital's own stays as it came and stands on the work list; so does a name alone", async () => {
  const csv = 'YLJGDM,WSJGDM,ZYZDLSH,JZLSH,ZDLXQF,ZDBM,ZDSM,CXBZ\n0001,w,Z1,V1,1,99-77,院内诊断,1\n0001,w,Z2,V1,1,-,待查,1\n'
  const { mapped } = await readAll(rhipTables, csv)
  expect(mapped.map((record) => plain(ofType(record, 'Condition')[0]).code)).toEqual([
    { coding: [{ system: 'https://fhir-cn.example/sid/H1/diagnosis-code', code: '99-77', display: '院内诊断' }], text: '院内诊断' },
    { text: '待查' },
  ])
  expect(mapped.map(({ unmapped }) => unmapped.map(({ code }) => code))).toEqual([['99-77'], ['待查']])
})
