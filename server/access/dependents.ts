/**
 * What refers to a resource that became sensitive takes on its label, also when it came first; what refers to one that is
 * about others now is about them as well; what belongs to a visit is insured as long as the visit is, and what wraps a document
 * is of its kind. It is done after the commit; that it is to be done is committed with it, so that a process that ends in between leaves it to another one's worker.
 */
import { randomUUID } from 'node:crypto'
import type { SideWrite } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import type { Acc } from './decision.ts'
import { type RelabelDeps, relabelDocuments, saysOtherwise } from './relabel.ts'
import { isSensitive } from './sensitivity.ts'
import { UNKNOWN_PERSON } from './stamp.ts'
import { type OverlayDoc, TABLES } from './tables.ts'
import type { Dependents, StampInput, Stamped } from './types.ts'

export function dependentsOf(deps: RelabelDeps, inputs: readonly StampInput[], stamps: readonly Stamped[]): Dependents {
  const since = deps.now()
  const persons = new Set<string>()
  const named = new Set<string>()
  for (const [at, { type, id, current }] of inputs.entries()) {
    const stamp = stamps[at]
    const touched = stamp ? personsBehind(deps, stamp, current) : []
    for (const person of touched) persons.add(person)
    if (touched.length > 0) named.add(`${type}/${id}`)
  }
  persons.delete(UNKNOWN_PERSON)
  // Under ids of their own: another transaction's are not overwritten, and two do not wait for each other.
  const entries = [...persons].map((person) => ({
    _id: `${person}|${randomUUID()}`,
    epoch: 0,
    person,
    since,
    done: null,
    anew: true as const,
  }))
  return { entries, named: [...named] }
}

export const entryInserts = (entries: readonly OverlayDoc[]): SideWrite[] =>
  entries.map((doc) => ({ table: TABLES.grants, op: 'insert', doc }))

/**
 * After the commit of these entries. Of all that is known of a person only what names something that changed is looked at. What is not
 * finished in time is left to the worker, who looks at everything.
 */
export async function relabelDependents(deps: RelabelDeps, { entries, named }: Dependents): Promise<void> {
  if (entries.length === 0) return
  const until = deps.now().getTime() + ACCESS_BOUNDS.relabelPersonMs
  const scope = { persons: entries.map(({ person }) => person) }
  const done = await relabelDocuments(deps, scope, () => deps.now().getTime() <= until, new Set(named))
  if (done) await deps.tables.grants.delete({ _id: { $in: entries.map(({ _id }) => _id) } })
}

/** Those among whose documents others may follow it; none where nothing of it changed that flows. */
function personsBehind(deps: RelabelDeps, stamp: Stamped, current: Acc | undefined): string[] {
  const isMoved = current !== undefined && !new Set(stamp.acc.p).isSubsetOf(new Set(current.p))
  if (isMoved) return [...current.p, ...stamp.acc.p]
  const saysOther = current !== undefined && saysOtherwise(deps, current.s, stamp.acc.s)
  return saysOther || becameSensitive(deps, stamp, current) ? [...stamp.acc.p] : []
}

/** What others may have referred to before it came; of what stands already any change of what flows is followed. */
function becameSensitive({ classes }: RelabelDeps, { acc }: Stamped, current: Acc | undefined): boolean {
  const labels = classes.get(acc.s)?.labels
  if (!labels || !isSensitive(labels)) return false
  const before = current && classes.get(current.s)?.labels
  return !before || !labels.every((label) => before.includes(label))
}
