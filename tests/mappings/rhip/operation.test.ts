/** TB_OPRATION_DETAIL: a coded operation with its people and wound, and one by a code of the hospital's own. */
import { expect, test } from '@jest/globals'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

test('the sample, separated by |', async () => {
  const { mapped, rejected } = await readAll(rhipTables, sample('rhip/20260311/TB_OPRATION_DETAIL.csv'))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  const [biopsy, puncture] = mapped.map((record) => plain(ofType(record, 'Procedure')[0]))
  expect(ofType(mapped[0], 'Procedure')[0]?.key).toEqual({ type: 'Procedure', scope: 'H1', parts: ['SS0001'] })
  expect(biopsy).toMatchObject({
    extension: [
      { valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.1.258', code: '2' } },
      { valueCode: '0' },
      { valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.1.257', code: '1' } },
      { valueCodeableConcept: { coding: [{ code: '11' }] } },
    ],
    status: 'completed',
    category: { coding: [{ code: '1', display: '择期' }] },
    code: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.12', version: 'clinical-2.0', code: '33.2400' }], text: '支气管镜下活检' },
    encounter: { $key: { parts: ['ZY20260305001'] } },
    performedPeriod: { start: '2026-03-07T14:00:00+08:00', end: '2026-03-07T15:10:00+08:00' },
    performer: [
      { function: { coding: [{ code: 'surgeon' }] }, actor: { display: '孙医生' } },
      { function: { coding: [{ code: 'anaesthetist' }] }, actor: { display: '周医生' } },
    ],
    reasonCode: [{ coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.11.3', code: 'J18.900' }] }],
  })
  expect(puncture).toMatchObject({
    code: { coding: [{ system: 'https://fhir-cn.example/sid/H1/procedure-code', code: 'NJ-88' }], text: '胸腔穿刺' },
    complication: [{ text: '气胸' }],
  })
  expect(puncture?.extension).toBeUndefined()
})

test.each([
  ['Ⅱ/甲', 'II', '1'],
  ['III/乙', 'III', '2'],
  ['Ⅰ', 'I', undefined],
  ['丙', undefined, '3'],
])('wound %s', async (sent, incision, healing) => {
  const csv = `YLJGYQDM,SSMXLSH,JZLSH,SSCZBM,SSCZMC,QKYHDJ,XGBZ\n0001,S1,V1,33.2400,活检,${sent},1\n`
  const { extension = [] } = plain(ofType((await readAll(rhipTables, csv)).mapped[0], 'Procedure')[0]) as {
    extension?: { valueCode?: string; valueCoding?: { code: string } }[]
  }
  expect(extension.find((one) => one.valueCode)?.valueCode).toBe(incision)
  expect(extension.find((one) => one.valueCoding)?.valueCoding?.code).toBe(healing)
})
