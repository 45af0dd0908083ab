/** Whether something of a text stands anywhere in the database of a running server: also packed, in base64, in another charset. */
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import iconv from 'iconv-lite'
import { MongoClient } from 'mongodb'
import type { TestServer } from '../support/server.ts'

const unpack = promisify(zstdDecompress)
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
const BASE64 = /[A-Za-z0-9+/]{16,}={0,2}/g

/** How many documents of each collection hold one of these. */
export async function holdingAny(server: TestServer, ...texts: string[]): Promise<Record<string, number>> {
  const spellings = texts.flatMap((text) => ['utf8', 'gb18030', 'utf16le'].map((charset) => iconv.encode(text, charset)))
  const inBytes = async (bytes: Buffer): Promise<boolean> => {
    if (spellings.some((one) => bytes.includes(one))) return true
    if (bytes.subarray(0, ZSTD.length).equals(ZSTD)) return inBytes(await unpack(bytes))
    for (const [run] of bytes.toString('latin1').matchAll(BASE64)) {
      const inner = Buffer.from(run, 'base64')
      if (spellings.some((one) => inner.includes(one))) return true
    }
    return false
  }
  const stands = async (value: unknown): Promise<boolean> => {
    if (value instanceof Uint8Array) return inBytes(Buffer.from(value))
    if (value === null || typeof value !== 'object') return inBytes(Buffer.from(String(value)))
    for (const [name, member] of Object.entries(value)) if ((await inBytes(Buffer.from(name))) || (await stands(member))) return true
    return false
  }
  const client = new MongoClient(server.database.uri)
  const db = client.db(server.database.database)
  const found: Record<string, number> = {}
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    if (name.startsWith('system.')) continue
    for await (const doc of db.collection(name).find({}, { promoteBuffers: true }))
      if (await stands(doc)) found[name] = (found[name] ?? 0) + 1
  }
  await client.close()
  return found
}
