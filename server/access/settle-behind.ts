/**
 * Looking again, behind the answer, at labels of what was just committed. Nobody sees more for it: who was taken something away hides what
 * was written meanwhile under the state of before, and so does who was linked, for as long as a straggler can come (the overlay's grace and
 * its last sweep). What was given meanwhile is seen a moment later.
 */
import { setTimeout } from 'node:timers/promises'

export interface SettleBehind {
  /** false: too many are under way already, and who writes has to wait for his own */
  take(look: () => Promise<void>): boolean
  /** resolves when none is under way */
  idle(): Promise<void>
}

export interface SettleBehindOptions {
  /** looks under way at the same time */
  lookMax: number
  /** how often a look that fails is repeated, with growing pauses from this one on */
  tries: number
  pauseMs: number
  /** looks that are asked for within this time begin together, so that they share their reads */
  gatherMs: number
}

/** @param failed of the last try: the overlay's last sweep is left to find it */
export function createSettleBehind(
  { lookMax, tries, pauseMs, gatherMs }: SettleBehindOptions,
  failed: (error: unknown) => void,
): SettleBehind {
  const running = new Set<Promise<void>>()
  let gathering: Promise<void> | undefined

  const together = (): Promise<void> => {
    gathering ??= setTimeout(gatherMs).then(() => {
      gathering = undefined
    })
    return gathering
  }

  const repeated = async (look: () => Promise<void>): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        await look()
        return
      } catch (error) {
        if (attempt >= tries) {
          failed(error)
          return
        }
        await setTimeout(pauseMs * 2 ** (attempt - 1))
      }
    }
  }

  return {
    take(look) {
      if (running.size >= lookMax) return false
      const run = together().then(() => repeated(look))
      running.add(run)
      void run.finally(() => running.delete(run))
      return true
    },
    async idle() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
