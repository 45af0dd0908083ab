/** Optimistic writing: what met another writer is read and decided anew. */
import { setTimeout as delay } from 'node:timers/promises'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { INGEST_BOUNDS } from './bounds.ts'

/**
 * Runs until it answers something; undefined = met another writer. `count` is 0 the first time.
 * @throws OutcomeError busy after conflictAttemptsMax
 */
export async function retryingConflicts<T>(attempt: (count: number) => Promise<{ done: T } | undefined>): Promise<T> {
  for (let count = 0; count < INGEST_BOUNDS.conflictAttemptsMax; count++) {
    const result = await attempt(count)
    if (result) return result.done
    await delay(Math.random() * Math.min(INGEST_BOUNDS.conflictDelayMaxMs, 4 * 2 ** count))
  }
  throw new OutcomeError('busy')
}
