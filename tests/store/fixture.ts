/** A store on a database of its own, and the smallest resources to write into it. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from '@jest/globals'
import { MongoClient } from 'mongodb'
import { type Acc, type AccFilter, type Decision, makeDecision, systemDecision } from '../../server/access/decision.ts'
import type { IndexEntry } from '../../server/search/plan.ts'
import { silentLog } from '../../server/store/log.ts'
import { createStore, type StoreOptions } from '../../server/store/store.ts'
import type { AuditRecord, Store, Write, WriteResult } from '../../server/store/types.ts'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'

export const SYSTEM = systemDecision('test')

export const NOBODY: Acc = { p: [], s: 1, e: [], o: 'H1' }

export interface Opened {
  store: Store
  database: TestDatabase
  /** straight to the database, to look at and tamper with what is stored */
  raw: MongoClient
}

/** Opens before all tests of a file and drops the database after them. */
export function opened(options: Partial<StoreOptions> = {}): Opened {
  const holder = {} as Opened
  beforeAll(async () => {
    holder.database = await testDatabase()
    holder.store = await createStore({
      uri: holder.database.uri,
      database: holder.database.database,
      log: silentLog,
      poolSize: 16,
      ...options,
    })
    holder.raw = new MongoClient(holder.database.uri)
  })
  afterAll(async () => {
    await holder.store.close()
    await holder.raw.close()
    await holder.database.drop()
  })
  return holder
}

export function put(id: string, text: string, extra: Partial<Write> = {}): Write {
  return { type: 'Basic', id, expect: 'any', method: 'PUT', body: () => Buffer.from(text), index: index(), acc: NOBODY, ...extra }
}

/** What a chain of the account of uses is ended with; any entry will do. */
export function chainEntry(): AuditRecord {
  const id = randomUUID()
  return { id, at: new Date(), body: Buffer.from(id), keys: [], shape: 'ended', acc: NOBODY }
}

export function index(entry: Partial<IndexEntry> = {}): IndexEntry {
  return { keys: [], dates: {}, nums: {}, ...entry }
}

export function written(result: WriteResult): Extract<WriteResult, { ok: true }>['written'] {
  if (!result.ok) throw new Error(`conflict ${result.conflict}`)
  return result.written
}

/** A decision with one filter for all types; `permits` is what it says unless given. */
export function decision(filter: AccFilter, permits: (acc: Acc) => boolean = () => true): Decision {
  return makeDecision({ filter: () => filter, permits: (_type, acc) => permits(acc), reason: 'test' })
}
