/** Bare insertion: documents as they were stored, put once more into collections of their own by the driver alone. */
import { type Db, type Document, type IndexDescription, MongoClient } from 'mongodb'

/** Documents by the collection in which they stand. */
export type Documents = ReadonlyMap<string, readonly Document[]>

const BATCH = 500
const DURABLE = { writeConcern: { w: 'majority' as const, journal: true } }

export const countOf = (documents: Documents): number => [...documents.values()].reduce((sum, { length }) => sum + length, 0)

/**
 * Seconds that the insertion takes, collection by collection in durable batches of 500.
 * @param isIndexed the collections have the same indexes; else none
 */
export async function bareSeconds(uri: string, database: string, documents: Documents, isIndexed: boolean): Promise<number> {
  const client = await new MongoClient(uri).connect()
  const bare = client.db(`${database}_bare`)
  try {
    await bare.dropDatabase()
    for (const name of documents.keys()) await prepare(client.db(database), bare, name, isIndexed)
    const started = performance.now()
    for (const [name, all] of documents) {
      for (let at = 0; at < all.length; at += BATCH) await bare.collection(name).insertMany(all.slice(at, at + BATCH), DURABLE)
    }
    return (performance.now() - started) / 1000
  } finally {
    await bare.dropDatabase()
    await client.close()
  }
}

async function prepare(from: Db, bare: Db, name: string, isIndexed: boolean): Promise<void> {
  await bare.createCollection(name)
  if (!isIndexed) return
  const indexes = (await from.collection(name).indexes()).filter(({ name: index }) => index !== '_id_')
  if (indexes.length > 0) await bare.collection(name).createIndexes(indexes.map(({ v, ...index }) => index as IndexDescription))
}

const COUNTED = ['find', 'insert', 'update', 'delete', 'findAndModify', 'aggregate', 'commitTransaction']

/** Commands that the database has had so far, of those that work on documents. */
export async function commandsOf(client: MongoClient): Promise<number> {
  const { metrics } = await client.db('admin').command({ serverStatus: 1 })
  const { commands } = metrics as { commands: Record<string, { total: number } | undefined> }
  return COUNTED.reduce((sum, name) => sum + Number(commands[name]?.total ?? 0), 0)
}
