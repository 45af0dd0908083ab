/** What words about a set and wider ones say of a thing in it, by their times. Worked out by hand. */
import { expect, test } from '@jest/globals'
import type { KeptWord } from '../../server/ingest/batch-docs.ts'
import { isPaidFor, takenBackAt } from '../../server/ingest/line-verdicts.ts'

test('what a word about the visit does not reach', () => {
  const word =
    (kind: KeptWord['word']) =>
    (time: string, more: Partial<KeptWord> = {}): KeptWord => ({ word: kind, at: time, ...more })
  const [reversed, settled, released] = [word('reversed'), word('settled'), word('released')]
  const at = (own: KeptWord[], visit: KeptWord[], undone: Record<string, string[]> = {}) =>
    takenBackAt(
      '1',
      [own, visit],
      new Map(Object.entries(undone).map(([settlement, times]) => [settlement, times.map((time) => reversed(time))])),
    )
  expect(at([], [])).toBe('')
  expect(at([reversed('3')], [reversed('2')])).toBe('3')
  expect(at([settled('1')], [reversed('2')])).toBe('')
  expect(at([settled('3')], [reversed('2')])).toBe('2')
  expect(at([settled('1')], [reversed('4'), released('2')])).toBe('4')
  expect(at([settled('3')], [reversed('4'), released('2')])).toBe('')
  // The last word of a kind does not hide those before it.
  expect(at([settled('3')], [reversed('2'), reversed('5')])).toBe('2')
  expect(at([settled('2'), settled('5')], [reversed('4')])).toBe('')
  // What was charged behind a settlement of the visit it did not pay for.
  expect(at([], [settled('1', { chargedBefore: true }), reversed('3')])).toBe('')
  expect(at([], [settled('0', { chargedBefore: true }), reversed('3')])).toBe('3')
  // One of two settlements that paid is enough.
  expect(at([settled('2', { settlement: 'S1' }), settled('3', { settlement: 'S2' })], [reversed('6')], { S2: ['5'] })).toBe('')
  expect(at([settled('2', { settlement: 'S1' })], [reversed('6')], { S1: ['5'] })).toBe('6')
  expect(at([settled('2', { settlement: 'S1' })], [reversed('4')], { S1: ['5'] })).toBe('')
})

test('what is paid for in the end', () => {
  const word =
    (kind: KeptWord['word']) =>
    (time: string, more: Partial<KeptWord> = {}): KeptWord => ({ word: kind, at: time, ...more })
  const [reversed, settled, released] = [word('reversed'), word('settled'), word('released')]
  const paid = (own: KeptWord[], visit: KeptWord[], undone: [string, KeptWord[]][] = []) => isPaidFor('1', [own, visit], new Map(undone))
  expect(paid([], [])).toBe(false)
  expect(paid([settled('2')], [])).toBe(true)
  expect(paid([settled('2')], [released('3')])).toBe(false)
  expect(paid([settled('4')], [released('3')])).toBe(true)
  expect(paid([settled('2', { settlement: 'S1' })], [released('3')])).toBe(true)
  expect(paid([settled('2', { settlement: 'S1' })], [], [['S1', [reversed('3')]]])).toBe(false)
  // Another person's settlement of that number was taken back.
  const [his, hers] = [{ ofPerson: 'P1' }, { ofPerson: 'P2' }]
  expect(paid([settled('2', { settlement: 'S1', ...hers })], [], [['S1', [reversed('3', his)]]])).toBe(true)
  expect(paid([], [settled('2', { chargedBefore: true })])).toBe(true)
  expect(paid([], [settled('0', { chargedBefore: true })])).toBe(false)
})
