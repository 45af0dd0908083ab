/** A checkpoint of the database between two parts of a run. */
import { MongoClient } from 'mongodb'

/** What was written a moment ago is no longer being flushed, and its pages no longer changed ones, while the next figures are taken. */
export async function digested(uri: string): Promise<void> {
  const client = await new MongoClient(uri).connect()
  await client.db('admin').command({ fsync: 1 })
  await client.close()
}
