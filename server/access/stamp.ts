/** From resources to their labels: persons, policy class, stamps of the consent epoch, custodian. */
import type { FhirResource } from '../fhir/types.ts'
import type { Zone } from '../fhir/zone.ts'
import { fullOf } from '../fhir/profile-pairs.ts'
import { Turns } from '../store/turns.ts'
import type { Store } from '../store/types.ts'
import type { ClassRegistry } from './classes.ts'
import type { ConsentRule } from './consent-model.ts'
import { isPublicType } from './content.ts'
import type { Acc } from './decision.ts'
import { inherit, isOwn, type Known, pairOf, type Working } from './inherit.ts'
import { inheritanceOf } from './inheritance.ts'
import { ownLabels } from './labels.ts'
import type { ResourceClass, ResourceFacts, Subject } from './resource-class.ts'
import { partOf, rulesFor } from './parts.ts'
import { hasRecordAt } from './registered.ts'
import { resolveRules } from './resolve.ts'
import { scanResource } from './scan.ts'
import { type AccessTables, LABELLING, parseRules, type PersonDoc, type StateDoc } from './tables.ts'
import type { StampInput, Stamped } from './types.ts'

/** Somebody whom the server cannot name: visible to the custodian and to operators only. */
export const UNKNOWN_PERSON = '~unknown'

export interface StampDeps {
  store: Store
  tables: Pick<AccessTables, 'persons' | 'state' | 'linksAndStates' | 'relations'>
  classes: ClassRegistry
  zone: Zone
  ownBase: string
}

/**
 * Labels of resources about to be stored; those that refer to each other within the batch are resolved here.
 * @param coming consent states that the same transaction writes: they count instead of those in force
 */
export async function stampAll(
  deps: StampDeps,
  inputs: readonly StampInput[],
  coming: ReadonlyMap<string, StateDoc> = new Map(),
): Promise<Stamped[]> {
  const made = coming.size === 0 ? madeBefore(inputs) : undefined
  if (made) return [made]
  const working = new Map<StampInput, Working>()
  const turns = new Turns()
  for (const input of inputs) {
    await turns.take()
    if (input.resource) working.set(input, begin(deps, input as Working['input']))
  }
  const all = [...working.values()]
  const patients = patientsOf(inputs, all)
  // Most patients are their own persons: their states are read with their links.
  const [stored, { links: rows, states: own }] = await Promise.all([lookUp(deps, all), linksAndStates(deps, patients)])
  for (const input of inputs) for (const [_id, link] of input.links ?? []) rows.set(_id, { _id, ...link })
  const persons = new Map(patients.map((id) => [id, rows.get(id)?.person ?? id]))
  for (const one of all) ownPersons(one, rows)
  await asOfNow(deps, all, stored)
  await partsOfStored(deps, stored, rows, own)
  inherit(all, stored, await acquainted(deps, all, stored))
  for (const one of all) if (one.persons.size === 0 && !isAboutNobody(one)) one.persons.add(UNKNOWN_PERSON)
  const asked = new Set(patients)
  const others = new Set(all.flatMap((one) => [...one.persons].filter((person) => person !== UNKNOWN_PERSON && !asked.has(person))))
  const states = new Map([...own, ...(await statesOf(deps, [...others]))])
  for (const [person, state] of coming) states.set(person, state)
  const rules = new Map([...states].map(([person, state]) => [person, parseRules(state)]))
  const numbers = await deps.classes.numbersOf(all.map((one) => classOf(one, rules)))
  const accs = new Map(all.map((one, at) => [one.input as StampInput, accOf(one, numbers[at] as number, states)]))
  const kept = (input: StampInput): Acc => input.current ?? { p: [UNKNOWN_PERSON], s: 0, e: [], o: input.custodian }
  return inputs.map((input) => stampedOf(accs.get(input) ?? kept(input), { one: working.get(input), persons, stored }))
}

/** One by itself: with others it may take labels from them, and links that are made with it change whose it is. */
function madeBefore([input, ...others]: readonly StampInput[]): Stamped | undefined {
  return others.length === 0 && !input?.links ? input?.made : undefined
}

function begin(deps: StampDeps, input: Working['input']): Working {
  // Under the id that it gets, whatever its sender wrote into it.
  const scan = scanResource({ ...input.resource, id: input.id }, deps)
  return {
    input,
    name: `${input.type}/${input.id}`,
    scan,
    targets: [],
    persons: new Set(),
    looked: [],
    parts: new Map(),
    ...ownLabels(input.resource, scan),
  }
}

function patientsOf(inputs: readonly StampInput[], all: readonly Working[]): string[] {
  return [...new Set([...all.flatMap((one) => one.scan.patients), ...inputs.flatMap((input) => input.alsoPatients ?? [])])]
}

/** Person key of each patient: the master's id once linked, else its own. */
export async function personsOf(deps: Pick<StampDeps, 'tables'>, patients: readonly string[]): Promise<Map<string, string>> {
  const rows = await linksOf(deps, patients)
  return new Map(patients.map((id) => [id, rows.get(id)?.person ?? id]))
}

async function linksOf(deps: Pick<StampDeps, 'tables'>, patients: readonly string[]): Promise<Map<string, PersonDoc>> {
  return new Map(patients.length === 0 ? [] : (await deps.tables.persons.getMany(patients)).map((row) => [row._id, row]))
}

/** What the batch refers to and needs for inheritance: for labels always, for persons when it names no patient itself. */
async function lookUp(deps: StampDeps, all: readonly Working[]): Promise<Map<string, Known>> {
  const inBatch = new Set(all.map((one) => one.name))
  const wanted = new Map<string, Set<string>>()
  for (const one of all) {
    // What is labelled anew stays under the persons under whom it stood, and takes none but those of its parts.
    const stood = one.input.partUnknown && (one.input.alsoPatients ?? []).length > 0
    const orphan = !stood && one.scan.patients.length === 0 && !one.scan.unknownPatient && !isPublicType(one.input.type)
    for (const { path, target } of one.scan.references) {
      if (inBatch.has(target)) continue
      const { labels, insurance, wrapping } = inheritanceOf(one.input.type, path)
      if (!orphan && !labels && !insurance && !wrapping) continue
      one.looked.push(target)
      const [type = '', id = ''] = target.split('/')
      wanted.set(type, (wanted.get(type) ?? new Set()).add(id))
    }
  }
  const found = await Promise.all([...wanted].map(([type, ids]) => deps.store.readMany(LABELLING, type, [...ids])))
  const stored = found.flat()
  if (stored.some(({ acc }) => deps.classes.get(acc.s) === undefined)) await deps.classes.refresh()
  return new Map(
    stored.map(({ type, id, acc, body }) => {
      const names = () => [
        ...new Set(
          [
            ...Buffer.from(body)
              .toString()
              .matchAll(/"Patient\/([^"/]+)/g),
          ].map(([, name = '']) => name),
        ),
      ]
      return [`${type}/${id}`, { ...knownOf(type, acc, deps.classes.get(acc.s)), names }]
    }),
  )
}

/** Of which parts of joined persons the stored ones are that are referred to. Most persons are of one part. */
async function partsOfStored(
  deps: StampDeps,
  stored: ReadonlyMap<string, Known>,
  rows: ReadonlyMap<string, PersonDoc>,
  states: ReadonlyMap<string, StateDoc>,
): Promise<void> {
  const isParted = [...rows.values()].some(({ part }) => part !== undefined) || [...states.values()].some(({ parted }) => parted)
  if (!isParted) return
  const named = new Map([...stored.values()].map((known) => [known, known.names?.() ?? []]))
  const links = await linksOf(deps, [...new Set([...named.values()].flat())])
  for (const [known, ids] of named) {
    known.parts = new Map()
    for (const id of ids) {
      const person = links.get(id)?.person ?? id
      known.parts.set(person, new Set([...(known.parts.get(person) ?? []), partOf(links.get(id), id)]))
    }
  }
}

/** What others take labels and persons from, in so far as they do. */
export const markOf = ({ s, p }: Pick<Acc, 's' | 'p'>): string => `${s}|${p.join()}`

function knownOf(type: string, acc: Acc, known: ResourceClass | undefined): Known {
  const { labels = [], insured = false, fromInsurance = false, docType = '', notifiable = false } = known ?? {}
  return { type, persons: acc.p, custodian: acc.o, mark: markOf(acc), labels, insured, fromInsurance, docType, notifiable }
}

/** Stamps of before a link name persons that are somebody else's now. */
async function asOfNow(deps: StampDeps, all: readonly Working[], stored: Map<string, Known>): Promise<void> {
  const own = new Set(all.flatMap((one) => [...one.persons]))
  const others = new Set([...stored.values()].flatMap(({ persons }) => persons.filter((person) => !own.has(person))))
  const persons = await personsOf(deps, [...others])
  for (const [name, known] of stored) stored.set(name, { ...known, persons: known.persons.map((person) => persons.get(person) ?? person) })
}

/**
 * Custodians with the strangers in others' resources to which theirs refer, as far as they have a record of them. Nobody
 * writes into the record of somebody unknown to him by referring to it, nor learns that it is there: it counts as absent.
 */
async function acquainted(deps: StampDeps, all: readonly Working[], stored: ReadonlyMap<string, Known>): Promise<ReadonlySet<string>> {
  const batch = new Map(all.map((one) => [one.name, one]))
  const asked = new Map<string, { custodian: string; person: string }>()
  for (const one of all) {
    const { custodian } = one.input
    for (const { target } of one.scan.references) {
      const local = batch.get(target)
      const known = local ? { custodian: local.input.custodian, persons: local.persons } : stored.get(target)
      if (!known || custodian === '' || isOwn(one, known.custodian)) continue
      for (const person of known.persons) if (!one.persons.has(person)) asked.set(pairOf(custodian, person), { custodian, person })
    }
  }
  const pairs = [...asked.values()].filter(({ person }) => person !== UNKNOWN_PERSON)
  const found = await Promise.all(pairs.map(({ custodian, person }) => hasRecordAt(deps, custodian, person)))
  return new Set(pairs.flatMap(({ custodian, person }, at) => (found[at] ? [pairOf(custodian, person)] : [])))
}

function ownPersons(one: Working, rows: ReadonlyMap<string, PersonDoc>): void {
  const { input } = one
  const self = input.type === 'Patient' ? (rows.get(input.id)?.person ?? input.id) : undefined
  for (const id of [...one.scan.patients, ...(input.alsoPatients ?? [])]) {
    const person = rows.get(id)?.person ?? id
    one.persons.add(person)
    // Whom a Patient replaces or was replaced by is nothing that it tells of the other record.
    if (person === self && id !== input.id) continue
    one.parts.set(person, new Set([...(one.parts.get(person) ?? []), partOf(rows.get(id), id)]))
  }
  if (input.partUnknown) for (const person of one.persons) one.parts.set(person, null)
  if (one.scan.unknownPatient) one.persons.add(UNKNOWN_PERSON)
}

const isAboutNobody = (one: Working): boolean => isPublicType(one.input.type) || one.input.type === 'Group'

/** Consent states of persons that have one. */
export async function statesOf(deps: Pick<StampDeps, 'tables'>, persons: readonly string[]): Promise<Map<string, StateDoc>> {
  if (persons.length === 0) return new Map()
  const states = await deps.tables.state.getMany(persons)
  return new Map(states.map((state) => [state._id, state]))
}

/** Links of patients, and consent states of persons, by one query: what is none of these is not there. */
export async function linksAndStates(
  deps: Pick<StampDeps, 'tables'>,
  ids: readonly string[],
): Promise<{ links: Map<string, PersonDoc>; states: Map<string, StateDoc> }> {
  const pairs = await deps.tables.linksAndStates(ids)
  return {
    links: new Map(pairs.flatMap(({ first }) => (first ? [[first._id, first]] : []))),
    states: new Map(pairs.flatMap(({ second }) => (second ? [[second._id, second]] : []))),
  }
}

function classOf(one: Working, rules: ReadonlyMap<string, ConsentRule[]>): ResourceClass {
  const { targets, docType, labels, insured, fromInsurance, notifiable } = one
  let known: ResourceFacts | undefined
  // Most persons have said nothing: then nothing is asked about the resource.
  const factsOnce = (): ResourceFacts => {
    known ??= factsOf(one)
    return known
  }
  const subjects = [...one.persons].flatMap((person): Subject[] => {
    if (person === UNKNOWN_PERSON) return [{ kind: 'unknown' }]
    const lists = rulesFor(rules.get(person) ?? [], person, one.parts.get(person) ?? undefined)
    return lists.map((list) => ({ kind: 'person', rules: list.length === 0 ? [] : resolveRules(list, factsOnce()) }))
  })
  return { type: one.input.type, targets, docType, labels, insured, fromInsurance, notifiable, subjects: distinct(subjects) }
}

/** Two persons with the same rules are one subject of the class, in a fixed order. */
function distinct(subjects: readonly Subject[]): Subject[] {
  const byText = new Map(subjects.map((subject) => [JSON.stringify(subject), subject]))
  return [...byText].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, subject]) => subject)
}

/** A consent that names a profile means what claims its minimal form, too. */
function claimed(profile: string): string[] {
  const canonical = profile.split('|')[0] ?? profile
  return [...new Set([canonical, fullOf(canonical)])]
}

const OWN_CODE_PATH = /^(?:code|type|medicationCodeableConcept|vaccineCode|productOrService)(?:\.coding)?$/

function factsOf(one: Working): ResourceFacts {
  const { resource, type, id } = one.input
  const coding = ({ system, code }: { system: string; code: string }) => `${system}|${code}`
  return {
    type,
    id,
    custodian: one.input.custodian,
    targets: one.targets,
    docType: one.docType,
    labels: one.labels,
    profiles: (resource.meta?.profile ?? []).flatMap(claimed),
    codes: [...new Set(one.scan.codings.map(coding))],
    ownCodes: [...new Set(one.scan.codings.filter(({ path }) => OWN_CODE_PATH.test(path)).map(coding))],
    dates: one.scan.dates,
    references: one.scan.references.map(({ target }) => target),
  }
}

/** What criteria of consents are compared with, of resources that are not stored yet: what they take from others is left out. */
export function factsFor(deps: StampDeps, inputs: readonly StampInput[]): ResourceFacts[] {
  return inputs.flatMap((input) => (input.resource ? [factsOf(begin(deps, input as Working['input']))] : []))
}

function accOf(one: Working, number: number, states: ReadonlyMap<string, StateDoc>): Acc {
  const p = [...one.persons].sort()
  return { p, s: number, e: p.map((person) => `${person}#${states.get(person)?.epoch ?? 0}`), o: one.input.custodian }
}

/** What `Stamped.withMasterKeys` does, of resources as they are stored. */
export async function masterKeysOf(deps: StampDeps, resources: readonly FhirResource[]): Promise<Stamped['withMasterKeys'][]> {
  const patients = resources.map((resource) => scanResource(resource, deps).patients)
  const persons = await personsOf(deps, [...new Set(patients.flat())])
  return patients.map((ids) => withMaster(ids, persons))
}

interface Found {
  one: Working | undefined
  persons: ReadonlyMap<string, string>
  stored: ReadonlyMap<string, Known>
}

function stampedOf(acc: Acc, { one, persons, stored }: Found): Stamped {
  const patients = one?.scan.patients ?? []
  const leansOn = new Map((one?.looked ?? []).map((name) => [name, stored.get(name)?.mark ?? '']))
  const personOf = new Map(patients.map((id) => [id, persons.get(id) ?? id]))
  return { acc, patients, personOf, leansOn, withMasterKeys: withMaster(patients, persons) }
}

function withMaster(patients: readonly string[], persons: ReadonlyMap<string, string>): Stamped['withMasterKeys'] {
  const linked = patients.flatMap((id) => {
    const person = persons.get(id)
    return person !== undefined && person !== id ? [{ id, person }] : []
  })
  return (keys) => (linked.length === 0 ? [...keys] : masterKeys(keys, linked))
}

/** `param>Patient/<record>` also as `param>Patient/<master>`. */
export function masterKeys(keys: readonly string[], linked: readonly { id: string; person: string }[]): string[] {
  const all = new Set(keys)
  for (const key of keys) {
    const mark = key.indexOf('>')
    if (mark < 0) continue
    const target = key.slice(mark + 1)
    for (const { id, person } of linked) if (target === `Patient/${id}`) all.add(`${key.slice(0, mark)}>Patient/${person}`)
  }
  return [...all]
}
