/** A patient says no while notifications of him go out one after the other: with the answer they have ended. */
import { expect, test } from '@jest/globals'
import { give, NO_SHARING, observation, relabelled, withdraw } from '../consent/resources.ts'
import { active, plain, put, setting } from './setting.ts'

const held = setting()
const EACH = 30

test('not one begins after the acknowledgement', async () => {
  held.receiver.answers = () => new Promise((resolve) => setTimeout(() => resolve(200), 30))
  await active(held, plain(held, 'Observation?code=urn:test|stream', '/hook/stream'))
  const late: number[] = []
  let told = 0
  for (const round of [1, 2, 3, 4]) {
    held.receiver.got.length = 0
    await put(held, ...Array.from({ length: EACH }, (_, n) => observation(`o-${round}-${n}`, 'turned', 'stream')))
    await held.receiver.until((got) => got.length >= 3)
    const consent = await give(held.server, 'turned', NO_SHARING)
    const acknowledged = Date.now()
    await new Promise((resolve) => setTimeout(resolve, 500))
    told += held.receiver.got.length
    late.push(...held.receiver.got.filter(({ at }) => at > acknowledged).map(({ at }) => at - acknowledged))
    await withdraw(held.server, 'turned', consent)
    await relabelled(held.server)
    // What was hidden when it was its turn is not told afterwards either.
    await put(held, observation(`last-${round}`, 'turned', 'stream'))
    await held.receiver.until((got) => got.some(({ path }) => path.endsWith(`last-${round}`)))
  }
  expect(late).toEqual([])
  expect(told).toBeGreaterThanOrEqual(12)
  expect(told).toBeLessThan(4 * EACH)
}, 120_000)
