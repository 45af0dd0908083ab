/**
 * 2601: everything that a message said is void, whatever it was and in whatever order the two come; what the message took back itself
 * stands again. And visits that nobody insures: found by the hospital's number, taken back as a whole. Worked out by hand.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { type Json, messageAt, miisRig } from './miis-rig.ts'
import type { Rig } from './support.ts'
import { permutations } from '../support/permutations.ts'

const [PSN, VISIT] = ['11000000000000000000012345', 'V1']

let one: Rig
beforeAll(async () => {
  one = await miisRig()
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

/** A request of the day, at an hour; its number is made of the hour. */
const msgid = (infno: string, hour: string) => `H1101050000120260309${hour.replace(':', '')}${infno}`
const message = (infno: string, hour: string, input: Json): Json => messageAt(infno, msgid(infno, hour), hour, input)
const answer = (hour: string, output: Json): Json => ({
  infcode: '0',
  inf_refmsgid: `R${hour}`,
  respond_time: `20260309${hour.replace(':', '')}01000`,
  output,
})
const settlement = (hour: string, setl_id: string, medfee_sumamt = '10') => ({
  request: message('2207', hour, {
    mdtrtinfo: { psn_no: PSN, mdtrt_id: VISIT, insutype: '310', med_type: '11', chrg_bchno: 'B1', medfee_sumamt },
  }),
  response: answer(hour, {
    setlinfo: {
      psn_no: PSN,
      mdtrt_id: VISIT,
      setl_id,
      insutype: '310',
      med_type: '11',
      setl_time: `2026-03-09 ${hour}:01`,
      medfee_sumamt: '10',
      fund_pay_sumamt: '6',
      psn_part_amt: '4',
      medins_setl_id: 'H11010500001202603090001',
    },
    setldetail: [{ fund_pay_type: '310100', fund_payamt: '6' }],
  }),
})
const reversal = (hour: string, setl_id: string) => message('2208', hour, { mdtrtinfo: { setl_id, mdtrt_id: VISIT, psn_no: PSN } })
const undo = (hour: string, infno: string, of: string, psn_no = PSN) =>
  message('2601', hour, { data: { psn_no, omsgid: msgid(infno, of), oinfno: infno } })
const charges = (hour: string) =>
  message('2204', hour, {
    feedetail: [
      {
        feedetl_sn: 'F1',
        chrg_bchno: 'B1',
        mdtrt_id: VISIT,
        psn_no: PSN,
        fee_ocur_time: '2026-03-09 08:00:00',
        cnt: '1',
        pric: '10',
        det_item_fee_sumamt: '10',
        medins_list_codg: 'XM1',
        medins_list_name: '治疗',
      },
    ],
  })
const takeBackLines = (hour: string) => message('2205', hour, { data: { mdtrt_id: VISIT, psn_no: PSN, chrg_bchno: '0000' } })

async function sendAll(...messages: unknown[]): Promise<void> {
  for (const each of messages) {
    const { counts } = await one.send('miis', each)
    expect(counts.quarantined).toBe(0)
  }
}
const statuses = async (type: string): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await one.all(type)).map((each: FhirResource) => [
      (each.identifier as { value: string }[] | undefined)?.[0]?.value ?? 'one',
      String(each.status),
    ]),
  )
const money = async () => ({
  benefits: await statuses('ExplanationOfBenefit'),
  claims: (await one.all('Claim')).map(({ status }) => status),
})

/** Status and total of the visit's one claim. */
const claim = async () => {
  const all = (await one.all('Claim')) as (FhirResource & { total?: { value: number } })[]
  expect(all).toHaveLength(1)
  return [all[0]?.status, all[0]?.total?.value]
}

describe('the claim of a visit that is settled more than once', () => {
  const [first, second] = [settlement('10:00', 'S1', '10'), settlement('11:00', 'S2', '25')]

  test.each(permutations(3).map((order) => [order]))('stands by the settlement that is left, in the order %j', async (order) => {
    const all = [first, second, reversal('12:00', 'S2')]
    await sendAll(...order.map((at) => all[at]))
    expect(await claim()).toEqual(['active', 10])
    expect(Object.values((await money()).benefits).sort()).toEqual(['active', 'entered-in-error'])
  })

  test('is void once none is left, and again what the newest says once that reversal is taken back', async () => {
    await sendAll(first, second)
    expect(await claim()).toEqual(['active', 25])
    await sendAll(reversal('12:00', 'S2'), reversal('13:00', 'S1'))
    expect(await claim()).toEqual(['entered-in-error', undefined])
    await sendAll(undo('13:05', '2208', '12:00'))
    expect(await claim()).toEqual(['active', 25])
  })

  test.each(permutations(3).map((order) => [order]))(
    'a message that is taken back takes its settlement alone, in the order %j',
    async (order) => {
      const all = [first, second, undo('11:05', '2207', '11:00')]
      await sendAll(...order.map((at) => all[at]))
      expect(await claim()).toEqual(['active', 10])
    },
  )

  test.each(permutations(3).map((order) => [order]))(
    'an earlier request without its answer is no settlement, in the order %j',
    async (order) => {
      const all = [first.request, second, reversal('12:00', 'S2')]
      await sendAll(...order.map((at) => all[at]))
      expect((await claim())[0]).toBe('entered-in-error')
    },
  )

  test.each(permutations(3).map((order) => [order]))('the list of a settlement goes with it, in the order %j', async (order) => {
    const list = message('4101', '11:30', {
      setlinfo: { psn_no: PSN, mdtrt_id: VISIT, setl_id: 'S2', dcla_time: '2026-03-09 11:25:00', adm_time: '2026-03-05' },
      iteminfo: [{ med_chrgitm: '01', amt: '25' }],
    })
    const all = [second, list, reversal('12:00', 'S2')]
    await sendAll(...order.map((at) => all[at]))
    expect((await claim())[0]).toBe('entered-in-error')
  })
})

const ORDERS: number[][] = [
  [0, 1, 2],
  [2, 1, 0],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [0, 2, 1],
]

describe('2601', () => {
  test.each([[[0, 1]], [[1, 0]]])('a settlement and its claim, in the order %j', async (order) => {
    const all = [settlement('10:00', 'S1'), undo('10:05', '2207', '10:00')]
    await sendAll(...order.map((at) => all[at]))
    expect(await money()).toEqual({ benefits: { S1: 'entered-in-error' }, claims: ['entered-in-error'] })
  })

  test('what is settled again stands', async () => {
    await sendAll(settlement('10:00', 'S1'), undo('10:05', '2207', '10:00'), settlement('10:10', 'S2'))
    expect(await money()).toEqual({ benefits: { S1: 'entered-in-error', S2: 'active' }, claims: ['active'] })
  })

  test('a reversal voids claim and settlement; a settlement after it stands', async () => {
    await sendAll(settlement('10:00', 'S1'), reversal('11:00', 'S1'))
    expect(await money()).toEqual({ benefits: { S1: 'entered-in-error' }, claims: ['entered-in-error'] })
    await sendAll(settlement('12:00', 'S2'))
    expect(await money()).toEqual({ benefits: { S1: 'entered-in-error', S2: 'active' }, claims: ['active'] })
  })

  test.each(ORDERS.map((order) => [order]))(
    'a reversal that is taken back leaves the settlement as it was, in the order %j',
    async (order) => {
      const all = [settlement('10:00', 'S1'), reversal('11:00', 'S1'), undo('11:05', '2208', '11:00')]
      await sendAll(...order.map((at) => all[at]))
      expect(await money()).toEqual({ benefits: { S1: 'active' }, claims: ['active'] })
      const [benefit] = await one.all('ExplanationOfBenefit')
      // As the settlement said, not as of its reversal.
      expect(benefit).toMatchObject({ created: '2026-03-09T10:00:01+08:00', total: expect.any(Array), payment: { amount: { value: 6 } } })
      await sendAll(reversal('13:00', 'S1'))
      expect((await money()).benefits).toEqual({ S1: 'entered-in-error' })
    },
  )

  test.each([[[0, 1]], [[1, 0]]])('an admission, in the order %j', async (order) => {
    const admission = {
      request: message('2401', '08:00', {
        mdtrtinfo: {
          psn_no: PSN,
          insutype: '310',
          begntime: '2026-03-09 08:00:00',
          med_type: '21',
          ipt_otp_no: 'ZY1',
          adm_dept_codg: 'A03',
        },
        diseinfo: [{ diag_type: '1', maindiag_flag: '1', diag_code: 'I25.103', diag_name: '冠状动脉粥样硬化性心脏病' }],
      }),
      response: answer('08:00', { result: { mdtrt_id: VISIT } }),
    }
    const all = [admission, undo('08:05', '2401', '08:00')]
    await sendAll(...order.map((at) => all[at]))
    expect((await one.all('Encounter')).map(({ status }) => status)).toEqual(['entered-in-error'])
    const [condition] = await one.all('Condition')
    expect(condition).toMatchObject({ verificationStatus: { coding: [{ code: 'entered-in-error' }] } })
    // The person and his scheme stay.
    expect((await one.all('Coverage')).map(({ status }) => status)).toEqual(['active'])
  })

  test('a message of another institution, or of another person, is not reached by it', async () => {
    const other = { ...undo('10:05', '2207', '10:00'), fixmedins_code: 'H11010500002' }
    await sendAll(settlement('10:00', 'S1'), other, undo('10:06', '2207', '10:00', 'ANOTHER'))
    expect(await money()).toEqual({ benefits: { S1: 'active' }, claims: ['active'] })
  })

  test.each(ORDERS.map((order) => [order]))(
    'a settlement that is taken back protects its charges no longer, in the order %j',
    async (order) => {
      const all = [settlement('10:00', 'S1'), undo('10:05', '2207', '10:00'), takeBackLines('10:10')]
      await sendAll(charges('09:00'), ...order.map((at) => all[at]))
      expect(Object.values(await statuses('ChargeItem'))).toEqual(['entered-in-error'])
    },
  )

  test('the same again, and a replay of the message, change nothing', async () => {
    const all = [settlement('10:00', 'S1'), undo('10:05', '2207', '10:00')]
    await sendAll(...all)
    const versions = await one.versions()
    const [first, second] = all as [ReturnType<typeof settlement>, Json]
    await sendAll({ ...second, sign_no: 'again' }, { ...first, request: { ...first.request, sign_no: 'again' } })
    expect(await one.versions()).toBe(versions)
    expect((await money()).benefits).toEqual({ S1: 'entered-in-error' })
  })
})

test.each([[[0, 1]], [[1, 0]]])('2103 takes back what was bought, in the order %j', async (order) => {
  const head = { mdtrt_id: VISIT, setl_id: 'S9', psn_no: PSN }
  const purchase = {
    request: message('2102', '10:00', {
      druginfo: { psn_no: PSN, insutype: '310', med_type: '41', medfee_sumamt: '10' },
      drugdetail: [
        {
          feedetl_sn: 'Y1',
          rxno: 'RX1',
          cnt: '1',
          pric: '10',
          det_item_fee_sumamt: '10',
          med_list_codg: 'XA10BAE046A001010100001',
          medins_list_codg: 'YD1',
          medins_list_name: '药',
        },
      ],
    }),
    response: answer('10:00', { setlinfo: { ...head, insutype: '310', med_type: '41', medfee_sumamt: '10' } }),
  }
  const all = [purchase, message('2103', '11:00', { data: head })]
  await sendAll(...order.map((at) => all[at]))
  for (const type of ['ChargeItem', 'MedicationRequest', 'ExplanationOfBenefit', 'Claim'])
    expect((await one.all(type)).map(({ resourceType, status }) => [resourceType, status])).toEqual([[type, 'entered-in-error']])
})

describe('who pays for himself', () => {
  const OWN = { fixmedins_mdtrt_id: 'MZ1', fixmedins_code: 'H11010500001' }
  const visit = message('4205', '09:00', {
    mdtrtinfo: {
      ...OWN,
      psn_cert_type: '01',
      certno: '440100199001010023',
      psn_name: '赵明',
      begntime: '2026-03-09 08:00:00',
      med_type: '11',
    },
    diseinfo: [{ diag_type: '1', diag_srt_no: '1', diag_code: 'J06.900', diag_name: '急性上呼吸道感染', vali_flag: '1' }],
    feedetail: [{ ...OWN, bkkp_sn: '1', cnt: '1', pric: '5', det_item_fee_sumamt: '5', medins_list_codg: 'GH', medins_list_name: '挂号' }],
  })
  const more = message('4201A', '09:10', {
    fsiOwnpayPatnFeeListDDTO: [
      { ...OWN, bkkp_sn: '2', cnt: '1', pric: '7', det_item_fee_sumamt: '7', medins_list_codg: 'ZL', medins_list_name: '治疗' },
    ],
  })

  test.each([[[0, 1]], [[1, 0]]])('one person, found by the certificate and by the visit, in the order %j', async (order) => {
    const all = [visit, more]
    await sendAll(...order.map((at) => all[at]))
    const patients = await one.all('Patient')
    expect(patients.some(({ identifier }) => JSON.stringify(identifier)?.includes('440100199001010023'))).toBe(true)
    const subjects = [...(await one.all('Encounter')), ...(await one.all('ChargeItem'))].map(({ subject }) => (subject as Json).reference)
    expect(subjects).toHaveLength(3)
    expect(new Set(subjects).size).toBe(1)
  })

  test.each(ORDERS.map((order) => [order]))('4206 takes back everything of the visit, in the order %j', async (order) => {
    const all = [visit, more, message('4206', '10:00', { data: OWN })]
    await sendAll(...order.map((at) => all[at]))
    expect((await one.all('Encounter')).map(({ status }) => status)).toEqual(['entered-in-error'])
    expect((await one.all('ChargeItem')).map(({ status }) => status)).toEqual(['entered-in-error', 'entered-in-error'])
    expect((await one.all('Condition'))[0]).toMatchObject({ verificationStatus: { coding: [{ code: 'entered-in-error' }] } })
  })

  test('4204 takes back one line, or all of them and not the visit', async () => {
    await sendAll(visit, more, message('4204', '10:00', { feedetail: OWN, feedetl: [{ bkkp_sn: '2' }] }))
    expect(Object.values(await statuses('ChargeItem')).sort()).toEqual(['billable', 'entered-in-error'])
    await sendAll(message('4204', '11:00', { feedetail: OWN }))
    expect(Object.values(await statuses('ChargeItem'))).toEqual(['entered-in-error', 'entered-in-error'])
    expect((await one.all('Encounter')).map(({ status }) => status)).toEqual(['finished'])
  })
})

test.each([[[0, 1]], [[1, 0]]])('4102: the list is final or preliminary, and keeps what it said, in the order %j', async (order) => {
  const list = message('4101', '09:00', {
    setlinfo: {
      psn_no: PSN,
      mdtrt_id: VISIT,
      setl_id: 'S1',
      dcla_time: '2026-03-09 08:55:00',
      medins_fill_psn: '冯填报',
      adm_time: '2026-03-05',
    },
    diseinfo: [{ maindiag_flag: '1', diag_type: '1', diag_code: 'I25.103', diag_name: '冠状动脉粥样硬化性心脏病' }],
  })
  const all = [list, message('4102', '10:00', { data: { stastinfo: [{ psn_no: PSN, setl_id: 'S1', stas_type: '0' }] } })]
  await sendAll(...order.map((at) => all[at]))
  const [found] = await one.all('Composition')
  expect(found).toMatchObject({ status: 'preliminary', date: '2026-03-09T08:55:00+08:00', author: [{ display: '冯填报' }] })
})
