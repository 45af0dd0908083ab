/** Queries that read more than what is found by an index and needed: the ones that become slower with what is stored. MongoDB's profiler. */
import { type Document, MongoClient } from 'mongodb'

export interface Scan {
  /** collection, kind of command and names of the fields that it asks by */
  what: string
  plan: string
  times: number
  /** documents or keys looked at, at most, and what was found then */
  looked: number
  found: number
  /** ms in all */
  took: number
}

const PROFILE_BYTES = 64 * 1024 * 1024
/** more than these is no look at a handful of rows */
const LOOKED_MIN = 300

/** Begins anew. What each of them costs is small: only what is kept is written. */
export async function watchScans(uri: string, database: string): Promise<void> {
  await withDb(uri, database, async (db) => {
    await db.command({ profile: 0 })
    await db.collection('system.profile').drop()
    await db.createCollection('system.profile', { capped: true, size: PROFILE_BYTES })
    const isMuch = [{ docsExamined: { $gt: LOOKED_MIN } }, { keysExamined: { $gt: LOOKED_MIN } }, { planSummary: 'COLLSCAN' }]
    await db.command({ profile: 1, filter: { $or: isMuch, op: { $ne: 'getmore' }, ns: { $not: /system\.profile/ } } })
  })
}

/** The dearest first. Nothing is watched any more. */
export function scansOf(uri: string, database: string): Promise<Scan[]> {
  return withDb(uri, database, async (db) => {
    await db.command({ profile: 0 })
    const scans = new Map<string, Scan>()
    for await (const row of db.collection('system.profile').find()) {
      const what = `${String(row.ns).slice(database.length + 1)} ${row.op} ${shapeOf((row.command ?? {}) as Document)}`
      const known = scans.get(what) ?? { what, plan: String(row.planSummary ?? ''), times: 0, looked: 0, found: 0, took: 0 }
      const looked = Math.max(Number(row.docsExamined ?? 0), Number(row.keysExamined ?? 0))
      const found = Number(row.nreturned ?? row.nModified ?? row.ndeleted ?? 0)
      const most = looked > known.looked ? { looked, found } : {}
      scans.set(what, { ...known, ...most, times: known.times + 1, took: known.took + Number(row.millis ?? 0) })
    }
    return [...scans.values()].sort((a, b) => b.took - a.took)
  })
}

async function withDb<T>(uri: string, database: string, use: (db: ReturnType<MongoClient['db']>) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri)
  try {
    return await use(client.db(database))
  } finally {
    await client.close()
  }
}

/** Names of fields, never values. */
function shapeOf(command: Document): string {
  const asked = command.filter ?? command.query ?? command.q ?? (command.pipeline as Document[] | undefined)?.[0]?.$match ?? {}
  return `${fieldsIn(asked).join(',')}${command.sort ? ` sort ${Object.keys(command.sort as object).join(',')}` : ''}`
}

function fieldsIn(filter: unknown): string[] {
  if (filter === null || typeof filter !== 'object') return []
  return Object.entries(filter).flatMap(([name, value]) => {
    if (name.startsWith('$') && Array.isArray(value)) return value.flatMap(fieldsIn)
    return name.startsWith('$') ? [] : [name]
  })
}
