/** When the heap is kept small: not before much is held, and until clearly less is. */
import { expect, test } from '@jest/globals'
import { growthFor, HEAP_GROWTH } from '../../server/heap-growth.ts'

test('much held: it grows less, until clearly less is held', () => {
  const { tightMb, freeMb, percent } = HEAP_GROWTH
  expect(freeMb).toBeLessThan(tightMb)
  expect([growthFor(300, 0), growthFor(tightMb, 0), growthFor(tightMb + 1, 0)]).toEqual([0, 0, percent])
  expect([growthFor(tightMb, percent), growthFor(freeMb, percent), growthFor(freeMb - 1, percent)]).toEqual([percent, percent, 0])
})
