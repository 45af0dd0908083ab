/** TB_HIS_ZY_FEE_DETAIL_FS: a charge, its refund, and a charge without a price. */
import { expect, test } from '@jest/globals'
import { rhipTables } from '../../../mappings/rhip/tables/index.ts'
import { brokenRules, ofType, plain, readAll, sample } from '../support.ts'

test('the sample, separated by ^', async () => {
  const { mapped, rejected } = await readAll(rhipTables, sample('rhip/20260311/TB_HIS_ZY_FEE_DETAIL_FS.csv'))
  expect(rejected).toEqual([])
  expect(mapped.flatMap(brokenRules)).toEqual([])
  const [charge, refund, free] = mapped.map((record) => ofType(record, 'ChargeItem')[0])
  expect(charge?.key).toEqual({ type: 'ChargeItem', scope: 'H1', parts: ['FY0001'] })
  expect(JSON.stringify(charge?.resource)).toContain('"value":25.000,')
  expect(plain(charge)).toMatchObject({
    extension: [
      { url: 'https://fhir-cn.example/StructureDefinition/cn-fee-category', valueCoding: { code: '14', display: '其他费' } },
      { url: 'https://fhir-cn.example/StructureDefinition/cn-unit-price', valueMoney: { value: 12.5, currency: 'CNY' } },
    ],
    code: {
      coding: [
        { system: 'https://fhir-cn.example/CodeSystem/nhsa-drug', code: 'XJ01DCT069B002010104632' },
        { system: 'https://fhir-cn.example/sid/H1/charge-item-code', code: 'DRUG-77' },
      ],
      text: '头孢呋辛酯片',
    },
    context: { $key: { type: 'Encounter', parts: ['ZY20260305001'] } },
    occurrenceDateTime: '2026-03-05T10:00:00+08:00',
    quantity: { value: 2, unit: '盒' },
    priceOverride: { value: 25, currency: 'CNY' },
    supportingInformation: [{ identifier: { system: 'https://fhir-cn.example/sid/H1/order-no', value: 'YZ0001' } }],
  })
  // A refund is sent positive in a row of its own; inside it is negative and part of what it gives back (formats.md D32).
  expect(refund?.key).toEqual({ type: 'ChargeItem', scope: 'H1', parts: ['FY0001', 'refund'] })
  expect(plain(refund)).toMatchObject({
    partOf: [{ $key: { type: 'ChargeItem', scope: 'H1', parts: ['FY0001'] } }],
    quantity: { value: -1 },
    priceOverride: { value: -12.5 },
  })
  // A price that is not there is absent, never 0 (D33); a code of the hospital's own stands on the work list.
  expect((plain(free).extension as { url: string }[]).map(({ url }) => url)).toEqual([
    'https://fhir-cn.example/StructureDefinition/cn-fee-category',
  ])
  expect(mapped[2]?.unmapped.map(({ map, code }) => [map, code])).toEqual([
    ['rhip-fee-category', '05'],
    ['nhsa-item', 'LAB-1'],
  ])
  // None of them has a target for its category.
  expect(mapped.flatMap(({ issues }) => issues.map(({ code, at }) => [code, at]))).toEqual(
    mapped.map(() => ['mapping-value-assumed', 'MXFYLB']),
  )
})

test('amounts that do not multiply are stored as sent and flagged', async () => {
  const csv = 'YLJGYQDM,SFMXID,STFBZ,JZLSH,FYFSSJ,MXXMMC,MXXMDJ,MXXMSL,MXXMJE,XGBZ\n0001,F1,1,V1,2026-03-05,床位费,30.000,2.000,61.000,1\n'
  const { mapped } = await readAll(rhipTables, csv)
  expect(plain(ofType(mapped[0], 'ChargeItem')[0])).toMatchObject({ priceOverride: { value: 61 } })
  expect(mapped[0]?.issues).toContainEqual(expect.objectContaining({ code: 'mapping-sum', at: 'MXXMJE' }))
})
