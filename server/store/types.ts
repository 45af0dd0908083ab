/** What `server/store` offers. Every call that can reach patient data takes a Decision. */
import type { Acc, Decision } from '../access/decision.ts'
import type { IndexEntry, PlanNode, SortTerm } from '../search/plan.ts'
import type { CommandPlan } from './explain.ts'
import type { Feed } from './feed-types.ts'
import type { KeySetsQuery, LatestQuery } from './grouped-queries.ts'

export interface Stored {
  type: string
  id: string
  /** version number, 1 for the first */
  v: number
  /** meta.lastUpdated */
  at: Date
  /** the resource's JSON, UTF-8, complete with id, meta.versionId, meta.lastUpdated; empty for a deleted one */
  body: Uint8Array
  acc: Acc
  deleted: boolean
  /** how this version came about, for history bundles */
  method: 'POST' | 'PUT' | 'DELETE'
  /** in a history: the version before is a deletion that is seen, too */
  revived?: true
}

/** One resource to be written. */
export interface Write {
  type: string
  id: string
  /** `absent`: must not exist (nor be deleted); number: current version must be it; `any`: whatever there is. */
  expect: 'absent' | 'any' | number
  method: 'POST' | 'PUT' | 'DELETE'
  /** Makes the body once version and instant are known; absent for a delete. */
  body?: (v: number, at: Date) => Uint8Array
  index?: IndexEntry
  acc: Acc
}

/** A unique claim: makes conditional creates, links and event keys race-free. Conflict = `claim-taken`. */
export interface Claim {
  key: string
  value: Record<string, unknown>
}

/** A write to one of the server's own tables, in the same transaction. */
export type SideWrite =
  | {
      table: string
      op: 'insert'
      doc: TableDoc
      /** ids of rows of the table whose writes go before it: they give up what is unique in it */
      after?: readonly TableDoc['_id'][]
    }
  | { table: string; op: 'put'; doc: TableDoc; newestBy?: string }
  | {
      table: string
      op: 'update'
      where: Record<string, unknown>
      set?: Record<string, unknown>
      inc?: Record<string, number>
      /** only where the row is made by it */
      first?: Record<string, unknown>
      upsert?: boolean
      mustMatch?: boolean
    }
  | { table: string; op: 'delete'; where: Record<string, unknown> }
  /** a row that many lean on at the same time: a conflict once it was ended (`Store.endLeaning`) */
  | { table: string; op: 'lean'; row: string }

export interface TableDoc {
  _id: string | number
  [field: string]: unknown
}

/** All of it, or nothing of it. */
export interface WriteUnit {
  writes: Write[]
  claims?: Claim[]
  side?: SideWrite[]
  /** AuditEvents of this unit, durable together with it (see server/audit). */
  audit?: AuditRecord[]
}

export type WriteResult =
  | { ok: true; written: { type: string; id: string; v: number; at: Date; created: boolean; body: Uint8Array }[] }
  | { ok: false; conflict: 'version' | 'exists' | 'claim-taken' | 'side'; at: number; current?: number }

/** One entry for the audit chain, made by server/audit: what is read of it is the AuditEvent that server/audit-event renders. */
export interface AuditRecord {
  id: string
  at: Date
  /** packed facts */
  body: Uint8Array
  keys: string[]
  /** what it has in common with many: see server/audit-event/keys.ts */
  shape: string
  acc: Acc
}

export interface SearchQuery {
  type: string
  plan: PlanNode
  sort: SortTerm[]
  /** page size, 0 = none */
  count: number
  /** resume after this position (opaque to callers, made by a former page) */
  after?: PageMark
  total: 'none' | 'accurate'
}

/** A time of which every moment counts: `from` inclusive, `until` exclusive. */
export interface During {
  from: Date
  until: Date
}

/** Versions of one resource. */
export interface VersionsQuery {
  count: number
  before?: number
  since?: Date
  /** those that were current at some moment of it */
  during?: During
}

/** Versions of whole types, newest first. */
export interface ChangesQuery {
  types: readonly string[]
  count: number
  since?: Date
  /** those that were current at some moment of it */
  during?: During
  after?: PageMark
}

/** Sort values and id of the last row of a page. */
export type PageMark = readonly (string | number | null)[]

/** A resource on which an answer rests without showing it. */
export type Met = Pick<Stored, 'type' | 'id' | 'acc'>

/** Whose a resource is, without what it says. */
export type Labelled = Pick<Stored, 'type' | 'id' | 'acc' | 'deleted'>

/** A plan without links, and what they led to. */
export interface Followed {
  plan: PlanNode
  /** of each link what stands at its other end */
  through: Met[][]
  /** a link leads to so many that it is decided for each candidate: counting all matches may take too long */
  wide: boolean
}

export interface SearchPage {
  rows: Stored[]
  total?: number
  /** mark for the next page; absent on the last one */
  next?: PageMark
  /** the first match behind the page: that there is a next page tells of it */
  beyond?: Stored
}

export interface Latest extends Met {
  /** its keys that begin as asked */
  keys: string[]
  /** main date */
  date?: Date
  at: Date
  /** where it has no such key */
  body?: Uint8Array
}

/** One set, and one of the resources that have it. */
export interface KeySet extends Met {
  keys: string[]
}

export interface IndexOptions {
  unique?: boolean
  /** rows without any of the fields have no entry */
  sparse?: boolean
  /** only rows that it fits have an entry: a query has to say as much */
  where?: Record<string, unknown>
  expireAfterSeconds?: number
}

/** Rows that have the same values, and how many they are. */
export interface Counted<V> {
  values: V
  n: number
}

export interface Table<T extends TableDoc> {
  /** look-ups by id that come while others run share the next query */
  get(id: T['_id']): Promise<T | undefined>
  /** rows of these ids that are there, in their order; shares queries like `get` */
  getMany(ids: readonly T['_id'][]): Promise<T[]>
  /** `without`: large fields that the caller does not read, of a limited find */
  find(
    where: Record<string, unknown>,
    options?: { sort?: Record<string, 1 | -1>; limit?: number; without?: readonly string[] },
  ): Promise<T[]>
  stream(where: Record<string, unknown>, options?: { sort?: Record<string, 1 | -1> }): AsyncIterable<T>
  count(where: Record<string, unknown>): Promise<number>
  /** how many have which values of these fields, by one question; values that none has are left out */
  countBy<F extends string & keyof T>(where: Record<string, unknown>, fields: readonly F[]): Promise<Counted<Pick<T, F>>[]>
  /** false when the id exists; inserts that come while others run go together */
  insert(doc: T): Promise<boolean>
  /** many at once, in a command of their own; for each false when its id exists */
  insertMany(docs: readonly T[]): Promise<boolean[]>
  put(doc: T): Promise<void>
  /** updates one, answers the document after it */
  update(
    where: Record<string, unknown>,
    change: { set?: Record<string, unknown>; inc?: Record<string, number>; unset?: string[] },
    options?: { upsert?: boolean; sort?: Record<string, 1 | -1> },
  ): Promise<T | undefined>
  /** sets fields of the one row that `where` (with its id) names, together with others; false when there is none */
  setOne(where: { _id: T['_id']; [field: string]: unknown }, set: Record<string, unknown>): Promise<boolean>
  updateMany(where: Record<string, unknown>, set: Record<string, unknown>): Promise<number>
  delete(where: Record<string, unknown>): Promise<number>
  /** declared once at start by the module that owns the table */
  ensureIndex(fields: Record<string, 1 | -1>, options?: IndexOptions): Promise<void>
}

/** What two tables have under one id. */
export interface Pair<A extends TableDoc, B extends TableDoc> {
  first?: A
  second?: B
}

/** What stands under the keys of these persons. */
export interface PersonScope {
  persons: readonly string[]
  /** stamps `person#epoch`: a document about one person alone that carries one of them is left out */
  unless?: readonly string[]
}

export interface PersonTypes {
  current: string[]
  /** types with superseded versions in the scope */
  superseded: string[]
}

/** What stands under the keys of persons, of all types. */
export interface PersonRows {
  /** deleted ones too */
  current: Stored[]
  superseded: Stored[]
}

/** New labels, or a new index, of one version. */
export interface Restamp {
  id: string
  v: number
  acc?: Acc
  /** what it is found by from now on: all of it, so that its columns are of one making */
  index?: IndexEntry
  /** persons under whom it was read: where another has moved it since, nothing is written */
  persons?: readonly string[]
  /** stamps (`acc.e`) with which it was read: where another has relabelled it since, nothing is written */
  stood?: readonly string[]
  /** the version is a superseded one */
  superseded?: boolean
}

/** Position of an audit entry in its chain; `h` = SHA-256 of the former entry's `h` and this one's body. */
export interface ChainPosition {
  /** chain: one per writing lane of one process and start */
  c: string
  /** 1 for the first entry of a chain, no gaps */
  n: number
  h: Uint8Array
}

/** A use that is announced before its answer is known. */
export interface Announcement {
  /**
   * Resolves when the announcement is durable (majority, journaled); nothing may leave before.
   * @throws OutcomeError unavailable, busy
   */
  readonly durable: Promise<void>
  /** The entry itself, of the same id: to be called once, before the answer leaves. It is stored soon, and kept until it is. */
  settle(record: AuditRecord): void
}

/** The audit's own part of the store: entries are appended, never changed. */
export interface AuditLog {
  /**
   * Resolves when all of them are durable (majority, journaled).
   * @throws OutcomeError unavailable: then nothing may leave
   */
  append(records: readonly AuditRecord[]): Promise<void>
  /** `body`: packed facts as far as they are known */
  announce(body: Uint8Array): Announcement
  /** writers that have ended, and up to which of their rows all is settled */
  silent(d: Decision): Promise<{ writer: string; settled: number }[]>
  /** announcements of a writer behind that row, some together */
  announced(d: Decision, of: { writer: string; settled: number }): AsyncIterable<Uint8Array[]>
  /** everything that the writer announced is settled */
  forget(d: Decision, writer: string): Promise<void>
  /** entries that name this patient and stand under person `from` stand under `to` from now on; what they tell is not changed */
  adopt(d: Decision, of: { patient: string; from: string; to: string }): Promise<void>
  /** every entry, chain by chain in order */
  entries(d: Decision): AsyncIterable<{ id: string; body: Uint8Array; chain: ChainPosition }>
  /** how far each chain had come when it was last noted (within a second): shows a tail that was cut off */
  heads(d: Decision): Promise<ChainPosition[]>
}

/** What a search asks of the store. */
export interface SearchCalls {
  /** current documents of several ids of one type, any order */
  readMany(d: Decision, type: string, ids: readonly string[]): Promise<Stored[]>
  search(d: Decision, query: SearchQuery): Promise<SearchPage>
  /**
   * Follows the links of a plan (chains, `_has`): for who must know what they led to. The other calls do it by themselves.
   * @throws OutcomeError too-costly
   */
  follow(d: Decision, type: string, plan: PlanNode): Promise<Followed>
  count(d: Decision, type: string, plan: PlanNode): Promise<number>
  /** in one command, any order; @throws OutcomeError too-costly where there are more than `most` */
  latest(d: Decision, query: LatestQuery): Promise<Latest[]>
  /** in one command, any order; @throws OutcomeError too-costly where there are more than `most` */
  keySets(d: Decision, query: KeySetsQuery): Promise<KeySet[]>
}

export interface Store extends SearchCalls {
  readonly audit: AuditLog
  readonly feed: Feed
  read(d: Decision, type: string, id: string): Promise<Stored | undefined>
  /** the same calls, and how the database ran them */
  explaining(): { calls: SearchCalls; plans(): Promise<CommandPlan[]> }
  readVersion(d: Decision, type: string, id: string, v: number): Promise<Stored | undefined>
  /** newest first; `acc` of each row is that of its own time: the caller's gate must look at the current one too */
  history(d: Decision, type: string, id: string, options: VersionsQuery): Promise<Stored[]>
  /** newest first, deleted ones too; a version is there when its own labels and those of the current one permit it */
  changes(d: Decision, query: ChangesQuery): Promise<SearchPage>
  /** all current documents of a type in id order, in batches bounded by bytes and number (exports, relabelling) */
  stream(
    d: Decision,
    type: string,
    plan: PlanNode,
    options?: {
      since?: Date
      until?: Date
      afterId?: string
      /** deleted ones too (relabelling) */
      tombstones?: boolean
      /** only those that were indexed otherwise (reindexing) */
      indexedOtherThan?: number
    },
  ): AsyncIterable<Stored[]>
  /** current documents of persons, deleted ones too, in id order (relabelling) */
  ofPersons(d: Decision, type: string, scope: PersonScope): AsyncIterable<Stored[]>
  /** the same without what they say, of a type of which persons have few; any order */
  labelsOfPersons(d: Decision, type: string, persons: readonly string[]): Promise<Labelled[]>
  /** superseded versions of documents of persons (relabelling), by id and version */
  historyOfPersons(d: Decision, type: string, scope: PersonScope): AsyncIterable<Stored[]>
  /** the types of which something stands in the scope; AuditEvents are left out, consents do not change them */
  typesOfPersons(d: Decision, scope: PersonScope): Promise<PersonTypes>
  /**
   * all of these in one command; undefined: there may be more than one answer of the database holds, they are to be read type by type
   * @param passed is left out where it still stands at that version
   */
  rowsOfPersons(d: Decision, scope: PersonScope, passed?: PersonRows): Promise<PersonRows | undefined>
  commit(unit: WriteUnit): Promise<WriteResult>
  /** removes resources with all their versions, and the claims that they were made under: nothing tells that they were there (legal deletion) */
  expunge(d: Decision, type: string, ids: readonly string[]): Promise<void>
  /** removes single superseded versions */
  expungeVersions(d: Decision, type: string, versions: readonly { id: string; v: number }[]): Promise<void>
  /** set labels of documents (relabelling) where they still stand at the version seen; answers how many matched */
  restamp(d: Decision, type: string, changes: Restamp[]): Promise<number>
  /** how many current documents were indexed otherwise */
  countIndexedOtherThan(d: Decision, type: string, ix: number): Promise<number>
  /** the types of which something was ever stored, by any process */
  types(): Promise<string[]>
  /** whether a current document of one of the types is about somebody */
  areAboutSomebody(d: Decision, types: readonly string[]): Promise<boolean>
  /** the types that have a collection with documents of this person, AuditEvents left out */
  typesOf(d: Decision, person: string): Promise<string[]>
  claim(d: Decision, key: string): Promise<Record<string, unknown> | undefined>
  /** takes a claim back, once what it stood for is gone */
  releaseClaim(d: Decision, key: string): Promise<void>
  /**
   * Ends a row that side writes lean on: when it resolves, what leaned on it is committed or never will be. Idempotent, never taken back.
   * @param entry made for each chain of the account of uses in which transactions may be under way; its writer goes on in another
   * @throws OutcomeError busy, unavailable
   */
  endLeaning(d: Decision, row: { table: string; row: string }, entry: () => AuditRecord): Promise<void>
  /** the server's own tables; needs the system decision where they hold patient data */
  table<T extends TableDoc>(d: Decision, name: string): Table<T>
  /** look-ups of ids in two tables by one query, shared like `Table.getMany`; of each id that is in one of them, in their order. To be made once. */
  paired<A extends TableDoc, B extends TableDoc>(
    d: Decision,
    names: readonly [string, string],
  ): (ids: readonly string[]) => Promise<Pair<A, B>[]>
  /** unacknowledged writes are awaited, then everything is closed */
  close(): Promise<void>
  ping(): Promise<boolean>
}
