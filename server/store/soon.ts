/**
 * Turns of the event loop that the first to ask waits for company. The answers to one group go out together, and what their
 * receivers ask next comes in over the following turns: with one turn only it would be several groups from then on.
 */
const TURNS = 3

/** Runs `work` once after a few turns of the event loop, tens of microseconds, however often it was asked for meanwhile. */
export function soon(work: () => void): () => void {
  let planned = false
  const turn = (left: number) => {
    if (left > 1) {
      setImmediate(turn, left - 1)
      return
    }
    planned = false
    work()
  }
  return () => {
    if (planned) return
    planned = true
    setImmediate(turn, TURNS)
  }
}

/** Runs `work` when what was asked for until now is on its way to the database: it costs no time of those who wait for that. */
export function onceAsked(work: () => void): void {
  const turn = (left: number) => {
    if (left > 0) setImmediate(turn, left - 1)
    else work()
  }
  setImmediate(turn, TURNS)
}

const due = new Set<() => void>()

const tick = soon(() => {
  const all = [...due]
  due.clear()
  for (const work of all) work()
})

/**
 * As `soon`, but on one clock: what is asked for in the same few turns, by whomever, begins in one, so that finds in several collections are
 * one command (joint-finds.ts).
 */
export const onOneClock = (work: () => void) => (): void => {
  due.add(work)
  tick()
}

/** Resolves when the clock strikes next. */
export const onTheStroke = (): Promise<void> => new Promise((resolve) => onOneClock(resolve)())
