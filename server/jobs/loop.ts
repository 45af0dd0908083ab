/** A loop over leased work: takes up what is due, its own and what a stopped process left, until it is stopped. */
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { TableDoc } from '../store/types.ts'
import { uneven } from './pause.ts'
import { type WorkerOptions, type WorkKind, workThrough } from './worker.ts'

export interface WorkLoop {
  /** looks now, not at the next time */
  wake(): void
  start(): void
  /** resolves when what is under way has ended; it is told by `alive` */
  stop(): Promise<void>
}

export interface LoopOptions<T extends TableDoc> extends Pick<WorkerOptions, 'leaseMs' | 'heartbeatMs' | 'pageMax' | 'now'> {
  /** pause when nothing was done: what fails is not tried again at once */
  pollMs: number
  /** what is looked for at this time */
  kindAt(now: Date): WorkKind<T>
  log(event: string, facts: object): void
}

export function createLoop<T extends TableDoc>({ kindAt, pollMs, log, ...bounds }: LoopOptions<T>): WorkLoop {
  let stopping = false
  let waking = new AbortController()
  let running: Promise<void> = Promise.resolve()
  const options: WorkerOptions = {
    ...bounds,
    owner: randomUUID(),
    failed: (name, id, error) => log(`${name} failed, to be tried again`, { id, name: error instanceof Error ? error.name : 'unknown' }),
  }
  const round = (): Promise<number> => {
    const kind = kindAt(bounds.now())
    return workThrough({ ...kind, work: (row, alive) => kind.work(row, () => alive() && !stopping) }, options)
  }
  const loop = async (): Promise<void> => {
    while (!stopping) {
      const done = await round().catch(() => 0)
      if (done > 0) continue
      await setTimeout(uneven(pollMs), undefined, { signal: waking.signal }).catch(() => undefined)
      if (waking.signal.aborted) waking = new AbortController()
    }
  }
  return {
    wake: () => waking.abort(),
    start() {
      running = loop()
    },
    async stop() {
      stopping = true
      waking.abort()
      await running
    },
  }
}
