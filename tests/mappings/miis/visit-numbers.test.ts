/** Which messages say that a number of the insurance and one of the hospital are of one visit, and which do not. By hand. */
import { describe, expect, test } from '@jest/globals'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { labReport, registration, selfPaidVisit, stay } from '../../ingest/visit-messages.ts'
import { readAll } from '../support.ts'

type Json = Record<string, unknown>
type Exchange = { request: Json & { input: Record<string, Json> }; response: Json }

const saidIn = async (body: unknown) => (await readAll(miisInterface, JSON.stringify(body))).mapped.map(({ visits }) => visits)
const exchange = ([, body]: readonly [string, unknown]): Exchange => structuredClone(body) as Exchange
const bodyOf = ([, body]: readonly [string, unknown]): Exchange['request'] => structuredClone(body) as Exchange['request']

const insured = { type: 'Encounter', scope: 'miis:MIA', parts: ['M1'] }
const own = { type: 'Encounter', scope: 'H1', parts: ['V1'] }

describe('said', () => {
  test('2201 and 2401 with their answer: the number of the stay or outpatient record', async () => {
    expect(await saidIn(exchange(registration()))).toEqual([[{ insured, own, by: 'record', statedAt: '2026-03-09T01:00:00.000Z' }]])
    expect(await saidIn(exchange(stay()))).toEqual([[{ insured, own, by: 'record', statedAt: '2026-03-09T01:35:00.000Z' }]])
  })

  test('4502: the number of the visit itself, which goes before the other', async () => {
    const report = bodyOf(labReport())
    const serial = [[{ insured, own, by: 'serial', statedAt: '2026-03-09T02:30:00.000Z' }]]
    expect(await saidIn(report)).toEqual(serial)
    Object.assign(report.input.labinfo as Json, { ipt_otp_no: 'ZY9' })
    expect(await saidIn(report)).toEqual(serial)
  })

  test('of the institution that the node names', async () => {
    const report = bodyOf(labReport())
    Object.assign(report.input.labinfo as Json, { fixmedins_code: 'X99' })
    expect((await saidIn(report))[0]).toMatchObject([{ insured, own: { scope: 'MIA~X99', parts: ['V1'] } }])
  })
})

describe('not said', () => {
  test('by an answer alone, which does not say whose number it is', async () => {
    expect(await saidIn(exchange(registration()).response)).toEqual([undefined])
  })

  test('by a request whose answer is not there', async () => {
    expect(await saidIn(exchange(registration()).request)).toEqual([undefined])
  })

  test('by what is void', async () => {
    const report = bodyOf(labReport())
    Object.assign(report.input.labinfo as Json, { vali_flag: '0' })
    expect(await saidIn(report)).toEqual([undefined])
  })

  test('by a visit that nobody insures', async () => {
    expect(await saidIn(bodyOf(selfPaidVisit()))).toEqual([undefined])
  })

  test('by an exchange that failed', async () => {
    const { request, response } = exchange(registration())
    expect(await saidIn({ request, response: { ...response, infcode: '-1' } })).toEqual([undefined])
  })
})
