import type { ParsedResource } from '../../fhir/resource-text.ts'
import type { Draft } from '../../writer/types.ts'
import type { FoldedChange } from './stored.ts'

/** Withdrawn resources name nobody, but stay under the access rules of those whose record they were in. */
export function draftOf({ folded, isNew }: FoldedChange, again = false, parsed?: ParsedResource): Draft {
  const { type, id, text, custodian, persons } = folded
  // What is new need not be looked for, unless the first attempt found it there.
  return {
    type,
    id,
    method: 'PUT',
    expect: isNew && !again ? 'absent' : 'any',
    ...(parsed ? { parsed } : { text }),
    custodian,
    alsoPatients: persons,
    unchangedIsFine: true,
  }
}
