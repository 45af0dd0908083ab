/**
 * How far the heap may grow between two collections of the whole of it. V8 lets a heap of some hundred MB grow to several times of what
 * lives in it before it looks, and that is never given back while others come: a crowd of large messages would hold gigabytes of what
 * nobody needs any more. Where the process holds much, it looks sooner; else nothing is changed.
 */
import { setFlagsFromString } from 'node:v8'

const LOOK_MS = 500
/** resident, MB: above the one the heap grows less, below the other as V8 likes */
export const HEAP_GROWTH = { tightMb: 1_100, freeMb: 850, percent: 30 } as const

/** @returns `--heap-growing-percent` as it should be now; 0: V8's own */
export const growthFor = (residentMb: number, before: number): number =>
  residentMb > HEAP_GROWTH.tightMb ? HEAP_GROWTH.percent : residentMb < HEAP_GROWTH.freeMb ? 0 : before

/** Looks until the process ends, and keeps nothing of it alive. */
export function boundHeapGrowth(): void {
  let percent = 0
  setInterval(() => {
    const next = growthFor(process.memoryUsage.rss() / (1024 * 1024), percent)
    if (next !== percent) setFlagsFromString(`--heap-growing-percent=${next}`)
    percent = next
  }, LOOK_MS).unref()
}
