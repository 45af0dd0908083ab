/** Undoing links by likeness: where a number shows that two are two, where a sender says that records are one, and by a clerk's word. */
import type { Acc } from '../../access/decision.ts'
import type { Actor } from '../../auth/actor.ts'
import type { AuditRecord, SideWrite } from '../../store/types.ts'
import { apart, likenessIn, type MergedGroup, mergedGroup, movedOf, placesOf, recordWrites } from '../link/merged.ts'
import { regroupJob } from '../link/move-job.ts'
import { type IngestTables, type LinkedBy, type MergeDoc, TABLES } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import { regroupAfter } from './follow.ts'
import { compareJob, eventWrite, taskId, taskWrite } from './table-writes.ts'

export interface PartBecause {
  by?: LinkedBy
  comment?: string
  /** of the rule: `numbers`, `records`, `later` */
  reason?: string
  /** committed with the last step */
  side?: SideWrite[]
  actor?: Actor
  audit?: (labels: readonly Acc[]) => AuditRecord[]
}

/** `held`: an operator merged one of them since, which has to be undone first. */
export type Parting = 'parted' | 'met' | 'none' | 'held'

/** Undoes one link. Those that came after it and hang on it go first; their records are compared anew, and what a clerk decided is done again. */
export async function partLikely(deps: IngestDeps, tables: IngestTables, id: string, because: PartBecause): Promise<Parting> {
  const row = await tables.merges.get(id)
  if (!row?.likeness) return 'none'
  const group = await mergedGroup(tables, row.source)
  const later = group.merges.filter((other) => other.at > row.at && other.patients.some((patient) => row.patients.includes(patient)))
  if (later.some(({ likeness }) => !likeness)) return 'held'
  const [last] = later.sort((a, b) => b.at.getTime() - a.at.getTime())
  if (!last) return partOne(deps, tables, row, group, because)
  const before = await partLikely(deps, tables, last._id, { reason: 'later' })
  return before === 'parted' ? partLikely(deps, tables, id, because) : before
}

async function partOne(deps: IngestDeps, tables: IngestTables, row: MergeDoc, group: MergedGroup, because: PartBecause): Promise<Parting> {
  const { likely } = deps
  if (!likely) throw new TypeError('links by likeness are not wired')
  const now = deps.now()
  const sides = apart(group, row)
  const moved = movedOf(placesOf(group), new Map([...placesOf(sides.target), ...placesOf(sides.source)]))
  const goes = moved.some(({ patient }) => sides.source.members.has(patient))
  const { consents } = row
  const stood = goes ? { moving: consents.source, staying: consents.target } : { moving: consents.target, staying: consents.source }
  const regroup = { kind: 'part' as const, moved, stood }
  const [a, b] = [sides.source.members, sides.target.members]
  const job = regroupJob(`${row._id}|part`, moved, now, { a: [...a], b: [...b] })
  const { by, comment, reason } = because
  const event = {
    at: now,
    patients: row.patients,
    act: 'part' as const,
    ...(by && { by }),
    ...(comment !== undefined && { comment }),
    ...(reason && { reason }),
  }
  const side: SideWrite[] = [
    { table: TABLES.merges, op: 'update', where: { _id: row._id }, set: { at: row.at }, mustMatch: true },
    { table: TABLES.merges, op: 'delete', where: { _id: row._id } },
    ...recordWrites(group),
    ...(await endOfDecision(tables, row, because)),
    // Not at once: what else hangs on it is undone first.
    ...[...a, ...b].map((patient) => compareJob(patient, now).write),
    ...(because.side ?? []),
    eventWrite(event),
    job.write,
  ]
  await likely.beforeParting(regroup)
  const { actor, audit } = because
  const result = await deps.writer
    .write([], { side, regroup, ...(actor && { actor }), ...(audit && { audit }) })
    .catch(async (error: unknown) => {
      await likely.afterFailedParting(regroup)
      throw error
    })
  if (!result.ok) {
    await likely.afterFailedParting(regroup)
    return 'met'
  }
  await regroupAfter(deps, tables, job.doc)
  return 'parted'
}

/** A clerk's word that two are one ends where their numbers say that they are not. */
async function endOfDecision(tables: IngestTables, { patients }: MergeDoc, { reason }: PartBecause): Promise<SideWrite[]> {
  const task = reason === 'numbers' ? await tables.tasks.get(taskId(...(patients as [string, string]))) : undefined
  return task?.state === 'linked' ? [taskWrite(task, { ...task, state: 'settled' })] : []
}

/**
 * Before a record takes up a number: links by likeness to records of other numbers end. Of the links that could end it those go that came last.
 * @returns whether something was changed, so that all is to be read anew
 */
export async function partFromOtherNumbers(
  deps: IngestDeps,
  tables: IngestTables,
  group: MergedGroup,
  taken: { patient: string; number: string },
): Promise<boolean> {
  const others = [...group.records.values()].filter(({ _id, absorbedBy }) => _id !== taken.patient && absorbedBy !== taken.patient)
  if (others.every(({ number }) => number === null || number.value === taken.number)) return false
  const [last] = likenessIn(group)
  if (!last) return false
  return (await partLikely(deps, tables, last._id, { reason: 'numbers' })) !== 'held'
}

/** Before records are made one because their sender says so. @returns as above */
export async function partFromLikes(deps: IngestDeps, tables: IngestTables, patients: readonly string[]): Promise<boolean> {
  let changed = false
  for (const patient of patients)
    for (const row of likenessIn(await mergedGroup(tables, patient)).filter((one) => one.patients.includes(patient)))
      changed = (await partLikely(deps, tables, row._id, { reason: 'records' })) !== 'held' || changed
  return changed
}
