/** What a resource takes: bytes of its document, of its share on disk, of its share of the indexes. */
import { MongoClient } from 'mongodb'
import { type BenchRow, row } from '../measure.ts'

interface Taken {
  count: number
  size: number
  storage: number
  indexes: number
}

export async function sizes(uri: string, database: string): Promise<BenchRow[]> {
  const client = await new MongoClient(uri).connect()
  const db = client.db(database)
  const taken = async (name: string): Promise<Taken> => {
    const [stats] = await db
      .collection(name)
      .aggregate([{ $collStats: { storageStats: {} } }])
      .toArray()
    const { count, size, storageSize, totalIndexSize } = stats?.storageStats ?? {}
    return { count, size, storage: storageSize, indexes: totalIndexSize }
  }
  const rows: BenchRow[] = []
  for (const name of ['Observation', 'Observation_history', 'Patient', 'Consent', 'AuditEvent']) {
    const { count, size, storage, indexes } = await taken(name)
    if (!count) continue
    rows.push(
      row(`${name}: documents`, count, ''),
      row(`${name}: document, uncompressed`, size / count, 'bytes each'),
      row(`${name}: data on disk`, storage / count, 'bytes each'),
      row(`${name}: indexes on disk`, indexes / count, 'bytes each'),
    )
  }
  await client.close()
  return rows
}
