/** The last part of a load: the terms of all segments brought together, bucket by bucket, so that a term is in one place. */
import { postingsOf } from './postings.ts'
import { BUCKETS, readBucket } from './segment.ts'
import type { KeptTables, LoadDoc } from './tables.ts'

/** Buckets after which it is noted how far it has come: what was written behind it is written once more, and is the same. */
const NOTED_EVERY = 16
const BYTES_AT_ONCE = 4 * 1024 * 1024

/** @param save of how far it has come. @throws what `save` throws */
export async function mergeTerms(tables: KeptTables, doc: LoadDoc, save: (set: Pick<LoadDoc, 'merged'>) => Promise<void>): Promise<void> {
  const { s, checkpoint } = doc
  let writing: Promise<unknown> = Promise.resolve()
  for (let bucket = doc.merged ?? 0; bucket < BUCKETS; bucket++) {
    const docs = postingsOf(s, checkpoint.n, await readBucket(tables, s, bucket))
    await writing
    // What was read is written while more is read.
    writing = written(tables, docs)
    writing.catch(() => undefined)
    if ((bucket + 1) % NOTED_EVERY !== 0) continue
    await writing
    await save({ merged: bucket + 1 })
  }
  await tables.terms.delete({ s })
}

async function written({ postings }: KeptTables, docs: ReturnType<typeof postingsOf>): Promise<void> {
  for (let at = 0; at < docs.length; ) {
    let bytes = 0
    const from = at
    while (at < docs.length && (at === from || bytes < BYTES_AT_ONCE)) bytes += docs[at++]?.bytes.byteLength ?? 0
    await postings.insertMany(docs.slice(from, at))
  }
}
