/** The time that a history, $everything or $export is asked about: `_since` and `_at`. */
import { type FhirDate, parseDate, withPlus } from '../fhir/date.ts'
import { type Zone, zoneOf } from '../fhir/zone.ts'
import { paramError } from '../search/parse/names.ts'
import type { During } from '../store/types.ts'
import type { FhirRequest } from './types.ts'

const UTC = zoneOf('UTC')
const INSTANT_END = /(?:Z|[+-]\d\d:\d\d)$/

type Asked = Pick<FhirRequest, 'actor'>
type Pairs = readonly (readonly [string, string])[]

/**
 * When a record came is near to when it happened: asked for day by day it would tell by how much a masked form shifts the
 * dates. So `_since` is for the identified form, as `_lastUpdated` is in a search.
 * @throws OutcomeError parameter-forbidden | parameter-invalid
 */
export function sinceOf(request: Asked, query: Pairs): Date | undefined {
  const text = openValue(request, query, '_since')
  if (text === undefined) return undefined
  // An instant has its zone; a day alone is taken in UTC.
  const at = !text.includes('T') || INSTANT_END.test(text) ? parseDate(text, UTC) : undefined
  if (!at) throw paramError('parameter-invalid', '_since')
  return new Date(at.lo)
}

/**
 * `_at` (R4 http.html#history): a dateTime of any precision, and what was current at some moment of it.
 * @throws OutcomeError parameter-forbidden | parameter-invalid
 */
export function duringOf(request: Asked, query: Pairs, zone: Zone): During | undefined {
  const at = dateOf(request, query, '_at', zone)
  return at ? { from: new Date(at.lo), until: new Date(at.hi) } : undefined
}

/** A parameter that is a date, in the identified form only. @throws OutcomeError parameter-forbidden | parameter-invalid */
export function dateOf(request: Asked, query: Pairs, name: string, zone: Zone): FhirDate | undefined {
  const text = openValue(request, query, name)
  if (text === undefined) return undefined
  const date = parseDate(text, zone)
  if (!date) throw paramError('parameter-invalid', name)
  return date
}

function openValue({ actor }: Asked, query: Pairs, name: string): string | undefined {
  const text = query.find(([key]) => key === name)?.[1]
  if (text !== undefined && actor.form !== 'IDENT' && !actor.unrestricted) throw paramError('parameter-forbidden', name)
  return text === undefined ? undefined : withPlus(text)
}
