/** Of whom an organisation has a record: about them it may write, and what it writes may become theirs. */
import { sharedReads } from '../store/shared-reads.ts'
import type { Labelled, Store } from '../store/types.ts'
import { type AccessTables, LABELLING } from './tables.ts'

export interface RegisteredDeps {
  store: Store
  tables: Pick<AccessTables, 'persons' | 'relations'>
}

/**
 * A visit there, a Patient record of its own, or one that nobody answers for. Of a Patient who is not there at all no more
 * is permitted than of one who is elsewhere: the answer would tell which (access.md L56).
 */
export async function hasRecordAt(deps: RegisteredDeps, organization: string, person: string): Promise<boolean> {
  return (await recordAt(deps, organization, person)).has
}

export interface RecordAt {
  has: boolean
  /** of the patients that are named as this person those that are another's, or are not there at all */
  elsewhere: string[]
}

/** Records under keys that are looked up before it is known whether they are persons': most patients are their own. */
export type Ahead = ReadonlyMap<string, Promise<Labelled[]>>

export function recordsAhead({ store }: Pick<RegisteredDeps, 'store'>, patients: readonly string[]): Ahead {
  const ahead = new Map(patients.map((id) => [id, recordsUnder(store, id)]))
  // Whom nothing is asked about in the end is not missed.
  for (const found of ahead.values()) found.catch(() => undefined)
  return ahead
}

/** @param named patients that the resource names, with their persons, looked up just now */
export async function recordAt(
  deps: RegisteredDeps,
  organization: string,
  person: string,
  { named = new Map(), ahead }: { named?: ReadonlyMap<string, string>; ahead?: Ahead } = {},
): Promise<RecordAt> {
  // Most write about patients of their own: those need no more than this, and who asks at the same time shares it.
  const patients = await (ahead?.get(person) ?? recordsUnder(deps.store, person))
  const known = [...named].filter(([, of]) => of === person).map(([id]) => id)
  const near = new Set(patients.filter(({ acc }) => acc.o === organization || acc.o === '').map(({ id }) => id))
  const elsewhere = known.filter((id) => !near.has(id))
  if (patients.some(({ id, deleted, acc }) => !deleted && acc.o === organization && known.includes(id))) return { has: true, elsewhere }
  return { has: await isKnownAt(deps, organization, person, patients), elsewhere }
}

async function isKnownAt(deps: RegisteredDeps, organization: string, person: string, patients: readonly Labelled[]): Promise<boolean> {
  const visit = await deps.tables.relations.find({ persons: person, organization }, { limit: 1 })
  if (visit.length > 0) return true
  // Those that are the person; one that only refers to it is about somebody else. Of nobody the same is asked: it takes as long.
  const linked = await deps.tables.persons.getMany(patients.length === 0 ? [person] : patients.map(({ id }) => id))
  const persons = new Map(linked.map((one) => [one._id, one.person]))
  const own = patients.filter(({ id, deleted }) => !deleted && (persons.get(id) ?? id) === person)
  const custodians = new Set(own.map(({ acc }) => acc.o))
  return custodians.has(organization) || (custodians.size > 0 && [...custodians].every((custodian) => custodian === ''))
}

const recordsUnder = async (store: Store, person: string): Promise<Labelled[]> => (await patientsUnder(store)([person])).flat()

type PatientsUnder = (persons: readonly string[]) => Promise<Labelled[][]>

/** Persons of one query. */
const PERSONS_AT_ONCE = 64
const readers = new WeakMap<Store, PatientsUnder>()

/** The Patients that stand under each person's key, deleted ones too. */
function patientsUnder(store: Store): PatientsUnder {
  const known = readers.get(store)
  if (known) return known
  const made = sharedReads<string, Labelled[]>(
    async (persons) => {
      const found = new Map(persons.map((person): [string, Labelled[]] => [person, []]))
      for (const patient of await store.labelsOfPersons(LABELLING, 'Patient', persons))
        for (const person of patient.acc.p) found.get(person)?.push(patient)
      return found
    },
    { lanes: 1, keysMax: PERSONS_AT_ONCE },
  )
  readers.set(store, made)
  return made
}
