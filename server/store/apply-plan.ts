/** A group's plan as commands of one transaction: as few round trips as there are collections. */
import type { ClientSession, Db, Document } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { CLAIMS } from './collections.ts'
import { AUDIT_TYPE, HISTORY_SUFFIX } from './documents.ts'
import { auditDocuments, type Chain } from './chain.ts'
import { Conflict } from './conflict.ts'
import { DUPLICATE_KEY } from './failures.ts'
import { applySide } from './side-writes.ts'
import type { GroupPlan } from './unit-plan.ts'

/**
 * @throws Conflict when another writer was faster, or a side write did not match
 */
export async function applyPlan(
  db: Db,
  { session, copy }: { session: ClientSession; copy: number },
  plan: GroupPlan,
  chain: Chain,
  apart: boolean,
): Promise<void> {
  const inserts = new Map<string, Document[]>()
  const updates = new Map<string, Document[]>()
  for (const { type, doc } of plan.history) listIn(inserts, type + HISTORY_SUFFIX).push(doc)
  for (const { type, doc, replaces } of plan.changes) {
    if (replaces === undefined) listIn(inserts, type).push(doc)
    else listIn(updates, type).push({ q: { _id: doc._id, v: replaces }, u: doc })
  }
  if (plan.claims.length > 0) inserts.set(CLAIMS, plan.claims)
  if (plan.audit.length > 0) listIn(inserts, AUDIT_TYPE).push(...auditDocuments(plan.audit, chain))
  for (const [collection, docs] of inserts) await insertAll(db, session, collection, docs)
  for (const [collection, list] of updates) {
    for (const batch of batchesOf(list, ({ u }) => u)) {
      const reply = await db.command({ update: collection, updates: batch, ordered: true }, { session })
      checkReply(reply)
      if (reply.n !== batch.length) throw new Conflict('stale')
    }
  }
  await applySide(db, session, plan.side, { apart, copy })
}

function listIn(lists: Map<string, Document[]>, name: string): Document[] {
  let list = lists.get(name)
  if (!list) {
    list = []
    lists.set(name, list)
  }
  return list
}

/** One command per collection: the driver's own insertMany would measure every document a second time. */
async function insertAll(db: Db, session: ClientSession, collection: string, docs: Document[]): Promise<void> {
  for (const batch of batchesOf(docs, (doc) => doc)) {
    checkReply(await db.command({ insert: collection, documents: batch, ordered: true }, { session }))
  }
}

/** Batches below the size of one command, judged by the bodies; keys and labels fit in what the driver holds beyond. */
function batchesOf(items: readonly Document[], docOf: (item: Document) => Document): Document[][] {
  const batches: Document[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const item of items) {
    const size = ((docOf(item) as { body?: Uint8Array }).body?.byteLength ?? 0) + 1024
    if (bytes + size > BOUNDS.insertBytes) {
      batches.push([])
      bytes = 0
    }
    batches.at(-1)?.push(item)
    bytes += size
  }
  return batches
}

/** A command can succeed and still have refused single writes. */
function checkReply(reply: Document): void {
  const first = (reply.writeErrors as { code: number }[] | undefined)?.[0]
  if (!first) return
  if (first.code === DUPLICATE_KEY) throw new Conflict('duplicate')
  throw new Conflict('refused', first.code)
}
