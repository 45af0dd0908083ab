/**
 * When a process looks for what is due. What concerns persons (moves, comparisons, what waits) and payloads are looked for beside each other: a
 * table of a night holds up neither a comparison nor, as long as a place is free, a smaller file that comes behind it.
 */
import { INGEST_BOUNDS } from './bounds.ts'

export interface RoundsWork {
  /** one round over everything that concerns persons */
  persons(): Promise<unknown>
  /** takes payloads that are due, at most `places` at a time, until there are no more of those that it found */
  payloads(places: number): Promise<unknown>
  failed(): void
}

/** in which all places of a round that finds enough are taken */
const TAKING_MS = 100

export class IngestRounds {
  readonly #work: RoundsWork
  readonly #running = new Set<Promise<void>>()
  #underWay = 0
  /** a round has just begun: how many places it will take is not known yet */
  #looking = false
  #timers: { payloads: NodeJS.Timeout; persons: NodeJS.Timeout } | undefined

  constructor(work: RoundsWork) {
    this.#work = work
  }

  /** A payload is in work for as long as this takes. */
  async taken<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay++
    this.#after(TAKING_MS, () => {
      this.#looking = false
    })
    try {
      return await work()
    } finally {
      this.#underWay--
    }
  }

  start(): void {
    this.#timers = { payloads: this.#after(0, () => this.#payloads()), persons: this.#after(0, () => this.#persons()) }
  }

  /** What was just left to a worker begins at once, where this process works at all. */
  poke(): void {
    if (!this.#timers) return
    clearTimeout(this.#timers.payloads)
    this.#timers.payloads = this.#after(0, () => this.#payloads())
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timers?.payloads)
    clearTimeout(this.#timers?.persons)
    this.#timers = undefined
    await Promise.all(this.#running)
  }

  /** Looked for again at the next poll whether or not this round has ended by then. */
  #payloads(): void {
    const isNew = !this.#looking
    const places = INGEST_BOUNDS.payloadConcurrency - this.#underWay
    if (places > 0 && isNew) {
      this.#looking = true
      void this.#run(() => this.#work.payloads(places)).finally(() => {
        this.#looking = false
      })
    }
    const soon = isNew ? INGEST_BOUNDS.pollMs : TAKING_MS
    if (this.#timers) this.#timers.payloads = this.#after(soon, () => this.#payloads())
  }

  #persons(): void {
    void this.#run(() => this.#work.persons()).finally(() => {
      if (this.#timers) this.#timers.persons = this.#after(INGEST_BOUNDS.pollMs, () => this.#persons())
    })
  }

  #run(work: () => Promise<unknown>): Promise<void> {
    const running = work()
      .then(
        () => undefined,
        () => this.#work.failed(),
      )
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
    return running
  }

  #after(delayMs: number, then: () => void): NodeJS.Timeout {
    const timer = setTimeout(then, delayMs)
    timer.unref()
    return timer
  }
}
