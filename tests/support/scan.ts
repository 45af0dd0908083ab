/** Looks for texts in everything that a database holds. */
import { zstdDecompressSync } from 'node:zlib'
import iconv from 'iconv-lite'
import { Binary, type Db } from 'mongodb'

/** Rows in which one of the texts stands, in a string or in bytes of either charset, packed or not: `collection id`. */
export async function scan(db: Db, texts: readonly string[], without: RegExp): Promise<string[]> {
  const forms = texts.flatMap((text) => [Buffer.from(text), iconv.encode(text, 'gb18030')])
  const found: string[] = []
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    if (without.test(name)) continue
    for await (const row of db.collection(name).find()) {
      if (bytesIn(row).some((bytes) => forms.some((form) => bytes.includes(form)))) found.push(`${name} ${JSON.stringify(row._id)}`)
    }
  }
  return found
}

/** Every string, name and byte sequence of a row. */
export function bytesIn(value: unknown): Buffer[] {
  if (typeof value === 'string') return [Buffer.from(value)]
  if (value instanceof Binary) return unpacked(Buffer.from(value.buffer))
  if (Array.isArray(value)) return value.flatMap(bytesIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => [Buffer.from(key), ...bytesIn(one)])
}

function unpacked(bytes: Buffer): Buffer[] {
  try {
    return [bytes, zstdDecompressSync(bytes)]
  } catch {
    return [bytes]
  }
}
