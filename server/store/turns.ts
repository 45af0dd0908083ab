/** Long work that never waits for anything lets others have their turn: else a large payload, or a person of whom much is known, would hold all other senders and readers up. */
import { setImmediate } from 'node:timers/promises'

const TURN_MS = 20

export class Turns {
  #since = performance.now()

  /** Goes on at once, unless the others have been waiting for a while. */
  async take(): Promise<void> {
    if (performance.now() - this.#since < TURN_MS) return
    await setImmediate()
    this.#since = performance.now()
  }
}

/** As `Promise.all` over what each item begins, in their order, with turns for others between the beginnings. */
export async function allInTurns<T, R>(items: Iterable<T>, begin: (item: T, at: number) => Promise<R> | R): Promise<R[]> {
  const turns = new Turns()
  const begun: (Promise<R> | R)[] = []
  for (const item of items) {
    await turns.take()
    const one = begin(item, begun.length)
    // One that fails while others are still to begin is told at the end.
    if (one instanceof Promise) one.catch(() => undefined)
    begun.push(one)
  }
  return Promise.all(begun)
}
