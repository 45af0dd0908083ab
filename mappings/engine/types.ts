/** What a source mapping is made of. Everything under `mappings` is pure: no I/O, no clock, no randomness. */
import type { FhirResource } from '../../server/fhir/types.ts'
import type { MapName } from './names.ts'

export type SourceKind = 'hospital' | 'miis' | 'rhip'

/** Facts of the registered source that mappings may use; made by ingest from the configuration. */
export interface MappingContext {
  /** `organization`: custodian of all that the source sends, and the scope of its numbers where a mapping names no institution */
  source: { id: string; kind: SourceKind; organization: string }
  /** IANA zone for times without one, e.g. Asia/Shanghai */
  timezone: string
  /**
   * Organisation id behind an institution code as the source sends it (organisation identifier, or the source's own
   * `organizationCodes`). An unknown code answers a stable scope of its own, `<source organisation>~<code>`.
   */
  organization(code: string | undefined): string
  /**
   * Target coding of a source code; undefined: no map or no target.
   * @param system of the source's code, where it is one of an organisation's own
   */
  translate(map: MapName, code: string, system?: string): { system: string; code: string; display?: string } | undefined
}

/**
 * Identity of one real-world thing: the same key from any source is the same resource. `scope` is an organisation id
 * (numbers that a hospital assigns), or the identity domain of a source. Its id is HMAC(server secret, type|scope|parts).
 */
export interface ResourceKey {
  type: string
  scope: string
  parts: string[]
}

/** Stands in mapped resources where a reference will be; ingest resolves it to `{ reference: 'Type/id' }`. */
export interface KeyReference {
  $key: ResourceKey
  display?: string
}
/** Stands where an element of type url names a resource of the record (Attachment.url): ingest makes it `Type/id`. */
export interface KeyUrl {
  $url: ResourceKey
}
/** Stands where the record's patient is referenced. */
export interface PatientReference {
  $patient: true
  display?: string
}

/** A number by which a source knows the patient. Weak ones (visit, report) find a patient but do not make one alone. */
export interface LocalPatientNumber {
  /** e.g. PI (hospital number), PSN (insurance person), CARD, IPNO, OPNO, VISIT, REPORT */
  kind: string
  value: string
  strong: boolean
}

export interface PatientIdentity {
  /** strongest first */
  local: LocalPatientNumber[]
  /** numbers of records that this one replaces from now on (ADT A40, MRG-1) */
  replaces?: LocalPatientNumber[]
  /** legal identity document as sent: psn_cert_type style code (01 = resident identity card) and number */
  legal?: { type: string; number: string }
  name?: string
  birthDate?: string
  gender?: string
}

export interface MappedResource {
  /** 'patient': this is the record's Patient resource itself */
  key: ResourceKey | 'patient'
  /** without id and meta.versionId; meta.profile set; references as KeyReference / PatientReference */
  resource: FhirResource
  /** withdrawn: the source says that the thing is void (XGBZ 2, OBX-11 D/W/X, reversal) */
  state: 'current' | 'withdrawn'
  /** the source's own time of this statement, ISO instant; newest statement of a source wins, not the latest arrival */
  statedAt: string
  /** which of two statements of one instant goes before, where the source says it: text that sorts */
  order?: string
  /** the record only mentions this thing (engine/mention.ts): every element yields to any statement that is no placeholder */
  placeholder?: true
  /**
   * Said alike by each of many records (who signed a document): it counts as of its day, and of what one day says of it the text decides and not the
   * arrival, so that it need not be written again with each of them
   */
  inPassing?: true
  /** elements that the source takes back with this statement, whatever it said of them before: `hospitalization`, or what is taken back of one alone: `period.end`, `hospitalization.dischargeDisposition` */
  without?: readonly string[]
  /**
   * Members that its lists no longer have, whoever of the source named them before: list to members that say no more than what they are about
   * (fold/rules.ts). Said at that time, also of what is only mentioned
   */
  unlisted?: { statedAt: string; lists: Readonly<Record<string, readonly unknown[]>> }
  /**
   * Of its lists the kinds of members that it names all of (fold/rules.ts): what was named of these before, and is not again, is no longer among them
   */
  whole?: Readonly<Record<string, readonly string[]>>
  /** parts of elements that this statement leaves as any other has them, though it says nothing of them: `period.end` */
  leaves?: readonly string[]
  /** sets of which it is a part, by which the source may take it back with others (BatchWord) */
  batches?: readonly ResourceKey[]
  /** set of which it hears what is told (BatchWord `told`), whatever sets it is a part of */
  hears?: ResourceKey
  /** whose it is, where the number of a set may be given to several: a word about another one's leaves it */
  ofPerson?: ResourceKey
  /** elements that it has once its set is taken back, of what is not void then: a document that was replaced */
  onceReversed?: Readonly<Record<string, string>>
  /** the message that says it, where the source may take back a message as a whole (MIIS 2601) */
  saidBy?: ResourceKey
  /** requests and answers among which it is, as one (BatchWord `asked`, `answered`) */
  exchanged?: {
    of: ResourceKey
    /** the answer's; absent: the request says it */
    settlement?: ResourceKey
  }
  /** the request that says it, of which nobody knows whether it was answered: kept by itself as what is said `apart`, and no reason for the thing to stand */
  asked?: ResourceKey
  /** what says it, where the source may take that back and leave what others said of the thing: each word is kept by itself, and one is enough for it to stand */
  apart?: ResourceKey
  /**
   * Lists whose members are taken back with that set, whatever becomes of the thing: the diagnoses that a document names of its visit. `withdrawn`: what was
   * named at that very time is. `statedAt`: where the thing itself is only mentioned
   */
  listsApart?: { of: ResourceKey; names: readonly string[]; withdrawn?: true; statedAt?: string; onArrival?: true }
  /** whoever says it says no time, and nobody else of its source speaks of it: it was said when it came, in the place of `statedAt` */
  onArrival?: true
  /** elements that the base resource demands and of which this statement knows no more than any other: each yields to all of those */
  yielding?: readonly string[]
  /** with the key: it counts lines, but where something is known under this key, the number tells results apart, and it is that */
  numbered?: ResourceKey
  /** without the number that the key has: it is what is known under this key, if the sender counted that as a line with this number before */
  plain?: ResourceKey
  /** of the first of several: where the key without a number turned out to be that of another one of them, it is known under this one */
  first?: ResourceKey
  /** a report that is taken back without naming a result: those that it named before are void with it */
  voidsResults?: true
  /** its number, and whether all that its message has of the kind have numbers of their own, as lines have */
  line?: { number: string; counts: boolean }
  /** when its specimen was taken tells it from others of the same key */
  timed?: TimedKey
}

/** Keys of a thing of which a report may tell several, taken at different times (glucose before a drink and after it). */
export interface TimedKey {
  /** instant, ISO in UTC */
  at: string
  /** with that time, and without it; its own key is one of the two */
  key: ResourceKey
  plain: ResourceKey
  /** it corrects what was reported, so that another time may be a corrected one */
  corrects: boolean
}

/** What is said of a set of things without naming them: 2205 takes back every charge line of a batch. */
export interface BatchWord {
  batch: ResourceKey
  /**
   * `reversed`: all that was stated of it before is void. `settled`, `released`: paid for, and no longer so; a word about a wider
   * set leaves alone what is paid for. `told`: something is known of each. `asked`, `answered`: a request for a settlement, and that it was made; where
   * the two came each by itself, which answers which is found by their times and sums.
   */
  word: 'reversed' | 'settled' | 'released' | 'told' | 'asked' | 'answered'
  statedAt: string
  /** it says no time: of what was stated before it came, in the place of `statedAt` */
  onArrival?: true
  /** the message that says it: once that is taken back, the word no longer counts */
  saidBy?: ResourceKey
  /** whose set is meant, where its number may be given to several; absent: anybody's */
  ofPerson?: ResourceKey
  /**
   * What stands and falls with the settlement. Of `settled`: once that is taken back, and only then, it is no longer paid for. Of `asked`: the answer came
   * with the request. Of `answered`: the settlement that was made
   */
  settlement?: ResourceKey
  /** of `settled`: requests and answers by which it may be found which settlement it was, or which message asked for it */
  among?: ResourceKey
  /** of `settled`: of the set only what was charged by then is paid for */
  chargedBefore?: true
  /** of `asked`, `answered`: the sum, of one spelling and without its sign */
  sum?: string
  /** of `asked`, `answered`: it takes a settlement back */
  refunds?: true
  /** of `answered`: at some time before that */
  before?: true
  /** an issue for the receipt where nobody said anything by the message that it takes back, or what that asked for has no answer that is known */
  unknown?: { message: string; answer: string; at: string }
  /** of `told`: elements of each thing in the set that is no older, with references as in a MappedResource; of `asked`: elements of its answer */
  tells?: Readonly<Record<string, unknown>>
  /** of `told`: members that lists of each no longer have from then on (MappedResource.unlisted) */
  unlists?: Readonly<Record<string, readonly unknown[]>>
}

/** The insurance's number of a visit and the hospital's own, said to be of one visit: what either is told of by is one Encounter. */
export interface VisitNumbers {
  /** the Encounter under the insurance's number */
  insured: ResourceKey
  /** the Encounter under the hospital's */
  own: ResourceKey
  /** `serial`: a number of this visit alone (mdtrt_sn); `record`: one that some hospitals give to each stay of a patient (ipt_otp_no) */
  by: 'serial' | 'record'
  /** ISO instant: the newest word counts */
  statedAt: string
}

/** A code that found no target: kept as it came, counted on the work list. */
export interface UnmappedCode {
  map: MapName
  system: string
  code: string
  display?: string
}

/** `at` names the field in the source's own terms (`PID-7`, `input.feedetail[3].cnt`, `BGRQ row 17`); never a value. */
export interface MappingIssue {
  severity: 'error' | 'warning' | 'information'
  /** stable code of server/outcome's registry */
  code: string
  at: string
  text?: string
  /** values for the placeholders of the code's text: bounds and names of ours, never a person's data */
  params?: Readonly<Record<string, string | number>>
}

/** Numbers of somebody who is not the record's patient, by which it is found whether she lets it be collected. */
export interface KinNumbers {
  /** the RelatedPerson that is told of her; absent: none is */
  key?: ResourceKey
  /** they are the mother's, whoever of those that are told of that is */
  ofMother?: true
  local: LocalPatientNumber[]
  /** identity number as sent */
  legal?: string
  /** how else she is called in the record, and her telephones: by these she is looked for in its texts */
  names?: readonly string[]
  phones?: readonly string[]
}

/** One message, document or row group: atomic in the store. */
export interface MappedRecord {
  recordType: string
  /** the sender's own id of this delivery (MSH-10, msgid, document id, table + row key) */
  deliveryId: string
  /** where in the payload: `message 1`, `row 17` */
  at: string
  patient?: PatientIdentity
  resources: MappedResource[]
  unmapped: UnmappedCode[]
  issues: MappingIssue[]
  /** input fields that no rule read */
  unread: string[]
  /** stored for nothing but the receipt (2206) */
  nothingToStore?: boolean
  batchWords?: BatchWord[]
  visits?: VisitNumbers[]
  /** others than the patient, as far as the record has numbers of them that stand in no resource */
  kin?: KinNumbers[]
}

/** A part of a payload that could not be decoded or mapped; it is quarantined, the rest goes on. */
export interface RejectedRecord {
  recordType: string
  at: string
  reason: MappingIssue
  /** the raw bytes of that part, for replay */
  raw?: Uint8Array
}

export type DecodeResult =
  /** `weight`: bytes that the record holds, where it is a file and not a few fields */
  { ok: true; record: unknown; recordType: string; at: string; raw?: Uint8Array; weight?: number } | { ok: false; rejected: RejectedRecord }

export interface DecodeOptions {
  /** charset registered for the source; `auto` = declared → BOM → strict UTF-8 → GB18030 */
  charset: string
  fileName?: string
}

export interface AnswerInput {
  /** absent: the payload was not kept, or is too large to be looked at again */
  bytes?: Uint8Array
  ok: boolean
  message: string
  warnings: string[]
  /** empty: nothing was kept */
  receiptId: string
  /** ISO instant */
  receivedAt: string
  /** what the message asked for, in the sender's own words (`Question.answer`) */
  output?: object
}

/** A question about a person's reports, and how what was found is said in the sender's own words. */
export interface Question {
  /** the person's number in an identifier system */
  person: { system: string; value: string }
  /** one report of an institution, as the sender writes its code; otherwise all that fit */
  report?: { number: string; institution: string }
  /** code or name of what was examined */
  item?: { code?: string; name?: string }
  /** code of the institution whose reports are asked for, as the sender writes it; absent: of any */
  institution?: string
  /** @param found resources as the asker may see them: reports, then what they refer to */
  answer(found: readonly FhirResource[], institutions: Institutions): object
}

/** Institutions' codes and the organisations behind them. */
export interface Institutions {
  /** institution code of an organisation's id, as the interface writes it */
  codeOf(organization: string): string | undefined
  /** organisation ids that an institution code may stand for in the numbers of reports */
  scopesOf(institution: string): string[]
}

/** Files of a drop folder that belong together as those of an archive do, each lying there by itself. */
export interface FilesTogether {
  /** names of files that list others */
  index: RegExp
  indexBytesMax: number
  /** names of files that hold such a set already */
  archive: RegExp
  /** names of the files that an index lists; none: it cannot be read */
  files(bytes: Uint8Array, charset: string): Promise<readonly string[]>
}

/** A source format. Registered in `mappings/index.ts` by its id; nothing else names it. */
export interface SourceMapping {
  /** as in the configuration: `hospital/hl7v2` */
  id: string
  kind: SourceKind
  /** `message`: small, whole, answered at once; `table`: streamed rows, answered 202 */
  mode: 'message' | 'table'
  /** of a `message` format: files of many messages, by their name; they are taken as a table is */
  batchFile?: RegExp
  /** content types that it takes, for the message of a refusal */
  accepts: string[]
  /** names of the files that it takes out of a ZIP archive, each decoded as if it had come alone; absent: archives are refused */
  archive?: RegExp
  decode(chunks: AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncIterable<DecodeResult>
  /**
   * A ZIP archive whose files belong together (documents and their index), instead of `archive`. It is sound: ingest has read it to its end.
   * @param open the archive from its beginning, as often as it is asked for
   */
  decodeArchive?(open: () => AsyncIterable<Uint8Array>, options: DecodeOptions): AsyncIterable<DecodeResult>
  /** of one with `decodeArchive`: which files of a drop folder are such an archive's */
  together?: FilesTogether
  map(record: unknown, recordType: string, at: string, context: MappingContext): MappedRecord | RejectedRecord
  /** whom a record names that cannot be mapped: one who refuses to be collected is not kept in quarantine either. Never throws */
  named?(record: unknown, context: MappingContext): PatientIdentity | undefined
  /** the same as `map` in steps, of a format whose records may be long: others have their turn between them */
  mapInSteps?(record: unknown, recordType: string, at: string, context: MappingContext): Generator<void, MappedRecord | RejectedRecord>
  /** sender's own envelope for the answer (MIIS), always with status 200; otherwise the receipt OperationOutcome is sent */
  answer?(input: AnswerInput): { contentType: string; body: Uint8Array }
  /** what a message asks of what is stored, for whoever may be told; undefined: it asks nothing. Never throws */
  question?(bytes: Uint8Array, charset: string): Question | undefined
}
