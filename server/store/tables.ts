/** The server's own tables: small typed collections without resources' machinery. */
import { type Collection, type Db, type Document, type Filter, MongoServerError, type OptionalUnlessRequiredId } from 'mongodb'
import { checkTableName } from './collections.ts'
import { guarded } from './failures.ts'
import { isDuplicateKey } from './failures.ts'
import type { StoreLog } from './log.ts'
import type { Table, TableDoc } from './types.ts'
import { safeSet, safeWhere, type TableChange } from './where.ts'

const INDEX_DIFFERS = new Set([85, 86])

export function openTable<T extends TableDoc>(db: Db, name: string, log: StoreLog): Table<T> {
  checkTableName(name)
  const rows = db.collection<TableDoc>(name) as unknown as Collection<T>
  const run = <R>(work: () => Promise<R>) => guarded(log, work)
  const filterOf = (where: Record<string, unknown>) => safeWhere(where) as Filter<T>
  const byId = (id: T['_id']) => ({ _id: { $eq: id } }) as unknown as Filter<T>
  return {
    get: (id) => run(async () => ((await rows.findOne(byId(id))) as T | null) ?? undefined),
    find: (where, options = {}) => run(() => rows.find(filterOf(where), options).toArray() as Promise<T[]>),
    stream: (where, options = {}) => streamed(rows, filterOf(where), options, log),
    count: (where) => run(() => rows.countDocuments(filterOf(where))),
    insert: (doc) => run(() => insertUnlessThere(rows, doc)),
    put: (doc) =>
      run(async () => {
        await rows.replaceOne(byId(doc._id), doc as never, { upsert: true })
      }),
    update: (where, change, options = {}) => run(() => updateOne(rows, filterOf(where), change, options)),
    updateMany: (where, set) => run(async () => (await rows.updateMany(filterOf(where), safeSet({ set }) as Document)).matchedCount),
    delete: (where) => run(async () => (await rows.deleteMany(filterOf(where))).deletedCount),
    ensureIndex: (fields, options = {}) => run(() => ensureIndex(rows, fields, options)),
  }
}

async function insertUnlessThere<T extends TableDoc>(rows: Collection<T>, doc: T): Promise<boolean> {
  try {
    await rows.insertOne(doc as OptionalUnlessRequiredId<T>)
    return true
  } catch (error) {
    if (isDuplicateKey(error)) return false
    throw error
  }
}

/** With `upsert`, a document that is there but does not fit the condition is a failed update, not an error. */
async function updateOne<T extends TableDoc>(
  rows: Collection<T>,
  filter: Filter<T>,
  change: TableChange,
  options: { upsert?: boolean; sort?: Record<string, 1 | -1> },
): Promise<T | undefined> {
  try {
    const after = await rows.findOneAndUpdate(filter, safeSet(change) as Document, { returnDocument: 'after', ...options })
    return (after as T | null) ?? undefined
  } catch (error) {
    if (options.upsert && isDuplicateKey(error)) return undefined
    throw error
  }
}

async function ensureIndex<T extends TableDoc>(
  rows: Collection<T>,
  fields: Record<string, 1 | -1>,
  options: { unique?: boolean; expireAfterSeconds?: number },
): Promise<void> {
  try {
    await rows.createIndex(fields, options)
  } catch (error) {
    if (!(error instanceof MongoServerError) || !INDEX_DIFFERS.has(Number(error.code))) throw error
    // The same fields with other options, from an earlier release: the declaration in force wins.
    await rows.dropIndex(
      Object.entries(fields)
        .map((part) => part.join('_'))
        .join('_'),
    )
    await rows.createIndex(fields, options)
  }
}

async function* streamed<T extends TableDoc>(
  rows: Collection<T>,
  filter: Filter<T>,
  options: { sort?: Record<string, 1 | -1> },
  log: StoreLog,
): AsyncGenerator<T> {
  const cursor = rows.find(filter, options)
  try {
    for (;;) {
      const next = (await guarded(log, () => cursor.next())) as T | null
      if (next === null) return
      yield next
    }
  } finally {
    await cursor.close()
  }
}
