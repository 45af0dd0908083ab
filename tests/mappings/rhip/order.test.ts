/** TB_CIS_DRADVICE_DETAIL: a drug that is still given, an examination that was made, an order that was called back. */
import { expect, test } from '@jest/globals'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

test('the sample, of the older generation', async () => {
  const { mapped, rejected } = await readAll(rhipTables, sample('rhip/20260311/TB_CIS_DRADVICE_DETAIL.csv'))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  const drug = ofType(mapped[0], 'MedicationRequest')[0]
  expect(drug).toMatchObject({ key: { type: 'MedicationRequest', scope: 'H1', parts: ['YZ0001'] }, state: 'current', order: '1' })
  expect(plain(drug)).toMatchObject({
    extension: [{ valueCode: 'long-term' }],
    status: 'active',
    category: [{ coding: [{ code: 'inpatient' }] }],
    medicationCodeableConcept: { text: '头孢呋辛酯片' },
    authoredOn: '2026-03-05T09:40:00+08:00',
    requester: { $key: { type: 'Practitioner', parts: ['D0123', '赵医生'] } },
    groupIdentifier: { value: 'G1' },
    dosageInstruction: [{ text: '0.25g 口服 每日2次', timing: { repeat: { boundsPeriod: { start: '2026-03-05T10:00:00+08:00' } } } }],
    dispenseRequest: { quantity: { value: 2, unit: '盒' } },
  })
  const test = ofType(mapped[1], 'ServiceRequest')[0]
  expect(test).toMatchObject({ key: { type: 'ServiceRequest', scope: 'H1', parts: ['YZ0002'] }, order: '2' })
  expect(plain(test)).toMatchObject({
    extension: [{ valueCode: 'temporary' }],
    status: 'completed',
    code: { text: '血常规' },
    occurrenceDateTime: '2026-03-06T08:00:00+08:00',
    performer: [{ $key: { type: 'Organization', parts: ['department', '0701'] } }, { display: '吴护士' }],
  })
  expect(ofType(mapped[2], 'ServiceRequest')[0]?.state).toBe('withdrawn')
})

test('a long-term order that was stopped is completed, and goes before an older row that says it runs', async () => {
  const csv = 'YLJGYQDM,YZID,JZLSH,YZXDSJ,YZZZSJ,YZLB,MXXMMC,YZLX,XGBZ\n0001,Y1,V1,2026-03-05 09:00:00,2026-03-07 09:00:00,1,头孢,1,1\n'
  const drug = ofType((await readAll(rhipTables, csv)).mapped[0], 'MedicationRequest')[0]
  expect(drug?.order).toBe('2')
  expect(plain(drug)).toMatchObject({ status: 'completed', extension: [{}, { valueDateTime: '2026-03-07T09:00:00+08:00' }] })
})
