/**
 * A find of few documents as one plain command. The driver's cursor costs a third more of this process' time than the command
 * itself, and a read has two or three of them; what does not fit into one answer, or fails on the way, takes the cursor.
 */
import { type Db, type Document, type Filter, MongoServerError } from 'mongodb'
import { MAX_TIME_EXPIRED } from './failures.ts'

export interface FindCommand {
  filter: Document
  /** documents at most: all of them in one answer where MongoDB's 16 MB allow it */
  limit: number
  projection?: Document
  sort?: Record<string, 1 | -1>
  maxTimeMS?: number
}

/** Majority read on the primary, as every read of the store. */
export async function findAtOnce<T extends Document>(db: Db, collection: string, find: FindCommand): Promise<T[]> {
  const { filter, limit, ...options } = find
  try {
    // One more than there can be: at exactly the limit some plans leave the cursor open, and the same would be found again by another.
    const command = { find: collection, filter, ...options, limit, batchSize: limit + 1, readConcern: { level: 'majority' } }
    const { cursor } = await db.command(command, { promoteBuffers: true })
    if (String(cursor.id) === '0') return cursor.firstBatch as T[]
  } catch (error) {
    if (error instanceof MongoServerError && error.code === MAX_TIME_EXPIRED) throw error
    // A cursor's find is repeated by the driver when the connection or the primary was lost; a plain command is not.
  }
  const rows = db.collection<T>(collection).find(filter as Filter<T>, { ...options, limit })
  return (await rows.toArray()) as unknown as T[]
}
