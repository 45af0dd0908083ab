/** A round of work again and again until it is stopped: at once when it is poked, else after a while. */
import type { More } from '../jobs/worker.ts'

export interface RoundsOptions {
  round(): Promise<unknown>
  pollMs: number
  /** a round broke off; the next one begins as if it had not */
  failed(): void
}

export class Rounds {
  readonly #options: RoundsOptions
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #isStopped = false
  /** who waits within a round for something new to do */
  readonly #waiting = new Set<() => void>()

  constructor(options: RoundsOptions) {
    this.#options = options
  }

  start(): void {
    this.#isStopped = false
    this.#schedule(0)
  }

  /** Where it runs at all there is something new to do: the round under way looks, or the next one begins now. */
  poke(): void {
    if (!this.#timer || this.#isStopped) return
    this.#wake()
    this.#schedule(0)
  }

  /** For a round that goes on looking: at the next poke, or after `pollMs`. */
  readonly more: More = {
    wait: () =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer)
          this.#waiting.delete(end)
          resolve()
        }
        const timer = setTimeout(end, this.#options.pollMs)
        timer.unref()
        this.#waiting.add(end)
      }),
    isOver: () => this.#isStopped,
  }

  /** Resolves when the round under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#wake()
    await this.#running
  }

  #wake(): void {
    for (const end of [...this.#waiting]) end()
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#running = this.#running.then(() => this.#run())
    }, delayMs)
    this.#timer.unref()
  }

  async #run(): Promise<void> {
    if (this.#isStopped) return
    await this.#options.round().catch(() => this.#options.failed())
    if (!this.#isStopped) this.#schedule(this.#options.pollMs)
  }
}
