/** What a write of Consents (or of a Patient's birth date) changes for a person: side writes of the same transaction. */
import type { Actor } from '../auth/actor.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { SideWrite, Stored } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { canonicalJson } from './canonical-json.ts'
import { citedOf } from './citations.ts'
import { collectionWrites } from './collection.ts'
import { compileConsent } from './consent-compile.ts'
import type { ConsentRule } from './consent-model.ts'
import type { ConsentVersion } from './effective-rules.ts'
import type { FirstRefusal } from './first-refusal.ts'
import { type Parts, partsOf, rulesInParts } from './parts.ts'
import { effectiveRules } from './person-rules.ts'
import { personsOf, type StampDeps, statesOf, UNKNOWN_PERSON } from './stamp.ts'
import { entryWrites, type OverlayRoom, type RuleChange, ruleChange } from './relabel-entries.ts'
import { type AccessTables, type KeptConsent, LABELLING, parseConsents, type StateDoc, TABLES } from './tables.ts'
import type { StampInput } from './types.ts'

export interface ConsentDeps extends StampDeps {
  tables: AccessTables
  room: OverlayRoom
  firstRefusal: FirstRefusal
  now(): Date
}

export interface ConsentEffect {
  side: SideWrite[]
  /** persons whose rules change with this transaction, and their states once it is committed */
  changed: RuleChange[]
  /** how many entries of the overlay's room it takes */
  room: number
}

/**
 * @throws OutcomeError busy when too many persons are being relabelled; rule when a person has too many consents;
 * bundle-entries when one transaction changes the rules of more persons than the overlay holds
 */
export async function consentEffect(deps: ConsentDeps, inputs: readonly StampInput[], actor: Actor | undefined): Promise<ConsentEffect> {
  const consents = inputs.filter(({ type }) => type === 'Consent')
  const births = inputs.filter(({ type, resource }) => type === 'Patient' && resource !== undefined)
  if (consents.length === 0 && births.length === 0) return { side: [], changed: [], room: 0 }
  const changes = await changesOf(deps, consents, actor)
  const birthPersons = await personsOf(
    deps,
    births.map(({ id }) => id),
  )
  // Of a linked person the master says it: a record that one organisation changes does not make a child of age.
  const born = (person: string): string | undefined => {
    const date = births.find(({ id }) => id === person && birthPersons.get(id) === id)?.resource?.birthDate
    return typeof date === 'string' ? date : undefined
  }
  const touched = [...new Set([...changes.keys(), ...birthPersons.values()])].filter((person) => person !== UNKNOWN_PERSON)
  const states = await statesOf(deps, touched)
  const next = touched.flatMap((person) => nextOf(person, states.get(person), changes.get(person) ?? [], born(person)) ?? [])
  await addBirthDates(deps, next)
  return effectOf(deps, next)
}

/** `consent` absent: it no longer counts for the person (deleted, moved to another patient, no privacy consent). */
interface KeptChange {
  id: string
  consent?: KeptConsent
}

async function changesOf(deps: ConsentDeps, inputs: readonly StampInput[], actor: Actor | undefined): Promise<Map<string, KeptChange[]>> {
  const changes = new Map<string, KeptChange[]>()
  if (inputs.length === 0) return changes
  const add = (person: string, change: KeptChange) => changes.set(person, [...(changes.get(person) ?? []), change])
  const compiled = inputs.map((input) => ({
    input,
    compiled: input.resource && compileConsent(input.resource, recorderOf(input, actor), deps.zone, deps.ownBase),
  }))
  const ids = inputs.map(({ id }) => id)
  const patients = compiled.flatMap((one) => one.compiled?.patient ?? [])
  const [current, persons] = await Promise.all([deps.store.readMany(LABELLING, 'Consent', ids), personsOf(deps, patients)])
  for (const { input, compiled: found } of compiled) {
    const before = current.find(({ id }) => id === input.id)
    const patient = found?.patient
    const person = patient === undefined ? undefined : persons.get(patient)
    for (const former of before?.acc.p ?? []) if (former !== person) add(former, { id: input.id })
    if (!found) continue
    // It would be acknowledged and have no effect.
    if (patient === undefined || person === undefined)
      throw new OutcomeError('rule', { expression: ['Consent.patient'], params: { rule: 'consent-patient' } })
    const written = deps.now().getTime()
    const { latest } = found.version
    const version: ConsentVersion = {
      ...found.version,
      // Without a time it is said when it is written: what takes away must not stand before all that was given.
      ...(found.undated ? { at: written } : {}),
      written,
      said: written,
      // Nobody records what is yet to be said; what begins later keeps its day.
      ...(latest === undefined ? {} : { latest: Math.max(found.version.at, Math.min(latest, written)) }),
      by: partyOf(input, actor),
    }
    add(person, {
      id: input.id,
      consent: { id: input.id, v: (before?.v ?? 0) + 1, patient, version, ...(found.alone ? { alone: true as const } : {}) },
    })
  }
  return changes
}

/** Patients, guardians and operators record for the patient; every organisation else for itself (access.md L58). */
function recorderOf(input: StampInput, actor: Actor | undefined): string {
  if (!actor) return input.custodian
  if (actor.party === 'patient' || actor.party === 'guardian' || actor.party === 'operator' || actor.unrestricted) return ''
  return actor.organization
}

/** A name for the recorder: parties that record for the patient are told apart by what they are. */
function partyOf(input: StampInput, actor: Actor | undefined): string {
  const organization = recorderOf(input, actor)
  return organization === '' && actor ? `~${actor.party}` : organization
}

/** A person's consents and facts as they will be. */
export interface NextState {
  person: string
  before: StateDoc | undefined
  consents: readonly KeptConsent[]
  birthDate: string | null
  /** where its records are joined otherwise by the same transaction, or may be: looked up when absent and the state says so */
  parts?: Parts | 'one'
  /** a new epoch whatever the rules: who belongs to the person changes */
  anew?: true
}

/** Undefined when nothing of the person changes. */
function nextOf(
  person: string,
  before: StateDoc | undefined,
  changes: readonly KeptChange[],
  born: string | undefined,
): NextState | undefined {
  if (changes.length === 0 && (!before || before.birthDate === (born ?? before.birthDate))) return undefined
  const ids = new Set(changes.map(({ id }) => id))
  const kept = parseConsents(before)
  const written = changes.flatMap(({ consent }) => (consent ? [saidBefore(consent, kept)] : []))
  const consents = [...kept.filter(({ id }) => !ids.has(id)), ...written]
  if (consents.length > ACCESS_BOUNDS.consentsPerPersonMax)
    throw new OutcomeError('rule', { expression: ['Consent'], params: { rule: 'consents-per-person' } })
  return { person, before, consents, birthDate: born ?? before?.birthDate ?? null }
}

/** Another edit of the same statement is no newer statement: of the same time and status it was said when it was first written. */
function saidBefore(consent: KeptConsent, kept: readonly KeptConsent[]): KeptConsent {
  const before = kept.find(({ id }) => id === consent.id)?.version
  const { version } = consent
  if (before?.said === undefined || before.at !== version.at || before.status !== version.status) return consent
  return { ...consent, version: { ...version, said: Math.min(before.said, version.said ?? before.said) } }
}

/** Side writes of these states; an epoch more, and an entry for relabelling, where the rules or the consents behind them change. */
export async function effectOf(deps: ConsentDeps, next: readonly NextState[]): Promise<ConsentEffect> {
  const { side, changed } = await stateWrites(deps, next)
  const entries = await entryWrites(deps, changed)
  return { side: [...side, ...entries.side], changed, room: entries.room }
}

/** The states alone: how documents are hidden meanwhile is the caller's. */
export async function stateWrites(deps: ConsentDeps, next: readonly NextState[]): Promise<Omit<ConsentEffect, 'room'>> {
  const side: SideWrite[] = []
  const changed: RuleChange[] = []
  for (const one of next) {
    const { person, before, consents, birthDate, anew } = one
    const parts = await partsIn(deps, one)
    const rules = canonicalJson(rulesOf(deps, one, parts))
    const isOther = rules !== (before?.rules ?? '[]') || anew === true
    const isCitedOtherwise = citedOf(consents).join() !== citedOf(parseConsents(before)).join()
    const epoch = (before?.epoch ?? 0) + (isOther || isCitedOtherwise ? 1 : 0)
    const parted = parts || before?.parted ? { parted: parts !== undefined } : {}
    const rev = (before?.rev ?? 0) + 1
    const state: StateDoc = { _id: person, rev, epoch, rules, consents: JSON.stringify(consents), birthDate, ...parted }
    const { _id, ...set } = state
    side.push(
      before
        ? { table: TABLES.state, op: 'update', where: { _id, rev: before.rev }, set, mustMatch: true }
        : { table: TABLES.state, op: 'insert', doc: state },
    )
    side.push(...(await collectionWrites(deps, person, before?.rules ?? '[]', rules)))
    if (isOther) changed.push(anew ? { state, opens: false } : ruleChange(before, state))
    // The same rules from other consents: stamps are made anew for the account of uses, and nothing need be hidden meanwhile.
    // Where an entry hides what has not the former epoch's stamp, it must learn of the new one.
    else if (isCitedOtherwise) changed.push({ state, opens: (await deps.tables.overlay.get(person)) === undefined })
  }
  return { side, changed }
}

async function partsIn({ tables }: ConsentDeps, { person, before, parts }: NextState): Promise<Parts | undefined> {
  if (parts === undefined) return before?.parted ? partsOf(person, await tables.persons.find({ person })) : undefined
  return parts === 'one' ? undefined : parts
}

function rulesOf({ now, zone }: ConsentDeps, { consents, birthDate }: NextState, parts: Parts | undefined): ConsentRule[] {
  const at = now().getTime()
  return parts ? rulesInParts(consents, parts, { birthDate, now: at, zone }) : effectiveRules(consents, birthDate, at, zone)
}

/** Where none is known yet: of the master, else of a record that a consent names. One read for all persons. */
async function addBirthDates(deps: ConsentDeps, next: NextState[]): Promise<void> {
  const without = next.filter(({ birthDate }) => birthDate === null)
  const idsOf = ({ person, consents }: NextState) => [...new Set([person, ...consents.map(({ patient }) => patient)])]
  const found = new Map<string, string>()
  for (const doc of await deps.store.readMany(LABELLING, 'Patient', [...new Set(without.flatMap(idsOf))])) {
    const birthDate = birthDateIn(doc)
    if (birthDate !== undefined) found.set(doc.id, birthDate)
  }
  for (const one of without) {
    const known = idsOf(one).find((id) => found.has(id))
    one.birthDate = known === undefined ? null : (found.get(known) ?? null)
  }
}

/** Birth date of the Patient that is the person: the master, or an unlinked record. */
export async function birthDateOf(deps: Pick<ConsentDeps, 'store'>, person: string): Promise<string | undefined> {
  const doc = await deps.store.read(LABELLING, 'Patient', person)
  return doc && birthDateIn(doc)
}

function birthDateIn({ body, deleted }: Stored): string | undefined {
  if (deleted) return undefined
  const { birthDate } = JSON.parse(Buffer.from(body).toString()) as { birthDate?: unknown }
  return typeof birthDate === 'string' ? birthDate : undefined
}
