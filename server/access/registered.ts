/** Of whom an organisation has a record: about them it may write, and what it writes may become theirs. */
import type { Store, Stored } from '../store/types.ts'
import { type AccessTables, LABELLING } from './tables.ts'

export interface RegisteredDeps {
  store: Store
  tables: Pick<AccessTables, 'persons' | 'relations'>
}

/**
 * A visit there, a Patient record of its own, or one that nobody answers for. Of a Patient who is not there at all no more
 * is permitted than of one who is elsewhere: the answer would tell which (access.md L56).
 * @param known persons of patients that were looked up just now
 */
export async function hasRecordAt(
  deps: RegisteredDeps,
  organization: string,
  person: string,
  known: ReadonlyMap<string, string> = new Map(),
): Promise<boolean> {
  const visit = await deps.tables.relations.find({ persons: person, organization }, { limit: 1 })
  if (visit.length > 0) return true
  const patients: Stored[] = []
  for await (const batch of deps.store.ofPersons(LABELLING, 'Patient', { persons: [person] })) patients.push(...batch)
  if (patients.some(({ id, deleted, acc }) => !deleted && acc.o === organization && known.get(id) === person)) return true
  // Those that are the person; one that only refers to it is about somebody else. Of nobody the same is asked: it takes as long.
  const linked = await deps.tables.persons.getMany(patients.length === 0 ? [person] : patients.map(({ id }) => id))
  const persons = new Map(linked.map((one) => [one._id, one.person]))
  const own = patients.filter(({ id, deleted }) => !deleted && (persons.get(id) ?? id) === person)
  const custodians = new Set(own.map(({ acc }) => acc.o))
  return custodians.has(organization) || (custodians.size > 0 && [...custodians].every((custodian) => custodian === ''))
}
