/** After a commit: labels anew where a consent, a link or a referenced label changed while the write was under way. */
import type { Stored } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { relabelDependents } from './dependents.ts'
import { relabelRelations } from './overlay-worker.ts'
import { type RelabelDeps, relabelRowsOf } from './relabel.ts'
import type { RelabelSoon } from './relabel-soon.ts'
import type { SettleBehind } from './settle-behind.ts'
import { linksAndStates, markOf, statesOf, UNKNOWN_PERSON } from './stamp.ts'
import { LABELLING } from './tables.ts'
import type { PendingLabels, Stamped } from './types.ts'

interface Written {
  type: string
  id: string
  v: number
}

const SETTLE_ROUNDS_MAX = 5
/** of which there are rows of relations */
const TREATING = new Set(['Encounter', 'CareTeam'])

export interface SettleDeps extends RelabelDeps {
  soon: RelabelSoon
  behind: SettleBehind
}

/**
 * What was taken away is hidden since the commit. What was given is seen when the person is relabelled: for that the answer
 * waits a short while, and relabelling goes on behind it.
 * @param isAlone one resource, of somebody who waits for the answer: the look behind the commit need not come before it
 */
export async function settle(deps: SettleDeps, pending: PendingLabels, written: readonly Written[], isAlone = false): Promise<void> {
  deps.room.give(pending.room)
  const look = () => recheck(deps, pending, written)
  if (isAlone && isOfItsOwn(pending) && deps.behind.take(look)) return
  await look()
  await deps.soon.relabel(pending.consentPersons, ACCESS_BOUNDS.relabelWaitMs)
  await relabelDependents(deps, pending.dependents)
}

/** Nothing follows from it, nobody is treated by it, and its labels are of nothing that stands elsewhere and could have got others meanwhile. */
function isOfItsOwn({ consentPersons, dependents, inputs, stamps }: PendingLabels): boolean {
  if (consentPersons.length > 0 || dependents.entries.length > 0) return false
  return inputs.every(({ type }) => type !== 'Patient' && !TREATING.has(type)) && stamps.every(({ leansOn }) => leansOn.size === 0)
}

/** A consent epoch or a link that moved since the labels were made (access.md 3.6 step 4). */
async function recheck(deps: RelabelDeps, pending: PendingLabels, written: readonly Written[]): Promise<void> {
  let rows = written
  for (let round = 0; round < SETTLE_ROUNDS_MAX && rows.length > 0; round++) {
    const stale = round === 0 ? await staleOf(deps, pending, rows) : await staleRows(deps, rows)
    if (stale.length === 0) return
    for (const [type, docs] of byType(stale)) await relabelRowsOf(deps, type, docs)
    // Who treats whom was noted under the persons of before.
    if (stale.some(({ type }) => TREATING.has(type))) await relabelRelations(deps, [...new Set(stale.flatMap(({ acc }) => acc.p))])
    rows = stale.map(({ type, id, v }) => ({ type, id, v }))
  }
}

async function staleOf(deps: RelabelDeps, pending: PendingLabels, written: readonly Written[]): Promise<Stored[]> {
  const patients = [...new Set(pending.stamps.flatMap((stamp) => stamp.patients))]
  const keys = [...new Set(pending.stamps.flatMap(({ acc }) => acc.p))].filter((person) => person !== UNKNOWN_PERSON)
  const ids = [...new Set([...patients, ...keys])]
  const [{ links, states }, moving] = await Promise.all([linksAndStates(deps, ids), movedAmong(deps, pending.stamps)])
  const names = new Set(written.map(({ type, id }) => `${type}/${id}`))
  const moved = pending.inputs.filter((input, at) => {
    const stamp = pending.stamps[at]
    if (!stamp || !names.has(`${input.type}/${input.id}`)) return false
    if ([...stamp.leansOn.keys()].some((name) => moving.has(name))) return true
    if (stamp.patients.some((id) => !stamp.acc.p.includes(links.get(id)?.person ?? id))) return true
    return stamp.acc.p.some((person) => person !== UNKNOWN_PERSON && !stamp.acc.e.includes(`${person}#${states.get(person)?.epoch ?? 0}`))
  })
  return moved.length === 0 ? [] : currentOf(deps, moved)
}

/** What the labels were taken from and that has others by now. */
async function movedAmong(deps: RelabelDeps, stamps: readonly Stamped[]): Promise<ReadonlySet<string>> {
  const leansOn = new Map(stamps.flatMap((stamp) => [...stamp.leansOn]))
  if (leansOn.size === 0) return new Set()
  const rows = [...leansOn.keys()].map((name) => ({ type: name.slice(0, name.indexOf('/')), id: name.slice(name.indexOf('/') + 1) }))
  const now = new Map((await currentOf(deps, rows)).map(({ type, id, acc }) => [`${type}/${id}`, markOf(acc)]))
  return new Set([...leansOn].flatMap(([name, mark]) => ((now.get(name) ?? '') === mark ? [] : [name])))
}

async function staleRows(deps: RelabelDeps, rows: readonly Written[]): Promise<Stored[]> {
  const docs = await currentOf(deps, rows)
  const states = await statesOf(deps, [...new Set(docs.flatMap(({ acc }) => acc.p))])
  return docs.filter(({ acc }) =>
    acc.p.some((person) => person !== UNKNOWN_PERSON && !acc.e.includes(`${person}#${states.get(person)?.epoch ?? 0}`)),
  )
}

async function currentOf(deps: RelabelDeps, rows: readonly { type: string; id: string }[]): Promise<Stored[]> {
  const types = Map.groupBy(rows, ({ type }) => type)
  const found = [...types].map(([type, list]) =>
    deps.store.readMany(
      LABELLING,
      type,
      list.map(({ id }) => id),
    ),
  )
  return (await Promise.all(found)).flat()
}

const byType = (docs: readonly Stored[]): Map<string, Stored[]> => Map.groupBy(docs, ({ type }) => type)
