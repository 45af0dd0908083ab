/** Statements that are kept: reading what is known of resources, joining what is new, and folding anew. */
import { allInTurns } from '../../store/turns.ts'
import { likeAmong } from '../link/merged.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import type { IngestTables, PatientRecordDoc } from '../tables.ts'
import { fold, type FoldAdditions, visitsIn } from './fold.ts'
import { keptText } from './kept.ts'
import { isOfLists } from './lists-apart.ts'
import { digestOf, type Known, knownOf, patientsIn, type SaidChange } from './rows.ts'
import { joinStatements } from './statement.ts'
import { type Folded, speakerOf, type Statement, voiceOf } from './types.ts'
import { standsYet, voidedBy } from './voided.ts'

export interface StatementFor {
  type: string
  id: string
  /** absent: nothing new was said, only the persons behind it may have changed */
  statement?: Statement
  /** statements for the one patient record are the other's from now on */
  rename?: readonly [from: string, to: string]
  /** what is known is changed: codes are translated otherwise */
  revise?: (statement: Statement) => Statement
  /** of what is known that which is no longer said of it, but of another one */
  leaving?: (statement: Statement) => boolean
}

export interface FoldedChange {
  folded: Folded
  /** nothing was said of it before: it is not stored yet */
  isNew: boolean
  /** what is kept of its statements from now on (statementWrites); absent when nothing of them changed */
  said?: SaidChange
  /** the text or its persons differ from what was stored last */
  changed: boolean
}

/** Of some of what was folded at the same time: what is kept of their statements. */
export const saidIn = (changes: readonly FoldedChange[]): SaidChange[] => changes.flatMap(({ said }) => said ?? [])

/** Link state that a fold relied on. */
export interface UsedLinks {
  /** record to person */
  persons: ReadonlyMap<string, string>
  /** records of several persons of whom one thing was said, and under what name those of them go that are linked by likeness */
  several: readonly string[]
  like: ReadonlyMap<string, string>
}

export interface FoldedChanges {
  changes: FoldedChange[]
  links: UsedLinks
  /** and of each Encounter that the insurance's statements refer to the one that it was taken for, itself mostly */
  visits: Map<string, string>
}

/**
 * Reads what is known, joins, folds.
 * @param coming of Encounters what they are taken for by rows that are written at the same time
 */
export async function foldStatements(
  tables: IngestTables,
  wanted: readonly StatementFor[],
  coming: ReadonlyMap<string, string> = new Map(),
): Promise<FoldedChanges> {
  const byKey = new Map<string, StatementFor[]>()
  for (const one of wanted) {
    const key = `${one.type}/${one.id}`
    const known = byKey.get(key)
    if (known) known.push(one)
    else byKey.set(key, [one])
  }
  const keys = [...byKey.keys()]
  // Most of what is said is of the patients whom it names: their records are read beside what is known.
  const named = [...new Set(wanted.flatMap(patientsOf))]
  const [known, first] = await Promise.all([knownOf(tables, keys), tables.records.getMany(named)])
  const asked = new Set(named)
  const joined = await allInTurns(byKey, ([key, all]) => joinKnown(known.get(key), all))
  const voided = await voidedWith(tables, joined)
  if (voided.length > 0) return foldStatements(tables, [...wanted, ...voided], coming)
  const patients = [...new Set(joined.flatMap(({ type, id, patients: all }) => (type === 'Patient' ? [...all, id] : all)))]
  const others = await tables.records.getMany(patients.filter((patient) => !asked.has(patient)))
  const records = new Map([...first, ...others].map((doc) => [doc._id, doc]))
  const persons = new Map(patients.map((patient) => [patient, records.get(patient)?.person ?? patient]))
  const several = ofSeveral(joined, persons)
  const [like, visits] = await Promise.all([likeAmong(tables, several), visitsNamed(tables, joined, coming)])
  const moved = new Map([...visits].filter(([id, visit]) => id !== visit))
  const spoken = joined.filter(({ statements }) => statements.length > 0)
  const changes = await allInTurns(spoken, (one) => changeOf(one, { records, persons, like, visits: moved }))
  return { changes, links: { persons, several, like }, visits }
}

/** Only the insurance numbers visits that have a number already. */
async function visitsNamed(
  { visits }: IngestTables,
  joined: readonly Joined[],
  coming: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const said = joined.flatMap(({ type, statements }) => (type === 'Patient' ? [] : statements.filter(({ kind }) => kind === 'miis')))
  const texts = said.flatMap(({ units }) => Object.values(units).flatMap(({ members }) => Object.values(members)))
  const ids = [...new Set(texts.flatMap(visitsIn))]
  const rows = ids.length === 0 ? [] : await visits.getMany(ids)
  const known = new Map(rows.map(({ _id, visit }) => [_id, visit]))
  return new Map(ids.map((id) => [id, coming.get(id) ?? (known.get(id) || id)]))
}

/** What goes with documents and reports that were taken back: once it is among what is folded, there is none. */
async function voidedWith(tables: IngestTables, joined: readonly Joined[]): Promise<StatementFor[]> {
  const voided = joined.flatMap(({ type, isSpokenOf, statements }) => (isSpokenOf ? voidedBy(type, statements) : []))
  if (voided.length === 0) return []
  const said = new Map(joined.map(({ type, id, statements }) => [`${type}/${id}`, statements]))
  const names = [...new Set(voided.map(({ type, id }) => `${type}/${id}`))]
  const others = await knownOf(
    tables,
    names.filter((name) => !said.has(name)),
  )
  const standing = (name: string): readonly Statement[] => said.get(name) ?? others.get(name)?.statements ?? []
  return voided.filter((one) => standsYet(one, standing(`${one.type}/${one.id}`)))
}

/** Records of whom one thing is said that are not of one person by their numbers. */
function ofSeveral(joined: readonly Joined[], persons: ReadonlyMap<string, string>): string[] {
  const things = joined.filter(
    ({ type, patients }) => type !== 'Patient' && new Set(patients.map((patient) => persons.get(patient))).size > 1,
  )
  return [...new Set(things.flatMap(({ patients }) => patients))]
}

/** Whether a link on which a fold relied is another one by now. */
export async function areOtherLinks(tables: IngestTables, { persons, several, like }: UsedLinks): Promise<boolean> {
  if (persons.size === 0) return false
  const [records, now] = await Promise.all([tables.records.getMany([...persons.keys()]), likeAmong(tables, several)])
  const personNow = new Map(records.map((record) => [record._id, record.person ?? record._id]))
  if ([...persons].some(([patient, person]) => (personNow.get(patient) ?? patient) !== person)) return true
  return several.some((patient) => now.get(patient) !== like.get(patient))
}

function patientsOf({ type, id, statement }: StatementFor): string[] {
  const local = statement?.patient?.id
  return [...(type === 'Patient' ? [id] : []), ...(local === undefined ? [] : [local])]
}

interface Joined {
  type: string
  id: string
  known: Known | undefined
  isSpokenOf: boolean
  statements: Statement[]
  patients: string[]
}

function joinKnown(known: Known | undefined, wanted: readonly StatementFor[]): Joined {
  const { type, id, rename, revise = (s) => s, leaving = () => false } = wanted[0] as StatementFor
  const byVoice = new Map<string, Statement>()
  const said = wanted.flatMap(({ statement }) => statement ?? [])
  for (const one of [...(known?.statements ?? []).filter((s) => !leaving(s)), ...said]) {
    const statement = renamed(one, rename)
    const same = byVoice.get(voiceOf(statement))
    byVoice.set(voiceOf(statement), same ? joinStatements(same, statement) : statement)
  }
  const statements = newestOf(type, [...byVoice.values()])
    .sort((a, b) => (voiceOf(a) < voiceOf(b) ? -1 : 1))
    .map(revise)
  const isSpokenOf = wanted.some(({ statement }) => statement !== undefined)
  return { type, id, known, isSpokenOf, statements, patients: patientsIn(statements) }
}

/**
 * A number under which a source tells of ever new patients (a visit "0") is remembered for the last of them, and for the last documents that tell of it.
 * The visits that were joined to one (Encounter) are all kept, what ever new documents name of it is not.
 */
export function newestOf(type: string, statements: readonly Statement[]): Statement[] {
  const max = INGEST_BOUNDS.patientsOfThingMax
  if (statements.length <= max) return [...statements]
  const at = (s: Statement): string => s.patient?.at ?? ''
  const bySource = Map.groupBy(statements, speakerOf)
  const kept = [...bySource.values()].flatMap((own) => own.sort((a, b) => (at(a) < at(b) ? 1 : -1)).slice(0, max))
  const apart = kept.filter(({ via }) => via !== undefined && (type !== 'Encounter' || isOfLists(via)))
  const older = apart.sort((a, b) => (a.state.at < b.state.at ? 1 : -1)).slice(INGEST_BOUNDS.wordsApartMax)
  return older.length === 0 ? kept : kept.filter((one) => !older.includes(one))
}

function renamed(statement: Statement, rename: StatementFor['rename']): Statement {
  if (!rename || statement.patient?.id !== rename[0]) return statement
  return { ...statement, patient: { ...statement.patient, id: rename[1] } }
}

interface Links {
  records: ReadonlyMap<string, PatientRecordDoc>
  persons: ReadonlyMap<string, string>
  like: ReadonlyMap<string, string>
  visits: ReadonlyMap<string, string>
}

function changeOf(one: Joined, { records, persons, like, visits }: Links): FoldedChange {
  const { type, id, known, isSpokenOf, statements, patients } = one
  const personOf = (patient: string): string => persons.get(patient) ?? patient
  const folded = fold(
    type,
    id,
    statements,
    personOf,
    additionsOf(type, records.get(id)),
    (patient) => like.get(patient) ?? personOf(patient),
    visits,
  )
  const digest = digestOf(folded)
  const stood = known && patientsIn(known.statements)
  const changed = known === undefined || known.digest !== digest || patients.some((patient) => !stood?.includes(patient))
  if (known && !changed && keptText(known.statements) === keptText(statements)) return { folded, isNew: false, changed: false }
  const said: SaidChange = { name: `${type}/${id}`, ...(known && { known }), now: { statements, digest }, isSpokenOf }
  return { folded, isNew: known === undefined, said, changed }
}

/** A linked record refers to its master, a joined one to the other; the number under which a newborn stands is its mother's. */
function additionsOf(type: string, record: PatientRecordDoc | undefined): FoldAdditions {
  if (type !== 'Patient' || !record) return {}
  const { replacedBy = null, replaces = [] } = record.merged ?? {}
  const links = [
    ...(record.person === null ? [] : [linkTo(record.person, 'refer')]),
    ...(replacedBy === null ? [] : [linkTo(replacedBy, 'replaced-by')]),
    ...replaces.map((patient) => linkTo(patient, 'replaces')),
  ]
  const elements = { ...(links.length > 0 && { link: JSON.stringify(links) }), ...(replacedBy !== null && { active: 'false' }) }
  return {
    ...(Object.keys(elements).length > 0 && { elements }),
    ...(record.newborn && { newborn: true }),
  }
}

const linkTo = (patient: string, type: string): object => ({ other: { reference: `Patient/${patient}` }, type })

/** What was said just now under a number of two persons, by its types. */
export interface SaidOfOthers {
  /** of another person than those who go first say it of: it is kept, and not seen */
  kept: string[]
  /** documents that were another person's: what was said of that one is kept, and no longer seen */
  taken: string[]
}

/** Their numbers are given once. Visits and reports have some that are used again, or stand for none: of those nobody need be told. */
const DOCUMENTS: ReadonlySet<string> = new Set(['Composition', 'DocumentReference'])

/** @returns what of a record's statements is of two persons, as all that was said adds up by now */
export function saidOfOthers(changes: readonly FoldedChange[]): (wanted: readonly StatementFor[]) => SaidOfOthers {
  const apart = new Map(
    changes.flatMap(({ folded: { type, id, apart: voices } }) => (voices.length > 0 ? [[`${type}/${id}`, voices] as const] : [])),
  )
  return (wanted) => {
    const kept = new Set<string>()
    const taken = new Set<string>()
    for (const { type, id, statement } of apart.size === 0 ? [] : wanted) {
      const others = apart.get(`${type}/${id}`)
      if (!statement || !others) continue
      if (others.includes(voiceOf(statement))) kept.add(type)
      else if (DOCUMENTS.has(type) && !statement.state.withdrawn) taken.add(type)
    }
    return { kept: [...kept].sort(), taken: [...taken].sort() }
  }
}
