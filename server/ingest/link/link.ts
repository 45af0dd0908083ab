/**
 * The link step: finds or makes the source's record of the patient, and links records of one identity number to their
 * master. One transaction; what it changes for stored resources is left as a job that outlives a crash.
 */
import { readName } from '../../../mappings/engine/values/name.ts'
import type { Collecting } from '../../access/types.ts'
import type { SideWrite } from '../../store/types.ts'
import type { Draft } from '../../writer/types.ts'
import { type CollectionGate, unknownNumbers } from '../collecting.ts'
import { identityDomain, type Sender } from '../context.ts'
import { randomId } from '../ids.ts'
import { blocksOf } from '../likely/blocks.ts'
import { partFromLikes, partFromOtherNumbers } from '../likely/part.ts'
import { type CompareJob, compareJob } from '../likely/table-writes.ts'
import { joinTraits, traitsOf, traitValues } from '../likely/traits.ts'
import { weigh } from '../likely/weigh.ts'
import { retryingConflicts } from '../retry.ts'
import { type IngestTables, type PatientNumberDoc, type PatientRecordDoc, TABLES } from '../tables.ts'
import type { IngestDeps, PreparedIdentity, ReceiptIssue } from '../types.ts'
import { type Choice, choosePatient } from './choose.ts'
import { decideLinks, organizationOf, type Said } from './decide.ts'
import { type Facts, readFacts } from './facts.ts'
import { identityChanges, statementOf } from './identities.ts'
import { placesOf } from './merged.ts'
import { type Move, type MoveJob, moveJob } from './move-job.ts'
import { areMany, isOfMany, saidToBe, type SaidToBe } from './of-many.ts'

export interface Linked {
  patient: string
  /** the master, or the record itself while unlinked */
  person: string
  /** hashes that name a patient from now on: records may wait for them */
  registered: string[]
  /** records that belong to another person now and already have resources */
  moved: MoveJob[]
  /** something new is known of it: who is like it is to be looked for */
  compare?: CompareJob
  issues: ReceiptIssue[]
}

/** `refusers`: persons who refuse that something of them be collected; then nothing is linked either */
export type LinkResult = { found: true; linked: Linked } | { found: false; awaits: string[]; refusers?: readonly string[] }

type Found = Choice & { found: true }

/** @throws OutcomeError busy after too many meetings with other writers */
export async function linkPatient(
  deps: IngestDeps,
  tables: IngestTables,
  source: Sender,
  identity: PreparedIdentity,
  gate?: CollectionGate,
): Promise<LinkResult> {
  return retryingConflicts<LinkResult>(async () => {
    const facts = await readFacts(deps, tables, source, identity)
    const choice = choosePatient(identity, facts.known, facts)
    if (!choice.found) {
      const { refusers = [] } =
        (await gate?.(
          [],
          unknownNumbers(identity, () => true),
        )) ?? {}
      return { done: { found: false, awaits: refusers.length > 0 ? [] : choice.awaits, ...(refusers.length > 0 && { refusers }) } }
    }
    if (await partedFirst(deps, tables, facts, choice, identity)) return undefined
    const ofAbsorbed = (await Promise.all(choice.absorb.map((patient) => facts.numbersOf(patient)))).flat()
    const taken = [...new Set([...ofAbsorbed, ...choice.taken])]
    const plan = new LinkPlan(deps, source, identity, facts, choice, taken)
    const verdict = gate && (await asked(deps, tables, plan, identity, gate))
    if (verdict && verdict.refusers.length > 0) return { done: { found: false, awaits: [], refusers: verdict.refusers } }
    if (plan.side.length > 0) {
      const result = await deps.writer.write(plan.drafts, { side: [...plan.side, ...(verdict?.side ?? [])] })
      if (!result.ok) return undefined
    }
    return { done: { found: true, linked: plan.linked } }
  })
}

/** A new record without a number is asked about for whoever it will be linked with by likeness, too: of him it would be told behind the commit. */
async function asked(
  deps: IngestDeps,
  tables: IngestTables,
  { linked: { patient, person, registered }, made }: LinkPlan,
  identity: PreparedIdentity,
  gate: CollectionGate,
): Promise<Collecting> {
  const nobodys = unknownNumbers(identity, (hash) => registered.includes(hash))
  const verdict = await gate([patient, person], nobodys)
  if (verdict.nobody || verdict.refusers.length > 0 || !made?.traits || !deps.likely) return verdict
  const like = await weigh(tables, made, deps.likely.thresholds)
  const persons = like.flatMap((one) => (one.verdict.kind === 'link' ? [one.person] : []))
  return persons.length === 0 ? verdict : gate([patient, person, ...persons], nobodys)
}

/** Whom a record would be of, as things stand; undefined: nobody who is known, or will be by it. */
export async function wouldLink(
  deps: IngestDeps,
  tables: IngestTables,
  source: Sender,
  identity: PreparedIdentity,
): Promise<Pick<Linked, 'patient' | 'person'> | undefined> {
  return (await planOf(deps, tables, source, identity))?.linked
}

/** Whether a record would be refused, as things stand, and by whom. */
export async function wouldRefuse(
  deps: IngestDeps,
  tables: IngestTables,
  source: Sender,
  identity: PreparedIdentity,
  gate: CollectionGate,
): Promise<readonly string[]> {
  const plan = await planOf(deps, tables, source, identity)
  const { refusers } = plan
    ? await asked(deps, tables, plan, identity, gate)
    : await gate(
        [],
        unknownNumbers(identity, () => true),
      )
  return refusers
}

async function planOf(deps: IngestDeps, tables: IngestTables, source: Sender, identity: PreparedIdentity): Promise<LinkPlan | undefined> {
  const facts = await readFacts(deps, tables, source, identity)
  const choice = choosePatient(identity, facts.known, facts)
  return choice.found ? new LinkPlan(deps, source, identity, facts, choice, []) : undefined
}

/** A number, and what a sender says of its own records, go before any likeness. @returns whether all is to be read anew */
async function partedFirst(
  deps: IngestDeps,
  tables: IngestTables,
  facts: Facts,
  choice: Found,
  identity: PreparedIdentity,
): Promise<boolean> {
  const { known, person, merged } = facts
  const { patient, kept } = choice
  const { statedAt } = identity
  if (kept.length > 0 && (await partFromLikes(deps, tables, [patient, ...kept]))) return true
  const group = merged.get(patient)
  if (group && areMany(saidToBeNow(facts, choice, identity)) && (await partFromLikes(deps, tables, [patient]))) return true
  const stated = known.records.get(patient)?.number
  // One that was said before another is not taken up.
  if (!group || person === undefined || (stated && stated.at > statedAt)) return false
  return partFromOtherNumbers(deps, tables, group, { patient, number: person })
}

/** The writes of one link step, worked out from what was read. */
class LinkPlan {
  readonly drafts: Draft[] = []
  readonly side: SideWrite[] = []
  readonly linked: Linked
  /** the record, where it is new and has no number */
  readonly made: PatientRecordDoc | undefined
  readonly #now: Date
  readonly #facts: Facts
  readonly #choice: Found

  constructor(deps: IngestDeps, source: Sender, identity: PreparedIdentity, facts: Facts, choice: Found, taken: readonly string[]) {
    this.#now = deps.now()
    this.#facts = facts
    this.#choice = choice
    const { patient, absorb, register } = choice
    const record = facts.known.records.get(patient)
    const next = this.#nextRecord(source, identity, record, deps)
    const { person, identities: known, consented, merged } = facts
    const persons = new Map<string, string | null>()
    const input = { source, identity, next, absorbed: absorb, person, known, consented, merged, newMaster: randomId, now: this.#now }
    this.linked = { patient, person: patient, registered: register, moved: [], issues: [] }
    for (const _id of register) this.side.push({ table: TABLES.numbers, op: 'insert', doc: this.#number(_id) })
    for (const _id of taken) this.side.push({ table: TABLES.numbers, op: 'put', doc: this.#number(_id) })
    for (const change of identityChanges(input)) {
      this.side.push(...change.side)
      this.drafts.push(...change.drafts)
      for (const [who, to] of change.persons) if (to !== null || !persons.get(who)) persons.set(who, to)
    }
    if (persons.has(patient)) next.person = persons.get(patient) ?? null
    this.made = record || next.number ? undefined : next
    this.#writeRecord(record, next, identity.patient !== undefined)
    if (deps.likely && traitValues(record?.traits) !== traitValues(next.traits)) this.#compare(patient, identity.patient !== undefined)
    for (const other of absorb) this.#absorb(other, next)
    for (const [who, to] of persons) if (who !== patient && !absorb.includes(who)) this.#moveOther(who, to)
    this.#moveJoined(next, persons)
    this.linked.person = next.person ?? patient
    this.linked.issues = this.#issues(source, identity, next)
  }

  #number(_id: string): PatientNumberDoc {
    const { patient, ended } = this.#choice
    return { _id, patient, ...(ended.includes(_id) && { ended: true }) }
  }

  /** A worker compares what clients write; what sources send is compared when it is stored. */
  #compare(patient: string, isWritten: boolean): void {
    const { write, job } = isWritten ? compareJob(patient) : compareJob(patient, this.#now)
    this.side.push(write)
    if (!isWritten) this.linked.compare = job
  }

  #nextRecord(
    source: Sender,
    identity: PreparedIdentity,
    record: PatientRecordDoc | undefined,
    deps: Pick<IngestDeps, 'likely' | 'secret'>,
  ): PatientRecordDoc {
    const { patient, absorb, strongKinds } = this.#choice
    const absorbed = absorb.flatMap((other) => this.#facts.known.records.get(other) ?? [])
    const all = [...(record ? [record] : []), ...absorbed]
    const said = this.#facts.person === undefined ? [] : [{ at: identity.statedAt, value: this.#facts.person }]
    const named = identity.name === undefined || readName(identity.name).masked ? [] : [{ at: identity.statedAt, value: identity.name }]
    const isWritten = identity.patient !== undefined
    const whole = saidToBeNow(this.#facts, this.#choice, identity)
    const isMany = areMany(whole)
    const likeness = () => likenessOf(deps.secret, record, [...(isWritten ? [] : all), ...absorbed], identity)
    return {
      _id: patient,
      rev: (record?.rev ?? 0) + 1,
      domain: identityDomain(source),
      strongKinds: [...new Set([...all.flatMap((r) => r.strongKinds), ...strongKinds])].sort(),
      // What a client writes is the whole Patient: a number that is no longer there no longer holds.
      number: isMany ? null : newestOf([...(isWritten ? [] : all.flatMap((r) => r.number ?? [])), ...said]),
      name: newestOf([...all.flatMap((r) => r.name ?? []), ...named]),
      ...(isWritten ? {} : { saidToBe: whole }),
      person: record?.person ?? null,
      newborn: all.some((r) => r.newborn) || identity.legal?.doubt === 'newborn',
      absorbedBy: null,
      ...(deps.likely && (isMany ? { traits: null, blocks: [] } : likeness())),
    }
  }

  #writeRecord(record: PatientRecordDoc | undefined, next: PatientRecordDoc, isWritten: boolean): void {
    const { _id, ...set } = next
    if (!record) this.side.push({ table: TABLES.records, op: 'insert', doc: next })
    else if (content(record) !== content(next)) {
      this.side.push({ table: TABLES.records, op: 'update', where: { _id, rev: record.rev }, set, mustMatch: true })
    }
    if ((record?.person ?? null) === next.person || this.#facts.merged.has(_id)) return
    this.side.push(personRow(_id, next.person))
    // A new record has no documents that could stand under another person, but for a Patient that a client has just written.
    if (record || isWritten) this.#move({ patient: _id, from: record?.person ?? _id, to: next.person ?? _id, into: '' })
  }

  /** What was made apart is one: its numbers, statements and resources go on in the other record. */
  #absorb(other: string, next: PatientRecordDoc): void {
    const record = this.#facts.known.records.get(other)
    if (!record) return
    const person = next.person ?? next._id
    const set = { absorbedBy: next._id, person, number: null, strongKinds: [], saidToBe: null, traits: null, blocks: [] }
    this.side.push({ table: TABLES.records, op: 'update', where: { _id: other, rev: record.rev }, set, inc: { rev: 1 }, mustMatch: true })
    this.side.push(personRow(other, person))
    this.#move({ patient: other, from: record.person ?? other, to: person, into: next._id })
  }

  #moveOther(patient: string, person: string | null): void {
    const master = [...this.#facts.identities.values()].find((doc) => doc.linked.includes(patient))?.master
    const where = { _id: patient }
    this.side.push({ table: TABLES.records, op: 'update', where, set: { person }, inc: { rev: 1 }, mustMatch: true })
    if (this.#facts.merged.has(patient)) return
    this.side.push(personRow(patient, person))
    this.#move({ patient, from: person === null && master !== undefined ? master : patient, to: person ?? patient, into: '' })
  }

  /** Whoever is joined to a record goes where that goes. */
  #moveJoined(next: PatientRecordDoc, persons: ReadonlyMap<string, string | null>): void {
    for (const group of new Set(this.#facts.merged.values())) {
      const standing = placesOf(group)
      const linked = (patient: string): string | null => {
        if (patient === next._id) return next.person
        return persons.has(patient) ? (persons.get(patient) ?? null) : (group.records.get(patient)?.person ?? null)
      }
      for (const [patient, { person, part }] of placesOf(group, linked)) {
        const before = standing.get(patient)
        if (before?.person === person && before.part === part) continue
        this.side.push(personRow(patient, person === patient ? null : person, part))
        this.#move({ patient, from: before?.person ?? patient, to: person, into: '' })
      }
    }
  }

  #move(move: Move): void {
    const { write, doc } = moveJob(move, this.#now)
    this.linked.moved.push(doc)
    this.side.push(write)
  }

  /**
   * The same number with other facts in the sender's own records, or facts that the number itself denies. That others have a
   * record under it, and which name stands there, is told to the clerk who has the task, not to the sender (access.md L36, L45).
   */
  #contradictsItself(source: Sender, identity: PreparedIdentity, patient: string): boolean {
    const { person, identities } = this.#facts
    const own = statementOf(source, identity, patient)
    const doc = person === undefined ? undefined : identities.get(person)
    const others = (doc?.statements ?? []).filter((s) => s.patient !== patient && organizationOf(s) === organizationOf(own))
    const { birthDate, gender } = identity.legal ?? {}
    const facts = { ...(birthDate !== undefined && { birthDate }), ...(gender !== undefined && { gender }) }
    return decideLinks([...others, own], facts).refused.some((one) => one.patient === patient)
  }

  #issues(source: Sender, identity: PreparedIdentity, next: PatientRecordDoc): ReceiptIssue[] {
    const { legal, birthDate, gender } = identity
    const isRefused = this.#facts.person !== undefined && next.person === null
    const codes = [
      legal?.doubt && `link-${legal.doubt}`,
      this.#choice.disagree && 'link-numbers-disagree',
      isOfMany(next) && 'link-number-of-many',
      isRefused && this.#contradictsItself(source, identity, next._id) && 'link-conflict',
      legal?.birthDate !== undefined && birthDate !== undefined && !legal.birthDate.startsWith(birthDate.slice(0, 10)) && 'link-birth-date',
      legal?.gender !== undefined && (gender === 'male' || gender === 'female') && gender !== legal.gender && 'link-gender',
    ]
    return codes.flatMap((code) => (code ? [{ severity: 'warning' as const, code, at: 'patient' }] : []))
  }
}

/** Whom the record will have been said to be. What a client writes is the whole Patient, and may be corrected as often as he likes. */
function saidToBeNow({ known, person }: Facts, { patient, absorb }: Found, identity: PreparedIdentity): SaidToBe {
  if (identity.patient !== undefined) return { names: [], numbers: [] }
  const records = [patient, ...absorb].flatMap((one) => known.records.get(one) ?? [])
  return saidToBe(records, { name: identity.name, number: person })
}

/** The `persons` table is what access asks. */
function personRow(patient: string, person: string | null, part = person): SideWrite {
  if (person === null) return { table: TABLES.persons, op: 'delete', where: { _id: patient } }
  return { table: TABLES.persons, op: 'put', doc: { _id: patient, person, ...(part === person ? {} : { part }) } }
}

/** What is worth a write: a name or number said again later is not. */
const content = ({ strongKinds, number, name, saidToBe: many, person, newborn, traits }: PatientRecordDoc): string =>
  JSON.stringify([strongKinds, number?.value, name?.value, many?.names, many?.numbers, person, newborn, traitValues(traits)])

/** What is known of it now, and under which keys it is found: made anew where it is something else than before. */
function likenessOf(
  secret: Uint8Array,
  record: PatientRecordDoc | undefined,
  all: readonly PatientRecordDoc[],
  identity: PreparedIdentity,
): Pick<PatientRecordDoc, 'traits' | 'blocks'> {
  const traits = joinTraits([...all.flatMap((one) => one.traits ?? []), traitsOf(identity)])
  const known = traitValues(record?.traits) === traitValues(traits) ? record?.blocks : undefined
  return { traits, blocks: known ?? blocksOf(secret, traits) }
}

function newestOf(said: readonly Said[]): Said | null {
  return [...said].sort((a, b) => (a.at !== b.at ? (a.at < b.at ? 1 : -1) : a.value < b.value ? 1 : -1))[0] ?? null
}
