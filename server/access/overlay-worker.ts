/** From changed consents to relabelled documents: many persons at a time, by whoever holds the lease (access.md 3.6). */
import { randomUUID } from 'node:crypto'
import { lease } from '../store/leases.ts'
import type { SideWrite, Table } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import type { MayGoOn } from './may-go-on.ts'
import { type RelabelDeps, relabelDocuments } from './relabel.ts'
import { personsOf, statesOf, UNKNOWN_PERSON } from './stamp.ts'
import { type AccessTables, type OverlayDoc, TABLES } from './tables.ts'

const OWNER = randomUUID()

const entryTables = ({ tables }: { tables: AccessTables }): Table<OverlayDoc>[] => [tables.overlay, tables.grants]

/**
 * Relabels what of these persons is not stamped with the epoch in force, and notes it on their entries. An entry that was
 * made anew meanwhile stays open. False: given up, the rest is for another time.
 */
export async function relabelPersons(deps: RelabelDeps, persons: readonly string[], mayGoOn: MayGoOn): Promise<boolean> {
  const tables = entryTables(deps)
  const found = await Promise.all(tables.map((table) => table.find({ person: { $in: [...persons] } })))
  // After the entries: a state that is newer than its entry only means that the entry is another one by now.
  const states = await statesOf(deps, persons)
  const entries = found.flat()
  const scope = {
    persons: [...new Set([...persons, ...entries.filter(({ anew }) => !anew).map(({ _id }) => _id)])],
    ...(entries.some(({ anew }) => anew) ? {} : { unless: [...states.values()].map(({ _id, epoch }) => `${_id}#${epoch}`) }),
  }
  if (!(await relabelDocuments(deps, scope, mayGoOn))) return false
  const done = deps.now()
  await Promise.all(
    found.map(async (entries, at) => {
      const open = entries.filter((entry) => entry.done === null)
      if (open.length > 0) await tables[at]?.updateMany(theseVery(open), { done })
    }),
  )
  return true
}

/** Entries as they were read: one that was made anew is another. */
function theseVery(entries: readonly OverlayDoc[]): Record<string, unknown> {
  return { $or: entries.map(({ _id, epoch, since, done, person }) => ({ _id, epoch, since, done, person })) }
}

/** One round over the entries that are due; answers how many ended. */
export async function relabelRound(deps: RelabelDeps, mayGoOn: MayGoOn = always): Promise<number> {
  const due = await Promise.all(entryTables(deps).map((table) => dueIn(deps, table)))
  const persons = [...new Set(due.flat().map(({ person }) => person))]
  let ended = 0
  for (const [shard, members] of Map.groupBy(persons, shardOf)) {
    const mine = await lease(deps.tables.leases, `relabel|${shard}`, OWNER, ACCESS_BOUNDS.relabelLeaseMs, () => deps.now())
    if (!mine) continue
    try {
      for (let at = 0; at < members.length && mayGoOn() && (await mine.renew()); at += ACCESS_BOUNDS.relabelBatchPersons) {
        ended += await workOn(deps, members.slice(at, at + ACCESS_BOUNDS.relabelBatchPersons), due, mayGoOn)
      }
    } finally {
      await mine.release()
    }
  }
  return ended
}

const always = (): boolean => true

/** What its own process left undone, and what is to be swept for the last time. */
function dueIn(deps: RelabelDeps, table: Table<OverlayDoc>): Promise<OverlayDoc[]> {
  const before = (ms: number) => ({ $lte: new Date(deps.now().getTime() - ms) })
  const where = { $or: [{ done: null, since: before(ACCESS_BOUNDS.relabelTakeOverMs) }, { done: before(ACCESS_BOUNDS.overlayGraceMs) }] }
  return table.find(where, { limit: ACCESS_BOUNDS.relabelRoundMax })
}

/** Processes share the persons by these, so that several work beside each other. */
function shardOf(person: string): number {
  let sum = 0
  for (let at = 0; at < person.length; at++) sum += person.charCodeAt(at)
  return sum % ACCESS_BOUNDS.relabelShards
}

/** The last sweep finds what was written under an old consent by transactions that were slow; only then an entry ends. */
async function workOn(deps: RelabelDeps, persons: readonly string[], due: readonly OverlayDoc[][], mayGoOn: MayGoOn): Promise<number> {
  if (!(await relabelPersons(deps, persons, mayGoOn))) return 0
  const mine = new Set(persons)
  const ended = await Promise.all(
    entryTables(deps).map((table, at) => {
      const swept = (due[at] ?? []).filter(({ person, done }) => done !== null && mine.has(person))
      return swept.length === 0 ? 0 : table.delete(theseVery(swept))
    }),
  )
  return ended.reduce((a, b) => a + b, 0)
}

/** What arrived before the resource that tells whose it is: looked at again. */
export async function relabelUnknown(deps: RelabelDeps, mayGoOn: MayGoOn): Promise<void> {
  await relabelDocuments(deps, { persons: [UNKNOWN_PERSON] }, mayGoOn)
}

/** Rows of the relations table of persons that were joined or parted: those that name others by now. */
export async function relabelRelations(deps: RelabelDeps, personKeys: readonly string[]): Promise<void> {
  const rows = await deps.tables.relations.find({ persons: { $in: [...personKeys] } })
  if (rows.length === 0) return
  const known = await personsOf(deps, [...new Set(rows.flatMap(({ patients }) => patients))])
  const side = rows.flatMap((row): SideWrite[] => {
    const persons = [...new Set(row.patients.map((id) => known.get(id) ?? id))].sort()
    const stands = [...row.persons].sort()
    if (persons.length === stands.length && persons.every((person, at) => person === stands[at])) return []
    return [{ table: TABLES.relations, op: 'update', where: { _id: row._id }, set: { persons } }]
  })
  for (let at = 0; at < side.length; at += ACCESS_BOUNDS.relationWritesMax)
    await deps.store.commit({ writes: [], side: side.slice(at, at + ACCESS_BOUNDS.relationWritesMax) })
}
