/** Two provinces give one number to the settlements of two persons: the reversal of the one leaves the other's, and what it paid for. Worked out by hand. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type Json, miisRig } from './miis-rig.ts'
import type { Rig } from './support.ts'
import { permutations } from '../support/permutations.ts'

interface Settled {
  request: Json
  response: Json & { output: { setlinfo: Json; setldetail: Json[] } }
}

let one: Rig
let sample: Settled
beforeAll(async () => {
  one = await miisRig()
  sample = JSON.parse(await readFile(new URL('../fixtures/samples/miis/2304-inpatient-settlement.json', import.meta.url), 'utf8'))
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

const HIS = { psn_no: 'P1', certno: '110100195803120019', psn_name: '王建国', gend: '1', brdy: '1958-03-12', mdtrt_id: 'V1' }
const HERS = { psn_no: 'P2', certno: '310100196511080248', psn_name: '李秀兰', gend: '2', brdy: '1965-11-08', mdtrt_id: 'V2' }

/** The same sums for both, at an hour of the day. */
function settlement(person: typeof HIS, insuplc_admdvs: string, hour: number): Settled {
  const { request, response } = structuredClone(sample)
  const { psn_no, mdtrt_id, certno } = person
  const input = {
    mdtrtinfo: { ...(request.input as { mdtrtinfo: Json }).mdtrtinfo, psn_no, mdtrt_id, mdtrt_cert_no: certno, invono: `FP ${psn_no}` },
  }
  Object.assign(response.output.setlinfo, person, { age: '' })
  return {
    request: { ...request, msgid: `S${psn_no}${hour}`, inf_time: `2026-03-12 ${hour}:00:00`, insuplc_admdvs, input },
    response: { ...response, respond_time: `20260312${hour}0000000` },
  }
}

function reversal({ psn_no, mdtrt_id }: typeof HIS, hour: number): Json {
  const input = { mdtrtinfo: { psn_no, mdtrt_id, setl_id: sample.response.output.setlinfo.setl_id } }
  return { ...sample.request, infno: '2305', msgid: `R${psn_no}${hour}`, inf_time: `2026-03-12 ${hour}:00:00`, input }
}

async function standing(messages: unknown[], order: readonly number[]): Promise<(string | undefined)[]> {
  for (const at of order) expect((await one.send('miis', messages[at])).counts.quarantined).toBe(0)
  const [found, ...others] = await one.all('ExplanationOfBenefit')
  expect(others).toEqual([])
  const { status, insurer } = found as unknown as { status: string; insurer?: { display?: string } }
  return [status, insurer?.display]
}

test.each(permutations(3).map((order) => [order]))('the reversal of the first, in the order %j', async (order) => {
  const messages = [settlement(HIS, '310100', 10), settlement(HERS, '440100', 11), reversal(HIS, 12)]
  expect(await standing(messages, order)).toEqual(['active', '医疗保障经办机构（440100）'])
})

test.each(permutations(3).map((order) => [order]))(
  'the reversal of the second takes it back, and the first is not told of again, in the order %j',
  async (order) => {
    const messages = [settlement(HIS, '310100', 10), settlement(HERS, '440100', 11), reversal(HERS, 12)]
    expect(await standing(messages, order)).toEqual(['entered-in-error', undefined])
  },
)

test.each(permutations(3).map((order) => [order]))('a number that is used again without a word stands, in the order %j', async (order) => {
  const messages = [settlement(HIS, '310100', 10), reversal(HIS, 12), settlement(HERS, '440100', 13)]
  expect(await standing(messages, order)).toEqual(['active', '医疗保障经办机构（440100）'])
})

/** Her list of the settlement, of the day behind it. */
const listOf = ({ psn_no, certno, psn_name, gend, brdy, mdtrt_id }: typeof HIS): Json => ({
  ...sample.request,
  infno: '4101',
  msgid: `L${psn_no}`,
  inf_time: '2026-03-13 09:00:00',
  input: {
    setlinfo: {
      ...{ hi_no: psn_no, patn_cert_type: '01', certno, psn_name, gend, brdy, mdtrt_id },
      ...{ setl_id: sample.response.output.setlinfo.setl_id, dcla_time: '2026-03-13 09:00:00', bill_no: `FP ${psn_no}` },
    },
  },
})
const takenBack = (of: Json, hour: number): Json => ({
  ...sample.request,
  infno: '2601',
  msgid: `T${of.msgid as string}`,
  inf_time: `2026-03-12 ${hour}:00:00`,
  input: { data: { psn_no: (of.input as { mdtrtinfo: Json }).mdtrtinfo.psn_no, omsgid: of.msgid, oinfno: of.infno } },
})
/** A line of a stay, and the word that takes back all of it that is not paid for. */
const chargeOf = ({ psn_no, mdtrt_id }: typeof HIS, hour: number): Json => ({
  ...sample.request,
  infno: '2301',
  msgid: `C${psn_no}`,
  inf_time: `2026-03-12 0${hour}:00:00`,
  input: {
    feedetail: [
      {
        ...{ feedetl_sn: `F ${psn_no}`, mdtrt_id, psn_no, fee_ocur_time: `2026-03-12 0${hour}:00:00`, cnt: '1', pric: '10' },
        ...{ det_item_fee_sumamt: '10', medins_list_codg: 'XM1', medins_list_name: '治疗' },
      },
    ],
  },
})
const chargesTakenBack = ({ psn_no, mdtrt_id }: typeof HIS, hour: number): Json => ({
  ...sample.request,
  infno: '2302',
  msgid: `B${psn_no}`,
  inf_time: `2026-03-12 ${hour}:00:00`,
  input: { feeinfo: [{ feedetl_sn: '0000', mdtrt_id, psn_no }] },
})

/** Status of what there is of a type, by the person in its number. */
async function statuses(type: string): Promise<Json> {
  const all = (await one.all(type)) as unknown as { status: string; identifier: { value: string }[] }[]
  const numbered = all.map(({ status, identifier }) => [identifier.find(({ value }) => /P[12]$/.test(value))?.value.slice(-2), status])
  expect(new Set(numbered.map(([person]) => person)).size).toBe(all.length)
  return Object.fromEntries(numbered) as Json
}

const [STANDS, VOID] = ['active', 'entered-in-error']
const CASES: [string, () => unknown[], Json, Json?][] = [
  ['of him', () => [settlement(HIS, '310100', 10), settlement(HERS, '440100', 11), reversal(HIS, 12)], { P1: VOID, P2: STANDS }],
  ['of her', () => [settlement(HIS, '310100', 10), settlement(HERS, '440100', 11), reversal(HERS, 12)], { P1: STANDS, P2: VOID }],
  [
    'of both',
    () => [settlement(HIS, '310100', 10), settlement(HERS, '440100', 11), reversal(HIS, 12), reversal(HERS, 13)],
    { P1: VOID, P2: VOID },
  ],
  [
    'of him, where her list came, too',
    () => [settlement(HIS, '310100', 10), settlement(HERS, '440100', 11), reversal(HIS, 12), listOf(HERS)],
    { P1: VOID, P2: STANDS },
  ],
  [
    'of her, with a list of days later: that says it again',
    () => [settlement(HIS, '310100', 10), settlement(HERS, '440100', 11), reversal(HERS, 12), listOf(HERS)],
    { P1: STANDS, P2: STANDS },
  ],
  [
    'of him, and the number is used again without a word',
    () => [settlement(HIS, '310100', 10), reversal(HIS, 12), settlement(HERS, '440100', 13)],
    { P1: VOID, P2: STANDS },
  ],
  [
    'of him: what her settlement paid for stays paid',
    () => [settlement(HIS, '310100', 10), chargeOf(HERS, 9), settlement(HERS, '440100', 11), reversal(HIS, 12), chargesTakenBack(HERS, 13)],
    { P1: VOID, P2: STANDS },
    { P2: 'billed' },
  ],
  [
    'of her: what it paid for is paid no longer',
    () => [
      settlement(HIS, '310100', 10),
      chargeOf(HERS, 9),
      settlement(HERS, '440100', 11),
      reversal(HERS, 12),
      chargesTakenBack(HERS, 13),
    ],
    { P1: STANDS, P2: VOID },
    { P2: VOID },
  ],
]

test.each(CASES)('claims after the reversal %s: in every order', async (_, messages, claims, charges = {}) => {
  const all = messages()
  // Many orders of five say no more than some of them.
  for (const order of permutations(all.length).filter((__, at) => all.length < 5 || at % 8 === 0)) {
    await one.wipe()
    for (const at of order) expect((await one.send('miis', all[at])).counts.quarantined).toBe(0)
    const found = { claims: await statuses('Claim'), charges: await statuses('ChargeItem') }
    expect({ order, ...found }).toEqual({ order, claims, charges })
  }
})

test('of two reversals the earlier one is taken back by its message: his claim stands again, hers does not', async () => {
  const his = reversal(HIS, 12)
  const all = [settlement(HIS, '310100', 10), settlement(HERS, '440100', 11), his, reversal(HERS, 13), takenBack(his, 14)]
  for (const order of permutations(all.length)
    .filter((one_) => one_.indexOf(1) < one_.indexOf(3))
    .filter((__, at) => at % 4 === 0)) {
    await one.wipe()
    for (const at of order) expect((await one.send('miis', all[at])).counts.quarantined).toBe(0)
    expect({ order, claims: await statuses('Claim') }).toEqual({ order, claims: { P1: STANDS, P2: VOID } })
  }
})

/** What there is under the one number: whether it stands, and whose insurance bears it. */
async function shown(): Promise<unknown[]> {
  const all = (await one.all('ExplanationOfBenefit')) as unknown as { status: string; insurer: { display?: string } }[]
  return all.map(({ status, insurer }) => [status, insurer.display])
}

test('his reversal is taken back by its message, hers came before her settlement: his stands again', async () => {
  const his = reversal(HIS, 12)
  const all = [settlement(HIS, '310100', 10), settlement(HERS, '440100', 11), his, reversal(HERS, 13), takenBack(his, 14)]
  const orders = permutations(all.length).filter((order) => order.indexOf(3) < order.indexOf(1))
  for (const order of orders.filter((_, at) => at % 4 === 0)) {
    await one.wipe()
    for (const at of order) expect([order, at, (await one.send('miis', all[at])).counts.quarantined]).toEqual([order, at, 0])
    const found = { claims: await statuses('Claim'), settlement: await shown() }
    expect({ order, ...found }).toEqual({ order, claims: { P1: STANDS, P2: VOID }, settlement: [[STANDS, '医疗保障经办机构（310100）']] })
  }
})

test.each(permutations(3).map((order) => [order]))(
  'his settlement is taken back by its message: hers stands, in the order %j',
  async (order) => {
    const his = settlement(HIS, '310100', 10)
    const all = [his, settlement(HERS, '440100', 11), takenBack(his.request, 12)]
    for (const at of order) expect((await one.send('miis', all[at])).counts.quarantined).toBe(0)
    expect(await statuses('Claim')).toEqual({ P1: VOID, P2: STANDS })
    expect(await shown()).toEqual([[STANDS, '医疗保障经办机构（440100）']])
  },
)

test('a reversal that names nobody takes back whatever has the number', async () => {
  const { input, ...rest } = reversal(HIS, 12) as { input: { mdtrtinfo: Json } }
  const { psn_no: _, ...info } = input.mdtrtinfo
  for (const each of [settlement(HIS, '310100', 10), settlement(HERS, '440100', 11), { ...rest, input: { mdtrtinfo: info } }])
    expect((await one.send('miis', each)).counts.quarantined).toBe(0)
  expect(await statuses('Claim')).toEqual({ P1: VOID, P2: VOID })
})
