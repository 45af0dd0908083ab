/** Failures that pass by themselves. */
import { OutcomeError } from '../outcome/outcome-error.ts'

/** The record is to be tried again; nothing is wrong with it. */
export const isBusy = (error: unknown): boolean =>
  error instanceof OutcomeError && error.issues.some(({ code }) => code === 'busy' || code === 'unavailable')

/** What goes together must not bear the failure of one: it has no outcome, and each goes alone. @throws what passes by itself */
export function eachAlone(error: unknown): undefined {
  if (isBusy(error)) throw error
  return undefined
}
