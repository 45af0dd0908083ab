/** Runs a query under a fresh decision of the actor, and keeps the decision for the audit. */
import type { Decision } from '../access/decision.ts'
import type { FhirDeps, FhirRequest } from './types.ts'

export interface Seen<T> {
  value: T
  /** short stable reason of the decision */
  reason: string
  decision: Decision
}

/** `patients`: the patients that the query is bound to, where it is (a wide relation need not be listed then). */
export async function decided<T>(
  deps: FhirDeps,
  request: FhirRequest,
  patients: readonly string[],
  run: (decision: Decision) => Promise<T>,
): Promise<Seen<T>> {
  return deps.access.withDecision(request.actor, { patients }, async (decision) => {
    const value = await run(decision)
    return { value, reason: decision.reason, decision }
  })
}
