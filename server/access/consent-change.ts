/** What a write of Consents (or of a Patient's birth date) changes for a person: side writes of the same transaction. */
import type { Actor } from '../auth/actor.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { SideWrite } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { canonicalJson } from './canonical-json.ts'
import { compileConsent } from './consent-compile.ts'
import { effectiveRules } from './person-rules.ts'
import { personsOf, type StampDeps, statesOf, UNKNOWN_PERSON } from './stamp.ts'
import { type AccessTables, type KeptConsent, LABELLING, type OverlayDoc, parseConsents, type StateDoc, TABLES } from './tables.ts'
import type { StampInput } from './types.ts'

export interface ConsentDeps extends StampDeps {
  tables: AccessTables
  now(): Date
}

export interface ConsentEffect {
  side: SideWrite[]
  /** persons whose rules change with this transaction */
  persons: string[]
}

/** @throws OutcomeError busy when too many persons are being relabelled; rule when a person has too many consents */
export async function consentEffect(deps: ConsentDeps, inputs: readonly StampInput[], actor: Actor | undefined): Promise<ConsentEffect> {
  const consents = inputs.filter(({ type }) => type === 'Consent')
  const births = inputs.filter(({ type, resource }) => type === 'Patient' && resource !== undefined)
  if (consents.length === 0 && births.length === 0) return { side: [], persons: [] }
  const changes = await changesOf(deps, consents, actor)
  const birthPersons = await personsOf(
    deps,
    births.map(({ id }) => id),
  )
  const touched = [...new Set([...changes.keys(), ...birthPersons.values()])].filter((person) => person !== UNKNOWN_PERSON)
  const states = await statesOf(deps, touched)
  const effect: ConsentEffect = { side: [], persons: [] }
  for (const person of touched) {
    const kept = changes.get(person)
    const born = births.find(({ id }) => birthPersons.get(id) === person)?.resource?.birthDate
    await changeState(deps, effect, {
      person,
      state: states.get(person),
      changed: kept ?? [],
      born: typeof born === 'string' ? born : undefined,
    })
  }
  return effect
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
  const current = await deps.store.readMany(
    LABELLING,
    'Consent',
    inputs.map(({ id }) => id),
  )
  const compiled = inputs.map((input) => ({
    input,
    compiled: input.resource && compileConsent(input.resource, recorderOf(input, actor), deps.zone),
  }))
  const persons = await personsOf(
    deps,
    compiled.flatMap((one) => one.compiled?.patient ?? []),
  )
  for (const { input, compiled: found } of compiled) {
    const before = current.find(({ id }) => id === input.id)
    const patient = found?.patient
    const person = patient === undefined ? undefined : persons.get(patient)
    for (const former of before?.acc.p ?? []) if (former !== person) add(former, { id: input.id })
    if (!found || patient === undefined || person === undefined) continue
    const version = { ...found.version, written: deps.now().getTime() }
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

interface StateChange {
  person: string
  state: StateDoc | undefined
  changed: readonly KeptChange[]
  born: string | undefined
}

async function changeState(deps: ConsentDeps, effect: ConsentEffect, { person, state, changed, born }: StateChange): Promise<void> {
  const before = parseConsents(state)
  const ids = new Set(changed.map(({ id }) => id))
  const consents = [...before.filter(({ id }) => !ids.has(id)), ...changed.flatMap(({ consent }) => consent ?? [])]
  if (changed.length === 0 && (!state || state.birthDate === (born ?? state.birthDate))) return
  if (consents.length > ACCESS_BOUNDS.consentsPerPersonMax)
    throw new OutcomeError('rule', { expression: ['Consent'], params: { rule: 'consents-per-person' } })
  const birthDate = born ?? state?.birthDate ?? (await birthDateOf(deps, person, consents))
  await putState(deps, effect, person, state, consents, birthDate)
}

/** The state with these consents; an epoch more and an overlay entry when the rules come out otherwise. */
export async function putState(
  deps: ConsentDeps,
  effect: ConsentEffect,
  person: string,
  state: StateDoc | undefined,
  consents: readonly KeptConsent[],
  birthDate: string | null,
): Promise<void> {
  const rules = canonicalJson(effectiveRules(consents, birthDate, deps.now().getTime(), deps.zone))
  const changed = rules !== (state?.rules ?? '[]')
  const epoch = (state?.epoch ?? 0) + (changed ? 1 : 0)
  const doc: StateDoc = { _id: person, rev: (state?.rev ?? 0) + 1, epoch, rules, consents: JSON.stringify(consents), birthDate }
  const { _id, ...set } = doc
  effect.side.push(
    state
      ? { table: TABLES.state, op: 'update', where: { _id: person, rev: state.rev }, set, mustMatch: true }
      : { table: TABLES.state, op: 'insert', doc },
  )
  if (!changed) return
  effect.persons.push(person)
  effect.side.push(...(await overlayWrites(deps, person, epoch)))
}

/** Hides the person's documents that are not stamped with `epoch`, and all that still stand under a record of his. */
export async function overlayWrites(deps: Pick<ConsentDeps, 'tables' | 'now'>, person: string, epoch: number): Promise<SideWrite[]> {
  if ((await deps.tables.overlay.count({})) >= ACCESS_BOUNDS.overlayMax)
    throw new OutcomeError('busy', {}, { 'Retry-After': String(ACCESS_BOUNDS.overlayGraceMs / 1000) })
  const records = await deps.tables.persons.find({ person })
  const entry = (id: string, stamped: number): SideWrite => {
    const doc: OverlayDoc = { _id: id, epoch: stamped, person, since: deps.now(), done: null }
    return { table: TABLES.overlay, op: 'put', doc }
  }
  return [entry(person, epoch), ...records.filter(({ _id }) => _id !== person).map(({ _id }) => entry(_id, -1))]
}

/** Needed only where a consent was given by the patient alone. */
async function birthDateOf(deps: ConsentDeps, person: string, consents: readonly KeptConsent[]): Promise<string | null> {
  const ids = [...new Set([person, ...consents.map(({ patient }) => patient)])]
  for (const doc of await deps.store.readMany(LABELLING, 'Patient', ids)) {
    if (doc.deleted) continue
    const { birthDate } = JSON.parse(Buffer.from(doc.body).toString()) as { birthDate?: unknown }
    if (typeof birthDate === 'string') return birthDate
  }
  return null
}
