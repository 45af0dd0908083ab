/**
 * What is committed, in the order of its commit: the database's change stream of all resource types. A place in it is
 * durable: who stores it goes on behind it, in another process too. Superseded versions, tables and relabelling are not in it,
 * nor are AuditEvents.
 */
import { type ChangeStream, type ChangeStreamDocument, type Db, type Document, MongoServerError, type Timestamp } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import { BOUNDS } from '../config/bounds.ts'
import { isTypeName } from '../fhir/ids.ts'
import { AUDIT_TYPE, type StoredDoc } from './documents.ts'
import type { CommittedVersion, Feed, FeedBatch, FeedPlace } from './feed-types.ts'

/** The database remembers the place no more: its log has been written over. */
export class FeedLost extends Error {}

/** ChangeStreamFatalError, ChangeStreamHistoryLost, InvalidResumeToken, OplogQueryMinTsMissing and what older servers say. */
const LOST = new Set([280, 286, 260, 136])

const PIPELINE: Document[] = [
  {
    $match: {
      operationType: { $in: ['insert', 'replace'] },
      'ns.coll': { $regex: '^[A-Z][A-Za-z]+$', $ne: AUDIT_TYPE },
    },
  },
  // Who is told reads the version itself, under a decision of its own.
  { $unset: 'fullDocument.body' },
]

type StoredPlace = { token?: Document; time?: Timestamp }

export function createFeed(db: Db): Feed {
  return {
    async now(_d: Decision) {
      const { operationTime } = await db.command({ ping: 1 })
      return { time: operationTime } as FeedPlace
    },
    read: (_d, after, signal) => batches(db, after as StoredPlace, signal),
  }
}

async function* batches(db: Db, { token, time }: StoredPlace, signal: AbortSignal): AsyncGenerator<FeedBatch> {
  const stream = db.watch<StoredDoc>(PIPELINE, {
    maxAwaitTimeMS: BOUNDS.feedAwaitMs,
    batchSize: BOUNDS.feedBatch,
    ...(token ? { resumeAfter: token } : time ? { startAtOperationTime: time } : {}),
  })
  try {
    while (!signal.aborted) yield await nextBatch(stream)
  } catch (error) {
    if (error instanceof MongoServerError && LOST.has(Number(error.code))) throw new FeedLost()
    if (!signal.aborted) throw error
  } finally {
    await stream.close().catch(() => undefined)
  }
}

/** What is there, without waiting for more than the first; none after a while, with the place up to which none was. */
async function nextBatch(stream: ChangeStream<StoredDoc>): Promise<FeedBatch> {
  const versions: CommittedVersion[] = []
  let event = (await stream.tryNext()) as ChangeStreamDocument<StoredDoc> | null
  for (; event !== null; event = versions.length < BOUNDS.feedBatch && isBuffered(stream) ? await stream.tryNext() : null)
    versions.push(...versionIn(event))
  return { versions, place: { token: stream.resumeToken } as FeedPlace }
}

const isBuffered = (stream: ChangeStream<StoredDoc>): boolean =>
  ((stream as unknown as { cursor?: { bufferedCount?(): number } }).cursor?.bufferedCount?.() ?? 0) > 0

function versionIn(event: ChangeStreamDocument<StoredDoc>): CommittedVersion[] {
  if (event.operationType !== 'insert' && event.operationType !== 'replace') return []
  const { fullDocument: doc, ns, _id } = event
  if (!doc || !('coll' in ns) || !isTypeName(String(ns.coll))) return []
  const { keys = [], dates = {}, nums = {}, groups, words, contained } = doc
  return [
    {
      type: String(ns.coll),
      id: doc._id,
      v: doc.v,
      at: doc.at,
      method: doc.m,
      order: String((_id as { _data?: unknown })._data),
      index: { keys, dates, nums, ...(groups ? { groups } : {}), ...(words ? { words } : {}), ...(contained ? { contained } : {}) },
    },
  ]
}
