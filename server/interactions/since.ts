/** `_since` of a history, of $everything and of $export. */
import { parseDate } from '../fhir/date.ts'
import { zoneOf } from '../fhir/zone.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { FhirRequest } from './types.ts'

const UTC = zoneOf('UTC')
const INSTANT_END = /(?:Z|[+-]\d\d:\d\d)$/

/**
 * When a record came is near to when it happened: asked for day by day it would tell by how much a masked form shifts the
 * dates. So `_since` is for the identified form, as `_lastUpdated` is in a search.
 * @throws OutcomeError parameter-forbidden | parameter-invalid
 */
export function sinceOf({ actor }: Pick<FhirRequest, 'actor'>, query: readonly (readonly [string, string])[]): Date | undefined {
  const text = query.find(([name]) => name === '_since')?.[1]
  if (text === undefined) return undefined
  const about = { expression: ['_since'], params: { name: '_since' } }
  if (actor.form !== 'IDENT' && !actor.unrestricted) throw new OutcomeError('parameter-forbidden', about)
  // An instant has its zone; a day alone is taken in UTC.
  const at = !text.includes('T') || INSTANT_END.test(text) ? parseDate(text, UTC) : undefined
  if (!at) throw new OutcomeError('parameter-invalid', about)
  return new Date(at.lo)
}
