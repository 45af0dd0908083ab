/** Charge lines whose request comes once more without its answer: how the insurance sees a line is not lost by it. Worked out by hand. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type Json, miisRig } from './miis-rig.ts'
import type { Rig } from './support.ts'
import { permutations } from '../support/permutations.ts'

let one: Rig
let charged: { request: Json & { input: { feedetail: Json[] } }; response: Json }
beforeAll(async () => {
  one = await miisRig()
  charged = JSON.parse(await readFile(new URL('../fixtures/samples/miis/2301-inpatient-charges.json', import.meta.url), 'utf8'))
})
beforeEach(() => one.wipe())
afterAll(() => one.close())

/** Class and sum of the bed. */
async function bed(): Promise<unknown[]> {
  const all = (await one.all('ChargeItem')) as unknown as {
    identifier: { value: string }[]
    priceOverride: { value: number }
    extension: { url: string; valueCoding?: { code: string } }[]
  }[]
  const number = String(charged.request.input.feedetail[1]?.feedetl_sn)
  const found = all.find(({ identifier }) => identifier[0]?.value.endsWith(`.${number}`))
  return [found?.extension.find(({ url }) => url.endsWith('/cn-fee-category'))?.valueCoding?.code, found?.priceOverride.value]
}

test.each(permutations(2).map((order) => [order]))('the request alone, of the same time, in the order %j', async (order) => {
  const all = [charged, charged.request]
  for (const at of order) expect((await one.send('miis', all[at])).counts.quarantined).toBe(0)
  expect(await bed()).toEqual(['01', 60])
})

test.each(permutations(2).map((order) => [order]))(
  'a correction of another time, whose answer did not come, in the order %j',
  async (order) => {
    const { request } = charged
    const feedetail = request.input.feedetail.map((line) => ({ ...line, cnt: '2', pric: '60', det_item_fee_sumamt: '120' }))
    const all = [charged, { ...request, msgid: 'CORRECTED', inf_time: '2026-03-07 09:00:00', input: { feedetail } }]
    for (const at of order) expect((await one.send('miis', all[at])).counts.quarantined).toBe(0)
    expect(await bed()).toEqual([undefined, 120])
  },
)
