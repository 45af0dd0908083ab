/** Birth and death of a person of whom several organisations have records: no one of them decides for the others' data. */
import { NATIONAL } from '../fhir/canonical.ts'
import { readIdentityNumber } from '../fhir/identity-number.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Zone } from '../fhir/zone.ts'
import type { Store } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { type Age, ageOf, isDeceased } from './kin.ts'
import { list, text } from './provision-criteria.ts'
import { type AccessTables, LABELLING } from './tables.ts'

/** The records that are the person, and the master to which they are linked. */
export interface KnownPerson {
  master?: FhirResource
  records: readonly PatientRecord[]
}

export interface PatientRecord {
  resource: FhirResource
  /** organisation id; '' where none answers for it */
  custodian: string
}

/** @returns undefined when the person has no Patient, or more records than are looked at */
export async function knownPerson(deps: { store: Store; tables: AccessTables }, person: string): Promise<KnownPerson | undefined> {
  const linked = await deps.tables.persons.find({ person }, { limit: ACCESS_BOUNDS.recordsPerPersonMax + 1 })
  if (linked.length > ACCESS_BOUNDS.recordsPerPersonMax) return undefined
  const docs = await deps.store.readMany(LABELLING, 'Patient', [person, ...linked.map(({ _id }) => _id)])
  const known = docs
    .filter(({ deleted }) => !deleted)
    .map(({ id, acc, body }) => ({ id, custodian: acc.o, resource: JSON.parse(Buffer.from(body).toString()) as FhirResource }))
  const own = known.find(({ id }) => id === person)
  // What was replaced by another record says nothing any more.
  const records = known.filter(({ id, resource }) => (linked.length === 0 || id !== person) && resource.active !== false)
  if (linked.length === 0) return own && { records: [own] }
  return { ...(own ? { master: own.resource } : {}), records }
}

/** By the identity number of the master; without one the oldest that any record says, and adult where none says anything. */
export function ageOfPerson({ master, records }: KnownPerson, now: number, zone: Zone): Age {
  const number = list(master?.identifier).find(({ system }) => system === NATIONAL.idCard)
  const ofNumber = readIdentityNumber(text(number?.value) ?? '').birthDate
  if (ofNumber !== undefined) return ageOf(ofNumber, now, zone)
  const said = records.flatMap(({ resource }) => text(resource.birthDate) ?? [])
  const ages = said.map((birthDate) => ageOf(birthDate, now, zone))
  return (['adult', 'adolescent', 'child'] as const).find((age) => ages.includes(age)) ?? 'adult'
}

/** Two organisations say so, or all that have a record; and no record says that he lives. */
export function isPersonDeceased({ records }: KnownPerson): boolean {
  if (records.some(({ resource }) => resource.deceasedBoolean === false)) return false
  const all = new Set(records.map(({ custodian }) => custodian))
  const saying = new Set(records.filter(({ resource }) => isDeceased(resource)).map(({ custodian }) => custodian))
  return saying.size > 0 && (saying.size > 1 || saying.size === all.size)
}
