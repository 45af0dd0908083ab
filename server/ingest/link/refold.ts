/** Resources whose person changed are folded again from what is known of them. */
import { allInTurns } from '../../store/turns.ts'
import { checkFolded } from '../check.ts'
import { draftOf } from '../fold/draft.ts'
import { statementWrites } from '../fold/rows.ts'
import { areOtherLinks, foldStatements, saidIn, type StatementFor, type UsedLinks } from '../fold/stored.ts'
import { retryingConflicts } from '../retry.ts'
import type { IngestTables } from '../tables.ts'
import type { IngestDeps } from '../types.ts'

/**
 * Folds known statements again and writes what differs: once more where a link on which it relied was changed meanwhile, whose own look at what
 * follows may have come before this was written.
 */
export async function refold(deps: IngestDeps, tables: IngestTables, keys: readonly StatementFor[]): Promise<void> {
  if (keys.length === 0) return
  // What was said of them is known by now.
  const things = keys.map(({ type, id }) => ({ type, id }))
  for (let used = await refoldOnce(deps, tables, things); used && (await areOtherLinks(tables, used)); )
    used = await refoldOnce(deps, tables, things)
}

/** @returns on what it relied; undefined where there was nothing to write */
function refoldOnce(deps: IngestDeps, tables: IngestTables, keys: readonly StatementFor[]): Promise<UsedLinks | undefined> {
  return retryingConflicts<UsedLinks | undefined>(async () => {
    const { changes, links } = await foldStatements(tables, keys)
    const changed = changes.filter((c) => c.changed)
    if (changed.length === 0) return { done: undefined }
    const drafts = await allInTurns(changed, async (c) => draftOf(c, true, (await checkFolded(deps, c.folded)).parsed))
    const result = await deps.writer.write(drafts, { side: statementWrites(saidIn(changed)) })
    return result.ok ? { done: links } : undefined
  })
}
