/** Who sees what of the inbox. To everybody else a source does not exist. */
import { covers } from '../../access/purposes.ts'
import type { Actor } from '../../auth/actor.ts'
import { allows } from '../../auth/scopes.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import type { IngestSource } from '../types.ts'

export const isOperator = (actor: Actor): boolean => actor.unrestricted === true || actor.party === 'operator'

/** People who answer for what their organisation sends. */
const RAW_ROLES: ReadonlySet<string> = new Set(['auditor', 'admin'])

/**
 * The bytes as they came are the record of whoever is in them, without labels and masks: only the organisation that sent them sees them, by
 * people who answer for its data, in a purpose in which the decision opens to it all that it is custodian of whatever the consents say
 * (custodian-operations; statutory-mi). A health administration has no such purpose, and an operator reads nobody's data.
 */
export function mayReadRaw(actor: Actor, { organization }: IngestSource): boolean {
  if (actor.unrestricted) return true
  if (actor.organization === '' || actor.organization !== organization || actor.form !== 'IDENT') return false
  const isForPurpose = actor.party === 'mia' || (actor.party === 'hospital' && covers('HOPERAT', actor.purpose))
  return isForPurpose && RAW_ROLES.has(actor.role)
}

export function mayList(actor: Actor, source: IngestSource): boolean {
  return isOperator(actor) || actor.clientId === source.client || mayReadRaw(actor, source)
}

/** @throws OutcomeError forbidden: what came in is of every type, so a token for less is not enough to look at it */
export function requireReading(actor: Actor): void {
  if (!allows(actor, '*', 'r')) throw new OutcomeError('forbidden')
}

/** @throws OutcomeError forbidden */
export function requireOperator(actor: Actor): void {
  if (!isOperator(actor)) throw new OutcomeError('forbidden')
}
