/** The order of what is found where none was asked for. */
import type { Actor } from '../auth/actor.ts'
import type { SortTerm } from '../search/plan.ts'

export const BY_ID: readonly SortTerm[] = [{ by: 'id', param: '_id', descending: false }]

/**
 * Newest first, as the store has it by itself, would tell in a masked form whose dates of different persons are shifted by how
 * much: there it is by id, which says nothing.
 */
export const orderFor = (actor: Actor, sort: readonly SortTerm[]): SortTerm[] =>
  sort.length === 0 && actor.form !== 'IDENT' && !actor.unrestricted ? [...BY_ID] : [...sort]
