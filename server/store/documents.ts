/** The shape of stored documents, and what of it leaves the store. */
import type { Binary } from 'mongodb'
import type { Acc } from '../access/decision.ts'
import { unpackFacts } from '../audit-event/facts.ts'
import { renderAuditEvent } from '../audit-event/render.ts'
import type { IndexEntry } from '../search/plan.ts'
import type { ChainPosition, Stored } from './types.ts'

export const AUDIT_TYPE = 'AuditEvent'

/** A current version: collection = resource type. */
export interface StoredDoc extends Partial<IndexEntry> {
  _id: string
  v: number
  at: Date
  body: Uint8Array
  acc: Acc
  m: Stored['method']
  deleted?: true
}

/**
 * An AuditEvent, written once and never changed: there are many, so it holds what differs and nothing more. Its date is the
 * time at which it was written.
 */
export interface AuditDoc {
  _id: string
  at: Date
  /** packed facts; what is read is rendered from them */
  body: Uint8Array
  keys: string[]
  shape: string
  acc: Acc
  chain: ChainPosition
}

/** Field of the type's main date, as the index `keys` has it. */
export const dateField = (type: string): 'at' | 'sd' => (type === AUDIT_TYPE ? 'at' : 'sd')

/** A superseded version: collection = resource type + HISTORY_SUFFIX. No keys: history is asked for by id and by time. */
export interface HistoryDoc {
  _id: { id: string; v: number }
  at: Date
  body: Uint8Array
  acc: Acc
  m: Stored['method']
  deleted?: true
}

export const HISTORY_SUFFIX = '_history'

/** Whatever is computed for searches, each in a column of its own: a new one that is not named here does not compile. */
const COLUMNS: Readonly<Record<keyof IndexEntry, true>> = {
  keys: true,
  dates: true,
  nums: true,
  groups: true,
  sorts: true,
  contained: true,
  words: true,
  sd: true,
  ix: true,
}

/** All that `indexColumns` may set. */
export const INDEX_COLUMNS = Object.keys(COLUMNS) as (keyof IndexEntry)[]

/** The columns of an index entry; one that has nothing is left out. */
export function indexColumns(index: IndexEntry): Partial<IndexEntry> {
  const filled = INDEX_COLUMNS.filter((name) => name === 'keys' || !isEmpty(index[name]))
  return Object.fromEntries(filled.map((name) => [name, index[name]]))
}

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true
  if (typeof value !== 'object' || value === null || value instanceof Date) return false
  for (const _ in value) return false
  return true
}

/** What is read of a document: never its keys. */
export const PROJECTION = { v: 1, at: 1, body: 1, acc: 1, m: 1, deleted: 1 } as const

type ReadDoc = Pick<StoredDoc, '_id' | 'v' | 'at' | 'body' | 'acc' | 'm' | 'deleted'>

export function toStored(type: string, doc: ReadDoc): Stored {
  if (type === AUDIT_TYPE) return toAuditEvent(doc)
  return {
    type,
    id: doc._id,
    v: doc.v,
    at: doc.at,
    body: bytesOf(doc.body),
    acc: doc.acc,
    deleted: doc.deleted === true,
    method: doc.m,
  }
}

function toAuditEvent({ _id, at, body, acc }: ReadDoc): Stored {
  const text = renderAuditEvent(unpackFacts(bytesOf(body)))
  return { type: AUDIT_TYPE, id: _id, v: 1, at, body: text, acc, deleted: false, method: 'POST' }
}

export function historyToStored(type: string, doc: HistoryDoc): Stored {
  return toStored(type, { ...doc, _id: doc._id.id, v: doc._id.v })
}

/** The version that is being replaced, as it goes to history. */
export function toHistory(doc: ReadDoc): HistoryDoc {
  return {
    _id: { id: doc._id, v: doc.v },
    at: doc.at,
    body: doc.body,
    acc: doc.acc,
    m: doc.m,
    ...(doc.deleted ? { deleted: true as const } : {}),
  }
}

/** Buffers come as such where the driver promotes them; a Binary only from a collection read without that. */
function bytesOf(body: Uint8Array | Binary): Uint8Array {
  return body instanceof Uint8Array ? body : body.buffer
}

/** Range of `_id` that holds all superseded versions of one resource below `before`. */
export function historyRange(id: string, before: number): { $gte: HistoryDoc['_id']; $lt: HistoryDoc['_id'] } {
  return { $gte: { id, v: 0 }, $lt: { id, v: before } }
}
