/** Checks that stand before every interaction. */
import { allows } from '../auth/scopes.ts'
import type { Actor } from '../auth/actor.ts'
import { isId } from '../fhir/ids.ts'
import { isResourceType } from '../fhir/resource-types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'

/** @throws OutcomeError resource-type-unknown */
export function checkType(type: string): void {
  if (!isResourceType(type)) throw new OutcomeError('resource-type-unknown')
}

/** A malformed id names nothing: the same answer as for an absent one. */
export function checkId(id: string): void {
  if (!isId(id)) throw new OutcomeError('not-found')
}

/** @throws OutcomeError forbidden when no scope of the token permits it */
export function requireScope(actor: Actor, type: string, permission: 'c' | 'r' | 'u' | 'd' | 's'): void {
  if (!allows(actor, type, permission)) throw new OutcomeError('forbidden')
}
