/**
 * Appending audit entries that ride in no transaction: what waits goes into one journaled insert, in the lane's chain.
 * Inserts are ordered, so whatever becomes of a flush, what is stored is a piece of the chain without a gap.
 */
import { type Db, MongoNetworkError } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { createIntents, forgetWriter, intentsBehind, silentWriters } from './audit-intents.ts'
import { auditDocuments, type Chain, newChain } from './chain.ts'
import type { Collections } from './collections.ts'
import { AUDIT_TYPE, type AuditDoc } from './documents.ts'
import { DUPLICATE_KEY, isContention, isTransient } from './failures.ts'
import type { StoreLog } from './log.ts'
import type { Shapes } from './shapes.ts'
import { soon } from './soon.ts'

import type { AuditLog, AuditRecord, ChainPosition } from './types.ts'

export interface HeadDoc {
  _id: string
  n: number
  h: Uint8Array
  at: Date
  /** transactions may be under way in it, and more may come */
  transactions?: true
}

export const HEADS = 'audit_chains'

/** Notes how far each chain has come, once a second and at the end. */
export interface ChainHeads {
  announce(chain: Chain): Promise<void>
  /** of a chain whose entries ride in transactions */
  announceTransactions(chain: Chain): Promise<void>
  /** nothing more comes in these, nor is under way */
  over(chains: readonly Chain[]): Promise<void>
  advanced(chain: Chain): void
  flush(): Promise<void>
  close(): Promise<void>
}

export const WRITE_CONCERN = { w: 'majority' as const, j: true, wtimeout: BOUNDS.mongoWriteConcernMs }
const DURABLE = { writeConcern: WRITE_CONCERN }

export function createChainHeads(db: Db, log: StoreLog): ChainHeads {
  const moved = new Map<string, Chain>()
  const flush = async () => {
    const heads = [...moved.values()]
    moved.clear()
    if (heads.length === 0) return
    const updates = heads.map(({ id, n, h }) => ({ q: { _id: id }, u: { $set: { n, h, at: new Date() } } }))
    await db.command({ update: HEADS, updates, ordered: false, writeConcern: WRITE_CONCERN })
  }
  const timer = setInterval(() => {
    flush().catch((error: unknown) => log.warn({ name: (error as Error).name }, 'audit chain heads not noted'))
  }, BOUNDS.auditHeadMs)
  timer.unref()
  const rows = db.collection<HeadDoc>(HEADS)
  const started = ({ id, h }: Chain): HeadDoc => ({ _id: id, n: 0, h, at: new Date() })
  return {
    announce: async (chain) => void (await rows.insertOne(started(chain), DURABLE)),
    announceTransactions: async (chain) => void (await rows.insertOne({ ...started(chain), transactions: true }, DURABLE)),
    over: async (chains) => void (await rows.updateMany({ _id: { $in: chains.map(({ id }) => id) } }, { $unset: { transactions: '' } })),
    advanced: (chain) => void moved.set(chain.id, { ...chain }),
    flush,
    async close() {
      clearInterval(timer)
      await flush()
      log.info({}, 'audit chains closed')
    },
  }
}

interface WaitingRecords {
  records: readonly AuditRecord[]
  bytes: number
  resolve(): void
  reject(error: unknown): void
}

export interface AuditLogWriter extends AuditLog {
  /** resolves when what was settled here by now can be read */
  caughtUp(): Promise<void>
  close(): Promise<void>
}

export interface AuditLogOptions {
  db: Db
  log: StoreLog
  now: () => Date
  collections: Collections
  heads: ChainHeads
  shapes: Shapes
  lanes?: number
}

export function createAuditLog(options: AuditLogOptions): AuditLogWriter {
  const { db, log, now, collections, heads, shapes, lanes = BOUNDS.auditLanes } = options
  const queue: WaitingRecords[] = []
  const idle: { chain: Chain | undefined }[] = Array.from({ length: lanes }, () => ({ chain: undefined }))
  let onEmpty = () => {}
  let closed = false

  const pump = () => {
    while (idle.length > 0 && queue.length > 0) {
      const lane = idle.pop() as { chain: Chain | undefined }
      const group = takeRecords(queue)
      void flushGroup(lane, group).finally(() => {
        idle.push(lane)
        wake()
      })
    }
    if (idle.length === lanes) onEmpty()
  }
  const wake = soon(pump)

  const flushGroup = async (lane: { chain: Chain | undefined }, group: WaitingRecords[]) => {
    try {
      if (!lane.chain) {
        await collections.ensure([AUDIT_TYPE], [HEADS])
        const fresh = newChain()
        await heads.announce(fresh)
        lane.chain = fresh
      }
      const records = group.flatMap((one) => one.records)
      await shapes.note(records.map(({ shape }) => shape))
      const draft = { ...lane.chain }
      const docs = auditDocuments(records, draft)
      lane.chain = undefined
      await insertDurably(db, docs)
      lane.chain = draft
      heads.advanced(draft)
      for (const { resolve } of group) resolve()
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  const append = (records: readonly AuditRecord[]): Promise<void> => {
    if (records.length === 0) return Promise.resolve()
    if (closed) return Promise.reject(new OutcomeError('unavailable'))
    if (queue.length >= BOUNDS.auditQueue) return Promise.reject(new OutcomeError('busy', {}, { 'Retry-After': '1' }))
    return new Promise((resolve, reject) => {
      queue.push({ records, bytes: records.reduce((sum, { body }) => sum + body.byteLength + 1024, 0), resolve, reject })
      wake()
    })
  }
  const intents = createIntents({ db, log, now, append, missing: (records) => missing(db, records, ({ id }) => id) })

  return {
    append,
    announce: intents.announce,
    caughtUp: intents.caughtUp,
    silent: () => silentWriters(db, now()),
    announced: (_d, { writer, settled }) => intentsBehind(db, writer, settled),
    forget: (_d, writer) => forgetWriter(db, writer),
    async adopt(_d, of) {
      await intents.caughtUp()
      await adopt(db, of)
    },
    async *entries(d) {
      await intents.caughtUp()
      yield* entriesOf(db, d)
    },
    heads: (d) => headsOf(db, d),
    async close() {
      await intents.close()
      closed = true
      if (idle.length === lanes && queue.length === 0) return
      await new Promise<void>((resolve) => {
        onEmpty = resolve
      })
    },
  }
}

function takeRecords(queue: WaitingRecords[]): WaitingRecords[] {
  let entries = 0
  let bytes = 0
  let taken = 0
  for (const waiting of queue) {
    if (taken > 0 && (entries + waiting.records.length > BOUNDS.auditGroupEntries || bytes + waiting.bytes > BOUNDS.auditGroupBytes)) break
    entries += waiting.records.length
    bytes += waiting.bytes
    taken++
  }
  return queue.splice(0, taken)
}

/** Ids are ours alone, so a repetition after a lost answer that finds an entry stored has found its own. */
async function insertDurably(db: Db, docs: AuditDoc[]): Promise<void> {
  const deadline = Date.now() + BOUNDS.commitRetryMs
  let rest = docs
  for (let repeated = false; ; repeated = true) {
    try {
      const reply = await db.command({ insert: AUDIT_TYPE, documents: rest, ordered: true, writeConcern: WRITE_CONCERN })
      const failed = (reply.writeErrors as { index: number; code: number }[] | undefined)?.[0]
      if (!failed && !reply.writeConcernError) return
      if (failed && !(repeated && failed.code === DUPLICATE_KEY) && !isContention(failed.code)) throw new OutcomeError('unavailable')
      if (failed) rest = await missing(db, rest, ({ _id }) => _id)
      if (rest.length === 0) return
    } catch (error) {
      if (!isAway(error) || Date.now() >= deadline) throw error
    }
    if (Date.now() >= deadline) throw new OutcomeError('unavailable')
    await new Promise((resolve) => setTimeout(resolve, BOUNDS.commitRetryDelayMinMs))
  }
}

function isAway(error: unknown): boolean {
  return error instanceof MongoNetworkError || isTransient(error)
}

/** Majority read: an entry that is seen here can not be lost any more. */
async function missing<T>(db: Db, entries: readonly T[], idOf: (entry: T) => string): Promise<T[]> {
  const ids = entries.map(idOf)
  const found = await db
    .collection<AuditDoc>(AUDIT_TYPE)
    .find({ _id: { $in: ids } }, { projection: { _id: 1 } })
    .toArray()
  const there = new Set(found.map(({ _id }) => _id))
  return entries.filter((entry) => !there.has(idOf(entry)))
}

/** Labels and keys only: the facts are what the chain holds. */
async function adopt(db: Db, { patient, from, to }: { patient: string; from: string; to: string }): Promise<void> {
  await db
    .collection<AuditDoc>(AUDIT_TYPE)
    .updateMany(
      { keys: `entity>Patient/${patient}`, 'acc.p': { $eq: from } },
      { $set: { 'acc.p.$[one]': to }, $addToSet: { keys: `entity>Patient/${to}` } },
      { arrayFilters: [{ one: { $eq: from } }] },
    )
}

async function* entriesOf(db: Db, _d: Decision): AsyncGenerator<{ id: string; body: Uint8Array; chain: ChainPosition }> {
  const cursor = db
    .collection<AuditDoc>(AUDIT_TYPE)
    .find({}, { projection: { body: 1, chain: 1 }, sort: { 'chain.c': 1, 'chain.n': 1 }, hint: 'chain' })
  for await (const { _id, body, chain } of cursor) yield { id: _id, body, chain }
}

async function headsOf(db: Db, _d: Decision): Promise<ChainPosition[]> {
  const heads = await db.collection<HeadDoc>(HEADS).find({}).toArray()
  return heads.map(({ _id, n, h }) => ({ c: _id, n, h }))
}
