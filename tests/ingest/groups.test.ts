/** Messages that come at the same time are stored together, and each has its own outcome. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { observation, rig, type Rig, sourceOf } from './support.ts'

const PI = (value: string) => ({ kind: 'PI', value, strong: true })
const REPORT = (value: string) => ({ kind: 'REPORT', value, strong: false })
const practitioner = {
  key: { type: 'Practitioner', scope: 'H1', parts: ['D1'] },
  resource: { resourceType: 'Practitioner', active: true, name: [{ text: '赵医生' }] },
  state: 'current',
  statedAt: '1970-01-01T00:00:00.000Z',
  placeholder: true,
}
const message = (no: string, patient: object, resource: Record<string, unknown> = { valueString: no }, more: object[] = []) => [
  { deliveryId: no, patient, resources: [observation('H1', no, resource), practitioner, ...more] },
]

let one: Rig
beforeAll(async () => {
  one = await rig([sourceOf('his', 'hospital', 'H1'), sourceOf('lis', 'hospital', 'H1')])
})
afterAll(() => one.close())

const values = async (): Promise<string[]> => (await one.all('Observation')).map(({ valueString }) => String(valueString)).sort()

describe('messages at the same time', () => {
  test('a broken one, a bug, a repeated one and one without its patient do not touch the others', async () => {
    const good = Array.from({ length: 12 }, (_, n) => message(`g${String(n).padStart(2, '0')}`, { local: [PI(`p${n % 5}`)] }))
    const broken = message('broken', { local: [PI('p1')] }, { status: ['no', 'status'] })
    // The same delivery of the same source in another payload.
    const repeated = `${JSON.stringify(good[3])} `
    const waiting = message('waits', { local: [REPORT('r1')] })
    const sent = [...good, broken, [{ bug: true }], waiting, repeated]
    const results = await Promise.all(sent.map((body, at) => one.send(at % 2 === 0 ? 'his' : 'lis', body)))
    const status = results.map(({ payload }) => payload.status)
    expect(status.slice(0, 12)).toEqual(good.map(() => 'stored'))
    expect(status.slice(12, 14)).toEqual(['quarantined', 'quarantined'])
    expect(results[14]?.counts).toMatchObject({ records: 1, waiting: 1, stored: 0 })
    expect([results[3], results[15]].map((one) => one?.counts.unchanged).sort()).toEqual([0, 1])
    expect(await values()).toEqual(good.map(([record]) => record?.deliveryId))
    expect(await one.all('Patient')).toHaveLength(0)
    expect(await one.all('Practitioner')).toHaveLength(1)
    const persons = new Set((await one.all('Observation')).map(({ subject }) => (subject as { reference: string }).reference))
    expect(persons.size).toBe(5)

    const known = await one.send('his', message('names-it', { local: [PI('p9'), REPORT('r1')] }))
    expect(known.payload.status).toBe('stored')
    expect(await values()).toContain('waits')
    expect((await one.all('Provenance')).length).toBe(14)
  })

  test('corrections of one result at the same time: the newest word stands, whatever the order', async () => {
    const at = (minute: number) => `2026-03-07T08:${String(minute).padStart(2, '0')}:00Z`
    const sent = Array.from({ length: 10 }, (_, n) => [
      {
        deliveryId: `c${n}`,
        patient: { local: [PI('p1')] },
        resources: [observation('H1', 'corrected', { valueString: `value ${n}` }, { statedAt: at(n) })],
      },
    ])
    const results = await Promise.all([...sent].reverse().map((body) => one.send('his', body)))
    expect(results.map(({ counts }) => counts.stored)).toEqual(sent.map(() => 1))
    expect((await values()).filter((value) => value.startsWith('value'))).toEqual(['value 9'])
  })
})
