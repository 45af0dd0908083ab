/** The server's own tables: small typed collections without resources' machinery. */
import {
  type AnyBulkWriteOperation,
  type Collection,
  type Db,
  type Document,
  type Filter,
  MongoBulkWriteError,
  MongoServerError,
  type OptionalUnlessRequiredId,
} from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { checkTableName } from './collections.ts'
import { guarded } from './failures.ts'
import { DUPLICATE_KEY, isDuplicateKey } from './failures.ts'
import { fieldBytes } from './field-bytes.ts'
import type { FindJointly } from './joint-finds.ts'
import type { StoreLog } from './log.ts'
import { sharedReads } from './shared-reads.ts'
import { sharedWrites } from './shared-writes.ts'
import { onTheStroke } from './soon.ts'
import type { Counted, IndexOptions, Table, TableDoc } from './types.ts'
import { safeSet, safeWhere, type TableChange } from './where.ts'

const INDEX_DIFFERS = new Set([85, 86])

/** One object per table, so that all who use it share its queries. */
export function createTables(db: Db, log: StoreLog, findJointly: FindJointly): { open<T extends TableDoc>(name: string): Table<T> } {
  const open = new Map<string, unknown>()
  return {
    open<T extends TableDoc>(name: string): Table<T> {
      const known = open.get(name) ?? openTable<T>(db, name, log, findJointly)
      open.set(name, known)
      return known as Table<T>
    },
  }
}

export function openTable<T extends TableDoc>(db: Db, name: string, log: StoreLog, findJointly: FindJointly): Table<T> {
  checkTableName(name)
  const rows = db.collection<TableDoc>(name) as unknown as Collection<T>
  const run = <R>(work: () => Promise<R>) => guarded(log, work)
  const filterOf = (where: Record<string, unknown>) => safeWhere(where) as Filter<T>
  const byId = (id: T['_id']) => ({ _id: { $eq: id } }) as unknown as Filter<T>
  const getMany = sharedReads<T['_id'], T>((ids) => run(() => rowsOf<T>(findJointly, name, ids)), TABLE_READS)
  const insert = sharedWrites<T, boolean>((docs) => run(() => insertUnlessThere(rows, docs)), fieldBytes, TABLE_WRITES)
  const setOne = sharedWrites<Setting, boolean>(
    (list) => run(() => setEach(rows, list)),
    ({ set }) => fieldBytes(set),
    TABLE_WRITES,
  )
  const ensure = indexesOf(rows)
  return {
    get: async (id) => (await getMany([id]))[0],
    getMany,
    find: (where, { sort, limit, without } = {}) =>
      run(async () => {
        const find = { filter: safeWhere(where), ...(sort && { sort }), ...(without && { projection: leftOut(without) }) }
        await onTheStroke()
        const found = await findJointly<T>(name, { ...find, limit: limit ?? FEW })
        if (limit !== undefined || found.length < FEW) return found
        return rows.find(filterOf(where), sort ? { sort } : {}).toArray() as Promise<T[]>
      }),
    stream: (where, options = {}) => streamed(rows, filterOf(where), options, log),
    count: (where) => run(() => rows.countDocuments(filterOf(where))),
    countBy: (where, fields) => run(() => countBy(rows, filterOf(where), fields)),
    insert,
    insertMany: (docs) => (docs.length === 0 ? Promise.resolve([]) : run(() => insertUnlessThere(rows, docs))),
    setOne: (where, set) => setOne({ where, set }),
    put: (doc) =>
      run(async () => {
        await rows.replaceOne(byId(doc._id), doc as never, { upsert: true })
      }),
    update: (where, change, options = {}) => run(() => updateOne(rows, filterOf(where), change, options)),
    updateMany: (where, set) => run(async () => (await rows.updateMany(filterOf(where), safeSet({ set }) as Document)).matchedCount),
    delete: (where) => run(async () => (await rows.deleteMany(filterOf(where))).deletedCount),
    ensureIndex: (fields, options = {}) => run(() => ensure({ fields, options })),
  }
}

/** Where more are found than this all are asked for once more, by a cursor. */
const FEW = 200

const leftOut = (fields: readonly string[]): Document => Object.fromEntries(fields.map((field) => [field, 0]))

const TABLE_READS = { lanes: BOUNDS.readLanes, keysMax: BOUNDS.tableGroupIds }
const TABLE_WRITES = { itemsMax: BOUNDS.tableGroupRows, bytesMax: BOUNDS.groupBytes }

async function rowsOf<T extends TableDoc>(findJointly: FindJointly, name: string, ids: readonly T['_id'][]): Promise<Map<T['_id'], T>> {
  const filter = ids.length === 1 ? { _id: { $eq: ids[0] } } : { _id: { $in: ids } }
  const found = await findJointly<T>(name, { filter, limit: ids.length })
  return new Map(found.map((row) => [row._id, row]))
}

/** For each: false when its id is there already. */
async function insertUnlessThere<T extends TableDoc>(rows: Collection<T>, docs: readonly T[]): Promise<boolean[]> {
  const inserted = docs.map(() => true)
  try {
    await rows.insertMany(docs as readonly OptionalUnlessRequiredId<T>[], { ordered: false })
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) throw error
    const failed = [error.writeErrors].flat()
    if (failed.length === 0 || failed.some(({ code }) => code !== DUPLICATE_KEY)) throw error
    for (const { index } of failed) inserted[index] = false
  }
  return inserted
}

async function countBy<T extends TableDoc, F extends string & keyof T>(
  rows: Collection<T>,
  filter: Filter<T>,
  fields: readonly F[],
): Promise<Counted<Pick<T, F>>[]> {
  const values = Object.fromEntries(fields.map((field) => [field, `$${field}`]))
  const counted = rows.aggregate<{ _id: Pick<T, F>; n: number }>([{ $match: filter }, { $group: { _id: values, n: { $sum: 1 } } }])
  return (await counted.toArray()).map(({ _id, n }) => ({ values: _id, n }))
}

interface Setting {
  where: Record<string, unknown>
  set: Record<string, unknown>
}

/** A command tells only how many matched: when it is not all of them, each is asked alone, which changes nothing twice. */
async function setEach<T extends TableDoc>(rows: Collection<T>, list: readonly Setting[]): Promise<boolean[]> {
  const filterOf = ({ where }: Setting) => safeWhere(where) as Filter<T>
  const changeOf = ({ set }: Setting) => safeSet({ set }) as Document
  if (list.length > 1) {
    const all = list.map((one) => ({ updateOne: { filter: filterOf(one), update: changeOf(one) } }))
    const { matchedCount } = await rows.bulkWrite(all as unknown as AnyBulkWriteOperation<T>[], { ordered: true })
    if (matchedCount === list.length) return list.map(() => true)
  }
  const matched: boolean[] = []
  for (const one of list) matched.push((await rows.updateOne(filterOf(one), changeOf(one))).matchedCount > 0)
  return matched
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

interface Declared {
  fields: Record<string, 1 | -1>
  options: IndexOptions
}

/** What is declared of a table in one turn is made by one command: each waits for the journal. */
function indexesOf<T extends TableDoc>(rows: Collection<T>): (declared: Declared) => Promise<void> {
  let coming: Declared[] = []
  let made: Promise<void> | undefined
  return (declared) => {
    coming.push(declared)
    made ??= Promise.resolve().then(() => {
      const all = coming
      coming = []
      made = undefined
      return ensureIndexes(rows, all)
    })
    return made
  }
}

async function ensureIndexes<T extends TableDoc>(rows: Collection<T>, all: readonly Declared[]): Promise<void> {
  try {
    await rows.createIndexes(all.map(({ fields, options }) => ({ key: fields, ...asMongo(options) })))
  } catch (error) {
    if (!isOfOtherOptions(error)) throw error
    for (const one of all) await ensureIndex(rows, one)
  }
}

const isOfOtherOptions = (error: unknown): boolean => error instanceof MongoServerError && INDEX_DIFFERS.has(Number(error.code))

const asMongo = ({ where, ...options }: IndexOptions) => ({ ...options, ...(where && { partialFilterExpression: safeWhere(where) }) })

async function ensureIndex<T extends TableDoc>(rows: Collection<T>, { fields, options }: Declared): Promise<void> {
  try {
    await rows.createIndex(fields, asMongo(options))
  } catch (error) {
    if (!isOfOtherOptions(error)) throw error
    // The same fields with other options, from an earlier release: the declaration in force wins.
    await rows.dropIndex(
      Object.entries(fields)
        .map((part) => part.join('_'))
        .join('_'),
    )
    await rows.createIndex(fields, asMongo(options))
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
