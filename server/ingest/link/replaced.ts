/** Merges that a sender told of (A40) and that could not be carried out, as where an operator had joined one of the records to a third. */
import type { IngestTables } from '../tables.ts'
import type { PreparedRecord } from '../types.ts'

/**
 * Whether a number that the record ends leads to another record than its patient's own numbers. What stood in the way may be gone: the same message
 * again is then not known already.
 */
export async function leftUnmerged(
  { numbers }: Pick<IngestTables, 'numbers'>,
  { identity }: Pick<PreparedRecord, 'identity'>,
): Promise<boolean> {
  const ended = identity?.replaces ?? []
  if (!identity || ended.length === 0) return false
  const own = identity.numbers.flatMap(({ hash, strong }) => (strong ? [hash] : []))
  const found = new Map((await numbers.getMany([...new Set([...own, ...ended])])).map(({ _id, patient }) => [_id, patient]))
  const patients = new Set(own.map((hash) => found.get(hash)))
  return ended.some((hash) => !patients.has(found.get(hash)))
}
