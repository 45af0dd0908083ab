/**
 * Collections and their indexes, made at the first write of a type and before any transaction: MongoDB makes collections
 * inside transactions only under conditions, and building an index there blocks. Making them twice is harmless, so
 * processes need not agree who does.
 */
import { type Db, type IndexDescription, MongoServerError } from 'mongodb'
import { isTypeName } from '../fhir/ids.ts'
import { AUDIT_TYPE, HISTORY_SUFFIX } from './documents.ts'

const NAMESPACE_EXISTS = 48

/** `dates.$**` serves a date range without any other criterion; a like one on `nums` cost a quarter of the insert rate. */
const INDEXES: IndexDescription[] = [
  { name: 'keys', key: { keys: 1, sd: -1, _id: 1 } },
  { name: 'at', key: { at: -1, _id: 1 } },
  { name: 'persons', key: { 'acc.p': 1, _id: 1 } },
  { name: 'dates', key: { 'dates.$**': 1 } },
  // With nothing behind the word: there are many words, and such an entry takes a tenth of one with a date and an id.
  { name: 'words', key: { words: 1 }, sparse: true },
]

/** Nobody looks for the account of uses by the persons of its labels: relabelling leaves it out, and its keys name them. */
const AUDIT_INDEXES: IndexDescription[] = [
  { name: 'keys', key: { keys: 1, at: -1, _id: 1 } },
  { name: 'at', key: { at: -1, _id: 1 } },
  { name: 'chain', key: { 'chain.c': 1, 'chain.n': 1 }, unique: true },
]

const HISTORY_INDEXES: IndexDescription[] = [
  { name: 'persons', key: { 'acc.p': 1, _id: 1 } },
  { name: 'at', key: { at: -1, '_id.id': 1 } },
]

export const CLAIMS = 'claims'

export interface Collections {
  /** true when all of them are known to exist: the usual case, without a round trip */
  ready(types: Iterable<string>, tables: Iterable<string>): boolean
  ensure(types: Iterable<string>, tables: Iterable<string>): Promise<void>
  /** resource types that have a collection, also those of other processes */
  types(): Promise<string[]>
}

export function collectionsOf(db: Db): Collections {
  const done = new Set<string>()
  const running = new Map<string, Promise<void>>()
  const once = (name: string, make: () => Promise<void>): Promise<void> => {
    if (done.has(name)) return Promise.resolve()
    const known = running.get(name)
    if (known) return known
    const made = make()
      .then(() => void done.add(name))
      .finally(() => running.delete(name))
    running.set(name, made)
    return made
  }
  return {
    ready: (types, tables) => every(types, done) && every(tables, done),
    async ensure(types, tables) {
      const all = [
        ...[...types].map((type) => once(type, () => makeType(db, type))),
        ...[...tables].map((t) => once(t, () => create(db, t))),
      ]
      await Promise.all(all)
    },
    async types() {
      const found = await db.listCollections({}, { nameOnly: true }).toArray()
      return found.map(({ name }) => name).filter(isTypeName)
    },
  }
}

function every(names: Iterable<string>, done: Set<string>): boolean {
  for (const name of names) if (!done.has(name)) return false
  return true
}

async function makeType(db: Db, type: string): Promise<void> {
  checkTypeName(type)
  await Promise.all([create(db, type), create(db, type + HISTORY_SUFFIX)])
  await Promise.all([
    db.collection(type).createIndexes(type === AUDIT_TYPE ? AUDIT_INDEXES : INDEXES),
    db.collection(type + HISTORY_SUFFIX).createIndexes(HISTORY_INDEXES),
  ])
}

async function create(db: Db, name: string): Promise<void> {
  try {
    await db.createCollection(name)
  } catch (error) {
    if (!(error instanceof MongoServerError) || error.code !== NAMESPACE_EXISTS) throw error
  }
}

/** Type names are collection names: anything else must not become one. */
export function checkTypeName(type: string): void {
  if (!isTypeName(type)) throw new TypeError('not a resource type')
}

/** Own tables are lower case, so that they can never be a resource type's collection. */
export function checkTableName(name: string): void {
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) throw new TypeError('a table name is lower case')
}
