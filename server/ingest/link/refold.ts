/** Resources whose person changed are folded again from what is known of them. */
import { allInTurns } from '../../store/turns.ts'
import { checkFolded } from '../check.ts'
import { draftOf } from '../fold/draft.ts'
import { statementWrites } from '../fold/rows.ts'
import { foldStatements, saidIn, type StatementFor } from '../fold/stored.ts'
import { retryingConflicts } from '../retry.ts'
import type { IngestTables } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import { absorbRecord } from './absorb.ts'

/** Folds known statements again and writes what differs. */
export async function refold(deps: IngestDeps, tables: IngestTables, keys: readonly StatementFor[]): Promise<void> {
  if (keys.length === 0) return
  await retryingConflicts(async () => {
    const { changes } = await foldStatements(tables, keys)
    const changed = changes.filter((c) => c.changed)
    if (changed.length === 0) return { done: true }
    const drafts = await allInTurns(changed, async (c) => draftOf(c, true, (await checkFolded(deps, c.folded)).parsed))
    const result = await deps.writer.write(drafts, { side: statementWrites(saidIn(changed)) })
    return result.ok ? { done: true } : undefined
  })
}

/** The fold relied on links that may have changed while it was written; then its resources are folded once more. */
export async function refoldIfMoved(
  deps: IngestDeps,
  tables: IngestTables,
  used: ReadonlyMap<string, string>,
  keys: readonly StatementFor[],
): Promise<void> {
  if (used.size === 0) return
  const records = await tables.records.getMany([...used.keys()])
  for (const { _id, absorbedBy } of records) if (absorbedBy !== null) await absorbRecord(deps, tables, _id, absorbedBy)
  const now = new Map(records.map((record) => [record._id, record.person ?? record._id]))
  const moved = [...used].some(([patient, person]) => (now.get(patient) ?? patient) !== person)
  const again = keys.map(({ type, id }) => ({ type, id }))
  if (moved) await refold(deps, tables, again)
}
