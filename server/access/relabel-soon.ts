/**
 * Relabelling right after a consent change, in the process that wrote it and behind its answer. Nothing rests on it: the
 * entries in the database outlive the process, and the leased worker takes over what was not done.
 */
import { ACCESS_BOUNDS } from './bounds.ts'
import type { MayGoOn } from './may-go-on.ts'

export interface RelabelSoon {
  /**
   * Resolves when these persons are relabelled, or after `waitMs`, whichever comes first; at once where others are being
   * relabelled already, because waiting would rarely be of use then. Never fails.
   */
  relabel(persons: readonly string[], waitMs: number): Promise<void>
  /** resolves when nothing waits or runs */
  idle(): Promise<void>
  /** What waits is left to the worker; what runs ends at its next step. */
  stop(): Promise<void>
}

interface Waiting {
  done: Promise<void>
  finish(): void
}

export type RelabelPersons = (persons: readonly string[], mayGoOn: MayGoOn) => Promise<unknown>

/** A person who is waiting already is not put in twice; one who is being relabelled is, because his consents changed again. */
export function createRelabelSoon(relabelPersons: RelabelPersons, failed: (error: unknown) => void): RelabelSoon {
  const waiting = new Map<string, Waiting>()
  const running = new Set<string>()
  const idlers: (() => void)[] = []
  let lanes = 0
  let later: NodeJS.Timeout | undefined
  let stopped = false

  const waitingOf = (person: string): Waiting => {
    const known = waiting.get(person)
    if (known) return known
    const { promise, resolve } = Promise.withResolvers<void>()
    const made = { done: promise, finish: resolve }
    waiting.set(person, made)
    return made
  }

  /** Two lanes on one person would write labels of two states over each other. */
  const takeBatch = (): [string, Waiting][] => {
    const batch = [...waiting].filter(([person]) => !running.has(person)).slice(0, ACCESS_BOUNDS.relabelBatchPersons)
    for (const [person] of batch) {
      waiting.delete(person)
      running.add(person)
    }
    return batch
  }

  const runBatch = async (batch: readonly [string, Waiting][]): Promise<void> => {
    const persons = batch.map(([person]) => person)
    try {
      await relabelPersons(persons, () => !stopped)
    } catch (error) {
      failed(error)
    }
    for (const person of persons) running.delete(person)
    for (const [, { finish }] of batch) finish()
  }

  const work = async (): Promise<void> => {
    for (let batch = takeBatch(); batch.length > 0; batch = takeBatch()) await runBatch(batch)
    // In the same step as the look at who waits: whoever comes later finds the lane free.
    lanes--
    if (lanes === 0) for (const tell of idlers.splice(0)) tell()
  }

  const startLane = (): void => {
    lanes++
    void work()
  }

  /** Who comes while a batch is under way goes together with others into the next one, unless it takes long. */
  const helpLane = (): void => {
    later = undefined
    if (waiting.size > 0 && lanes < ACCESS_BOUNDS.relabelLanes) startLane()
  }

  const idle = (): Promise<void> => (lanes === 0 ? Promise.resolve() : new Promise((resolve) => void idlers.push(resolve)))

  return {
    async relabel(persons, waitMs) {
      if (stopped || persons.length === 0) return
      const all = persons.map((person) => waitingOf(person).done)
      if (lanes > 0) later ??= setTimeout(helpLane, ACCESS_BOUNDS.relabelSlowMs)
      else {
        startLane()
        await within(Promise.all(all), waitMs)
      }
    },
    idle,
    async stop() {
      stopped = true
      clearTimeout(later)
      for (const { finish } of waiting.values()) finish()
      waiting.clear()
      await idle()
    },
  }
}

function within(work: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    void work.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
