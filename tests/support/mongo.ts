/** A database of its own for each test file, on the one real mongod of the run. */
import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'

export interface TestDatabase {
  uri: string
  database: string
  drop(): Promise<void>
}

export async function testDatabase(): Promise<TestDatabase> {
  const uri = process.env.TEST_MONGODB_URI
  if (!uri) throw new Error('TEST_MONGODB_URI is set by tests/support/global-setup.ts')
  const database = `test_${randomBytes(6).toString('hex')}`
  return {
    uri,
    database,
    async drop() {
      const client = new MongoClient(uri)
      await client.db(database).dropDatabase()
      await client.close()
    },
  }
}
