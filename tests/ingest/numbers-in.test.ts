/** Whom a payload names is read from its bytes: what cannot be read for now is not taken for what names nobody. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { namedIn, numbersIn } from '../../server/ingest/numbers-in.ts'
import type { PayloadDoc } from '../../server/ingest/types.ts'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'
import { rig, type Rig, sourceOf } from './support.ts'

let one: Rig
beforeAll(async () => {
  one = await rig([sourceOf('lis', 'hospital', 'H1')])
})
afterAll(() => one.close())

const record = (value: string, more: object = {}): object => ({
  ...{ deliveryId: value, patient: { local: [{ kind: 'PI', value, strong: true }] }, ...more },
  resources: [{ key: 'patient', resource: { resourceType: 'Patient' }, state: 'current', statedAt: '2026-03-06T08:00:00Z' }],
})

async function all<T>(found: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const each of found) list.push(each)
  return list
}

test('each record and its numbers; a database that is away ends it', async () => {
  const { deps, tables } = one.ingest
  const { payload } = await one.send('lis', [record('P1'), record('P2')])
  const numbers = await all(numbersIn(deps, tables, payload))
  expect(numbers.map((each) => each.length)).toEqual([1, 1])
  expect(await tables.numbers.getMany(numbers.flat())).toHaveLength(2)
  expect(new Set((await all(namedIn(deps, tables, payload))).map(({ at }) => at)).size).toBe(2)
  const kept: PayloadDoc = { ...payload, inline: null, chunks: 1 }
  const away = { ...tables, chunks: { ...tables.chunks, get: () => Promise.reject(new OutcomeError('unavailable')) } }
  await expect(all(numbersIn(deps, away, kept))).rejects.toThrow(OutcomeError)
})
