/**
 * The package completes at once all that it is handed at once: a query about the whole schema would keep everybody else waiting for seconds. What
 * is handed to it later is completed later, so that others have their turn in between.
 */

/** For so long a query may go on by itself. */
const TURN_MS = 50
/** Elements that are completed in a moment. */
const AT_ONCE_MAX = 2000

export class Pace {
  #since = performance.now()
  readonly #waiting: (() => void)[] = []

  /** The value, now or later. `elements`: how many are asked for in it. */
  of<T>(value: T, elements: number): T | Promise<T> | (T | Promise<unknown>)[] {
    if (Array.isArray(value) && value.length > 1 && elements > AT_ONCE_MAX) return value.map((item: unknown) => this.#later(item))
    return performance.now() - this.#since < TURN_MS ? value : this.#later(value)
  }

  #later<T>(value: T): Promise<T> {
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(value))
      if (this.#waiting.length === 1) setImmediate(this.#next)
    })
  }

  /** The youngest first, so that what is begun is ended, and few wait. */
  readonly #next = (): void => {
    this.#since = performance.now()
    this.#waiting.pop()?.()
    if (this.#waiting.length > 0) setImmediate(this.#next)
  }
}
