/** Looks that are taken behind an answer: bounded, repeated where they fail, and waited for at the end. */
import { expect, test } from '@jest/globals'
import { createSettleBehind } from '../../server/access/settle-behind.ts'

const options = { lookMax: 2, tries: 3, pauseMs: 1, gatherMs: 5 }

test('more than may be under way at once are not taken', async () => {
  const behind = createSettleBehind(options, () => undefined)
  const { promise, resolve } = Promise.withResolvers<void>()
  expect([behind.take(() => promise), behind.take(() => promise), behind.take(() => promise)]).toEqual([true, true, false])
  let isIdle = false
  const idle = behind.idle().then(() => {
    isIdle = true
  })
  await new Promise((done) => setTimeout(done, 20))
  expect(isIdle).toBe(false)
  resolve()
  await idle
  expect(behind.take(() => Promise.resolve())).toBe(true)
  await behind.idle()
})

test('what is taken within the gathering time begins in one turn, and none of it before that is over', async () => {
  const behind = createSettleBehind({ ...options, lookMax: 9, gatherMs: 40 }, () => undefined)
  const begun: number[] = []
  let turn = 0
  const look = () => {
    if (begun.length === 0) setImmediate(() => turn++)
    begun.push(turn)
    return Promise.resolve()
  }
  const first = performance.now()
  behind.take(look)
  await new Promise((done) => setTimeout(done, 5))
  behind.take(look)
  expect(begun).toEqual([])
  await behind.idle()
  expect(begun).toEqual([0, 0])
  // Timers are whole milliseconds.
  expect(performance.now() - first).toBeGreaterThan(38)
  behind.take(look)
  await behind.idle()
  expect(begun).toHaveLength(3)
})

test.each([
  [1, 2, 0],
  [2, 3, 0],
  [9, 3, 1],
])('one that fails %i times is tried %i times, and %i are given up', async (failures, tries, givenUp) => {
  const failed: unknown[] = []
  const behind = createSettleBehind(options, (error) => failed.push(error))
  let looked = 0
  behind.take(async () => {
    looked++
    if (looked <= failures) throw new Error('no database')
  })
  await behind.idle()
  expect([looked, failed.length]).toEqual([tries, givenUp])
})
