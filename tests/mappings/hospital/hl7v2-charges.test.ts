/** DFT^P03; expectations are written by hand from HL7 v2.4, 6.4.3 and 6.5.1. */
import { expect, test } from '@jest/globals'
import { serialise } from '../../../mappings/engine/serialise.ts'
import type { FhirResource } from '../../../server/fhir/types.ts'
import { hospitalHl7v2 } from '../../../mappings/hospital/hl7v2/index.ts'
import { brokenRules, context, ofType, plain, readAll, sample } from '../support.ts'
import { invalid, unresolved } from './rules.ts'
import { INPATIENT, message, PATIENT, read } from './messages.ts'

const EVENT = 'EVN|P03|20260305103000'

test('a charge and the credit that takes it back: one sign convention', async () => {
  const { record } = await read(
    message(
      'DFT^P03',
      '2.4',
      EVENT,
      PATIENT,
      INPATIENT,
      'FT1|1|FY1||20260305093000|20260305100000|CG|250403002^肝功能检查^L|||2|57.00|28.50|LIS^检验科|||||||D0456^钱技师|D0123^赵医生',
      'FT1|2|FY2||20260305093000|20260305110000|CD|250403002^肝功能检查^L|||2|57.00|28.50',
    ),
  )
  expect(record?.issues).toEqual([])
  const [charged, credited] = ofType(record, 'ChargeItem')
  expect(charged?.key).toMatchObject({ parts: ['FY1'] })
  expect(plain(charged)).toMatchObject({
    identifier: [{ value: 'FY1' }],
    status: 'billable',
    code: { coding: [{ code: '250403002', display: '肝功能检查' }] },
    context: { $key: { type: 'Encounter', parts: ['ZY1'] } },
    occurrenceDateTime: '2026-03-05T09:30:00+08:00',
    performer: [{ actor: { $key: { type: 'Practitioner', parts: ['D0456', '钱技师'] } } }],
    performingOrganization: { $key: { type: 'Organization', parts: ['department', 'LIS'] } },
    quantity: { value: 2 },
    priceOverride: { value: 57, currency: 'CNY' },
    extension: [{ url: 'https://fhir-cn.example/StructureDefinition/cn-unit-price', valueMoney: { value: 28.5 } }],
    enteredDate: '2026-03-05T10:00:00+08:00',
  })
  // Digits stay as they were sent.
  expect(serialise(charged?.resource as FhirResource)).toContain('"priceOverride":{"value":57.00,')
  expect(plain(credited)).toMatchObject({ quantity: { value: -2 }, priceOverride: { value: -57 } })
})

test('a credit that is sent negative stays so, and nothing is nothing', async () => {
  const { record } = await read(
    message(
      'DFT^P03',
      '2.4',
      EVENT,
      PATIENT,
      INPATIENT,
      'FT1|1|FY3||20260305||CD|X^甲|||-1|-0.50',
      'FT1|2|FY4||20260305||CD|X^甲|||1|0.00',
    ),
  )
  const [negative, nothing] = ofType(record, 'ChargeItem').map(plain)
  expect(negative).toMatchObject({ quantity: { value: -1 }, priceOverride: { value: -0.5 } })
  expect(nothing).toMatchObject({ quantity: { value: -1 }, priceOverride: { value: 0 } })
})

test('a charge in another currency keeps it, and one that nobody knows is told (MO.2 within CP.1)', async () => {
  const { record } = await read(
    message(
      'DFT^P03',
      '2.4',
      EVENT,
      PATIENT,
      INPATIENT,
      'FT1|1|FY1||20260305||CG|X^甲|||2|57.00&USD|28.50&USD',
      'FT1|2|FY2||20260305||CD|X^乙|||1|20&RMB',
      'FT1|3|FY3||20260305||CG|X^丙|||1|20&QQQ',
    ),
  )
  const charged = ofType(record, 'ChargeItem').map(plain)
  expect(charged.map(({ priceOverride }) => priceOverride)).toEqual([
    { value: 57, currency: 'USD' },
    { value: -20, currency: 'CNY' },
    { value: 20 },
  ])
  expect(charged[0]).toMatchObject({ extension: [{ valueMoney: { value: 28.5, currency: 'USD' } }] })
  expect(record?.issues).toMatchObject([{ severity: 'error', code: 'mapping-value-unknown', at: 'FT1[3]-11.1.2' }])
  expect(record?.unread.filter((field) => field.includes('-11') || field.includes('-12'))).toEqual([])
})

test('payments, and lines without a number or a kind, are told and make nothing; alone they are quarantined', async () => {
  const { record } = await read(
    message(
      'DFT^P03',
      '2.4',
      EVENT,
      PATIENT,
      INPATIENT,
      'FT1|1|FY5||20260305||PY|X^预交金|||1|500',
      'FT1|2|||20260305||CG|X^甲',
      'FT1|3|FY6||20260305|||X^甲',
      'FT1|4|FY7||20260305||CG|X^甲',
    ),
  )
  expect(record?.issues.map(({ code, at }) => [code, at])).toEqual([
    ['payload-type-unsupported', 'FT1[1]-6'],
    ['mapping-required', 'FT1[2]-2'],
    ['mapping-required', 'FT1[3]-6'],
  ])
  expect(ofType(record, 'ChargeItem')).toHaveLength(1)
  const payment = await read(message('DFT^P03', '2.4', EVENT, PATIENT, INPATIENT, 'FT1|1|FY5||20260305||PY|X^预交金|||1|500'))
  expect(payment.record?.issues).toMatchObject([{ severity: 'warning', code: 'payload-type-unsupported' }])
  const unnumbered = await read(message('DFT^P03', '2.4', EVENT, PATIENT, INPATIENT, 'FT1|1|||20260305||CG|X^甲'))
  expect(unnumbered.reason).toMatchObject({ code: 'mapping-required', at: 'FT1-2' })
})

test('a second line under the number of another one is told and read by nobody', async () => {
  const lines = ['FT1|1|FY1||20260305||CG|X^甲|||1|20', 'FT1|2|FY1||20260305||CD|X^甲|||1|20', 'FT1|3|FY2||20260305||CG|X^乙|||1|5']
  const { record } = await read(message('DFT^P03', '2.4', EVENT, PATIENT, INPATIENT, ...lines))
  expect(record?.issues).toEqual([{ severity: 'error', code: 'mapping-conflict', at: 'FT1[2]-2' }])
  expect(ofType(record, 'ChargeItem').map((one) => plain(one).priceOverride)).toMatchObject([{ value: 20 }, { value: 5 }])
  expect(record?.unread).toEqual(expect.arrayContaining(['FT1[2]-6', 'FT1[2]-11']))
})

/** The sample dft-p03-outpatient.hl7: a laboratory test, two packs of a drug, one of which is given back. */
test('the bill of an outpatient visit', async () => {
  const file = sample('hospital/dft-p03-outpatient.hl7')
  const { mapped, rejected } = await readAll(hospitalHl7v2, file, { context: context('hospital', 'H1') })
  expect(rejected).toEqual([])
  const [record] = mapped
  expect(mapped.flatMap((each) => [...brokenRules(each), ...unresolved(each), ...invalid(each)])).toEqual([])
  expect(record?.issues).toEqual([])
  expect(record?.patient).toMatchObject({
    local: [
      { kind: 'PI', value: '0001078901' },
      { kind: 'VISIT', value: 'MZ20260309077' },
    ],
  })
  expect(ofType(record, 'ChargeItem').map(plain)).toMatchObject([
    {
      identifier: [{ value: 'FY2026030900001' }],
      code: { coding: [{ code: '250302001', display: '血清葡萄糖测定' }] },
      context: { $key: { type: 'Encounter', scope: 'H1', parts: ['MZ20260309077'] } },
      priceOverride: { value: 6, currency: 'CNY' },
      occurrenceDateTime: '2026-03-09T10:00:00+08:00',
    },
    { quantity: { value: 2 }, priceOverride: { value: 37 } },
    { quantity: { value: -1 }, priceOverride: { value: -18.5 } },
  ])
  expect(plain(ofType(record, 'Encounter')[0])).toMatchObject({ class: { code: 'AMB' } })
})
