/** What the tables of one stay say alike: its class, the order of their statements, and whether it is over. */
import type { FhirCoding } from '../../../server/fhir/types.ts'
import type { Run } from '../../engine/rule.ts'
import { readDateTime } from '../../engine/values/date.ts'

export const INPATIENT: FhirCoding = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  code: 'IMP',
  display: 'inpatient encounter',
}
export const OBSERVATION: FhirCoding = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  code: 'OBSENC',
  display: 'observation encounter',
}

/**
 * Which table's word on a stay goes before which: none of them has a time of its own, and they may come in any order. The registration knows
 * the bed, the record of a stay that has ended knows how it ended.
 */
export const STAY = { record: '1', registration: '2', summary: '3', ended: '4' } as const

/** The end of a stay: a filled-in 1900-01-01 says that it is not yet over; an empty cell says nothing. */
export function stayStatus(run: Run, endColumn: string): 'in-progress' | 'finished' | 'unknown' {
  const sent = run.text(endColumn)
  if (sent === undefined) return 'unknown'
  const { value, flaw } = readDateTime(sent, run.context.timezone)
  if (flaw !== undefined) return 'unknown'
  return value === undefined ? 'in-progress' : 'finished'
}
