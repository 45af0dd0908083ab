/** The types that an interaction over several of them may reach: those of `_type`, or all that the token may search. */
import type { Actor } from '../auth/actor.ts'
import { allows } from '../auth/scopes.ts'
import { isResourceType, RESOURCE_TYPES } from '../fhir/resource-types.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { paramError } from '../search/parse/names.ts'
import { shownModifier } from '../search/parse/values.ts'

/** Asked for by its name only: each look at all the rest would add to what the next one finds. */
const BY_NAME_ONLY: ReadonlySet<string> = new Set(['AuditEvent'])

/** Has no search parameters but those of every resource. */
export const ANY_TYPE = 'Binary'

/** `_type` may be repeated, and hold a list each (R4 search.html). @throws OutcomeError parameter-invalid, modifier-unsupported */
export function typesNamed(query: readonly (readonly [string, string])[]): string[] | undefined {
  const modified = query.find(([name]) => name.startsWith('_type:'))
  // Passed over, it would answer more than was asked (R4 search.html#modifiers).
  if (modified) throw paramError('modifier-unsupported', '_type', { modifier: shownModifier(modified[0].slice('_type:'.length)) })
  const values = query.flatMap(([name, value]) => (name === '_type' ? [value] : []))
  if (values.length === 0) return undefined
  const types = values.flatMap((value) => value.split(','))
  if (!types.every(isResourceType)) throw paramError('parameter-invalid', '_type')
  return [...new Set(types)]
}

/**
 * In the order of their names. `among`: types that are meant where none is named.
 * @throws OutcomeError forbidden: a type is named that no scope lets the actor search, or there is none left
 */
export function typesToSearch(actor: Actor, named: readonly string[] | undefined, among: Iterable<string> = RESOURCE_TYPES): string[] {
  if (named && !named.every((type) => allows(actor, type, 's'))) throw new OutcomeError('forbidden')
  const types = named ?? [...among].filter((type) => !BY_NAME_ONLY.has(type) && allows(actor, type, 's'))
  if (types.length === 0) throw new OutcomeError('forbidden')
  return [...types].sort()
}
