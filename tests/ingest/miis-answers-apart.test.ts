/**
 * Answers that came by themselves: no number says which request they answer, so that it is found by visit, person, time and sum. A reversal of the request's
 * message (2601) reaches what was made of it, and the claim of a settlement in mid-stay goes with it. In whatever order all of it comes. Worked out by hand.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { KeptWord } from '../../server/ingest/batch-docs.ts'
import { requestsOf } from '../../server/ingest/exchanges.ts'
import { permutations } from '../support/permutations.ts'
import { type Json, messageAt, miisRig } from './miis-rig.ts'
import { plainly, tellWorlds, worldIn } from './miis-worlds.ts'
import type { Rig } from './support.ts'

let one: Rig
beforeAll(async () => {
  one = await miisRig()
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

const HE = { psn_no: 'P1', mdtrt_id: 'V1' }
const SCHEME = { insutype: '310', med_type: '21' }

const message = (infno: string, hour: string, input: Json): Json => messageAt(infno, `M${infno}${hour}`, hour, input)
const request = (hour: string, medfee_sumamt: string, more: Json = {}): Json =>
  message('2304', hour, { mdtrtinfo: { ...HE, ...SCHEME, medfee_sumamt, invono: `FP${hour}`, ...more } })
const MID_STAY = { mid_setl_flag: '1', chrg_bchno: 'B1' }
const answer = (hour: string, setl_id: string, medfee_sumamt: string): Json => ({
  infcode: '0',
  inf_refmsgid: `R${hour}`,
  respond_time: `20260309${hour.replace(':', '')}06000`,
  output: {
    setlinfo: { ...HE, ...SCHEME, setl_id, setl_time: `2026-03-09 ${hour}:05`, medfee_sumamt, medins_setl_id: 'H11010500001202603090001' },
  },
})
const pair = (hour: string, setl_id: string, sum: string, more: Json = {}): Json => ({
  request: request(hour, sum, more),
  response: answer(hour, setl_id, sum),
})
const reversal = (hour: string, setl_id: string): Json => message('2305', hour, { mdtrtinfo: { ...HE, setl_id } })
const undo = (hour: string, infno: string, of: string): Json =>
  message('2601', hour, { data: { psn_no: HE.psn_no, omsgid: `M${infno}${of}`, oinfno: infno } })

interface Found {
  id: string
  status: string
  patient: { reference: string }
  total?: { value: number }
  identifier?: { value: string }[]
  claim?: { reference: string }
}
const numbersOf = ({ identifier = [] }: Found): string[] => identifier.map(({ value }) => plainly(value)).sort()

/** Of each world the claims that stand with their sums and invoices, the settlements that stand, and whether each is of one of the claims. */
async function standing(): Promise<(world: number) => { claims: unknown; settlements: unknown }> {
  const patients = new Map((await found('Patient')).map(({ id, identifier }) => [`Patient/${id}`, worldIn(identifier?.[0]?.value ?? '')]))
  const ofWorlds = async (type: string): Promise<Map<number | undefined, Found[]>> =>
    Map.groupBy(
      (await found(type)).filter(({ status }) => status === 'active'),
      ({ patient }) => patients.get(patient.reference),
    )
  const [allClaims, allSettlements] = [await ofWorlds('Claim'), await ofWorlds('ExplanationOfBenefit')]
  return (world) => {
    const [claims, settlements] = [allClaims.get(world) ?? [], allSettlements.get(world) ?? []]
    const isOfThem = ({ claim }: Found): boolean => claims.some(({ id }) => claim?.reference === `Claim/${id}`)
    return {
      claims: claims.map((claim) => [claim.total?.value, ...numbersOf(claim)]).sort(),
      settlements: settlements.map((one) => [numbersOf(one).find((number) => number.startsWith('S')), isOfThem(one)]).sort(),
    }
  }
}
const found = async (type: string): Promise<Found[]> => (await one.all(type)) as unknown as Found[]

const NOTHING = { claims: [], settlements: [] }
const FIRST = { claims: [[10, 'FP10:00']], settlements: [['S1', true]] }
const CASES: [string, () => Json[], { claims: unknown; settlements: unknown }][] = [
  ['nothing is taken back', () => [request('10:00', '10'), answer('10:00', 'S1', '10')], FIRST],
  ['its message is taken back', () => [request('10:00', '10'), answer('10:00', 'S1', '10'), undo('10:05', '2304', '10:00')], NOTHING],
  [
    'the message of another request, which was not answered',
    () => [request('10:00', '10'), request('10:10', '25'), answer('10:00', 'S1', '10'), undo('10:15', '2304', '10:10')],
    FIRST,
  ],
  [
    'asked anew: the second was answered',
    () => [request('09:58', '10'), undo('09:59', '2304', '09:58'), request('10:00', '10'), answer('10:00', 'S1', '10')],
    FIRST,
  ],
  [
    'of two the second',
    () => [
      ...[request('10:00', '10'), answer('10:00', 'S1', '10')],
      ...[request('10:30', '10'), answer('10:30', 'S2', '10'), undo('10:35', '2304', '10:30')],
    ],
    FIRST,
  ],
  [
    'the settlement of the second',
    () => [
      ...[request('10:00', '10'), answer('10:00', 'S1', '10')],
      ...[request('10:30', '25'), answer('10:30', 'S2', '25'), reversal('11:00', 'S2')],
    ],
    FIRST,
  ],
  [
    'the reversal, whose answer came by itself as well',
    () => [...[pair('10:00', 'S1', '10'), reversal('11:00', 'S1'), answer('11:00', 'S9', '-10')], undo('11:05', '2305', '11:00')],
    FIRST,
  ],
  [
    'asked by itself first, then told with its answer, and again by the answer alone',
    () => [
      ...[request('10:00', '10'), pair('10:00', 'S1', '10'), { ...answer('10:01', 'S1', '10'), inf_refmsgid: 'AGAIN' }],
      undo('10:05', '2304', '10:00'),
    ],
    NOTHING,
  ],
  [
    'the same beside another settlement of the visit: nothing of it is left in the claim',
    () => [pair('10:00', 'S1', '10'), request('10:30', '25'), pair('10:30', 'S2', '25'), undo('10:35', '2304', '10:30')],
    FIRST,
  ],
  [
    'of another sum: it is no answer to that',
    () => [request('10:00', '99'), answer('10:00', 'S1', '10'), undo('10:05', '2304', '10:00')],
    { claims: [[undefined]], settlements: [['S1', true]] },
  ],
  [
    'in mid-stay: the claim is of the batch',
    () => [request('10:00', '10', MID_STAY), answer('10:00', 'S1', '10')],
    { claims: [[10, 'B1', 'FP10:00']], settlements: [['S1', true]] },
  ],
  ['in mid-stay, taken back', () => [request('10:00', '10', MID_STAY), answer('10:00', 'S1', '10'), reversal('11:00', 'S1')], NOTHING],
  [
    'in mid-stay, its message taken back',
    () => [request('10:00', '10', MID_STAY), answer('10:00', 'S1', '10'), undo('10:05', '2304', '10:00')],
    NOTHING,
  ],
  ['in mid-stay, of the answer only its reversal tells', () => [request('10:00', '10', MID_STAY), reversal('11:00', 'S1')], NOTHING],
  [
    'in mid-stay, and asked anew behind the reversal',
    () => [request('10:00', '10', MID_STAY), reversal('11:00', 'S1'), request('12:00', '10', MID_STAY)],
    { claims: [[10, 'B1', 'FP12:00']], settlements: [] },
  ],
  [
    'in mid-stay, and at the end: the one is taken back',
    () => [
      ...[request('10:00', '10', MID_STAY), answer('10:00', 'S1', '10'), reversal('11:00', 'S1')],
      ...[request('12:00', '25'), answer('12:00', 'S2', '25')],
    ],
    { claims: [[25, 'FP12:00']], settlements: [['S2', true]] },
  ],
]
/** Many orders of five and more say no more than some of them. */
const ordersOf = (count: number): number[][] => permutations(count).filter((_, at) => count < 5 || at % (count < 6 ? 7 : 37) === 0)

test.each(CASES)('%s: in every order', async (_, messages, expected) => {
  const all = messages()
  const orders = ordersOf(all.length)
  await tellWorlds(
    one,
    orders.map((order) => order.map((at) => all[at])),
  )
  const stands = await standing()
  for (const [world, order] of orders.entries()) expect({ order, ...stands(world) }).toEqual({ order, ...expected })
})

test.each(CASES)('%s: told all at once', async (_, messages, expected) => {
  const all = messages()
  await Promise.all(all.map((each) => tellWorlds(one, [[each], [each], [each]])))
  const stands = await standing()
  for (const world of [0, 1, 2]) expect({ world, ...stands(world) }).toEqual({ world, ...expected })
})

test('who takes back a message is told where its answer cannot be found', async () => {
  const unknownOf = async (...messages: unknown[]): Promise<unknown> => {
    await one.wipe()
    for (const each of messages.slice(0, -1)) await one.send('miis', each)
    const { payload } = await one.send('miis', messages.at(-1))
    const issues = JSON.parse(payload.issues) as Json[]
    return issues.filter(({ code }) => String(code).endsWith('-unknown')).map(({ code, severity, at }) => [code, severity, at])
  }
  const gone = undo('10:05', '2304', '10:00')
  const place = 'message 1: input.data.omsgid'
  expect(await unknownOf(answer('10:00', 'S1', '10'), gone)).toEqual([['miis-message-unknown', 'warning', place]])
  expect(await unknownOf(request('10:00', '10'), gone)).toEqual([['miis-answer-unknown', 'information', place]])
  expect(await unknownOf(request('10:00', '99'), answer('10:00', 'S1', '10'), gone)).toEqual([
    ['miis-answer-unknown', 'information', place],
  ])
  expect(await unknownOf(request('10:00', '10'), answer('10:00', 'S1', '10'), gone)).toEqual([])
  expect(await unknownOf(pair('10:00', 'S1', '10'), gone)).toEqual([])
})

test('an answer that does not say when it was settled was when it was answered', async () => {
  const said = answer('10:00', 'S1', '10') as { output: { setlinfo: Json } }
  const { setl_time: _, ...setlinfo } = said.output.setlinfo
  await one.send('miis', { ...said, output: { setlinfo } })
  expect(await found('ExplanationOfBenefit')).toMatchObject([{ status: 'active', created: '2026-03-09T10:00:06.000+08:00' }])
})

describe('which request an answer is of', () => {
  const at = (time: string): string => `2026-03-09T${time}:00.000Z`
  const asked = (saidBy: string, time: string, more: Partial<KeptWord> = {}): KeptWord => ({
    word: 'asked',
    at: at(time),
    saidBy,
    sum: '10',
    ...more,
  })
  const answered = (settlement: string, time: string, more: Partial<KeptWord> = {}): KeptWord => ({
    ...{ word: 'answered', at: at(time), settlement, sum: '10' },
    ...more,
  })
  const takesBack = (saidBy: string, time: string): KeptWord => ({ word: 'asked', at: at(time), saidBy, refunds: true })
  const found = (...words: KeptWord[]) => Object.fromEntries([...requestsOf(words)].map(([settlement, { saidBy }]) => [settlement, saidBy]))

  test.each<[string, KeptWord[], Record<string, string>]>([
    ['the newest of before', [asked('M1', '10:00'), asked('M2', '10:10'), answered('S1', '10:11')], { S1: 'M2' }],
    ['each once', [asked('M1', '10:00'), answered('S1', '10:01'), answered('S2', '10:02')], { S1: 'M1' }],
    ['of its sum', [asked('M1', '10:00'), asked('M2', '10:10', { sum: '25' }), answered('S1', '10:11')], { S1: 'M1' }],
    ['nobody waits two hours', [asked('M1', '10:00'), answered('S1', '12:00')], {}],
    [
      'a clock that is ahead',
      [asked('M1', '10:04'), asked('M2', '10:34'), answered('S1', '10:00'), answered('S2', '10:30')],
      { S1: 'M1', S2: 'M2' },
    ],
    ['and too much so', [asked('M1', '10:06'), answered('S1', '10:00')], {}],
    [
      'asked again a minute later',
      [asked('M1', '10:00'), answered('S1', '10:00'), asked('M2', '10:01'), answered('S2', '10:01')],
      { S1: 'M1', S2: 'M2' },
    ],
    [
      'one that came with its answer',
      [asked('M1', '10:00'), asked('M2', '10:10', { settlement: 'S2' }), answered('S2', '10:11')],
      { S2: 'M2' },
    ],
    [
      'one that came by itself and with its answer',
      [asked('M1', '10:00'), asked('M1', '10:00', { settlement: 'S1' }), answered('S2', '10:01')],
      { S1: 'M1' },
    ],
    ['what takes back is answered by a refund', [takesBack('M1', '10:00'), answered('S1', '10:01')], {}],
    ['and that is its answer', [takesBack('M1', '10:00'), answered('S1', '10:01', { refunds: true })], { S1: 'M1' }],
    ['of a settlement of nothing, which has no sign', [takesBack('M1', '10:00'), answered('S1', '10:01', { sum: '0.00' })], { S1: 'M1' }],
    ['which is known by its reversal', [asked('M1', '10:00'), answered('S1', '15:00', { before: true })], { S1: 'M1' }],
    ['and by its answer', [asked('M1', '10:00'), answered('S1', '15:00', { before: true }), answered('S1', '10:01')], { S1: 'M1' }],
    ['not behind it', [asked('M1', '10:00'), answered('S1', '09:00', { before: true })], {}],
  ])('%s', (_, words, expected) => {
    for (const order of permutations(words.length)) expect(found(...order.map((at) => words[at] as KeptWord))).toEqual(expected)
  })
})
