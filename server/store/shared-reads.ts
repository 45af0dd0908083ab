/**
 * Look-ups by key that share queries: those that arrive while one runs wait together and go into the next. Each query starts
 * after all the look-ups that it answers, so nobody gets an older state than with a query of his own.
 */
import { onOneClock } from './soon.ts'

interface Wanted<K, V> {
  keys: readonly K[]
  resolve(found: V[]): void
  reject(error: unknown): void
}

export interface SharedReadOptions {
  /** queries at the same time */
  lanes: number
  /** keys of one query; a single look-up with more goes alone */
  keysMax: number
}

/** Values of the keys that are there, in the order of the keys; the same key twice gives its value twice. */
export function sharedReads<K, V>(
  read: (keys: K[]) => Promise<ReadonlyMap<K, V>>,
  { lanes, keysMax }: SharedReadOptions,
): (keys: readonly K[]) => Promise<V[]> {
  const waiting: Wanted<K, V>[] = []
  let running = 0

  const pump = () => {
    while (running < lanes && waiting.length > 0) {
      const group = takeGroup(waiting, keysMax)
      running++
      void answer(group).finally(() => {
        running--
        if (waiting.length > 0) wake()
      })
    }
  }
  const wake = onOneClock(pump)

  const answer = async (group: Wanted<K, V>[]) => {
    try {
      const found = await read([...new Set(group.flatMap(({ keys }) => keys))])
      for (const { keys, resolve } of group) resolve(keys.flatMap((key) => found.get(key) ?? []))
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  return (keys) => {
    if (keys.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      waiting.push({ keys, resolve, reject })
      wake()
    })
  }
}

function takeGroup<K, V>(waiting: Wanted<K, V>[], keysMax: number): Wanted<K, V>[] {
  let keys = 0
  let taken = 0
  for (const one of waiting) {
    if (taken > 0 && keys + one.keys.length > keysMax) break
    keys += one.keys.length
    taken++
  }
  return waiting.splice(0, taken)
}
