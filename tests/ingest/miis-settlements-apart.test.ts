/** Settlements whose request and answer came each by itself: the claim stands and falls with the settlement all the same. Worked out by hand. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type Json, messageAt, miisRig } from './miis-rig.ts'
import type { Rig } from './support.ts'
import { permutations } from '../support/permutations.ts'

let one: Rig
beforeAll(async () => {
  one = await miisRig()
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

const HE = { psn_no: 'P1', mdtrt_id: 'V1' }
const SHE = { psn_no: 'P2', mdtrt_id: 'V2' }
const SCHEME = { insutype: '310', med_type: '11' }

const message = (infno: string, hour: string, input: Json): Json => messageAt(infno, `M${infno}${hour}`, hour, input)
const request = (hour: string, medfee_sumamt: string, who = HE): Json =>
  message('2207', hour, { mdtrtinfo: { ...who, ...SCHEME, chrg_bchno: 'B1', medfee_sumamt, invono: `FP ${who.psn_no}` } })
const answer = (hour: string, setl_id: string, medfee_sumamt: string, who = HE): Json => ({
  infcode: '0',
  inf_refmsgid: `R${hour}${who.psn_no}`,
  respond_time: `20260309${hour.replace(':', '')}06000`,
  output: {
    setlinfo: { ...who, ...SCHEME, setl_id, setl_time: `2026-03-09 ${hour}:05`, medfee_sumamt, medins_setl_id: 'H11010500001202603090001' },
  },
})
const reversal = (hour: string, setl_id: string, who = HE, infno = '2208'): Json =>
  message(infno, hour, { [infno === '2103' ? 'data' : 'mdtrtinfo']: { ...who, setl_id } })
const undo = (hour: string, of: Json): Json => message('2601', hour, { data: { psn_no: HE.psn_no, omsgid: of.msgid, oinfno: of.infno } })

const list = (hour: string, setl_id: string, amt: string): Json =>
  message('4101', hour, {
    setlinfo: { ...HE, setl_id, dcla_time: `2026-03-09 ${hour}:00`, adm_time: '2026-03-05', psn_cashpay: amt, insuplc: '110105' },
    iteminfo: [{ med_chrgitm: '01', amt }],
  })

interface Money {
  status: string
  total?: { value: number }
  created: string
}
const claims = async (): Promise<unknown[]> =>
  ((await one.all('Claim')) as unknown as Money[]).map(({ status, total, created }) => [status, total?.value, created.slice(11, 19)])
const settlements = async (): Promise<string[]> => (await one.all('ExplanationOfBenefit')).map(({ status }) => String(status)).sort()

const [STANDS, VOID] = ['active', 'entered-in-error']
const CASES: [string, () => unknown[], { claim: unknown; settlements: string[] }][] = [
  [
    'one stands: its claim is what the request says',
    () => [request('10:00', '10'), answer('10:00', 'S1', '10')],
    { claim: [STANDS, 10, '10:00:00'], settlements: [STANDS] },
  ],
  [
    'the only one is taken back',
    () => [request('10:00', '10'), answer('10:00', 'S1', '10'), reversal('12:00', 'S1')],
    { claim: [VOID, undefined, '10:00:00'], settlements: [VOID] },
  ],
  [
    'the request never came',
    () => [answer('10:00', 'S1', '10'), reversal('12:00', 'S1')],
    { claim: [VOID, undefined, '10:00:05'], settlements: [VOID] },
  ],
  [
    'bought in a pharmacy',
    () => [answer('10:00', 'S1', '10'), reversal('12:00', 'S1', HE, '2103')],
    { claim: [VOID, undefined, '10:00:05'], settlements: [VOID] },
  ],
  [
    'the answer to the reversal came by itself as well: what it gives back is no claim',
    () => [request('10:00', '10'), answer('10:00', 'S1', '10'), reversal('12:00', 'S1'), answer('12:00', 'S9', '-10')],
    { claim: [VOID, undefined, '10:00:00'], settlements: [STANDS, VOID] },
  ],
  [
    'the reversal is taken back',
    () => {
      const gone = reversal('12:00', 'S1')
      return [request('10:00', '10'), answer('10:00', 'S1', '10'), gone, undo('12:05', gone)]
    },
    { claim: [STANDS, 10, '10:00:00'], settlements: [STANDS] },
  ],
  [
    'the reversal is taken back, and only the list tells of the settlement',
    () => {
      const gone = reversal('12:00', 'S1')
      return [list('11:00', 'S1', '10'), gone, undo('12:05', gone)]
    },
    { claim: [STANDS, undefined, '11:00:00'], settlements: [STANDS] },
  ],
  [
    'one that came whole is told once more by its answer alone',
    () => [
      { request: request('10:00', '10'), response: answer('10:00', 'S1', '10') },
      { ...answer('10:01', 'S1', '10'), inf_refmsgid: 'AGAIN' },
    ],
    { claim: [STANDS, 10, '10:00:00'], settlements: [STANDS] },
  ],
  [
    'and is taken back',
    () => [
      { request: request('10:00', '10'), response: answer('10:00', 'S1', '10') },
      { ...answer('10:01', 'S1', '10'), inf_refmsgid: 'AGAIN' },
      reversal('12:00', 'S1'),
    ],
    { claim: [VOID, undefined, '10:00:00'], settlements: [VOID] },
  ],
  [
    'settled anew after the reversal',
    () => [
      request('10:00', '10'),
      answer('10:00', 'S1', '10'),
      reversal('12:00', 'S1'),
      request('13:00', '25'),
      answer('13:00', 'S2', '25'),
    ],
    { claim: [STANDS, 25, '13:00:00'], settlements: [STANDS, VOID] },
  ],
  [
    'asked anew after the reversal, the answer is still to come',
    () => [request('10:00', '10'), answer('10:00', 'S1', '10'), reversal('12:00', 'S1'), request('13:00', '25')],
    { claim: [STANDS, 25, '13:00:00'], settlements: [VOID] },
  ],
]

test.each(CASES)('%s: in every order', async (_, messages, expected) => {
  const all = messages()
  // Many orders of five say no more than some of them.
  for (const order of permutations(all.length).filter((__, at) => all.length < 5 || at % 5 === 0)) {
    await one.wipe()
    for (const at of order) expect((await one.send('miis', all[at])).counts.quarantined).toBe(0)
    const [claim, ...others] = await claims()
    expect(others).toEqual([])
    expect({ order, claim, settlements: await settlements() }).toEqual({ order, ...expected })
  }
})

test('told all at once', async () => {
  for (let round = 0; round < 5; round++) {
    await one.wipe()
    const sent = [request('10:00', '10'), answer('10:00', 'S1', '10'), reversal('12:00', 'S1')].map((each) => one.send('miis', each))
    for (const { counts } of await Promise.all(sent)) expect(counts.quarantined).toBe(0)
    expect({ round, claims: await claims() }).toEqual({ round, claims: [[VOID, undefined, '10:00:00']] })
  }
})

test('of two persons under one number the reversal of the one leaves the claim of the other', async () => {
  const all = [
    ...[request('10:00', '10'), answer('10:00', 'S1', '10')],
    ...[request('11:00', '20', SHE), answer('11:00', 'S1', '20', SHE), reversal('12:00', 'S1')],
  ]
  for (const order of permutations(all.length).filter((_, at) => at % 5 === 0)) {
    await one.wipe()
    for (const at of order) expect((await one.send('miis', all[at])).counts.quarantined).toBe(0)
    expect({ order, claims: (await claims()).sort() }).toEqual({
      order,
      claims: [
        [STANDS, 20, '11:00:00'],
        [VOID, undefined, '10:00:00'],
      ],
    })
  }
})
