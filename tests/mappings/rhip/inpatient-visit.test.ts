/** TB_YL_ZY_MEDICAL_RECORD and TB_HIS_ZY_ADM_REG speak of one stay. */
import { expect, test } from '@jest/globals'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

const read = (table: string) => readAll(rhipTables, sample(`rhip/20260311/${table}.csv`))

test('a stay that has ended and one that goes on; the later of two departments', async () => {
  const { mapped, rejected } = await read('TB_YL_ZY_MEDICAL_RECORD')
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  const [ended, running] = mapped.map((record) => ofType(record, 'Encounter')[0])
  expect(ended).toMatchObject({ key: { type: 'Encounter', scope: 'H1', parts: ['ZY20260305001'] }, state: 'current', order: '4' })
  expect(plain(ended)).toMatchObject({
    identifier: [
      { system: 'https://fhir-cn.example/sid/H1/visit-no', value: 'ZY20260305001' },
      { system: 'https://fhir-cn.example/sid/H1/inpatient-no', value: '00098765' },
      { system: 'https://fhir-cn.example/sid/H1/mrn', value: 'BA0098765' },
    ],
    status: 'finished',
    class: { code: 'IMP' },
    period: { start: '2026-03-05T09:30:00+08:00', end: '2026-03-10T10:00:00+08:00' },
    serviceType: { coding: [{ code: '0302' }], text: '心血管内科' },
  })
  expect(running?.order).toBe('1')
  const second = plain(running)
  expect(second).toMatchObject({ status: 'in-progress', period: { start: '2026-03-09T15:20:00+08:00' }, serviceType: { text: '内分泌科' } })
  // 1900-01-01 means "not yet" and is no date.
  expect((second.period as { end?: string }).end).toBeUndefined()
  expect(mapped[0]?.unmapped).toMatchObject([{ map: 'rhip-visit-type', code: '200' }])
  expect(mapped[0]?.patient).toEqual({
    local: [
      { kind: 'CARD', value: '0|C10000012345', strong: true },
      { kind: 'VISIT', value: 'H1|ZY20260305001', strong: false },
    ],
    name: '王建国',
  })
})

test('an empty or impossible end says nothing of the state; an end before the start is flagged', async () => {
  const row = (end: string) => `YLJGDM,JZLSH,KH,KLX,RYSJ,CYSJ,XGBZ,CXBZ\n0001,Z1,C1,0,2026-03-05 09:30:00,${end},1,1\n`
  const status = async (end: string) => plain(ofType((await readAll(rhipTables, row(end))).mapped[0], 'Encounter')[0]).status
  expect(await status('-')).toBe('unknown')
  expect(await status('2026-02-31 10:00:00')).toBe('unknown')
  const { mapped } = await readAll(rhipTables, row('2026-03-04 09:30:00'))
  expect(mapped[0]?.issues).toContainEqual(expect.objectContaining({ code: 'mapping-date-order', at: 'CYSJ' }))
})

test('an admission knows the bed, and an observation stay by its flag', async () => {
  const { mapped, rejected } = await read('TB_HIS_ZY_ADM_REG')
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  const [admitted, observed] = mapped.map((record) => ofType(record, 'Encounter')[0])
  expect(admitted).toMatchObject({ key: { parts: ['ZY20260305001'] }, order: '2' })
  expect(plain(admitted)).toMatchObject({
    status: 'in-progress',
    class: { code: 'IMP' },
    period: { start: '2026-03-05T09:30:00+08:00' },
    serviceType: { coding: [{ code: '0301' }] },
    location: [{ location: { $key: { type: 'Location', scope: 'H1', parts: ['0301', '12'] } } }],
  })
  expect(plain(observed)).toMatchObject({ class: { code: 'OBSENC' } })
  expect(mapped[0]?.unread.sort()).toEqual(['RYCHID', 'RYCWSX'])
})
