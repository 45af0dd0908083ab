/** Sets of places, as lists and as bits, equal plain sets of numbers; pages of them equal slices. */
import { expect, test } from '@jest/globals'
import { has, isNone, type Places, placesOf, setsFor } from '../../server/terminology-kept/places.ts'

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

const sorted = (places: Iterable<number>): number[] => [...places].sort((a, b) => a - b)
/** As text: long lists are compared in one go. */
const text = (places: readonly number[]): string => places.join(' ')

test.each([1, 31, 32, 33, 1000, 70_001])('of a system with %i concepts', (concepts) => {
  const sets = setsFor(concepts)
  const next = numbers(concepts)
  const some = (count: number): [Places, Set<number>] => {
    const plain = new Set(Array.from({ length: Math.min(count, concepts) }, () => next(concepts)))
    return [sets.of([...plain, ...plain]), plain]
  }
  const all = new Set(Array.from({ length: concepts }, (_, n) => n))
  const made: [Places, Set<number>][] = [[sets.none, new Set()], [sets.all, all], ...[1, 40, 900, 1100, 30_000].map(some)]
  expect(new Set(made.map(([{ bits }]) => bits !== undefined)).size).toBe(2)
  for (const [a, plainA] of made) {
    expect([text(placesOf(a)), a.size, isNone(a)]).toEqual([text(sorted(plainA)), plainA.size, plainA.size === 0])
    expect([has(a, 0), has(a, concepts - 1)]).toEqual([plainA.has(0), plainA.has(concepts - 1)])
    for (const [offset, most] of [
      [0, 1],
      [1, 3],
      [31, 40],
      [32, 1],
      [plainA.size - 1, 5],
      [plainA.size, 5],
      [plainA.size >> 1, 10],
    ] as const)
      if (offset >= 0) expect(placesOf(a, offset, most)).toEqual(sorted(plainA).slice(offset, offset + most))
    for (const [b, plainB] of made) {
      expect(text(placesOf(sets.and(a, b)))).toBe(text(sorted(plainA.intersection(plainB))))
      expect(text(placesOf(sets.or(a, b)))).toBe(text(sorted(plainA.union(plainB))))
      expect(text(placesOf(sets.without(a, b)))).toBe(text(sorted(plainA.difference(plainB))))
    }
  }
  const every = made.map(([set]) => set)
  const plain = made.map(([, set]) => set)
  expect(text(placesOf(sets.union(every)))).toBe(text(sorted(all)))
  expect(text(placesOf(sets.union(every.slice(2))))).toBe(text(sorted(plain.slice(2).reduce((one, other) => one.union(other)))))
  expect(text(placesOf(sets.common(every.slice(4))))).toBe(text(sorted(plain.slice(4).reduce((one, other) => one.intersection(other)))))
  expect(placesOf(sets.common([]))).toEqual([])
})

test('what was made of others leaves them as they were', () => {
  const sets = setsFor(10_000)
  const dense = sets.of(Array.from({ length: 5000 }, (_, n) => 2 * n))
  const few = sets.of([1, 3, 5])
  const before = [placesOf(dense), placesOf(few)]
  sets.or(dense, few)
  sets.without(dense, few)
  sets.and(dense, sets.all)
  sets.union([few, dense, few])
  expect([placesOf(dense), placesOf(few)]).toEqual(before)
})
