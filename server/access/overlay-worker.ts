/** From a changed consent to relabelled documents: at once where it is quick, by leased rounds for the rest (access.md 3.6). */
import { randomUUID } from 'node:crypto'
import { lease } from '../store/leases.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { type RelabelDeps, relabelDocuments } from './relabel.ts'
import { personsOf, UNKNOWN_PERSON } from './stamp.ts'
import type { OverlayDoc } from './tables.ts'

const OWNER = randomUUID()

/** Relabels one person's documents and notes it in the overlay. False: not finished within the time, or changed meanwhile. */
export async function relabelPerson(deps: RelabelDeps, person: string, deadline: number): Promise<boolean> {
  const entries = await deps.tables.overlay.find({ person })
  const keys = [...new Set([person, ...entries.map(({ _id }) => _id)])]
  if (!(await relabelDocuments(deps, keys, deadline))) return false
  const done = deps.now()
  let complete = true
  for (const entry of entries) {
    if (entry.done !== null) continue
    const noted = await deps.tables.overlay.update({ _id: entry._id, person, epoch: entry.epoch, done: null }, { set: { done } })
    complete &&= noted !== undefined
  }
  return complete
}

/** One round over the overlay; answers how many entries ended. */
export async function relabelRound(deps: RelabelDeps): Promise<number> {
  const now = deps.now().getTime()
  const due = await deps.tables.overlay.find(
    { $or: [{ done: null }, { done: { $lte: new Date(now - ACCESS_BOUNDS.overlayGraceMs) } }] },
    { limit: ACCESS_BOUNDS.relabelRoundMax },
  )
  let ended = 0
  for (const person of [...new Set(due.map((entry) => entry.person))]) {
    const mine = await lease(deps.tables.leases, `relabel|${person}`, OWNER, ACCESS_BOUNDS.relabelLeaseMs, () => deps.now())
    if (!mine) continue
    try {
      ended += await workOn(
        deps,
        person,
        due.filter((entry) => entry.person === person),
      )
    } finally {
      await mine.release()
      await deps.tables.leases.delete({ _id: `relabel|${person}`, leaseUntil: { $exists: false } })
    }
  }
  return ended
}

/** The last sweep finds what was written under an old consent by transactions that were slow; only then the entry ends. */
async function workOn(deps: RelabelDeps, person: string, due: readonly OverlayDoc[]): Promise<number> {
  const deadline = deps.now().getTime() + ACCESS_BOUNDS.relabelPersonMs
  if (!(await relabelPerson(deps, person, deadline))) return 0
  let ended = 0
  for (const entry of due) {
    if (entry.done === null) continue
    ended += await deps.tables.overlay.delete({ _id: entry._id, person, epoch: entry.epoch, done: entry.done })
  }
  return ended
}

/** What arrived before the resource that tells whose it is: looked at again. */
export async function relabelUnknown(deps: RelabelDeps): Promise<void> {
  await relabelDocuments(deps, [UNKNOWN_PERSON], deps.now().getTime() + ACCESS_BOUNDS.relabelPersonMs)
}

/** Rows of the relations table of persons that were joined or parted. */
export async function relabelRelations(deps: RelabelDeps, personKeys: readonly string[]): Promise<void> {
  for (const row of await deps.tables.relations.find({ persons: { $in: [...personKeys] } })) {
    const persons = await personsOf(deps, row.patients)
    await deps.tables.relations.update({ _id: row._id }, { set: { persons: [...new Set(persons.values())].sort() } })
  }
}
