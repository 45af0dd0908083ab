/**
 * Reversals of the insurance, in whatever order they come: registrations, stays, charge lines of a batch that are taken back without being
 * named, settlements. What must stand at the end was worked out by hand.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { type Json, messageAt, miisRig } from './miis-rig.ts'
import { tellWorlds, worldIn } from './miis-worlds.ts'
import type { Rig } from './support.ts'
import { permutations } from '../support/permutations.ts'

const PSN = '11000000000000000000012345'
const VISIT = 'V1'

let one: Rig
beforeAll(async () => {
  one = await miisRig()
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

let no = 0
/** A request of the day, at an hour. */
const message = (infno: string, hour: string, input: Json): Json =>
  messageAt(infno, `H1101050000120260309${String(++no).padStart(10, '0')}`, hour, input)
const line = (feedetl_sn: string, chrg_bchno: string) => ({
  feedetl_sn,
  chrg_bchno,
  mdtrt_id: VISIT,
  psn_no: PSN,
  fee_ocur_time: '2026-03-09 09:00:00',
  cnt: '1',
  pric: '10',
  det_item_fee_sumamt: '10',
  med_list_codg: 'XA10BAE046A001010100001',
  medins_list_codg: `YP-${feedetl_sn}`,
  medins_list_name: '盐酸二甲双胍片',
})
const charges = (hour: string, ...lines: Json[]) => message('2204', hour, { feedetail: lines })
const takeBack = (hour: string, batch: string) => message('2205', hour, { data: { mdtrt_id: VISIT, psn_no: PSN, chrg_bchno: batch } })
const settle = (hour: string, batch: string) =>
  message('2207', hour, {
    mdtrtinfo: { psn_no: PSN, mdtrt_id: VISIT, insutype: '310', med_type: '11', chrg_bchno: batch, medfee_sumamt: '10' },
  })

async function sendAll(...messages: Json[]): Promise<void> {
  for (const each of messages) {
    const { counts } = await one.send('miis', each)
    expect({ infno: each.infno, quarantined: counts.quarantined }).toEqual({ infno: each.infno, quarantined: 0 })
  }
}

const numberOf = (each: FhirResource): string => (each.identifier as { value: string }[])[0]?.value ?? ''

/** Status of each line by its number, in each world; its prescription says the same. */
async function linesByWorld(): Promise<(world: number) => Record<string, string>> {
  const worldsOf = async (type: string) => Map.groupBy(await one.all(type), (each) => worldIn(numberOf(each)))
  const [items, drugs] = [await worldsOf('ChargeItem'), await worldsOf('MedicationRequest')]
  return (world) => linesOf(items.get(world) ?? [], drugs.get(world) ?? [])
}

const lines = async (): Promise<Record<string, string>> => linesOf(await one.all('ChargeItem'), await one.all('MedicationRequest'))

function linesOf(charged: readonly FhirResource[], prescribed: readonly FhirResource[]): Record<string, string> {
  const statusOf = (all: readonly FhirResource[]) =>
    Object.fromEntries(all.map((each) => [numberOf(each).split('.').at(-1) ?? '', String(each.status)]))
  const [items, drugs] = [statusOf(charged), statusOf(prescribed)]
  const same = Object.keys(items).every((key) => (drugs[key] === 'entered-in-error') === (items[key] === 'entered-in-error'))
  expect(same).toBe(true)
  return items
}

describe('2205', () => {
  test.each([
    ['after the lines', [0, 1, 2]],
    ['before the lines', [2, 0, 1]],
    ['between them', [0, 2, 1]],
  ])('a batch is taken back %s', async (_, order) => {
    const all = [charges('09:00', line('F1', 'B1'), line('F2', 'B2')), charges('09:10', line('F3', 'B1')), takeBack('10:00', 'B1')]
    await sendAll(...order.map((at) => all[at] as Json))
    expect(await lines()).toEqual({ F1: 'entered-in-error', F2: 'billable', F3: 'entered-in-error' })
  })

  test('what is charged later stands, also under the number of a line that was taken back', async () => {
    await sendAll(charges('09:00', line('F1', 'B1')), takeBack('10:00', 'B1'), charges('11:00', line('F1', 'B1'), line('F9', 'B1')))
    expect(await lines()).toEqual({ F1: 'billable', F9: 'billable' })
  })

  test('0000 takes back what is not settled; once a settlement is taken back, it counts again', async () => {
    await sendAll(charges('09:00', line('F1', 'B1'), line('F2', 'B2')), settle('09:30', 'B1'), takeBack('10:00', '0000'))
    expect(await lines()).toEqual({ F1: 'billed', F2: 'entered-in-error' })
    await sendAll(message('2208', '11:00', { mdtrtinfo: { setl_id: 'S1', mdtrt_id: VISIT, psn_no: PSN } }), takeBack('12:00', '0000'))
    expect(await lines()).toEqual({ F1: 'entered-in-error', F2: 'entered-in-error' })
  })

  /** With its answer, so that it is known which settlement paid for the batch. */
  const settlePair = (hour: string, batch: string, setl_id: string) => ({
    request: settle(hour, batch),
    response: {
      infcode: '0',
      inf_refmsgid: `R${setl_id}`,
      respond_time: `20260309${hour.replace(':', '')}01000`,
      output: {
        setlinfo: { psn_no: PSN, mdtrt_id: VISIT, setl_id, insutype: '310', med_type: '11', medfee_sumamt: '10' },
        setldetail: [],
      },
    },
  })
  const unsettle = (hour: string, setl_id: string) => message('2208', hour, { mdtrtinfo: { setl_id, mdtrt_id: VISIT, psn_no: PSN } })

  test.each([
    ['as it happened', [0, 1, 2, 3, 4]],
    ['the lines last', [4, 3, 2, 1, 0]],
    ['the reversal of the settlement last', [0, 1, 2, 4, 3]],
  ])('of two settlements of a visit one is taken back: what the other paid for stands, %s', async (_, order) => {
    const all = [
      charges('09:00', line('F1', 'B1'), line('F2', 'B2')),
      settlePair('09:30', 'B1', 'S1'),
      settlePair('09:40', 'B2', 'S2'),
      unsettle('11:00', 'S2'),
      takeBack('12:00', '0000'),
    ]
    await sendAll(...order.map((at) => all[at] as unknown as Json))
    expect(await lines()).toEqual({ F1: 'billed', F2: 'entered-in-error' })
  })

  test.each([[[0, 1, 2, 3]], [[0, 1, 3, 2]]])(
    'a settlement taken back without its answer known frees the lines, in the order %j',
    async (order) => {
      const all = [charges('09:00', line('F1', 'B1')), settle('09:30', 'B1'), unsettle('11:00', 'S1'), takeBack('12:00', '0000')]
      await sendAll(...order.map((at) => all[at] as Json))
      expect(await lines()).toEqual({ F1: 'entered-in-error' })
    },
  )

  /** The lines of a stay are in no batch, and a settlement of it names none (2301, 2304). */
  const stayCharges = (hour: string, sn: string) => {
    const { chrg_bchno: _, ...rest } = line(sn, '')
    return message('2301', hour, { feedetail: [rest] })
  }
  const settleStay = (hour: string, setl_id: string) => {
    const { request, response } = settlePair(hour, '', setl_id)
    const { chrg_bchno: _, ...info } = (request.input as { mdtrtinfo: Json }).mdtrtinfo
    return { request: { ...request, infno: '2304', input: { mdtrtinfo: { ...info, mid_setl_flag: '1' } } }, response }
  }
  const takeBackStay = (hour: string, all: Json = { feedetl_sn: '0000' }) =>
    message('2302', hour, { feeinfo: { ...all, mdtrt_id: VISIT, psn_no: PSN } })

  const undo = (hour: string, { msgid, infno }: Json) => message('2601', hour, { data: { psn_no: PSN, omsgid: msgid, oinfno: infno } })

  /** By hand: what stands once all of them were told, in whatever order. */
  const OUTCOMES: [string, () => unknown[], Record<string, string>][] = [
    [
      'a settlement before the word about the visit withstands it, one behind it does not',
      () => [charges('09:00', line('F1', 'B1'), line('F2', 'B2')), settle('09:30', 'B1'), takeBack('10:00', '0000'), settle('10:30', 'B2')],
      { F1: 'billed', F2: 'entered-in-error' },
    ],
    [
      'words about the visit before and behind a settlement',
      () => [charges('09:00', line('F1', 'B1')), takeBack('09:10', '0000'), settle('09:30', 'B1'), takeBack('10:00', '0000')],
      { F1: 'entered-in-error' },
    ],
    [
      'of two settlements in one batch the first pays, whatever came later',
      () => [
        charges('09:00', line('F1', 'B1')),
        settlePair('09:30', 'B1', 'S1'),
        takeBack('10:00', '0000'),
        settlePair('10:30', 'B1', 'S2'),
      ],
      { F1: 'billed' },
    ],
    [
      'a settlement in mid-stay pays for what was charged by then',
      () => [stayCharges('09:00', 'F1'), settleStay('09:30', 'S1'), stayCharges('09:40', 'F2'), takeBackStay('10:00')],
      { F1: 'billed', F2: 'entered-in-error' },
    ],
    [
      'and no longer once it is taken back',
      () => [
        stayCharges('09:00', 'F1'),
        settleStay('09:30', 'S1'),
        { ...unsettle('09:50', 'S1'), infno: '2305' },
        takeBackStay('10:00', { chrg_bchno: '0000' }),
      ],
      { F1: 'entered-in-error' },
    ],
    [
      'nor once its message is',
      () => {
        const settled = settlePair('09:30', 'B1', 'S1')
        return [charges('09:00', line('F1', 'B1')), settled, undo('09:40', settled.request), takeBack('10:00', '0000')]
      },
      { F1: 'entered-in-error' },
    ],
    [
      'and again once the message that took it back is taken back',
      () => {
        const gone = unsettle('09:40', 'S1')
        return [charges('09:00', line('F1', 'B1')), settlePair('09:30', 'B1', 'S1'), gone, undo('09:45', gone), takeBack('10:00', '0000')]
      },
      { F1: 'billed' },
    ],
    [
      'a line that is named is void though it is paid for',
      () => [stayCharges('09:00', 'F1'), settleStay('09:30', 'S1'), takeBackStay('09:45', { feedetl_sn: 'F1' }), takeBackStay('10:00')],
      { F1: 'entered-in-error' },
    ],
    [
      'what is paid for is billed, and nothing else',
      () => [charges('09:00', line('F1', 'B1'), line('F2', 'B2')), settlePair('09:30', 'B1', 'S1')],
      { F1: 'billed', F2: 'billable' },
    ],
    [
      'of a stay what was charged by then, also where the answer did not come',
      () => [stayCharges('09:00', 'F1'), settleStay('09:30', 'S1').request, stayCharges('09:40', 'F2')],
      { F1: 'billed', F2: 'billable' },
    ],
    [
      'it is billable again once the settlement is taken back',
      () => [charges('09:00', line('F1', 'B1')), settlePair('09:30', 'B1', 'S1'), unsettle('09:50', 'S1')],
      { F1: 'billable' },
    ],
    [
      'or its message is',
      () => {
        const settled = settlePair('09:30', 'B1', 'S1')
        return [charges('09:00', line('F1', 'B1')), settled, undo('09:40', settled.request)]
      },
      { F1: 'billable' },
    ],
    [
      'billed once more by the next settlement',
      () => [charges('09:00', line('F1', 'B1')), settlePair('09:30', 'B1', 'S1'), unsettle('09:50', 'S1'), settlePair('10:30', 'B1', 'S2')],
      { F1: 'billed' },
    ],
    [
      'a line that is charged anew in another batch stands in that one alone',
      () => [charges('09:00', line('F1', 'B1')), charges('09:20', line('F1', 'B2')), settle('09:30', 'B1'), takeBack('09:40', 'B1')],
      { F1: 'billable' },
    ],
    [
      'of a stay what its settlement paid for, of which only the answer came',
      () => [stayCharges('09:00', 'F1'), settleStay('09:30', 'S1').response, stayCharges('09:40', 'F2')],
      { F1: 'billed', F2: 'billable' },
    ],
    [
      'or the message is that it answers',
      () => {
        const { request, response } = settleStay('09:30', 'S1')
        return [stayCharges('09:00', 'F1'), request, response, undo('09:40', request)]
      },
      { F1: 'billable' },
    ],
    [
      'of two settlements whose answers came by themselves one is taken back: what the other paid for stays',
      () => {
        const [first, second] = [settlePair('09:30', 'B1', 'S1'), settlePair('09:40', 'B2', 'S2')]
        const answers = [first.response, second.response]
        return [charges('09:00', line('F1', 'B1'), line('F2', 'B2')), first.request, second.request, ...answers, unsettle('11:00', 'S2')]
      },
      { F1: 'billed', F2: 'billable' },
    ],
    [
      'a line that was taken back and charged anew is billed as any other',
      () => [charges('09:00', line('F1', 'B1')), takeBack('10:00', '0000'), charges('11:00', line('F1', 'B1')), settle('11:30', 'B1')],
      { F1: 'billed' },
    ],
  ]
  /** Many orders of five say no more than some of them. */
  const ordersOf = (count: number): number[][] => permutations(count).filter((_, at) => count < 5 || at % (count < 6 ? 5 : 37) === 0)

  test.each(OUTCOMES)('%s: told all at once', async (_, messages, expected) => {
    await Promise.all(messages().map((each) => tellWorlds(one, [[each], [each], [each]])))
    const found = await linesByWorld()
    for (const world of [0, 1, 2]) expect({ world, lines: found(world) }).toEqual({ world, lines: expected })
  })

  test.each(OUTCOMES)('%s: in every order', async (_, messages, expected) => {
    const all = messages()
    const orders = ordersOf(all.length)
    await tellWorlds(
      one,
      orders.map((order) => order.map((at) => all[at])),
    )
    const found = await linesByWorld()
    for (const [world, order] of orders.entries()) expect({ order, lines: found(world) }).toEqual({ order, lines: expected })
  })

  test('of lines that one settlement paid for the next one says nothing anew', async () => {
    const saidOfLines = async () =>
      (await one.ingest.tables.contributions.find({})).flatMap(({ things = [], rev }) =>
        things[0]?.startsWith('ChargeItem/') ? [rev] : [],
      )
    await sendAll(stayCharges('09:00', 'F1'), settleStay('09:30', 'S1') as unknown as Json)
    const before = await saidOfLines()
    expect(before).toHaveLength(1)
    await sendAll(settleStay('09:40', 'S2') as unknown as Json, { ...unsettle('09:50', 'S2'), infno: '2305' })
    expect(await saidOfLines()).toEqual(before)
    await sendAll({ ...unsettle('09:55', 'S1'), infno: '2305' })
    expect(await saidOfLines()).not.toEqual(before)
    expect(await lines()).toEqual({ F1: 'billable' })
  })

  test('the same settlement again, and a replay of the lines that it paid for, change nothing', async () => {
    const [sent, settled] = [charges('09:00', line('F1', 'B1')), settlePair('09:30', 'B1', 'S1')]
    await sendAll(sent, settled as unknown as Json)
    const versions = await one.versions()
    await sendAll({ ...settled, request: { ...settled.request, sign_no: 'again' } } as unknown as Json, { ...sent, sign_no: 'again' })
    expect(await one.versions()).toBe(versions)
    expect(await lines()).toEqual({ F1: 'billed' })
  })

  test('the same reversal again, and a replay of the lines, change nothing', async () => {
    const [sent, reversal] = [charges('09:00', line('F1', 'B1')), takeBack('10:00', 'B1')]
    await sendAll(sent, reversal)
    const versions = await one.versions()
    await sendAll({ ...reversal, sign_no: 'again' }, { ...sent, sign_no: 'again' })
    expect(await one.versions()).toBe(versions)
  })

  test.each([[[0, 1]], [[1, 0]]])('2302 takes back lines that are named, known or not yet, in the order %j', async (order) => {
    const named = ['F1', 'F3'].map((feedetl_sn) => ({ feedetl_sn, mdtrt_id: VISIT, psn_no: PSN }))
    const all = [charges('09:00', line('F1', 'B1'), line('F2', 'B1')), message('2302', '10:00', { feeinfo: named })]
    await sendAll(...order.map((at) => all[at] as Json))
    expect(await lines()).toEqual({ F1: 'entered-in-error', F2: 'billable', F3: 'entered-in-error' })
  })

  test('lines of another visit are not touched', async () => {
    await sendAll(charges('09:00', line('F1', 'B1')), charges('09:01', { ...line('F7', 'B1'), mdtrt_id: 'V2' }), takeBack('10:00', 'B1'))
    expect(await lines()).toEqual({ F1: 'entered-in-error', F7: 'billable' })
  })

  test('a hundred and more lines of one message', async () => {
    await sendAll(charges('09:00', ...Array.from({ length: 120 }, (_, at) => line(`F${at}`, 'B1'))), takeBack('10:00', 'B1'))
    expect(Object.values(await lines()).filter((status) => status === 'entered-in-error')).toHaveLength(120)
  })
})

describe('stays', () => {
  const admission = () => ({
    request: message('2401', '08:00', {
      mdtrtinfo: { psn_no: PSN, insutype: '310', begntime: '2026-03-09 08:00:00', med_type: '21', ipt_otp_no: 'ZY1', adm_dept_codg: 'A03' },
    }),
    response: { infcode: '0', inf_refmsgid: 'R', respond_time: '20260309080001000', output: { result: { mdtrt_id: VISIT } } },
  })
  const discharge = (hour: string) =>
    message('2402', hour, { mdtrtinfo: { mdtrt_id: VISIT, psn_no: PSN, insutype: '310', endtime: `2026-03-09 ${hour}:00`, dscg_way: '1' } })
  const reversal = (infno: string, hour: string) => message(infno, hour, { data: { mdtrt_id: VISIT, psn_no: PSN } })
  const stay = async () => {
    const [found] = await one.all('Encounter')
    return {
      status: found?.status,
      period: found?.period,
      left: (found?.hospitalization as Json | undefined)?.dischargeDisposition !== undefined,
    }
  }
  const BEGAN = { start: '2026-03-09T08:00:00+08:00' }
  const ORDERS: number[][] = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [2, 0, 3, 1],
  ]

  test.each(ORDERS.map((order) => [order]))('discharged, taken back, discharged again, in the order %j', async (order) => {
    const all = [admission(), discharge('12:00'), reversal('2405', '13:00'), discharge('15:00')]
    await sendAll(...order.map((at) => all[at] as unknown as Json))
    expect(await stay()).toEqual({ status: 'finished', period: { ...BEGAN, end: '2026-03-09T15:00:00+08:00' }, left: true })
  })

  test.each([[[0, 1, 2]], [[2, 1, 0]]])('a discharge that is taken back leaves a stay that goes on, in the order %j', async (order) => {
    const all = [admission(), discharge('12:00'), reversal('2405', '13:00')]
    await sendAll(...order.map((at) => all[at] as unknown as Json))
    expect(await stay()).toEqual({ status: 'in-progress', period: BEGAN, left: false })
  })

  test.each([[[0, 1]], [[1, 0]]])('an admission that is taken back, in the order %j', async (order) => {
    const all = [admission(), reversal('2404', '09:00')]
    await sendAll(...order.map((at) => all[at] as unknown as Json))
    expect((await stay()).status).toBe('cancelled')
  })

  test.each([[[0, 1]], [[1, 0]]])('a registration that is taken back, in the order %j', async (order) => {
    const response = {
      infcode: '0',
      inf_refmsgid: 'R',
      respond_time: '20260309080001000',
      output: { data: { mdtrt_id: VISIT, psn_no: PSN, ipt_otp_no: 'M1' } },
    }
    const request = message('2201', '08:00', {
      mdtrtinfo: { psn_no: PSN, insutype: '310', begntime: '2026-03-09 09:00:00', ipt_otp_no: 'M1' },
    })
    const all = [{ request, response }, message('2202', '08:30', { data: { mdtrt_id: VISIT, psn_no: PSN, ipt_otp_no: 'M1' } })]
    await sendAll(...order.map((at) => all[at] as unknown as Json))
    expect((await stay()).status).toBe('cancelled')
  })
})
