/** The access module's entry: one decision point for every way to patients' data (design.md section 4). */
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Actor } from '../auth/actor.ts'
import type { FhirResource } from '../fhir/types.ts'
import { zoneOf } from '../fhir/zone.ts'
import type { IndexEntry } from '../search/plan.ts'
import type { AuditRecord, Store } from '../store/types.ts'
import { basisOf } from './basis.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { createCitations } from './citations.ts'
import { createClassRegistry } from './classes.ts'
import { anybodyRefuses, type CollectionDeps, mayCollect, refusedUnder } from './collection.ts'
import { type ConsentDeps, type ConsentEffect, consentEffect } from './consent-change.ts'
import type { Acc } from './decision.ts'
import { dependentsOf, entryInserts } from './dependents.ts'
import { createFirstRefusal } from './first-refusal.ts'
import { createEvaluators } from './evaluator.ts'
import { mayWrite } from './may-write.ts'
import { classAnnouncer, createOverlayReader } from './overlay-reader.ts'
import { relabelPersons, relabelRound, relabelUnknown } from './overlay-worker.ts'
import { createPseudonymiser, isReleased, formShows, openParams } from './pseudonymise.ts'
import { DEFAULT_POLICY, type Policy } from './question.ts'
import type { RelabelDeps } from './relabel.ts'
import { createOverlayRoom } from './relabel-entries.ts'
import { createRelabelSoon } from './relabel-soon.ts'
import { relationWrites } from './relations.ts'
import { afterFailedParting, beforeParting, linksIn, regrouped, regroupEffect } from './regroup.ts'
import { relink } from './relink.ts'
import { beginRequest, runDecided } from './request.ts'
import type { ResourceClass } from './resource-class.ts'
import { settle } from './settle.ts'
import { createSettleBehind } from './settle-behind.ts'
import { masterKeysOf, personsOf, stampAll, statesOf, UNKNOWN_PERSON } from './stamp.ts'
import { createStanding, type StandingDeps } from './standing.ts'
import { accessTables, ensureAccessIndexes, parseConsents } from './tables.ts'
import type { Regroup } from './regrouping.ts'
import type { Access, StampInput, Stamped } from './types.ts'

export type {
  Access,
  AccessRequest,
  AuditBasis,
  DecisionOptions,
  Prepared,
  StampInput,
  Stamped,
  WriteIntent,
  WriteVerdict,
} from './types.ts'
export type { Policy } from './question.ts'

export interface AccessOrganization {
  id: string
  /** by which a Consent may name it */
  identifiers?: readonly { system: string; value: string }[]
  /** as in the configuration: the party that a Consent may name it by */
  kind?: string
}

/** Facts first, as pino takes them; never a person's data. */
export interface AccessLog {
  info(facts: object, event: string): void
  warn(facts: object, event: string): void
}

export interface AccessOptions {
  store: Store
  /** the site's policy; what is left out keeps its default */
  policy?: Partial<Policy>
  organizations?: readonly AccessOrganization[]
  /** master key of pseudonyms, at least 32 bytes, kept outside the database; absent: one of this process only */
  secret?: Uint8Array
  /** IANA zone of times without one */
  timezone?: string
  /** FHIR base of this server, no slash at its end */
  ownBase?: string
  now?: () => Date
  /** makes the entry by which the account of uses tells that for the first time somebody refuses that his data be collected */
  firstRefusalEntry(acc: Acc): AuditRecord
  /** what a resource is found by: relabelling of linked records writes it anew */
  indexOf?(resource: FhirResource, text: string): IndexEntry
  /** runs what indexes and writes */
  whileIndexing?<T>(work: () => Promise<T>): Promise<T>
  log?: AccessLog
}

/** Makes the tables' indexes, reads overlay and classes once. @throws OutcomeError unavailable */
export async function createAccess(options: AccessOptions): Promise<Access> {
  const { store } = options
  const now = options.now ?? (() => new Date())
  const policy: Policy = { ...DEFAULT_POLICY, ...options.policy }
  const organizations = new Map((options.organizations ?? []).map((one) => [one.id, one]))
  const tables = accessTables(store)
  await ensureAccessIndexes(tables)
  const classes = createClassRegistry(tables.classes, classAnnouncer(tables))
  await classes.refresh()
  const [aboutSomebody = 0, aboutNobody = 0] = await classes.numbersOf(AUDIT_CLASSES)
  const zone = zoneOf(options.timezone ?? 'Asia/Shanghai')
  const entry = () => options.firstRefusalEntry({ p: [], s: aboutNobody, e: [], o: '' })
  const deps: RelabelDeps & StandingDeps & CollectionDeps = {
    store,
    tables,
    classes,
    zone,
    ownBase: options.ownBase ?? '',
    now,
    room: createOverlayRoom(tables, now),
    firstRefusal: await createFirstRefusal({ store, tables, entry }),
    policy,
    organizationIdentifiers(id) {
      return (organizations.get(id)?.identifiers ?? []).map(({ system, value }) => `${system}|${value}`)
    },
    organizationKind: (id) => organizations.get(id)?.kind,
    ...(options.indexOf ? { indexOf: options.indexOf } : {}),
    ...(options.whileIndexing ? { whileIndexing: options.whileIndexing } : {}),
  }
  const reader = createOverlayReader(tables, classes)
  const standing = createStanding(deps)
  const citations = createCitations(deps)
  const request = { reader, evaluators: createEvaluators(classes, policy), standing, now }
  const masker = createPseudonymiser(options.secret ?? randomBytes(32), now)
  const stamp = (inputs: readonly StampInput[]) => stampAll(deps, inputs)
  const readable = async (actor: Actor, patients: readonly string[]) => {
    if (patients.length === 0) return new Set<string>()
    const found = await runDecided(request, actor, { patients }, (decision) => store.readMany(decision, 'Patient', patients))
    return new Set(found.map(({ id }) => id))
  }
  await reader.read()
  const worker = createWorker(deps, options.log)
  const soon = createRelabelSoon((persons, mayGoOn) => relabelPersons(deps, persons, mayGoOn), failedOn(options.log))
  const behind = createSettleBehind(ACCESS_BOUNDS.settleBehind, failedOn(options.log))

  return {
    begin: (actor, decisionOptions) => beginRequest(request, actor, decisionOptions),
    withDecision: (actor, decisionOptions, run) => runDecided(request, actor, decisionOptions, run),
    allowedParams: openParams,
    formShows,
    isReleased,
    mask: masker.mask,
    maskId: masker.maskId,
    mayWrite: (actor, intent, current, making) => mayWrite({ ...deps, stamp, readable }, actor, intent, current, making),
    stamp,
    async prepare(inputs: readonly StampInput[], actor?: Actor, regroup?: Regroup) {
      const [stamps, effect] = regroup ? await labelsRegrouped(deps, inputs, regroup) : await labelsAndEffect(deps, inputs, actor)
      const context = { zone, now, isOrganization: (id: string) => organizations.has(id) }
      const dependents = dependentsOf(deps, inputs, stamps)
      const side = [...effect.side, ...relationWrites(inputs, stamps, context), ...entryInserts(dependents.entries)]
      const consentPersons = effect.changed.map(({ state }) => state._id)
      return { stamps, side, pending: { inputs, stamps, consentPersons, room: effect.room, dependents } }
    },
    settle: (pending, written, isAlone) => settle({ ...deps, soon, behind }, pending, written, isAlone),
    async relabelled() {
      await behind.idle()
      await soon.idle()
    },
    relink: (patient, from, to, mayGoOn) => relink(deps, patient, from, to, mayGoOn),
    beforeParting: (regroup) => beforeParting(deps, regroup),
    afterFailedParting: (regroup) => afterFailedParting(deps, regroup),
    regrouped: (regroup, mayGoOn) => regrouped(deps, regroup, mayGoOn),
    consentsOf: async (person) => (await tables.state.get(person))?.consents ?? '[]',
    async consented(persons) {
      const states = await statesOf(deps, persons)
      return new Set([...states.values()].filter((state) => parseConsents(state).length > 0).map(({ _id }) => _id))
    },
    personsOf: (patients) => personsOf(deps, patients),
    nobodyRefuses: () => deps.firstRefusal.guard(),
    mayCollect: (ask) => mayCollect(deps, ask),
    refusedUnder: (numbers, persons) => refusedUnder(deps, numbers, persons),
    anybodyRefuses: () => anybodyRefuses(deps),
    masterKeys: (resources) => masterKeysOf(deps, resources),
    auditAcc(persons, custodian): Acc {
      const p = [...new Set(persons)].filter((person) => person !== UNKNOWN_PERSON).sort()
      return { p, s: p.length > 0 ? aboutSomebody : aboutNobody, e: [], o: custodian }
    },
    basis: (decision, docs, about) => basisOf(citations, decision, docs, about),
    relabelRound: () => relabelRound(deps),
    start: worker.start,
    async stop() {
      await Promise.all([worker.stop(), soon.stop(), behind.idle()])
    },
    async ready() {
      try {
        await reader.read()
        return true
      } catch {
        return false
      }
    },
  }
}

/** Classes of AuditEvents: who may read them depends on whose account they are, never on consents. */
const AUDIT_CLASS = { type: 'AuditEvent', targets: [], docType: '', labels: [], insured: false, fromInsurance: false, notifiable: false }
const AUDIT_CLASSES: ResourceClass[] = [
  { ...AUDIT_CLASS, subjects: [{ kind: 'person', rules: [] }] },
  { ...AUDIT_CLASS, subjects: [] },
]

/** What the transaction changes of consents counts for its own labels already: they commit together or not at all. */
async function labelsAndEffect(
  deps: ConsentDeps,
  inputs: readonly StampInput[],
  actor: Actor | undefined,
): Promise<[Stamped[], ConsentEffect]> {
  const changesConsents = inputs.some(({ type }) => type === 'Consent')
  const [first, effect] = await Promise.all([changesConsents ? undefined : stampAll(deps, inputs), consentEffect(deps, inputs, actor)])
  if (first && effect.changed.length === 0) return [first, effect]
  return [await stampAll(deps, inputs, new Map(effect.changed.map(({ state }) => [state._id, state]))), effect]
}

async function labelsRegrouped(deps: RelabelDeps, inputs: readonly StampInput[], regroup: Regroup): Promise<[Stamped[], ConsentEffect]> {
  const links = linksIn(regroup)
  const effect = await regroupEffect(deps, regroup, inputs)
  const coming = new Map(effect.changed.map(({ state }) => [state._id, state]))
  return [
    await stampAll(
      deps,
      inputs.map((input) => ({ ...input, links })),
      coming,
    ),
    effect,
  ]
}

const failedOn = (log: AccessLog | undefined) => (error: unknown) =>
  log?.warn({ name: error instanceof Error ? error.name : 'unknown' }, 'relabelling failed, to be tried again')

/** Rounds one after another; one that fails is tried again. */
function createWorker(deps: RelabelDeps, log: AccessLog | undefined): { start(): void; stop(): Promise<void> } {
  let abort: AbortController | undefined
  let running: Promise<void> = Promise.resolve()
  let unknownAt = 0
  const failed = failedOn(log)
  const loop = async (signal: AbortSignal): Promise<void> => {
    const mayGoOn = () => !signal.aborted
    while (!signal.aborted) {
      let ended = 0
      try {
        ended = await relabelRound(deps, mayGoOn)
        if (ended > 0) log?.info({ ended }, 'relabelled')
        if (deps.now().getTime() >= unknownAt) {
          await relabelUnknown(deps, mayGoOn)
          unknownAt = deps.now().getTime() + ACCESS_BOUNDS.relabelUnknownMs
        }
      } catch (error) {
        failed(error)
      }
      // Where entries ended there may be more: the next round comes at once.
      if (ended === 0) await setTimeout(ACCESS_BOUNDS.relabelPollMs, undefined, { signal }).catch(() => undefined)
    }
  }
  return {
    start() {
      abort ??= new AbortController()
      running = loop(abort.signal)
    },
    async stop() {
      abort?.abort()
      abort = undefined
      await running
    },
  }
}
