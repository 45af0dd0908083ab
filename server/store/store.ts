/** The store: wiring of its parts behind the contract in types.ts. */
import { createHash } from 'node:crypto'
import type { Db } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { INTENTS, WRITERS } from './audit-intents.ts'
import { createAuditLog, createChainHeads, HEADS } from './audit-log.ts'
import { endLeaning } from './chain-ends.ts'
import { changesPage } from './changes.ts'
import { CLAIMS, type Collections, checkTableName, checkTypeName, collectionsOf } from './collections.ts'
import { createCommitter } from './committer.ts'
import { Conflict } from './conflict.ts'
import { connect } from './connect.ts'
import { AUDIT_TYPE, type StoredDoc, toStored } from './documents.ts'
import { recorded } from './explain.ts'
import { guarded } from './failures.ts'
import { expungeResources, expungeVersions } from './expunge.ts'
import { createFeed } from './feed.ts'
import { createJointFinds } from './joint-finds.ts'
import type { StoreLog } from './log.ts'
import { areAboutSomebody, labelsOfPersons, personBatches, personHistoryBatches, typesOfPersons } from './of-persons.ts'
import { pairedReads } from './paired-reads.ts'
import type { PlanNode } from '../search/plan.ts'
import { watchOrphans } from './orphans.ts'
import { createReader } from './reader.ts'
import { restampDocuments } from './restamp.ts'
import { rowsOfPersons } from './rows-of-persons.ts'
import { createSearching, findingNothing } from './searching.ts'
import { anyCopy } from './shared-rows.ts'
import { createShapes, SHAPES, type ShapeDoc } from './shapes.ts'
import { streamBatches } from './stream.ts'
import { createTables } from './tables.ts'
import { type Lane, runTransaction } from './transaction.ts'
import type { Store, Stored, WriteUnit } from './types.ts'
import type { ClaimDoc } from './unit-plan.ts'
import { versionOf, versionsOf } from './versions.ts'

export interface StoreOptions {
  uri: string
  database: string
  log: StoreLog
  now?: () => Date
  poolSize?: number
  serverSelectionMs?: number
  commitLanes?: number
  auditLanes?: number
}

/** Id of a claim's document: keys hold identifiers of persons, their hashes do not show them. */
export function claimId(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}

/** @throws Error with a text for the operator when the database is not reached or is a standalone */
export async function createStore(options: StoreOptions): Promise<Store> {
  const { client, db } = await connect(options)
  const { log } = options
  const orphans = await watchOrphans({ client, db }, log)
  const collections = collectionsOf(db)
  await collections.ensure([AUDIT_TYPE], [CLAIMS, HEADS, SHAPES, INTENTS, WRITERS])
  const heads = createChainHeads(db, log)
  const findJointly = createJointFinds(db)
  const tables = createTables(db, log, findJointly)
  const shapes = createShapes(tables.open<ShapeDoc>(SHAPES))
  const now = options.now ?? (() => new Date())
  const audit = createAuditLog({ db, log, now, collections, heads, shapes, lanes: options.auditLanes ?? BOUNDS.auditLanes })
  const lanes: Lane[] = Array.from({ length: options.commitLanes ?? BOUNDS.commitLanes }, () => ({
    session: client.startSession(),
    chain: undefined,
    copy: anyCopy(),
  }))
  const transaction = { client, db, claimId, now, announce: heads.announceTransactions, advanced: heads.advanced }
  const committer = createCommitter(
    (units, lane) => guarded(log, () => runTransaction(transaction, lanes[lane] as Lane, units)),
    lanes.length,
  )
  const readById = createReader(db)
  /** The account of uses is read with all that this process has answered. */
  const caughtUp = (type: string): Promise<void> | undefined => (type === AUDIT_TYPE ? audit.caughtUp() : undefined)
  const prepared = async (type: string, plan: PlanNode): Promise<PlanNode> => {
    await caughtUp(type)
    return shapes.resolve(plan)
  }
  // Whoever asks for many has mostly several types at once: they are one command.
  const parts = { db, log, caughtUp, prepared, readByIds: createReader(db, findJointly) }
  const searching = createSearching(parts)
  const read = async (d: Decision, type: string, id: string): Promise<Stored | undefined> => {
    checkTypeName(type)
    await caughtUp(type)
    const [doc] = await guarded(log, () => readById(type, [id]))
    return doc && d.permits(type, doc.acc) ? toStored(type, doc) : undefined
  }
  const auditGuarded: Store['audit'] = {
    ...audit,
    append: (records) => guarded(log, () => audit.append(records)),
    adopt: (d, of) => guarded(log, () => audit.adopt(d, of)),
  }
  return {
    audit: auditGuarded,
    feed: createFeed(db),
    read,
    ...searching.calls,
    explaining() {
      const on = recorded(db)
      const { calls } = createSearching({ ...parts, db: on.db, readByIds: createReader(on.db), explaining: true })
      return { calls: findingNothing(calls), plans: () => guarded(log, on.plans) }
    },
    readVersion: async (d, type, id, v) => {
      const current = await read(d, type, id)
      return guarded(log, () => versionOf(db, d, current, v))
    },
    history: async (d, type, id, page) => {
      const current = await read(d, type, id)
      return guarded(log, () => versionsOf(db, d, current, page))
    },
    changes: async (d, query) => {
      for (const type of query.types) await caughtUp(type)
      return guarded(log, () => changesPage(db, d, query))
    },
    stream: async function* (d, type, plan, page = {}) {
      yield* streamBatches(db, log, d, type, await guarded(log, () => searching.planOf(d, type, plan)), page)
    },
    ofPersons: (d, type, scope) => personBatches(db, log, d, type, scope),
    labelsOfPersons: (d, type, persons) => labelsOfPersons({ db, log, findJointly }, d, type, persons),
    historyOfPersons: (d, type, scope) => personHistoryBatches(db, log, d, type, scope),
    typesOfPersons: (_d, scope) => guarded(log, async () => typesOfPersons(db, await collections.types(), scope)),
    rowsOfPersons: (d, scope, passed) => guarded(log, async () => rowsOfPersons(db, d, await collections.types(), scope, passed)),
    async commit(unit) {
      await prepare(collections, unit, log)
      if (unit.audit) await guarded(log, () => shapes.note((unit.audit ?? []).map(({ shape }) => shape)))
      return committer.submit(unit).catch((error: unknown) => {
        if (!(error instanceof Conflict)) throw error
        log.warn({ kind: error.kind, code: error.code }, 'the database refused a write')
        throw new OutcomeError('internal')
      })
    },
    expunge: (d, type, ids) => guarded(log, () => expungeResources(db, d, type, ids)),
    expungeVersions: (d, type, versions) => guarded(log, () => expungeVersions(db, d, type, versions)),
    restamp: (_d, type, changes) => guarded(log, () => restampDocuments(db, type, changes)),
    countIndexedOtherThan: (_d, type, ix) => {
      checkTypeName(type)
      const filter = { ix: { $ne: ix }, deleted: { $exists: false } }
      return guarded(log, () => db.collection<StoredDoc>(type).countDocuments(filter, { maxTimeMS: BOUNDS.searchMs }))
    },
    types: () => guarded(log, () => collections.types()),
    areAboutSomebody: (_d, types) => guarded(log, () => areAboutSomebody(db, types)),
    typesOf: (_d, person) => guarded(log, () => typesOf(db, collections, person)),
    claim: (_d, key) => guarded(log, async () => (await db.collection<ClaimDoc>(CLAIMS).findOne({ _id: { $eq: claimId(key) } }))?.value),
    releaseClaim: (_d, key) =>
      guarded(log, async () => {
        await db.collection<ClaimDoc>(CLAIMS).deleteOne({ _id: { $eq: claimId(key) } })
      }),
    endLeaning: (_d, row, entry) => {
      checkTableName(row.table)
      return guarded(log, () => endLeaning({ db, shapes, entry }, row))
    },
    table: (_d, name) => tables.open(name),
    paired: (_d, names) => pairedReads(findJointly, log, names),
    async close() {
      orphans.stop()
      await committer.close()
      await audit.close()
      await heads
        .over(lanes.flatMap(({ chain }) => chain ?? []))
        .then(heads.close)
        .catch((error: unknown) => log.warn({ name: (error as Error).name }, 'audit chain heads not noted'))
      for (const { session } of lanes) await session.endSession()
      await client.close()
    },
    async ping() {
      try {
        return (await db.command({ hello: 1 }, { timeoutMS: BOUNDS.pingMs })).isWritablePrimary !== false
      } catch {
        return false
      }
    },
  }
}

/** Collections of everything that the unit writes to exist before its transaction begins. */
async function prepare(collections: Collections, unit: WriteUnit, log: StoreLog): Promise<void> {
  const types = new Set(unit.writes.map(({ type }) => type))
  const tables = new Set((unit.side ?? []).map(({ table }) => table))
  if (collections.ready(types, tables)) return
  for (const type of types) checkTypeName(type)
  for (const table of tables) checkTableName(table)
  await guarded(log, () => collections.ensure(types, tables))
}

async function typesOf(db: Db, collections: Collections, person: string): Promise<string[]> {
  const types = (await collections.types()).filter((type) => type !== AUDIT_TYPE)
  const found = await Promise.all(
    types.map((type) => db.collection<StoredDoc>(type).findOne({ 'acc.p': { $eq: person } }, { projection: { _id: 1 } })),
  )
  return types.filter((_, i) => found[i] !== null)
}
