/**
 * Who bears and who advances the cost of a settlement across provinces says its request. The answer that comes by itself, and the list of
 * days later, name less of it: what stands is the same whichever comes first. Worked out by hand.
 * So it is where request and answer come each by itself.
 */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import { type Json, miisRig } from './miis-rig.ts'
import type { Rig } from './support.ts'
import { permutations } from '../support/permutations.ts'

let one: Rig
let settled: { request: Json; response: Json & { output: { setlinfo: Json } } }
let list: Json & { input: { setlinfo: Json } }
const sample = async (name: string) => JSON.parse(await readFile(new URL(`../fixtures/samples/miis/${name}.json`, import.meta.url), 'utf8'))
beforeAll(async () => {
  one = await miisRig()
  settled = await sample('2304-inpatient-settlement')
  // The agency that clears is not the one that bears the cost.
  settled.response.output.setlinfo.clr_optins = '110105'
  list = await sample('4101-settlement-list')
  const { setl_id, mdtrt_id } = settled.response.output.setlinfo
  Object.assign(list.input.setlinfo, { setl_id, mdtrt_id, insuplc: '310100' })
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

const extensionsOf = (resource: FhirResource | undefined): string[] =>
  ((resource?.extension ?? []) as { url: string; valueCoding?: { code: string }; valueBoolean?: boolean; valueString?: string }[])
    .map(
      ({ url, valueCoding, valueBoolean, valueString }) => `${url.split('/').at(-1)} ${valueCoding?.code ?? valueBoolean ?? valueString}`,
    )
    .sort()

test.each(permutations(3).map((order) => [order]))('request with answer, answer alone, list: in the order %j', async (order) => {
  const messages = [settled, settled.response, list]
  for (const at of order) expect((await one.send('miis', messages[at])).counts.quarantined).toBe(0)
  const [benefit, claim, coverage] = await Promise.all(
    ['ExplanationOfBenefit', 'Claim', 'Coverage'].map(async (type) => (await one.all(type))[0]),
  )
  const borne = { display: '医疗保障经办机构（310100）' }
  expect(benefit).toMatchObject({
    status: 'active',
    insurer: borne,
    payee: { party: { display: '医疗保障经办机构（110105）' } },
    payment: { amount: { value: 54.3 } },
  })
  expect(extensionsOf(benefit)).toEqual(['cn-clearing-agency 110105', 'cn-med-type 21', 'cn-offsite true', 'cn-pool-area 310100'])
  expect(claim).toMatchObject({ insurer: borne, total: { value: 64.3 } })
  expect(extensionsOf(claim)).toEqual(['cn-med-type 21', 'cn-pool-area 310100'])
  expect(coverage).toMatchObject({ payor: [borne] })
})

test('an answer that nothing came with names the agency that clears', async () => {
  await one.send('miis', settled.response)
  const [benefit] = await one.all('ExplanationOfBenefit')
  expect(benefit).toMatchObject({ insurer: { display: '医疗保障经办机构（110105）' } })
  expect((await one.all('Coverage'))[0]).toMatchObject({ payor: [{ display: '医疗保障经办机构' }] })
})

const requestOf = (hour: string, more: Json = {}): Json => ({
  ...settled.request,
  msgid: `S${hour}`,
  ...more,
  inf_time: `2026-03-12 ${hour}`,
})
const answerOf = (hour: string, more: Json = {}): Json => ({
  ...settled.response,
  respond_time: `20260312${hour.replaceAll(':', '')}000`,
  output: { ...settled.response.output, setlinfo: { ...settled.response.output.setlinfo, ...more } },
})
const ofVisit = (more: Json): Json => ({ input: { mdtrtinfo: { ...(settled.request.input as { mdtrtinfo: Json }).mdtrtinfo, ...more } } })
const placesOf = async (setlId: string): Promise<unknown> => {
  const all = (await one.all('ExplanationOfBenefit')) as unknown as {
    identifier: { value: string }[]
    insurer: { display: string }
    payee?: { party: { display: string } }
  }[]
  const found = all.find(({ identifier }) => identifier.some(({ value }) => value === setlId))
  return [found?.insurer.display, found?.payee?.party.display, ...extensionsOf(found as unknown as FhirResource)]
}
const office = (division: string): string => `医疗保障经办机构（${division}）`
const SETL = '110105S0000000000021'
const JOINED = [office('310100'), office('110105'), 'cn-clearing-agency 110105', 'cn-med-type 21', 'cn-offsite true', 'cn-pool-area 310100']
const ALONE = [office('110105'), undefined, 'cn-clearing-agency 110105', 'cn-med-type 21']

const APART: [string, () => Json[], unknown[]][] = [
  ['request and answer', () => [requestOf('15:20:00'), answerOf('15:20:06')], JOINED],
  ['on a clock that is two minutes ahead', () => [requestOf('15:22:00'), answerOf('15:20:06')], JOINED],
  ['with the list of the day behind', () => [requestOf('15:20:00'), answerOf('15:20:06'), list], JOINED],
  [
    'a request in mid-stay from another place',
    () => [requestOf('09:00:00', { insuplc_admdvs: '440100' }), requestOf('15:20:00'), answerOf('15:20:06')],
    JOINED,
  ],
  ['a later request', () => [requestOf('15:30:00'), answerOf('15:20:06')], ALONE],
  ['a request of another visit', () => [requestOf('15:20:00', ofVisit({ mdtrt_id: 'V9' })), answerOf('15:20:06')], ALONE],
  ['a request of another person', () => [requestOf('15:20:00', ofVisit({ psn_no: 'P9', mdtrt_cert_no: '' })), answerOf('15:20:06')], ALONE],
  ['what is no place', () => [requestOf('15:20:00', { insuplc_admdvs: '上海' }), answerOf('15:20:06')], ALONE],
]

test.each(APART)('each by itself, %s: in every order', async (_, messages, expected) => {
  const all = messages()
  for (const order of permutations(all.length)) {
    await one.wipe()
    for (const at of order) expect((await one.send('miis', all[at])).counts.quarantined).toBe(0)
    expect({ order, places: await placesOf(SETL) }).toEqual({ order, places: expected })
    const versions = await one.versions()
    for (const at of order) await one.send('miis', { ...all[at], sign_no: 'again' })
    expect({ order, versions: await one.versions() }).toEqual({ order, versions })
  }
})

test('each by itself, at the same time', async () => {
  for (let round = 0; round < 5; round++) {
    await one.wipe()
    const sent = [requestOf('15:20:00'), answerOf('15:20:06')].map((each) => one.send('miis', each))
    for (const { counts } of await Promise.all(sent)) expect(counts.quarantined).toBe(0)
    expect({ round, places: await placesOf(SETL) }).toEqual({ round, places: JOINED })
  }
})

test('each by itself, taken back: the void settlement keeps no places, and its reversal has them from its own request', async () => {
  const setl_id = { setl_id: SETL }
  const reversal = requestOf('16:00:00', { ...ofVisit(setl_id), infno: '2305', msgid: 'R1' })
  const refund = answerOf('16:00:06', { setl_id: 'S99', medfee_sumamt: '-64.30' })
  const all = [requestOf('15:20:00'), answerOf('15:20:06'), reversal, refund]
  for (const order of permutations(all.length)) {
    await one.wipe()
    for (const at of order) expect((await one.send('miis', all[at])).counts.quarantined).toBe(0)
    const found = (await one.all('ExplanationOfBenefit')).find(({ status }) => status === 'entered-in-error')
    expect(JSON.stringify(found)).not.toContain('3101')
    expect({ order, places: await placesOf('S99') }).toEqual({ order, places: [...JOINED, 'cn-refund true'] })
  }
})

test('each by itself, of two persons under one number: the one is not told what the request of the other says', async () => {
  const hers = { psn_no: 'P2', mdtrt_id: 'V2', certno: '310100196511080248', psn_name: '李秀兰', gend: '2', brdy: '1965-11-08', age: '' }
  const all = [answerOf('15:20:06'), answerOf('15:25:06', hers), requestOf('15:20:00')]
  for (const order of permutations(all.length)) {
    await one.wipe()
    for (const at of order) expect((await one.send('miis', all[at])).counts.quarantined).toBe(0)
    expect({ order, places: await placesOf(SETL) }).toEqual({ order, places: ALONE })
  }
})
