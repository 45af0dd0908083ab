/** What the ingest way is made of and what it asks of the rest of the server. */
import type { BatchWord, MappingIssue, SourceKind, SourceMapping, UnmappedCode, VisitNumbers } from '../../mappings/engine/types.ts'
import type { MayGoOn } from '../access/may-go-on.ts'
import type { Moved, Regroup } from '../access/regrouping.ts'
import type { Decision } from '../access/decision.ts'
import type { Collecting, CollectionAsk } from '../access/types.ts'
import type { Actor } from '../auth/actor.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { DecimalTexts } from '../fhir/resource-text.ts'
import type { Store, TableDoc } from '../store/types.ts'
import type { Writer } from '../writer/types.ts'
import type { Statement } from './fold/types.ts'
import type { Thresholds } from './likely/thresholds.ts'
import type { Legal } from './link/legal.ts'

/** A registered source, of the configuration. */
export interface IngestSource {
  id: string
  kind: SourceKind
  /** id of its SourceMapping */
  mapping: string
  /** organisation id: custodian of what it sends */
  organization: string
  /** the client that may send for it */
  client: string
  charset: string
  /** zone of its times */
  timezone: string
  /** institution codes as this source sends them, to organisation ids */
  organizationCodes: ReadonlyMap<string, string>
  /** what it is refused for; absent: for nothing but what is no R4 */
  validation?: SourceValidation
  /** what it sends is collected by law: a refusal of collection does not stop it */
  statutory?: boolean
  /** hours without a payload after which its silence is told; absent: it may be silent */
  silentAfterHours?: number
}

/** Rules by the code of their issues, by their key or by their profile. */
export interface SourceValidation {
  /** every error refuses, but for what `pass` names; else none, but for what `refuse` names */
  strict: boolean
  refuse: ReadonlySet<string>
  pass: ReadonlySet<string>
}

/** An organisation of the configuration, as far as sources refer to it. */
export interface IngestOrganization {
  id: string
  /** every code by which a source may name it: national codes, MIIS designation */
  codes: readonly string[]
}

/** What the validator found in one resource. `base`: the R4 structure itself is broken, so that readers could not use it. */
export interface FoundIssue {
  severity: 'fatal' | 'error' | 'warning' | 'information'
  code: string
  expression: string
  rule: string
  profile?: string
  base: boolean
}

export interface IngestEvent {
  action: 'receive' | 'refuse' | 'replay' | 'quality' | 'inbox' | 'raw'
  source: string
  /** absent: a sender that nobody knows */
  actor?: Actor
  payload?: string
  /** whom it is about, where it is in their account */
  persons?: readonly string[]
  reason: string
}

/** durable when it resolves */
export type IngestAudit = (event: IngestEvent) => Promise<void>

export interface IngestDeps {
  store: Store
  writer: Writer
  /** the server's own decision, made by access */
  decision: Decision
  /** server secret of the keyed ids, ≥ 32 bytes */
  secret: Uint8Array
  sources: readonly IngestSource[]
  organizations: readonly IngestOrganization[]
  mapping(id: string): SourceMapping | undefined
  translate(map: string, code: string): { system: string; code: string; display?: string } | undefined
  /** name of a code in a table that the server has whole, of that version where one is named; null: it has no such code, undefined: no such table */
  lookup?(system: string, code: string, version?: string): { display: string } | null | undefined
  /** @throws OutcomeError unavailable */
  validate(resource: FhirResource, decimals: DecimalTexts): Promise<readonly FoundIssue[]>
  /** looks whether the codes that are stored were changed: before records are taken up. @throws OutcomeError unavailable */
  refresh?(): Promise<void>
  /** how records ended, for the quality of their senders */
  quality?: Quality
  /** when sources were heard last */
  silence?: Silence
  /** access: documents stamped for `from` belong to `to` from now on; false: it stopped because `mayGoOn` said so */
  relink(patient: string, from: string, to: string, mayGoOn: MayGoOn): Promise<boolean>
  /** access: what follows when an operator joined or parted persons; false: as above */
  regrouped?(moved: readonly Moved[], mayGoOn: MayGoOn): Promise<boolean>
  /** a job about persons was left to a worker: there is something to do */
  left?(): void
  /** links by likeness; absent: records are linked by their numbers alone */
  likely?: Likely
  /** access: of these persons those whose record carries consents */
  consented(persons: readonly string[]): Promise<ReadonlySet<string>>
  /** access: the gate at collection (formats.md D49) */
  mayCollect?(ask: CollectionAsk): Promise<Collecting>
  /** access: patient numbers, hashed, under which something came that these persons refused */
  refusedUnder?(numbers: readonly string[], persons: readonly string[]): Promise<void>
  /** access: false where nobody ever refused that something be collected */
  anybodyRefuses?(): Promise<boolean>
  /** access: person keys of patients */
  personsOf?(patients: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** is one of these resources (`Type/id`) or patient numbers of what was expunged? */
  expunged?(names: readonly string[], numbers: readonly string[]): Promise<boolean>
  audit: IngestAudit
  now(): Date
  /** identity numbers that the site knows to be nobody's, normalised */
  placeholders?: readonly string[]
  log?(event: string, facts: Record<string, string | number>): void
}

/** What links by likeness (./likely) need of the rest of the server. */
export interface Likely {
  thresholds: Thresholds
  /** access: a person's consents, kept until the link is undone */
  consentsOf(person: string): Promise<string>
  beforeParting(regroup: Regroup): Promise<void>
  afterFailedParting(regroup: Regroup): Promise<void>
}

/** A mapped record ready to be stored but for its patient; JSON-safe, so that it can wait (formats.md D24). */
export interface PreparedRecord {
  recordType: string
  deliveryId: string
  at: string
  identity?: PreparedIdentity
  statements: PreparedStatement[]
  /** one of them is of the record's patient */
  needsPatient: boolean
  /** `alone`: no coding of the record says the code, so that what it is translated to has to be mapped anew */
  unmapped: (UnmappedCode & { alone?: true })[]
  /** ids in unmapped_codes of what people decided and the mapping asked for; absent: nothing */
  decided?: string[]
  issues: MappingIssue[]
  /** fields that no rule read; absent in records that began to wait before these were kept */
  unread?: string[]
  nothingToStore: boolean
  /** what it says of sets of things; absent: nothing */
  batchWords?: PreparedBatchWord[]
  /** ids of Encounters under two numbers of one visit; absent: none */
  visits?: PreparedVisit[]
  /** whom it names beside its patient; absent: nobody */
  kin?: PreparedKin[]
  /** of the mapped content: the same again is not stored again */
  digest: string
  /** when it came (arrivalOf), where it says no hour: of two that say something else the one that came last counts */
  arrival?: string
}

/** Somebody else than the patient whom a record names with a number. */
export interface PreparedKin {
  /** hashes of the sender's numbers of her */
  numbers: string[]
  /** her identity number, normalised */
  legal?: string
  /** how she is called in the record, and her telephones; absent in records that began to wait before these were kept */
  names?: string[]
  phones?: string[]
  /** what is stored in the place of the statements that say who she is, where she refuses to be collected */
  instead: PreparedStatement[]
}

export interface PreparedVisit {
  /** id of the Encounter under the insurance's number */
  id: string
  /** under the hospital's */
  own: string
  by: VisitNumbers['by']
  /** ISO instant */
  statedAt: string
}

/** A word about a set, of all keys the ids, and what it tells as JSON text. */
export type PreparedBatchWord = Omit<BatchWord, Texts> & { batch: string } & { [name in Exclude<Texts, 'batch'>]?: string }
type Texts = 'batch' | 'saidBy' | 'ofPerson' | 'settlement' | 'among' | 'tells' | 'unlists'

export interface PreparedStatement {
  type: string
  /** absent: the record's own Patient resource */
  id?: string
  /** it is the patient's or refers to the patient; a withdrawn one no longer shows it */
  ofPatient: boolean
  statement: Statement
  /** sets in which it stands, its own first; absent: none */
  batches?: string[]
  /** set of which it hears what is told; absent: none */
  hears?: string
  /** id of whose it is, where the number of a set may be given to several; absent: nobody said */
  ofPerson?: string
  /** elements that it has once they are taken back; absent: it is void */
  onceReversed?: Readonly<Record<string, string>>
  /** the message that says it, where the source may take that back; absent: it may not */
  saidBy?: string
  /** set of requests and answers among which it is, and of the answer its settlement; absent: none */
  exchanged?: { of: string; settlement?: string }
  /** ids under which it may be known (numbered.ts) */
  numbered?: string
  plain?: string
  first?: string
  /** its number in its message (recounted.ts) */
  line?: { number: string; counts: boolean }
  /** by when its specimen was taken (timed.ts) */
  timed?: TimedIds
}

/** As MappedResource.timed, by ids. */
export interface TimedIds {
  at: string
  id: string
  plain: string
  corrects: boolean
}

export interface PreparedIdentity {
  /** hashes of the record's own numbers, strongest first */
  numbers: { hash: string; kind: string; strong: boolean }[]
  /** hashes of numbers whose record this one replaces (formats.md D13) */
  replaces?: string[]
  legal?: Legal
  name?: string
  gender?: string
  birthDate?: string
  /** as sent; absent in records that began to wait before these were kept */
  phones?: string[]
  addresses?: string[]
  /** newest instant of the record's statements, ISO */
  statedAt: string
  /** the record is this very Patient (written over REST) instead of one made of its numbers */
  patient?: string
}

export type PayloadStatus = 'received' | 'processing' | 'stored' | 'stored-with-issues' | 'quarantined' | 'rejected'

export const FINAL: readonly PayloadStatus[] = ['stored', 'stored-with-issues', 'quarantined', 'rejected']

/** Counts of a payload's records. total = unchanged + stored + withIssues + waiting + quarantined + refused, always. */
export interface PayloadCounts {
  total: number
  unchanged: number
  withIssues: number
  refused: number
  /** records that mentioned nothing to store */
  nothing: number
  /** resources written or confirmed */
  resources: number
  /** records that waited or were quarantined when it was processed; how many still do, their tables say */
  open: number
}

export interface PayloadDoc extends TableDoc {
  _id: string
  source: string
  client: string
  receivedAt: Date
  hash: string
  bytes: number
  chunks: number
  /** names its chunks */
  upload: string
  contentType: string
  fileName: string
  status: PayloadStatus
  /** raw bytes of a small payload; null: in chunks */
  inline: Uint8Array | null
  /** `inline` is compressed; rows that do not say so are */
  compressed?: boolean
  /** who works on it, and until when nobody else may (server/store/leases.ts) */
  leaseOwner: string
  leaseUntil: Date
  /** when it was last played again, taken up, left or brought further: from then on those that may know its source are awaited anew; absent: never yet */
  workedAt?: Date
  leaseTerm: number
  attempts: number
  /** how often it was replayed */
  generation: number
  /** position up to which its records are done */
  checkpoint: number
  counts: PayloadCounts
  /** JSON of the ReceiptIssue list so far */
  issues: string
  /** codes of what was wrong with it, each once; absent in rows of servers that did not keep them */
  problems?: string[]
  /** rows that are not to be kept were cut out of its bytes */
  cut?: boolean
  /** it came before, when some of it was refused: the rest is judged already */
  isKnown?: boolean
  /** the job that played it again last */
  replayJob?: string
  /** JSON of QualityCounts, until they are among those of its source; empty or absent: there are none */
  judged?: string
  finishedAt: Date | null
}

/** How one record ended. */
export interface RecordOutcome {
  status: 'stored' | 'stored-with-issues' | 'unchanged' | 'waiting' | 'quarantined' | 'refused' | 'nothing'
  resources: number
  issues: ReceiptIssue[]
  /** somebody whom it names beside its patient refuses: its bytes are not kept */
  isWithheld?: true
}

export interface ReceiptIssue {
  severity: 'error' | 'warning' | 'information'
  code: string
  /** where in the payload, or the FHIRPath of the element */
  at: string
  rule?: string
  profile?: string
  text?: string
  /** for the placeholders of the code's text */
  params?: Readonly<Record<string, string | number>>
}

/** What was counted under one name on one day. */
export interface QualityDoc extends TableDoc {
  /** source, day, kind, name */
  _id: string
  source: string
  /** YYYY-MM-DD where the site is */
  day: string
  /** `record`: by how it ended; `issue`: by what was wrong; `payload`: by what became of it */
  kind: 'record' | 'issue' | 'payload'
  /** `sound`, `withIssues`, `refused`; of an issue JSON of QualityIssue; of a payload a PayloadEvent */
  name: string
  n: number
}

export interface QualityIssue {
  code: string
  rule?: string
  profile?: string
}

export type Verdict = 'sound' | 'withIssues' | 'refused'

/** `received` and `again` (the same bytes) are how it came; `denied`: by whom it may not; `refused`: none of it is collected; else how it ended first */
export type PayloadEvent = 'received' | 'again' | 'denied' | 'refused' | PayloadStatus

/** What is to be counted of a source, how often: day, kind and name of a QualityDoc with `|` between them. */
export type QualityCounts = Record<string, number>

export interface Quality {
  count(source: string, outcome: Pick<RecordOutcome, 'status' | 'issues'>): void
  /** what a record of a payload counts for, which the payload keeps until it has ended (PayloadDoc.judged) */
  judged(outcome: Pick<RecordOutcome, 'status' | 'issues'>): readonly string[]
  /** of a payload that has ended and keeps nothing of it */
  add(source: string, counts: QualityCounts): void
  /** what a payload counts for that ended so */
  ended(status: PayloadStatus): string
  payload(source: string, event: PayloadEvent): void
  /** rows of these days, the last ones among them */
  rows(sources: readonly string[], from: string, until: string): Promise<readonly QualityDoc[]>
  today(): string
  start(): Promise<void>
  /** writes what is left */
  stop(): Promise<void>
}

/** A source that sends nothing for longer than it is expected to. */
export interface SilenceDoc extends TableDoc {
  /** source */
  _id: string
  /** its last payload, or when it was first looked at */
  heardAt: Date
  /** absent: nothing came yet */
  everHeard?: boolean
  /** when its silence was told; null: it is not silent */
  silentSince: Date | null
  /** when it was looked at last; absent in rows of servers that did not keep it */
  lookedAt?: Date
  /** how long nobody watched it since it was heard */
  unwatchedMs?: number
}

export interface Silence {
  heard(source: string): void
  /** one look at all sources; @returns those that fell silent or were heard again by it */
  look(): Promise<string[]>
  rows(sources: readonly string[]): Promise<readonly SilenceDoc[]>
  start(): Promise<void>
  stop(): Promise<void>
}
