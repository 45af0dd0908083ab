/**
 * Writes that are made of the version that stands: a patch, a change of meta, an update, which keeps the labels of what it
 * replaces. They are stored over that very version, and made anew where somebody else was faster, so that nothing of his is lost.
 */
import { setTimeout } from 'node:timers/promises'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { KeyLocks } from '../writer/key-locks.ts'
import type { FhirRequest } from './types.ts'

const ATTEMPTS_MAX = 20
/** before another attempt: writers of other processes get out of step */
const PAUSE_MS = 20

const turns = new KeyLocks()

/**
 * @param names of what is written. Whoever met another writer waits for his turn from then on; nobody waits before, so that it
 * tells nothing of what its caller may not see
 * @throws OutcomeError busy, and whatever `write` throws
 */
export async function overWhatStands<T>(isConditional: boolean, names: readonly string[], write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (isConditional || !isOvertaken(error)) throw error
  }
  return turns.run(names, () => again(write))
}

async function again<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt++) {
    try {
      return await write()
    } catch (error) {
      if (!isOvertaken(error)) throw error
    }
    await setTimeout(Math.random() * PAUSE_MS * Math.min(attempt, 5))
  }
  throw new OutcomeError('busy', {}, { 'Retry-After': '1' })
}

const isOvertaken = (error: unknown): boolean => error instanceof OutcomeError && error.issues[0]?.code === 'version-conflict'

/** A condition is of the version that its client knows: another one is his to look at. */
export const hasCondition = ({ header }: Pick<FhirRequest, 'header'>): boolean =>
  ['if-match', 'if-none-match', 'if-unmodified-since'].some((name) => header(name) !== undefined)
