/** Two provinces give one number to the settlements of two persons: the reversal of the one leaves the other's. Worked out by hand. */
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
  const input = { mdtrtinfo: { ...(request.input as { mdtrtinfo: Json }).mdtrtinfo, psn_no, mdtrt_id, mdtrt_cert_no: certno } }
  Object.assign(response.output.setlinfo, person, { age: '' })
  return {
    request: { ...request, msgid: `S${psn_no}${hour}`, inf_time: `2026-03-12 ${hour}:00:00`, insuplc_admdvs, input },
    response: { ...response, respond_time: `20260312${hour}0000000` },
  }
}

function reversal({ psn_no, mdtrt_id }: typeof HIS, hour: number): Json {
  const input = { mdtrtinfo: { psn_no, mdtrt_id, setl_id: sample.response.output.setlinfo.setl_id } }
  return { ...sample.request, infno: '2305', msgid: `R${psn_no}`, inf_time: `2026-03-12 ${hour}:00:00`, input }
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
