/** The ingest way's own tables in the store. */
import type { Table, TableDoc } from '../store/types.ts'
import type { BatchDoc, BatchMemberDoc } from './batch-docs.ts'
import type { IdentityStatement, Said } from './link/decide.ts'
import type { SaidToBe } from './link/of-many.ts'
import type { Levels } from './likely/compare.ts'
import type { Doubt } from './likely/judge.ts'
import type { Traits } from './likely/traits.ts'
import type { IngestDeps, PayloadDoc, RecordOutcome } from './types.ts'

/** One chunk of a payload's raw bytes, compressed on its own. */
export interface ChunkDoc extends TableDoc {
  upload: string
  at: number
  since: Date
  /** of the first chunk: its payload is known to be accepted */
  kept: boolean
  zstd: Uint8Array
}

/**
 * All that was said of one resource, or of several of which one record alone has spoken (fold/rows.ts); `rev` guards against two writers.
 * `_id` is `Type/id` where it is of one.
 */
export interface ContributionsDoc extends TableDoc {
  _id: string
  rev: number
  /** `Type/id` of each, by its place; no two rows name the same. Absent in rows of servers that kept each by itself: it is their `_id` */
  things?: string[]
  /** local patient records of the sources that speak */
  patients: string[]
  /** of all sources (fold/kept.ts) */
  statements: string
  /** of the texts that were stored last, by the places of the things */
  digests?: string[]
  /** the same in rows of servers that kept each by itself */
  digest?: string
}

/** `_id` = hash of domain, kind and number; `ended`: its sender merged what stood under it into this record (A40). */
export type PatientNumberDoc = TableDoc & { _id: string; patient: string; ended?: true }

/** A source's record of a patient; `_id` is the Patient's id. */
export interface PatientRecordDoc extends TableDoc {
  _id: string
  rev: number
  domain: string
  /** kinds of its strong numbers */
  strongKinds: string[]
  /** key of the identity number that it states, and when it said so */
  number: Said | null
  /** the patient's name as stated last */
  name: Said | null
  /** whom it was said to be (link/of-many.ts); absent: written before this was kept, or by a client, whose word is the whole Patient */
  saidToBe?: SaidToBe | null
  /** the master while linked */
  person: string | null
  /** it stood under its mother's number */
  newborn: boolean
  /** another record of the same source turned out to be the same patient's: that one goes on */
  absorbedBy: string | null
  /** what an operator joined it to: links of its Patient */
  merged?: MergedLinks | null
  /** what it says of who its patient is, and under which keys records like it are found; absent: written before this was kept */
  traits?: Traits | null
  blocks?: string[]
}

export interface MergedLinks {
  replacedBy: string | null
  replaces: string[]
}

/** One Patient that an operator joined to another ($merge), as long as they are joined; or that was linked to it by likeness. */
export interface MergeDoc extends TableDoc {
  _id: string
  at: Date
  /** linked by likeness (./likely): neither replaces the other, and a number that comes may part them */
  likeness?: true
  source: string
  target: string
  /** both */
  patients: string[]
  /** versions before it, which undoing brings back, and after it */
  before: { source: number; target: number }
  after: { source: number; target: number }
  /** consents of either's person as they stood (access, consentsOf) */
  consents: { source: string; target: string }
}

/** Two records of which it is asked, or was decided, whether they are one person's. `_id` is both ids in their order. */
export interface LinkTaskDoc extends TableDoc {
  _id: string
  rev: number
  patients: string[]
  /** of each its organisation */
  organizations: string[]
  /** the organisation whose both are; '' where they are of two */
  within: string
  at: Date
  score: number
  levels: Levels
  doubt: Doubt
  /** `settled`: there is nothing to ask any more, though nobody decided */
  state: 'open' | 'linked' | 'apart' | 'settled'
}

/** Who did something to a link: a person by his client, or nobody but the rule. */
export interface LinkedBy {
  client: string
  /** `Practitioner/x` */
  user?: string
}

/** Each step of each link by likeness; nothing is ever taken away from it but by expunging. */
export interface LinkEventDoc extends TableDoc {
  _id: string
  at: Date
  patients: string[]
  act: 'ask' | 'link' | 'part' | 'keep-apart' | 'settle'
  /** absent: the rule */
  by?: LinkedBy
  /** of the rule: why it parted, or asks */
  reason?: string
  comment?: string
  score?: number
  levels?: Levels
  /** of the table of weights */
  weights?: string
}

/** Row of the table that access asks who is who. */
export interface PersonRow extends TableDoc {
  _id: string
  person: string
  part?: string
}

/** All records under one identity number; `_id` is a keyed hash. */
export interface IdentityNumberDoc extends TableDoc {
  _id: string
  rev: number
  master: string
  number: string
  facts: { birthDate?: string; gender?: string }
  statements: IdentityStatement[]
  linked: string[]
}

export interface LinkConflictDoc extends TableDoc {
  /** key of the identity number */
  _id: string
  at: Date
  state: 'open' | 'resolved'
  refused: { patient: string; reason: string }[]
}

/** How a delivery ended: the same content again is not stored again. `_id` = hash of source, record type and delivery id. */
export interface DeliveryDoc extends TableDoc {
  _id: string
  source: string
  payload: string
  digest: string
  status: RecordOutcome['status']
  resources: number
  /** when what it says came last (PreparedRecord), where that counts; absent: it never said anything without an hour */
  arrival?: string
  /** ids in unmapped_codes that it was counted under; absent: none */
  unmapped?: string[]
  /** ids in unmapped_codes of codes that it was mapped with, as people decided of them; absent: none */
  decided?: string[]
}

/** A record whose patient is not known yet. `_id` is its delivery's; of what came under the same delivery later, with payload and digest. */
export interface WaitingDoc extends TableDoc {
  _id: string
  source: string
  payload: string
  /** of the record; absent in rows of servers that did not keep it */
  digest?: string
  /** of its part of the payload's bytes (cut.ts) */
  part?: string
  awaits: string[]
  at: Date
  /** JSON of PreparedRecord */
  record: string
}

export interface QuarantineDoc extends TableDoc {
  /** payload and place */
  _id: string
  source: string
  payload: string
  recordType: string
  at: string
  since: Date
  /** JSON of ReceiptIssue[] */
  reasons: string
  raw: Uint8Array | null
  state: 'open' | 'replayed'
}

/** A part of a payload that is not to be kept, until its bytes are cut out (cut.ts). `_id` is payload and digest. */
export interface RefusedPartDoc extends TableDoc {
  _id: string
  payload: string
  /** of its raw bytes; empty where they are not known */
  digest: string
}

export interface UnmappedDoc extends TableDoc {
  _id: string
  source: string
  map: string
  system: string
  code: string
  display: string
  /** display as names are compared */
  name?: string
  count: number
  /** absent in rows of servers that did not keep it */
  firstSeen?: Date
  lastSeen: Date
  /** where it came last: a payload, and the record in it; never content */
  example?: { payload: string; recordType: string; at: string }
  /** of its mapping (server/code-mapping); absent: open */
  state?: 'open' | 'proposed' | 'mapped'
  /** it came untranslated: where it is mapped, somebody was still using what he knew before */
  stale?: boolean
  /** some records say it in no coding: as a name alone, or where there is place for the translation only */
  alone?: boolean
}

/** A word of an insurance message: that the visit of its number is the one that the hospital numbers so. */
export interface VisitWordDoc {
  /** id of the Encounter under the hospital's number */
  own: string
  /** `serial`: the number is that of the visit alone; `record`: one that a hospital may give to a second visit (mappings, VisitNumbers) */
  by: 'serial' | 'record'
  /** ISO instant */
  at: string
}

/** A visit to which the insurance gave a number. `_id` is the id of the Encounter under that number. */
export interface VisitDoc extends TableDoc {
  _id: string
  rev: number
  words: VisitWordDoc[]
  /** the Encounter under which what is said of it stands; '' its own */
  visit: string
  /** Encounters under which some of it may still stand */
  left: string[]
  /** local patient records of whom it was said */
  patients: string[]
}

export interface IngestTables {
  payloads: Table<PayloadDoc>
  chunks: Table<ChunkDoc>
  contributions: Table<ContributionsDoc>
  numbers: Table<PatientNumberDoc>
  records: Table<PatientRecordDoc>
  identities: Table<IdentityNumberDoc>
  conflicts: Table<LinkConflictDoc>
  deliveries: Table<DeliveryDoc>
  waiting: Table<WaitingDoc>
  quarantine: Table<QuarantineDoc>
  unmapped: Table<UnmappedDoc>
  merges: Table<MergeDoc>
  batches: Table<BatchDoc>
  batchMembers: Table<BatchMemberDoc>
  refusedParts: Table<RefusedPartDoc>
  tasks: Table<LinkTaskDoc>
  linkEvents: Table<LinkEventDoc>
  persons: Table<PersonRow>
  visits: Table<VisitDoc>
}

export const TABLES = {
  payloads: 'payloads',
  chunks: 'payload_chunks',
  contributions: 'contributions',
  numbers: 'patient_numbers',
  records: 'patient_records',
  identities: 'identity_numbers',
  conflicts: 'link_conflicts',
  deliveries: 'deliveries',
  waiting: 'waiting_records',
  quarantine: 'quarantine',
  unmapped: 'unmapped_codes',
  persons: 'persons',
  jobs: 'jobs',
  merges: 'merges',
  batches: 'batch_words',
  batchMembers: 'batch_members',
  refusedParts: 'refused_parts',
  tasks: 'link_tasks',
  linkEvents: 'link_events',
  visits: 'visit_numbers',
  replayJobs: 'replay_jobs',
  quality: 'source_quality',
} as const

export function ingestTables({ store, decision }: Pick<IngestDeps, 'store' | 'decision'>): IngestTables {
  return {
    payloads: store.table(decision, TABLES.payloads),
    chunks: store.table(decision, TABLES.chunks),
    contributions: store.table(decision, TABLES.contributions),
    numbers: store.table(decision, TABLES.numbers),
    records: store.table(decision, TABLES.records),
    identities: store.table(decision, TABLES.identities),
    conflicts: store.table(decision, TABLES.conflicts),
    deliveries: store.table(decision, TABLES.deliveries),
    waiting: store.table(decision, TABLES.waiting),
    quarantine: store.table(decision, TABLES.quarantine),
    unmapped: store.table(decision, TABLES.unmapped),
    merges: store.table(decision, TABLES.merges),
    batches: store.table(decision, TABLES.batches),
    batchMembers: store.table(decision, TABLES.batchMembers),
    refusedParts: store.table(decision, TABLES.refusedParts),
    tasks: store.table(decision, TABLES.tasks),
    linkEvents: store.table(decision, TABLES.linkEvents),
    persons: store.table(decision, TABLES.persons),
    visits: store.table(decision, TABLES.visits),
  }
}

/** Rows where the field names something, or one of its list does: null and '' are no such name, and an empty list has none. */
const NAMED = (field: string): Record<string, unknown> => ({ [field]: { $gt: '' } })

/** Indexes of the tables, made once at start. */
export async function ensureIngestIndexes(tables: IngestTables): Promise<void> {
  await Promise.all([
    tables.payloads.ensureIndex({ source: 1, status: 1, receivedAt: -1 }),
    tables.payloads.ensureIndex({ status: 1, receivedAt: 1 }),
    tables.payloads.ensureIndex({ upload: 1 }, { where: { chunks: { $gt: 0 } } }),
    tables.chunks.ensureIndex({ upload: 1, at: 1 }),
    tables.chunks.ensureIndex({ at: 1, kept: 1, since: 1 }),
    tables.contributions.ensureIndex({ patients: 1, _id: 1 }),
    tables.contributions.ensureIndex({ things: 1 }, { unique: true, sparse: true }),
    tables.numbers.ensureIndex({ patient: 1 }),
    tables.records.ensureIndex({ person: 1 }, { where: NAMED('person') }),
    tables.records.ensureIndex({ absorbedBy: 1 }, { where: NAMED('absorbedBy') }),
    tables.deliveries.ensureIndex({ unmapped: 1, payload: 1 }, { where: { unmapped: { $exists: true } } }),
    tables.deliveries.ensureIndex({ decided: 1, payload: 1 }, { where: { decided: { $exists: true } } }),
    tables.waiting.ensureIndex({ awaits: 1, _id: 1 }),
    tables.waiting.ensureIndex({ payload: 1 }),
    tables.quarantine.ensureIndex({ payload: 1, state: 1 }),
    tables.quarantine.ensureIndex({ source: 1, state: 1, since: -1 }),
    tables.unmapped.ensureIndex({ source: 1, count: -1 }),
    tables.unmapped.ensureIndex({ state: 1, stale: 1 }),
    tables.unmapped.ensureIndex({ name: 1 }),
    tables.unmapped.ensureIndex({ code: 1 }),
    tables.conflicts.ensureIndex({ state: 1 }),
    tables.conflicts.ensureIndex({ 'refused.patient': 1, state: 1 }),
    tables.merges.ensureIndex({ patients: 1 }),
    tables.batchMembers.ensureIndex({ batches: 1 }),
    tables.batchMembers.ensureIndex({ thing: 1 }),
    tables.batches.ensureIndex({ settledBy: 1 }, { where: NAMED('settledBy') }),
    tables.batches.ensureIndex({ reversedBy: 1 }, { where: NAMED('reversedBy') }),
    tables.batches.ensureIndex({ settlement: 1 }, { where: NAMED('settlement') }),
    tables.batches.ensureIndex({ 'words.saidBy': 1 }, { where: NAMED('words.saidBy') }),
    tables.batches.ensureIndex({ 'words.settlement': 1 }, { where: NAMED('words.settlement') }),
    tables.batches.ensureIndex({ 'words.among': 1 }, { where: NAMED('words.among') }),
    tables.refusedParts.ensureIndex({ payload: 1 }),
    tables.visits.ensureIndex({ 'words.own': 1 }),
    tables.visits.ensureIndex({ patients: 1 }),
    tables.records.ensureIndex({ blocks: 1 }, { where: NAMED('blocks') }),
    tables.tasks.ensureIndex({ patients: 1 }),
    tables.tasks.ensureIndex({ state: 1, score: -1, _id: 1 }),
    tables.tasks.ensureIndex({ within: 1, state: 1, score: -1, _id: 1 }),
    tables.linkEvents.ensureIndex({ patients: 1, at: -1 }),
    // The inbox in both directions: every question names the sources that may be seen.
    tables.payloads.ensureIndex({ source: 1, receivedAt: 1, _id: 1 }),
    tables.payloads.ensureIndex({ problems: 1 }, { sparse: true }),
    tables.payloads.ensureIndex({ replayJob: 1 }, { sparse: true }),
    tables.payloads.ensureIndex({ judged: 1 }, { where: NAMED('judged') }),
  ])
}
