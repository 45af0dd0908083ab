/**
 * Who bears and who advances the cost of a settlement across provinces says its request. The answer that comes by itself, and the list of
 * days later, name less of it: what stands is the same whichever comes first. Worked out by hand.
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
