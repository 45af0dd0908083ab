/**
 * Linking two records by likeness: one more reason why two are one person, as a merge is (docs/decisions/0015, 0016). Refusals then hold for
 * both and permits for the one that they name; no Patient is changed, so that it can always be undone.
 */
import { randomUUID } from 'node:crypto'
import type { Actor } from '../../auth/actor.ts'
import type { Acc } from '../../access/decision.ts'
import type { AuditRecord, SideWrite } from '../../store/types.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { linkedIn, mastersOf, type MergedGroup, mergedGroup, movedOf, placesOf, recordWrites, together } from '../link/merged.ts'
import { regroupJob } from '../link/move-job.ts'
import { type IngestTables, type LinkedBy, type MergeDoc, TABLES } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import type { Levels } from './compare.ts'
import { regroupAfter } from './follow.ts'
import { eventWrite } from './table-writes.ts'

export type Pair = readonly [string, string]

/** Why two are not linked, whatever they have in common. `gone`: one of them is no record of its own any more. */
export type Obstacle = 'same-person' | 'numbers' | 'conflict' | 'too-many' | 'gone'

export interface Because {
  by?: LinkedBy
  comment?: string
  score: number
  levels: Levels
  /** what is committed with it */
  side: SideWrite[]
  actor?: Actor
  audit?: (labels: readonly Acc[]) => AuditRecord[]
}

/** `met`: somebody else changed what was read; to be decided anew. */
export type Linking = 'linked' | 'met' | Obstacle

export async function linkLikely(deps: IngestDeps, tables: IngestTables, pair: Pair, because: Because): Promise<Linking> {
  const { likely } = deps
  if (!likely) throw new TypeError('links by likeness are not wired')
  const [a, b] = (await Promise.all(pair.map((patient) => mergedGroup(tables, patient)))) as [MergedGroup, MergedGroup]
  const obstacle = await obstacleBetween(tables, pair, a, b)
  if (obstacle) return obstacle
  const now = deps.now()
  const before = new Map([...placesOf(a), ...placesOf(b)])
  // Whoever has a number stays what he is.
  const [source, target] = mastersOf(a).length > 0 ? [pair[1], pair[0]] : pair
  const personOf = (patient: string): string => before.get(patient)?.person ?? patient
  const row: MergeDoc = {
    _id: randomUUID(),
    at: now,
    likeness: true,
    source,
    target,
    patients: [source, target],
    before: { source: 0, target: 0 },
    after: { source: 0, target: 0 },
    consents: { source: await likely.consentsOf(personOf(source)), target: await likely.consentsOf(personOf(target)) },
  }
  const group = together(a, b, row)
  const regroup = { kind: 'join' as const, moved: movedOf(before, placesOf(group)) }
  const job = regroupJob(`${row._id}|join`, regroup.moved, now, { a: [...a.members], b: [...b.members] })
  const { by, comment, score, levels } = because
  const event = {
    at: now,
    patients: pair,
    act: 'link' as const,
    ...(by && { by }),
    ...(comment !== undefined && { comment }),
    score,
    levels,
  }
  const side: SideWrite[] = [
    { table: TABLES.merges, op: 'insert', doc: row },
    ...recordWrites(group),
    ...because.side,
    eventWrite(event),
    job.write,
  ]
  const { actor, audit } = because
  const result = await deps.writer.write([], { side, regroup, ...(actor && { actor }), ...(audit && { audit }) })
  if (!result.ok) return 'met'
  await regroupAfter(deps, tables, job.doc)
  return 'linked'
}

async function obstacleBetween(tables: IngestTables, [x, y]: Pair, a: MergedGroup, b: MergedGroup): Promise<Obstacle | undefined> {
  const [one, other] = [a.records.get(x), b.records.get(y)]
  if (!one || !other || one.absorbedBy !== null || other.absorbedBy !== null) return 'gone'
  if (a.members.has(y) || personIn(a, x) === personIn(b, y)) return 'same-person'
  if (numbersOf(a, b).size > 1 || new Set([...mastersOf(a), ...mastersOf(b)]).size > 1) return 'numbers'
  if (a.members.size + b.members.size > INGEST_BOUNDS.mergedMax) return 'too-many'
  const among = { $in: [...a.members, ...b.members] }
  return (await tables.conflicts.count({ state: 'open', 'refused.patient': among })) > 0 ? 'conflict' : undefined
}

const personIn = (group: MergedGroup, patient: string): string => placesOf(group, linkedIn(group)).get(patient)?.person ?? patient

/** Keys of all valid identity numbers that they state: two are two persons, whatever else is said. */
export const numbersOf = (...groups: readonly MergedGroup[]): ReadonlySet<string> =>
  new Set(groups.flatMap(({ records }) => [...records.values()].flatMap(({ number }) => number?.value ?? [])))
