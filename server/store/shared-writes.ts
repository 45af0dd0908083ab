/**
 * Group commit for small writes outside of transactions: a journaled majority write costs the same for one row as for fifty,
 * so what arrives while one runs goes together into the next, each with its own outcome.
 */
import { soon } from './soon.ts'

interface Waiting<I, O> {
  item: I
  bytes: number
  resolve(outcome: O): void
  reject(error: unknown): void
}

export interface SharedWriteOptions {
  itemsMax: number
  bytesMax: number
}

/** `write` answers outcomes in the order of its items; what it throws is the outcome of all of them. */
export function sharedWrites<I, O>(
  write: (items: I[]) => Promise<O[]>,
  bytesOf: (item: I) => number,
  { itemsMax, bytesMax }: SharedWriteOptions,
): (item: I) => Promise<O> {
  const waiting: Waiting<I, O>[] = []
  let running = false

  const pump = () => {
    if (running || waiting.length === 0) return
    running = true
    void answer(takeGroup(waiting, itemsMax, bytesMax)).finally(() => {
      running = false
      if (waiting.length > 0) wake()
    })
  }
  const wake = soon(pump)

  const answer = async (group: Waiting<I, O>[]) => {
    try {
      const outcomes = await write(group.map(({ item }) => item))
      for (const [at, { resolve }] of group.entries()) resolve(outcomes[at] as O)
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, bytes: bytesOf(item), resolve, reject })
      wake()
    })
}

function takeGroup<I, O>(waiting: Waiting<I, O>[], itemsMax: number, bytesMax: number): Waiting<I, O>[] {
  let bytes = 0
  let taken = 0
  for (const one of waiting) {
    if (taken > 0 && (taken >= itemsMax || bytes + one.bytes > bytesMax)) break
    bytes += one.bytes
    taken++
  }
  return waiting.splice(0, taken)
}
