import { expect, test } from '@jest/globals'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

const file = sample('rhip/20260310/TB_YL_MZ_MEDICAL_RECORD.csv')

test('a visit and its diagnosis, keyed by the hospital; the second row withdraws its visit', async () => {
  const { mapped, rejected } = await readAll(rhipTables, file)
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  expect(mapped.map(({ deliveryId }) => deliveryId)).toEqual([
    'TB_YL_MZ_MEDICAL_RECORD|0001|MZ20260309077',
    'TB_YL_MZ_MEDICAL_RECORD|0001|MZ20260309078',
  ])
  const [visit] = ofType(mapped[0], 'Encounter')
  expect(visit).toMatchObject({
    key: { type: 'Encounter', scope: 'H1', parts: ['MZ20260309077'] },
    state: 'current',
    statedAt: '1970-01-01T00:00:00.000Z',
  })
  expect(plain(visit)).toMatchObject({
    status: 'finished',
    class: { code: 'UNK' },
    participant: [
      { type: [{ coding: [{ code: 'ATND' }] }], individual: { $key: { type: 'Practitioner', scope: 'H1', parts: ['D0123', '赵医生'] } } },
    ],
    period: { start: '2026-03-09T09:10:00+08:00' },
    reasonCode: [{ text: '多饮多尿一月' }],
    diagnosis: [{ condition: { $key: { type: 'Condition', scope: 'H1', parts: ['MZ20260309077', 'E11.900'] }, display: '2型糖尿病' } }],
    serviceType: { coding: [{ system: 'https://fhir-cn.example/sid/H1/department-code', code: '0305' }], text: '内分泌科' },
    serviceProvider: { $key: { type: 'Organization', scope: 'H1', parts: [] } },
  })
  expect(plain(ofType(mapped[0], 'Condition')[0])).toMatchObject({
    code: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.11.3', version: 'clinical-2.0', code: 'E11.900' }], text: '2型糖尿病' },
    encounter: { $key: { type: 'Encounter', scope: 'H1', parts: ['MZ20260309077'] } },
  })
  expect(mapped[0]?.patient).toEqual({
    local: [
      { kind: 'CARD', value: '0|C10000067890', strong: true },
      { kind: 'VISIT', value: 'H1|MZ20260309077', strong: false },
    ],
    name: '李秀兰',
    gender: 'female',
    birthDate: '1965-11-08',
  })
  expect(mapped.map(({ unread }) => unread)).toEqual([[], []])
  expect(mapped[0]?.unmapped).toMatchObject([{ map: 'rhip-visit-type', code: '100' }])
  expect(mapped.map((record) => ofType(record, 'Encounter')[0]?.state)).toEqual(['current', 'withdrawn'])
  expect(ofType(mapped[1], 'Condition')).toEqual([])
})
