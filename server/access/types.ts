/** What `server/access` offers to the rest of the server. */
import type { Actor } from '../auth/actor.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { SideWrite, Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import type { Regroup } from './regrouping.ts'
import type { Acc, Decision } from './decision.ts'
import type { Obligation } from './decision-result.ts'
import type { MayGoOn } from './may-go-on.ts'
import type { Stamped } from './stamped.ts'
import type { OverlayDoc } from './tables.ts'

export interface DecisionOptions {
  /** patients that the query is bound to: where the asker treats too many to list, only these are looked up */
  patients?: readonly string[]
}

/** One request's view. */
export interface AccessRequest {
  /** usable at once: made with the labels and overlay that this process knew when the request began */
  readonly decision: Decision
  /**
   * Waits for a read of overlay and classes that started after the request began. True: nothing changed, what was found
   * with `decision` stands. False: `decision` is another one now, run the query again.
   * @throws OutcomeError unavailable, too-costly: nothing may leave
   */
  confirm(): Promise<boolean>
  /** resolves when treating persons, wards and study are known; before, `decision` permits nothing that needs them */
  readonly relationsReady: Promise<void>
}

/** A resource about to be stored, as far as labels depend on it. */
export interface StampInput {
  type: string
  id: string
  /** absent for a delete */
  resource?: FhirResource
  /** organisation id; '' when there is none */
  custodian: string
  /** persons or patients whose rules hold although the resource does not refer to them */
  alsoPatients?: readonly string[]
  /** patients that the same transaction links: patient id to its person, and its part of it, from now on */
  links?: ReadonlyMap<string, { person: string; part?: string }>
  /** `alsoPatients` are persons under whom it stood: of which of their parts it is, is not known */
  partUnknown?: true
  /** labels of the current version; a delete keeps them, an update keeps its sensitivity labels' history out of it */
  current?: Acc
  /** labels made of the same resource a moment ago, for the right to write it: `settle` finds what changed since */
  made?: Stamped
}

export type { Stamped }

/** A write that is decided upon; fields as in a Draft. */
export type WriteIntent = Pick<Draft, 'type' | 'id' | 'method' | 'custodian'> & Partial<Draft>

export interface WriteVerdict {
  permitted: boolean
  reason: string
  /** labels that were made to decide: those that the write is to have, if nothing else is written with it */
  stamp?: Stamped
}

/** Labels and side writes of one transaction. */
export interface Prepared {
  stamps: Stamped[]
  /** relations, consent state and overlay: to be written in the same transaction */
  side: SideWrite[]
  /** to be handed to `settle` after the commit */
  readonly pending: PendingLabels
}

/** Opaque to callers. */
export interface PendingLabels {
  inputs: readonly StampInput[]
  stamps: readonly Stamped[]
  /** persons whose rules the transaction changes */
  consentPersons: readonly string[]
  /** entries that it adds to the overlay */
  room: number
  /** persons whose documents are to follow what it changes, as its side writes say (dependents.ts) */
  dependents: Dependents
}

export interface Dependents {
  /** of the persons whose documents are to be labelled anew, whatever epoch they stand under */
  entries: readonly OverlayDoc[]
  /** `Type/id` of what changed: only what names one of these, or what follows it, can come to other labels */
  named: readonly string[]
}

/** May what somebody sends of these patients be stored? */
export interface CollectionAsk {
  /** Patients of this server, or who will be */
  patients: readonly string[]
  /** hashes of patient numbers that are nobody's yet: who refused what came under them is asked too */
  numbers?: readonly string[]
  /** who collects */
  organization: string
  /** what is to be stored; asked for only where somebody refuses */
  resources(): readonly StampInput[]
}

export interface Collecting {
  /** persons who refused it; none: it may be stored */
  refusers: readonly string[]
  /** nobody ever refused anything: there is no need to look whose it may be besides */
  nobody?: true
  /** to be written by the transaction that stores it; where that meets a conflict, the question is asked again */
  side: SideWrite[]
}

export interface AuditBasis {
  /** reasons of the verdicts, each once */
  reasons: string[]
  obligations: Obligation[]
  /** `id/_history/v` of the persons' consents in force, where a verdict rests on consent */
  consents: string[]
}

export interface Access {
  begin(actor: Actor, options?: DecisionOptions): AccessRequest
  /**
   * Runs `run` under a decision that holds at a moment after the call; `run` may run twice, so it must only read.
   * @throws OutcomeError unavailable, too-costly
   */
  withDecision<T>(actor: Actor, options: DecisionOptions, run: (decision: Decision) => Promise<T>): Promise<T>
  /** Search parameters that this actor may use; undefined: all. What is masked cannot be searched or sorted by. */
  allowedParams(actor: Actor, type: string): ((code: string, modifier?: string) => boolean) | undefined
  /** Does the form in which this actor sees resources of the type keep the element at the path? */
  formShows(actor: Actor, type: string, path: readonly string[]): boolean
  /** Whether there is anything of the type in the form that this actor asks for; without it `mask` refuses whatever is found. */
  isReleased(actor: Actor, type: string): boolean
  /** The form in which this actor sees the resource's text. @throws OutcomeError forbidden for an unaudited release */
  mask(actor: Actor, text: string, acc: Acc): string
  /** The id under which this actor meets a resource: a pseudonym in masked forms (fullUrl, links). */
  maskId(actor: Actor, type: string, id: string): string
  /** `making`: Patients that the same transaction creates. */
  mayWrite(actor: Actor, intent: WriteIntent, current?: Stored, making?: ReadonlySet<string>): Promise<WriteVerdict>

  /** Labels and side writes for resources about to be stored. A commit that conflicts on `side` is prepared again. */
  prepare(inputs: readonly StampInput[], actor?: Actor, regroup?: Regroup): Promise<Prepared>
  /**
   * After the commit: labels anew where a consent or link changed meanwhile. Persons whose consents changed are relabelled
   * in the background; it waits for that a short while only (ACCESS_BOUNDS.relabelWaitMs). Of one resource alone (`isAlone`) from which
   * nothing follows the look is taken behind the answer (settle-behind.ts).
   */
  settle(pending: PendingLabels, written: readonly { type: string; id: string; v: number }[], isAlone?: boolean): Promise<void>
  /** Labels alone, without side writes. */
  stamp(inputs: readonly StampInput[]): Promise<Stamped[]>
  /** Resolves when nothing that this process wrote waits to be looked at or relabelled: what was given by then is seen. */
  relabelled(): Promise<void>
  /**
   * Documents of `patient` stamped for person `from` belong to `to` from now on. Idempotent; false: it stopped because `mayGoOn` said so,
   * and is to be called again.
   */
  relink(patient: string, from: string, to: string, mayGoOn?: MayGoOn): Promise<boolean>
  /** Before persons are parted (regroup.ts), and where it did not come about. */
  beforeParting(regroup: Regroup): Promise<void>
  afterFailedParting(regroup: Regroup): Promise<void>
  /** After persons were joined or parted: documents, relations and the account follow. Idempotent; false: as for `relink`. */
  regrouped(regroup: Pick<Regroup, 'moved'>, mayGoOn?: MayGoOn): Promise<boolean>
  /** A person's consents, to be kept until they are needed again: opaque. */
  consentsOf(person: string): Promise<string>
  /** Of these persons those who have a Consent, in force or not. */
  consented(persons: readonly string[]): Promise<ReadonlySet<string>>
  /** Person keys of patients: the master's id once linked. */
  personsOf(patients: readonly string[]): Promise<Map<string, string>>
  /** For each resource what adds the keys by which the master of a linked patient finds it, as in `Stamped`; no labels are made. */
  masterKeys(resources: readonly FhirResource[]): Promise<Stamped['withMasterKeys'][]>

  /**
   * Where nobody ever refused that his data be collected: what the transaction has to write beside data of whomever instead of asking
   * `mayCollect`. Where it meets a conflict somebody does by now, and that is to be asked.
   */
  nobodyRefuses(): SideWrite | undefined
  /** The gate at collection: did these persons refuse that their data be collected by that organisation? */
  mayCollect(ask: CollectionAsk): Promise<Collecting>
  /** What came under these hashes of patient numbers was refused by these persons: what comes under them alone is theirs as well. */
  refusedUnder(numbers: readonly string[], persons: readonly string[]): Promise<void>
  /** Did anybody ever refuse? Where nobody did, who a payload is about need not be looked up before it is kept. */
  anybodyRefuses(): Promise<boolean>

  /** Labels of an AuditEvent about these patients. */
  auditAcc(persons: readonly string[], custodian: string): Acc
  /** Why documents were permitted, for an AuditEvent about these persons. */
  basis(decision: Decision, docs: readonly { type: string; acc: Acc }[], about: readonly string[]): Promise<AuditBasis>

  /** One round of the relabelling worker; answers how many persons it finished. Safe in several processes. */
  relabelRound(): Promise<number>
  /** Runs rounds until `stop`. */
  start(): void
  stop(): Promise<void>
  /** resolves when overlay and classes can be read */
  ready(): Promise<boolean>
}
