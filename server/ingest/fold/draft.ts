import type { Draft } from '../../writer/types.ts'
import type { Folded } from './types.ts'

/** Withdrawn resources name nobody, but stay under the access rules of those whose record they were in. */
export function draftOf(folded: Folded): Draft {
  const { type, id, text, custodian, persons } = folded
  return { type, id, method: 'PUT', expect: 'any', text, custodian, alsoPatients: persons, unchangedIsFine: true }
}
