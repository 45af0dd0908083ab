/**
 * A visit's messages in many orders, some of them twice, some in two halves: what stands at the end is the same. The order in which they happened is checked
 * by hand; every other one against that.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { type Json, messageAt, miisRig } from './miis-rig.ts'
import { tellWorlds, worldIn } from './miis-worlds.ts'
import type { Rig } from './support.ts'

let one: Rig
beforeAll(async () => {
  one = await miisRig()
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

const HE = { psn_no: 'P1', mdtrt_id: 'V1' }
const message = (infno: string, hour: string, input: Json): Json => messageAt(infno, `M${infno}${hour}`, hour, input)
const pair = (request: Json, output: Record<string, Json | Json[]>): Json => {
  const hour = String(request.inf_time).slice(11, 16)
  const respond_time = `20260309${hour.replace(':', '')}06000`
  const timed = { ...output, setlinfo: { ...output.setlinfo, setl_time: `2026-03-09 ${hour}:05` } }
  return { request, response: { infcode: '0', inf_refmsgid: `R${request.msgid}`, respond_time, output: timed } }
}
const line = (sn: string, sum: string, more: Json = {}): Json => ({
  ...{ ...HE, feedetl_sn: sn, fee_ocur_time: '2026-03-09 09:00:00', cnt: '1', pric: sum, det_item_fee_sumamt: sum },
  ...{ medins_list_codg: `XM${sn}`, medins_list_name: '治疗' },
  ...more,
})
const setlinfo = (setl_id: string, medfee_sumamt: string, med_type: string, more: Json = {}) => ({
  setlinfo: { ...HE, insutype: '310', med_type, setl_id, medfee_sumamt, fund_pay_sumamt: medfee_sumamt, psn_part_amt: '0', ...more },
  setldetail: [{ fund_pay_type: '310100', fund_payamt: medfee_sumamt }],
})
/** Its answer has no number, and nobody sends it by itself. */
const presettled = (sum: string) => {
  const { setlinfo: settled, setldetail } = setlinfo('', sum, '11')
  const { setl_id: _, ...rest } = settled as Json
  return { setlinfo: rest, setldetail }
}
const settlement = (infno: '2207' | '2304', hour: string, setl_id: string, sum: string, more: Json = {}): Json => {
  const med_type = infno === '2207' ? '11' : '21'
  const insutype = more.insutype ?? '310'
  return pair(
    message(infno, hour, { mdtrtinfo: { ...HE, insutype, med_type, medfee_sumamt: sum, invono: `FP${hour}`, ...more } }),
    setlinfo(setl_id, sum, med_type, { insutype }),
  )
}
const reversal = (infno: '2208' | '2305', hour: string, setl_id: string, refund: string, sum: string): Json =>
  pair(message(infno, hour, { mdtrtinfo: { ...HE, setl_id } }), setlinfo(refund, `-${sum}`, infno === '2208' ? '11' : '21'))
const undo = (hour: string, infno: string, of: string): Json =>
  message('2601', hour, { data: { psn_no: HE.psn_no, omsgid: `M${infno}${of}`, oinfno: infno } })
const condition = (hour: string, vali_flag: string): Json =>
  message('2203', hour, {
    mdtrtinfo: { ...HE, med_type: '11', begntime: '2026-03-09 08:00:00' },
    diseinfo: [
      { diag_type: '1', diag_srt_no: '1', diag_code: 'J06.900', diag_name: '急性上呼吸道感染', vali_flag, maindiag_flag: '1' },
      { diag_type: '1', diag_srt_no: '2', diag_code: 'I10.x00', diag_name: '高血压', vali_flag: '1', maindiag_flag: '0' },
    ],
  })
const list = (hour: string, setl_id: string, amt: string): Json =>
  message('4101', hour, {
    setlinfo: { ...HE, setl_id, dcla_time: `2026-03-09 ${hour}:00`, adm_time: '2026-03-05', psn_cashpay: amt, acct_pay: '0' },
    iteminfo: [{ med_chrgitm: '01', amt }],
    diseinfo: [{ maindiag_flag: '1', diag_type: '1', diag_code: 'I10.x00', diag_name: '高血压' }],
  })

interface History {
  messages: Json[]
  /** status of lines by number, settlements with their sums that stand, sums of claims that stand */
  lines: Record<string, string>
  settlements: [string, number][]
  claims: (number | undefined)[]
}
const HISTORIES: Record<string, () => History> = {
  'an outpatient visit that is settled, taken back, charged anew and settled': () => ({
    messages: [
      condition('08:00', '1'),
      message('2204', '08:30', { feedetail: [line('F1', '10', { chrg_bchno: 'B1' }), line('F2', '20', { chrg_bchno: 'B2' })] }),
      pair(message('2206', '08:50', { mdtrtinfo: { ...HE, medfee_sumamt: '10', chrg_bchno: 'B1' } }), presettled('10')),
      settlement('2207', '09:00', 'S1', '10', { chrg_bchno: 'B1' }),
      condition('09:05', '0'),
      reversal('2208', '09:30', 'S1', 'S9', '10'),
      message('2205', '09:40', { data: { ...HE, chrg_bchno: '0000' } }),
      message('2204', '10:00', { feedetail: [line('F1', '15', { chrg_bchno: 'B1' })] }),
      settlement('2207', '10:10', 'S2', '15', { chrg_bchno: 'B1' }),
    ],
    lines: { F1: 'billed', F2: 'entered-in-error' },
    settlements: [
      ['S2', 15],
      ['S9', -10],
    ],
    claims: [15],
  }),
  'a stay that is settled in its middle and at its end, whose last settlement is taken back by its message': () => ({
    messages: [
      message('2301', '08:30', { feedetail: [line('F1', '10'), line('F2', '20')] }),
      settlement('2304', '09:00', 'S1', '30', { mid_setl_flag: '1', chrg_bchno: 'B1' }),
      message('2301', '09:10', { feedetail: [line('F3', '40')] }),
      message('2302', '09:20', { feeinfo: [{ ...HE, feedetl_sn: 'F2' }] }),
      message('2402', '09:30', { mdtrtinfo: { ...HE, insutype: '310', endtime: '2026-03-09 09:30:00', dscg_way: '1' } }),
      settlement('2304', '10:00', 'S2', '40'),
      undo('10:05', '2304', '10:00'),
      message('2405', '10:10', { data: HE }),
    ],
    lines: { F1: 'billed', F2: 'entered-in-error', F3: 'billable' },
    settlements: [['S1', 30]],
    claims: [30],
  }),
  'a reversal that is taken back by its message, and its list': () => ({
    messages: [
      message('2301', '08:30', { feedetail: [line('F1', '10')] }),
      settlement('2304', '09:00', 'S1', '10'),
      list('09:20', 'S1', '10'),
      reversal('2305', '09:30', 'S1', 'S9', '10'),
      undo('09:35', '2305', '09:30'),
    ],
    lines: { F1: 'billed' },
    settlements: [['S1', 10]],
    claims: [10],
  }),
  'one of two schemes, corrected, under a number of a message that was used before': () => ({
    messages: [
      message('2301', '08:30', { feedetail: [line('F1', '10')] }),
      message('2301', '08:40', { feedetail: [line('F1', '12')] }),
      settlement('2304', '09:00', 'S1', '12'),
      reversal('2305', '09:30', 'S1', 'S9', '12'),
      settlement('2304', '10:00', 'S2', '12', { insutype: '390' }),
      undo('09:05', '2304', '08:59'),
    ],
    lines: { F1: 'billed' },
    settlements: [
      ['S2', 12],
      ['S9', -12],
    ],
    claims: [12],
  }),
}

/** What stands of a world, its ids as what they are of. */
async function states(): Promise<(world: number) => { all: string[]; resources: FhirResource[] }> {
  const types = ['Patient', 'Encounter', 'Condition', 'ChargeItem', 'Coverage', 'Claim', 'ExplanationOfBenefit', 'Composition']
  const resources = (await Promise.all(types.map((type) => one.all(type)))).flat()
  const numberOf = ({ identifier }: FhirResource): string => (identifier as { value: string }[] | undefined)?.[0]?.value ?? ''
  const worldOfPatient = new Map(
    resources.filter(({ resourceType }) => resourceType === 'Patient').map((each) => [each.id, worldIn(numberOf(each))]),
  )
  const worldOf = (each: FhirResource): number => {
    const named = worldIn(JSON.stringify(each.identifier ?? ''))
    const { reference = '' } = ((each.patient ?? each.subject ?? each.beneficiary) as { reference?: string } | undefined) ?? {}
    return Number.isNaN(named) ? (worldOfPatient.get(reference.slice('Patient/'.length)) ?? Number.NaN) : named
  }
  const nameOf = new Map(
    resources.map((each) => [
      `${each.resourceType}/${each.id}`,
      `${each.resourceType} ${numberOf(each)} ${String((each.code as Json | undefined)?.text ?? '')}`,
    ]),
  )
  const plain = ({ id, meta, ...rest }: FhirResource): string =>
    JSON.stringify(rest, (key, value) => (key === 'reference' ? (nameOf.get(String(value)) ?? 'other') : value)).replace(/-w\d+/g, '')
  const worlds = Map.groupBy(resources, worldOf)
  return (world) => ({ all: (worlds.get(world) ?? []).map(plain).sort(), resources: worlds.get(world) ?? [] })
}

/** Numbers of a run that can be told again. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
function shuffled<T>(all: readonly T[], next: () => number): T[] {
  const left = [...all]
  return all.map(() => left.splice(Math.floor(next() * left.length), 1)[0] as T)
}
const ORDERS = Number(process.env.ORDERS ?? 8)
const PRE_SETTLEMENT = '2206'
const halves = (each: Json): Json[] =>
  each.request && each.response && (each.request as Json).infno !== PRE_SETTLEMENT ? [each.request as Json, each.response as Json] : [each]

const standing = (resources: readonly FhirResource[], type: string): FhirResource[] =>
  resources.filter(({ resourceType, status }) => resourceType === type && status === 'active')

test.each(Object.keys(HISTORIES))(
  '%s',
  async (name) => {
    const { messages, lines, settlements, claims } = (HISTORIES[name] as () => History)()
    for (const told of [messages, messages.flatMap(halves)]) {
      await one.wipe()
      const worlds = Array.from({ length: ORDERS }, (_, world) => {
        const next = numbers(world + 1)
        const twice = told.filter(() => next() < 0.2)
        return world === 0 ? told : shuffled([...told, ...twice], next)
      })
      await tellWorlds(one, worlds)
      const found = await states()
      const { all, resources } = found(0)
      const sumOf = (of: unknown): number | undefined => (of as { value?: number } | undefined)?.value
      const numberOf = ({ identifier }: FhirResource): string => ((identifier as { value: string }[])[0]?.value ?? '').replace(/-w\d+/, '')
      expect({
        lines: Object.fromEntries(
          resources.filter(({ resourceType }) => resourceType === 'ChargeItem').map((each) => [numberOf(each).split('.')[1], each.status]),
        ),
        settlements: standing(resources, 'ExplanationOfBenefit')
          .map((each) => [numberOf(each), sumOf((each.payment as Json | undefined)?.amount)])
          .sort(),
        claims: standing(resources, 'Claim').map(({ total }) => sumOf(total)),
      }).toEqual({ lines, settlements, claims })
      for (const [world, order] of worlds.entries())
        expect({
          world,
          order: order.map((each) => each.infno ?? (each.request as Json | undefined)?.infno ?? 'answer'),
          all: found(world).all,
        }).toEqual({
          world,
          order: expect.anything(),
          all,
        })
    }
  },
  300_000,
)
