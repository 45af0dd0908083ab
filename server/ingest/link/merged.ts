/**
 * Patients that an operator joined ($merge) or that are linked by likeness: what they are to each other, and where each stands while they
 * are joined. The link step parts none that an operator joined, and joins no others because of them (docs/decisions/0015, 0016).
 */
import type { Moved } from '../../access/regrouping.ts'
import { sharedReads } from '../../store/shared-reads.ts'
import type { SideWrite } from '../../store/types.ts'
import { type IngestTables, type MergeDoc, type MergedLinks, type PatientRecordDoc, TABLES } from '../tables.ts'

/** Patients that stand and fall together: one alone, or joined ones, each with the records that went into it. */
export interface MergedGroup {
  /** joined ones; one alone where nobody joined it */
  members: ReadonlySet<string>
  merges: readonly MergeDoc[]
  records: ReadonlyMap<string, PatientRecordDoc>
}

export interface Place {
  person: string
  /** the person that it would be by itself */
  part: string
}

type Tables = Pick<IngestTables, 'merges' | 'records'>

/** Of each of these patients that is joined to others its group. */
export async function mergedGroups(tables: Tables, patients: readonly string[]): Promise<Map<string, MergedGroup>> {
  const merges = await mergesAround(tables, patients)
  if (merges.length === 0) return new Map()
  const groups = new Map<string, MergedGroup>()
  for (const group of await Promise.all(componentsOf(merges).map((members) => groupOf(tables, members, merges))))
    for (const member of group.members) groups.set(member, group)
  return groups
}

/** The group of one patient, whoever else is in it. */
export async function mergedGroup(tables: Tables, patient: string): Promise<MergedGroup> {
  return (await mergedGroups(tables, [patient])).get(patient) ?? groupOf(tables, new Set([patient]), [])
}

/** Records that are linked at the same time ask together: most patients are joined to nobody. */
const mergesOf = new WeakMap<Tables['merges'], (patients: readonly string[]) => Promise<MergeDoc[][]>>()

const LOOKS = { lanes: 2, keysMax: 1000 }

function sharedLook(merges: Tables['merges']): (patients: readonly string[]) => Promise<MergeDoc[][]> {
  const known = mergesOf.get(merges)
  if (known) return known
  const made = sharedReads<string, MergeDoc[]>(async (patients) => {
    const found = new Map<string, MergeDoc[]>()
    for (const row of await merges.find({ patients: { $in: patients } }))
      for (const patient of row.patients) found.set(patient, [...(found.get(patient) ?? []), row])
    return found
  }, LOOKS)
  mergesOf.set(merges, made)
  return made
}

async function mergesAround({ merges }: Tables, patients: readonly string[]): Promise<MergeDoc[]> {
  const look = sharedLook(merges)
  const found = new Map<string, MergeDoc>()
  for (let asked = new Set(patients), next = patients; next.length > 0; ) {
    const rows = (await look(next)).flat()
    for (const row of rows) found.set(row._id, row)
    next = [...new Set(rows.flatMap((row) => row.patients))].filter((patient) => !asked.has(patient))
    asked = new Set([...asked, ...next])
  }
  return [...found.values()]
}

function componentsOf(merges: readonly MergeDoc[]): Set<string>[] {
  const components: Set<string>[] = []
  for (const { patients } of merges) {
    const met = components.filter((one) => patients.some((patient) => one.has(patient)))
    for (const one of met) components.splice(components.indexOf(one), 1)
    components.push(new Set([...patients, ...met.flatMap((one) => [...one])]))
  }
  return components
}

async function groupOf({ records }: Tables, members: ReadonlySet<string>, merges: readonly MergeDoc[]): Promise<MergedGroup> {
  const absorbedBy = (patients: readonly string[]): Promise<PatientRecordDoc[]> => records.find({ absorbedBy: { $in: patients } })
  const [own, first] = await Promise.all([records.getMany([...members]), absorbedBy([...members])])
  const found = new Map(own.map((record) => [record._id, record]))
  for (let absorbed = first; absorbed.length > 0; ) {
    const fresh = absorbed.filter(({ _id }) => !found.has(_id))
    for (const record of fresh) found.set(record._id, record)
    absorbed = fresh.length === 0 ? [] : await absorbedBy(fresh.map(({ _id }) => _id))
  }
  return { members, merges: merges.filter(({ patients }) => patients.every((patient) => members.has(patient))), records: found }
}

/** Both groups as the one that they are once `merge` stands. */
export function together(a: MergedGroup, b: MergedGroup, merge: MergeDoc): MergedGroup {
  return {
    members: a.members.union(b.members),
    merges: [...new Map([...a.merges, ...b.merges, merge].map((one) => [one._id, one])).values()],
    records: new Map([...a.records, ...b.records]),
  }
}

/** What is left when the merge is undone: the side of its source and that of its target. */
export function apart(group: MergedGroup, merge: MergeDoc): { source: MergedGroup; target: MergedGroup } {
  const merges = group.merges.filter(({ _id }) => _id !== merge._id)
  const sides = componentsOf(merges)
  const side = (patient: string): MergedGroup => {
    const members = sides.find((one) => one.has(patient)) ?? new Set([patient])
    return { members, merges: merges.filter(({ patients }) => patients.every((one) => members.has(one))), records: group.records }
  }
  return { source: side(merge.source), target: side(merge.target) }
}

/** Masters to which members are linked by an identity number: never more than one. */
export const mastersOf = (group: MergedGroup, linked: Linked = linkedIn(group)): string[] => [
  ...new Set([...group.members].flatMap((member) => linked(member) ?? [])),
]

/** To which master the number of a record links it; null: none */
export type Linked = (patient: string) => string | null

export const linkedIn =
  ({ records }: Pick<MergedGroup, 'records'>): Linked =>
  (patient) =>
    records.get(patient)?.person ?? null

/** One person: the master of whoever has one, else the Patient that replaces the others. */
export function placesOf(group: MergedGroup, linked: Linked = linkedIn(group)): Map<string, Place> {
  const [master] = mastersOf(group, linked)
  const person = master ?? rootOf(group)
  const places = new Map<string, Place>()
  for (const member of group.members) places.set(member, { person, part: linked(member) ?? member })
  // What went into a member is where that is.
  for (let before = -1; before !== places.size; ) {
    before = places.size
    for (const { _id, absorbedBy } of group.records.values()) {
      const place = absorbedBy === null || places.has(_id) ? undefined : places.get(absorbedBy)
      if (place) places.set(_id, place)
    }
  }
  return places
}

/** Of links by likeness nobody is the first: it is whoever was one first, so that a further link moves few. */
function rootOf({ members, merges }: MergedGroup): string {
  const replaced = new Set(merges.map(({ source }) => source))
  const left = [...members].filter((member) => !replaced.has(member)).sort()
  if (left.length < 2) return left[0] ?? ([...members][0] as string)
  const first = [...merges].sort((a, b) => a.at.getTime() - b.at.getTime() || (a._id < b._id ? -1 : 1))
  return first.find(({ target }) => left.includes(target))?.target ?? (left[0] as string)
}

/** Is one joined to the other by operators' words alone? */
export function isJoinedByOperator({ merges }: MergedGroup, a: string, b: string): boolean {
  return componentsOf(merges.filter(({ likeness }) => !likeness)).some((one) => one.has(a) && one.has(b))
}

/** Of each that is linked by likeness one name for all of its person: the master where there is one. */
function likePersons(group: MergedGroup): Map<string, string> {
  const linked = linkedIn(group)
  return new Map(
    componentsOf(group.merges.filter(({ likeness }) => likeness)).flatMap((one) => {
      const [name] = [...new Set([...one].map((patient) => linked(patient) ?? `~${patient}`))].sort((a, b) => (a < b ? -1 : 1))
      return [...one].map((patient): [string, string] => [patient, name as string])
    }),
  )
}

/** The same of all groups in which these are. Mostly nobody is asked about. */
export async function likeAmong(tables: Tables, patients: readonly string[]): Promise<Map<string, string>> {
  if (patients.length === 0) return new Map()
  const groups = await mergedGroups(tables, patients)
  return new Map([...new Set(groups.values())].flatMap((group) => [...likePersons(group)]))
}

/** Links by likeness in the group, the last one first: only so can they be undone. */
export const likenessIn = ({ merges }: MergedGroup): MergeDoc[] =>
  merges.filter(({ likeness }) => likeness).sort((a, b) => b.at.getTime() - a.at.getTime() || (a._id < b._id ? 1 : -1))

export function movedOf(before: ReadonlyMap<string, Place>, after: ReadonlyMap<string, Place>): Moved[] {
  return [...after].flatMap(([patient, { person, part }]) => {
    const stood = before.get(patient)
    if (stood?.person === person && stood.part === part) return []
    return [{ patient, from: stood?.person ?? patient, to: person, part }]
  })
}

/** All that are concerned, so that no two changes of one group, and no link step beside them, go unseen. */
export function recordWrites({ members, records }: MergedGroup, links: ReadonlyMap<string, MergedLinks | null> = new Map()): SideWrite[] {
  return [...members].flatMap((_id) => {
    const record = records.get(_id)
    if (!record) return []
    const merged = links.get(_id)
    const where = { _id, rev: record.rev }
    const set = merged === undefined ? {} : { set: { merged } }
    return [{ table: TABLES.records, op: 'update', where, inc: { rev: 1 }, ...set, mustMatch: true }]
  })
}
