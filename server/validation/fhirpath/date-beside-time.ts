/**
 * Order of a date and a time (FHIRPath N1 http://hl7.org/fhirpath/N1/#comparison): the parts that both have decide. A date is in no
 * zone; here it is in the site's. The `fhirpath` package takes that of the process, and a container's is UTC: a stay from 10 March to
 * six in the morning of that day in Shanghai would end before it begins.
 */
import type { Zone } from '../../fhir/zone.ts'
import { NOT_CERTAIN } from './collection.ts'

const DATE = /^\d{4}(?:-\d\d(?:-\d\d)?)?$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/** -1 or 1; undefined where the parts of the date are those of the time. Not certain of anything but a date and a time. */
export function dateBesideTime(left: string, right: string, zone: Zone): number | undefined {
  if (DATE.test(left) && TIME.test(right)) return compared(left, dayOf(right, zone).slice(0, left.length))
  if (TIME.test(left) && DATE.test(right)) return compared(dayOf(left, zone).slice(0, right.length), right)
  throw NOT_CERTAIN
}

const compared = (a: string, b: string): number | undefined => (a < b ? -1 : a > b ? 1 : undefined)

function dayOf(time: string, zone: Zone): string {
  const instant = Date.parse(time)
  if (Number.isNaN(instant)) throw NOT_CERTAIN
  const day = new Date(instant + zone.offsetAt(instant)).toISOString().slice(0, 10)
  if (!DATE.test(day)) throw NOT_CERTAIN
  return day
}
