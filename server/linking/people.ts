/** Who may see and decide which links. */
import { systemDecision } from '../access/decision.ts'
import type { Access } from '../access/types.ts'
import type { Actor } from '../auth/actor.ts'
import { allows } from '../auth/scopes.ts'
import type { LinkedBy, PatientRecordDoc } from '../ingest/tables.ts'
import { organizationOf } from '../ingest/likely/compare-record.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Store, Stored } from '../store/types.ts'

export const REGISTRAR = 'registrar'
export const LINKING = systemDecision('linking')

export const isOperator = (actor: Actor): boolean => actor.unrestricted === true || actor.party === 'operator'

/**
 * Operators, who are shown no Patient, and registrars of an organisation, for its own records alone. Whoever is neither is refused before
 * anything is looked at, and so is a masked form: names are what a registrar compares.
 * @throws OutcomeError forbidden
 */
export function requireRole(actor: Actor, permissions: readonly ('s' | 'r' | 'u')[]): void {
  if (!permissions.every((permission) => allows(actor, 'Patient', permission))) throw new OutcomeError('forbidden')
  if (isOperator(actor)) return
  if (actor.role !== REGISTRAR || actor.organization === '' || actor.form !== 'IDENT') throw new OutcomeError('forbidden')
}

/** Registrars decide as persons: the client has to say for whom it asks. @throws OutcomeError linking-user-missing */
export async function deciderOf(store: Pick<Store, 'readMany'>, actor: Actor): Promise<LinkedBy> {
  const id = /^Practitioner\/([A-Za-z0-9.-]{1,64})$/.exec(actor.user ?? '')?.[1]
  const [known] = id === undefined ? [] : await store.readMany(LINKING, 'Practitioner', [id])
  const user = known && !known.deleted ? { user: `Practitioner/${known.id}` } : {}
  if (!isOperator(actor) && !('user' in user)) throw new OutcomeError('linking-user-missing')
  return { client: actor.clientId, ...user }
}

interface Seeing {
  store: Pick<Store, 'readMany'>
  access: Pick<Access, 'withDecision'>
}

/**
 * Of these records those that the asker may see, with their Patients where he may read those: an operator all, without; a registrar those of
 * his organisation whose Patient a read would show him. What he may not see is as what there is not.
 */
export async function visible(
  { store, access }: Seeing,
  actor: Actor,
  records: readonly PatientRecordDoc[],
): Promise<Map<string, Stored | undefined>> {
  const there = records.filter(({ absorbedBy }) => absorbedBy === null)
  if (isOperator(actor)) return new Map(there.map(({ _id }) => [_id, undefined]))
  const ids = there.filter(({ domain }) => organizationOf(domain) === actor.organization).map(({ _id }) => _id)
  if (ids.length === 0) return new Map()
  const docs = await access.withDecision(actor, { patients: ids }, (decision) => store.readMany(decision, 'Patient', ids))
  return new Map(docs.filter(({ deleted }) => !deleted).map((doc) => [doc.id, doc]))
}
