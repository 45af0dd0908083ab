/** Labels anew the documents of persons: current ones, deleted ones and superseded versions. */
import type { FhirResource } from '../fhir/types.ts'
import type { IndexEntry } from '../search/plan.ts'
import { allInTurns } from '../store/turns.ts'
import type { PersonRows, PersonScope, Restamp, Stored } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { canonicalJson } from './canonical-json.ts'
import type { ConsentDeps } from './consent-change.ts'
import type { Acc } from './decision.ts'
import type { MayGoOn } from './may-go-on.ts'
import { rulesFor } from './parts.ts'
import type { ResourceClass, Subject } from './resource-class.ts'
import { resolveRules } from './resolve.ts'
import { personsOf, stampAll, statesOf, UNKNOWN_PERSON } from './stamp.ts'
import { LABELLING, parseRules } from './tables.ts'
import type { StampInput, Stamped } from './types.ts'

export interface RelabelDeps extends ConsentDeps {
  /** what a resource is found by as things are now; absent: that is left as it is */
  indexOf?(resource: FhirResource, text: string): IndexEntry
  /** runs what indexes and writes: see server/indexing/definitions.ts */
  whileIndexing?<T>(work: () => Promise<T>): Promise<T>
}

/**
 * Restamps what stands in the scope where the labels come out otherwise. Answers false when it had to stop; running it
 * again goes on with what is left. What somebody else relabelled at the same time is looked at once more.
 * @param named `Type/id` of what changed: only what refers to one of these, or to what follows it, is looked at; absent: everything
 */
export async function relabelDocuments(
  deps: RelabelDeps,
  scope: PersonScope,
  mayGoOn: MayGoOn,
  named?: ReadonlySet<string>,
): Promise<boolean> {
  if (scope.persons.length === 0) return true
  const work: Work = { scope, mayGoOn, names: named && new Set(named), passed: { current: [], superseded: [] } }
  for (let round = 0; round < ACCESS_BOUNDS.relabelRoundsMax; round++) {
    const outcome = await relabelScope(deps, work)
    if (outcome !== 'again') return outcome === 'done'
  }
  return false
}

/** What the rounds of one relabelling share. */
interface Work {
  scope: PersonScope
  mayGoOn: MayGoOn
  /** of all that changed so far; absent: everything is looked at */
  names: Set<string> | undefined
  /** what was read and names none of these: while it stands at that version it need not be read again; absent: there is too much to be read at once */
  passed: PersonRows | undefined
}

/**
 * `again`: another relabelled some of it meanwhile, perhaps by an older consent; or something says other things of itself now, and what refers to
 * it may have been looked at before it (the bytes of a document before the document, the document before its visit).
 */
type Outcome = 'done' | 'stopped' | 'again'

/** Types beside each other: labels of what a resource refers to are taken as they stand, and consents do not change those. */
async function relabelScope(deps: RelabelDeps, work: Work): Promise<Outcome> {
  const { mayGoOn, names } = work
  let again = false
  const relabel =
    ({ type, old, batches }: Part) =>
    async (): Promise<boolean> => {
      for await (const batch of batches) {
        if (!mayGoOn(batch.length)) return false
        const looked = names ? await namingAny(batch, names, old ? work.passed?.superseded : work.passed?.current) : batch
        const { whole, told, moved } = await relabelBatch(deps, type, looked, old)
        if (!whole || told.length > 0 || (names && moved.length > 0)) again = true
        for (const id of [...told, ...moved]) names?.add(`${type}/${id}`)
      }
      return true
    }
  const complete = await allOf((await partsOf(deps, work)).map(relabel))
  if (!complete) return 'stopped'
  return again ? 'again' : 'done'
}

/** What stands of one type in the scope. */
interface Part {
  type: string
  old: boolean
  batches: AsyncIterable<Stored[]> | readonly Stored[][]
}

/** Read at once, where it fits into one answer of the database; else type by type. */
async function partsOf(deps: RelabelDeps, work: Work): Promise<Part[]> {
  const { scope } = work
  if (work.passed) {
    work.passed = await stillPassed(work.passed, work.names)
    const rows = await deps.store.rowsOfPersons(LABELLING, scope, work.passed)
    if (rows) return [...partsIn(rows.current, false), ...partsIn(rows.superseded, true)]
    work.passed = undefined
  }
  const { current, superseded } = await deps.store.typesOfPersons(LABELLING, scope)
  return [
    ...current.map((type) => ({ type, old: false, batches: deps.store.ofPersons(LABELLING, type, scope) })),
    ...superseded.map((type) => ({ type, old: true, batches: deps.store.historyOfPersons(LABELLING, type, scope) })),
  ]
}

const partsIn = (rows: readonly Stored[], old: boolean): Part[] =>
  [...Map.groupBy(rows, ({ type }) => type)].map(([type, those]) => ({ type, old, batches: [those] }))

/** What names something that changed since it was read is to be read again: other labels may stand there by now. */
async function stillPassed({ current, superseded }: PersonRows, names: ReadonlySet<string> | undefined): Promise<PersonRows> {
  const still: PersonRows = { current: [], superseded: [] }
  if (!names) return still
  await namingAny(current, names, still.current)
  await namingAny(superseded, names, still.superseded)
  return still
}

/** @param others takes those that name none */
async function namingAny(rows: readonly Stored[], names: ReadonlySet<string>, others?: Stored[]): Promise<Stored[]> {
  const found: Stored[] = []
  await allInTurns(rows, (row) => void (mayName(row, names) ? found : others)?.push(row))
  return found
}

/** Runs them, ACCESS_BOUNDS.relabelTypesAtOnce at a time. True when each answered true; nothing is begun after one that did not. */
async function allOf(work: readonly (() => Promise<boolean>)[]): Promise<boolean> {
  let next = 0
  let complete = true
  const lane = async (): Promise<void> => {
    while (complete && next < work.length) {
      const one = work[next++]
      if (one && !(await one())) complete = false
    }
  }
  await Promise.all(Array.from({ length: ACCESS_BOUNDS.relabelTypesAtOnce }, lane))
  return complete
}

const ID = /[A-Za-z0-9\-.]{1,64}/y
const TYPE_CHARACTERS_MAX = 40

/** Escapes could hide a name. What was deleted refers to nothing. */
function mayName({ body }: Stored, names: ReadonlySet<string>): boolean {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  if (text.includes('\\u') || text.includes('\\/')) return true
  // From slash to slash: a search for what may stand before one goes over a long word again and again.
  for (let slash = text.indexOf('/'); slash >= 0; slash = text.indexOf('/', slash + 1)) {
    let start = slash
    while (start > 0 && slash - start < TYPE_CHARACTERS_MAX && isLetter(text.charCodeAt(start - 1))) start--
    ID.lastIndex = slash + 1
    const id = start < slash ? ID.exec(text)?.[0] : undefined
    if (id !== undefined && names.has(`${text.slice(start, slash)}/${id}`)) return true
  }
  return false
}

const isLetter = (code: number): boolean => (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)

/** Documents that were read just now. False: some stood otherwise by the time. */
export const relabelRowsOf = async (deps: RelabelDeps, type: string, rows: readonly Stored[]): Promise<boolean> =>
  (await relabelBatch(deps, type, rows, false)).whole

interface Batch {
  /** none stood otherwise by the time */
  whole: boolean
  /** ids of those whose labels changed that are taken on by what refers to them */
  told: readonly string[]
  /** of those that are about others now */
  moved: readonly string[]
}

function relabelBatch(deps: RelabelDeps, type: string, rows: readonly Stored[], superseded: boolean): Promise<Batch> {
  if (rows.length === 0) return Promise.resolve({ whole: true, told: [], moved: [] })
  const work = () => relabelled(deps, type, rows, superseded)
  return deps.whileIndexing ? deps.whileIndexing(work) : work()
}

async function relabelled(deps: RelabelDeps, type: string, rows: readonly Stored[], superseded: boolean): Promise<Batch> {
  const alive = rows.filter((row) => !row.deleted && row.body.length > 0)
  const inputs = await allInTurns(alive, inputOf)
  const stamps = await stampAll(deps, inputs)
  // Whoever is somebody else's now is indexed anew as well.
  const changed = await allInTurns(alive, (row, at) => changeOf(deps, row, inputs[at] as StampInput, stamps[at] as Stamped, superseded))
  const changes = changed.flat()
  const dead = rows.filter((row) => row.deleted || row.body.length === 0)
  const idsWhere = (differs: (before: Acc, after: Acc) => boolean): string[] =>
    superseded ? [] : alive.filter((row, at) => differs(row.acc, (stamps[at] as Stamped).acc)).map(({ id }) => id)
  const told = idsWhere((before, after) => saysOtherwise(deps, before.s, after.s))
  const moved = idsWhere((before, after) => !sameList(before.p, after.p))
  changes.push(...(await relabelTombstones(deps, dead, superseded)))
  const whole = changes.length === 0 || (await deps.store.restamp(LABELLING, type, changes)) === changes.length
  return { whole, told, moved }
}

/** Whether two classes differ in what flows along references (inheritance.ts); the rules of persons do not. */
export function saysOtherwise({ classes }: RelabelDeps, before: number, after: number): boolean {
  if (before === after) return false
  const [a, b] = [classes.get(before), classes.get(after)]
  if (!a || !b) return a !== b
  return canonicalJson(inherited(a)) !== canonicalJson(inherited(b))
}

const inherited = ({ labels, insured, notifiable, docType, fromInsurance }: ResourceClass) => ({
  labels,
  insured,
  notifiable,
  docType,
  fromInsurance,
})

/** What names no patient itself (withdrawn reports) stays under the persons under whom it stood. */
function inputOf(row: Stored): StampInput {
  const text = Buffer.from(row.body).toString()
  const resource = JSON.parse(text) as FhirResource
  const namesPatient = text.includes('"Patient/') || row.type === 'Patient'
  const input: StampInput = { type: row.type, id: row.id, resource, custodian: row.acc.o, current: row.acc }
  return namesPatient ? input : { ...input, alsoPatients: row.acc.p.filter((person) => person !== UNKNOWN_PERSON), partUnknown: true }
}

function changeOf(deps: RelabelDeps, row: Stored, input: StampInput, stamp: Stamped, superseded: boolean): Restamp[] {
  if (isSame(row.acc, stamp.acc)) return []
  const change: Restamp = { id: row.id, v: row.v, acc: stamp.acc, stood: row.acc.e }
  if (superseded) return [{ ...change, superseded }]
  const moved = !sameList(row.acc.p, stamp.acc.p)
  if (!moved || !deps.indexOf || !input.resource) return [change]
  const index = deps.indexOf(input.resource, Buffer.from(row.body).toString())
  return [{ ...change, index: { ...index, keys: stamp.withMasterKeys(index.keys) } }]
}

const sameList = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one, at) => one === b[at])

const isSame = (a: Acc, b: Acc): boolean => a.s === b.s && a.o === b.o && sameList(a.p, b.p) && sameList(a.e, b.e)

/** A deleted resource has no content left to read: its class is made anew from the one that it had. */
async function relabelTombstones(deps: RelabelDeps, rows: readonly Stored[], superseded: boolean): Promise<Restamp[]> {
  if (rows.length === 0) return []
  const persons = await personsOf(deps, [...new Set(rows.flatMap(({ acc }) => acc.p))])
  const states = await statesOf(deps, [...new Set(persons.values())])
  if (rows.some(({ acc }) => deps.classes.get(acc.s) === undefined)) await deps.classes.refresh()
  const changes: Restamp[] = []
  for (const row of rows) {
    const known = deps.classes.get(row.acc.s)
    const p = [...new Set(row.acc.p.map((person) => persons.get(person) ?? person))].sort()
    const [s = 0] = known ? await deps.classes.numbersOf([classAnew(known, row, p, states)]) : []
    const e = p.map((person) => `${person}#${states.get(person)?.epoch ?? 0}`)
    const acc: Acc = { p, s, e, o: row.acc.o }
    if (!isSame(row.acc, acc)) changes.push({ id: row.id, v: row.v, acc, stood: row.acc.e, ...(superseded ? { superseded } : {}) })
  }
  return changes
}

function classAnew(
  known: ResourceClass,
  row: Stored,
  persons: readonly string[],
  states: Awaited<ReturnType<typeof statesOf>>,
): ResourceClass {
  const nothing = { profiles: [], codes: [], ownCodes: [], dates: [], references: [] }
  const facts = { ...nothing, type: row.type, id: row.id, targets: known.targets, docType: known.docType, labels: known.labels }
  const subjects = persons.flatMap((person): Subject[] => {
    if (person === UNKNOWN_PERSON) return [{ kind: 'unknown' }]
    const lists = rulesFor(parseRules(states.get(person)), person, undefined)
    return lists.map((list) => ({ kind: 'person', rules: resolveRules(list, facts) }))
  })
  return { ...known, subjects }
}
