/**
 * The rows in which it is kept what sources said. Mostly one record alone speaks of a thing: the things of one patient of which it is the
 * first to speak share a row. What is spoken of once more stands by itself from then on, so that those who speak of it do not meet at what
 * stood beside it.
 */
import { hash } from 'node:crypto'
import { Turns } from '../../store/turns.ts'
import type { SideWrite } from '../../store/types.ts'
import { INGEST_BOUNDS } from '../bounds.ts'
import { randomId } from '../ids.ts'
import { type ContributionsDoc, type IngestTables, TABLES } from '../tables.ts'
import { keptTextOf, statementsOfEach } from './kept.ts'
import type { Folded, Statement } from './types.ts'

type Contributions = Pick<IngestTables, 'contributions'>

/** What is kept of one thing. */
export interface Said {
  statements: readonly Statement[]
  /** of the text that was stored last */
  digest: string
}

/** A row as it was read. */
interface Row {
  doc: ContributionsDoc
  /** by name, in the order of their places */
  things: ReadonlyMap<string, Said>
}

export interface Known extends Said {
  row: Row
}

/** What is to be kept of one thing from now on. */
export interface SaidChange {
  /** `Type/id` */
  name: string
  /** absent: nothing was said of it before */
  known?: Known
  /** absent: nothing is kept of it any more */
  now?: Said
  /** a source has just spoken of it */
  isSpokenOf: boolean
}

const DIGEST_CHARACTERS = 22

/** Of what is stored: text and custodian. */
export const digestOf = ({ text, custodian }: Pick<Folded, 'text' | 'custodian'>): string =>
  hash('sha256', text + custodian, 'base64url').slice(0, DIGEST_CHARACTERS)

/** `Type/id` of all that the row is of. */
export const thingsIn = ({ _id, things }: Pick<ContributionsDoc, '_id' | 'things'>): readonly string[] => things ?? [_id]

/** The parts of a name. */
export function namedSo(name: string): { type: string; id: string } {
  const [type = '', id = ''] = name.split('/')
  return { type, id }
}

/** What is known of these things, by name. */
export async function knownOf({ contributions }: Contributions, names: readonly string[]): Promise<Map<string, Known>> {
  if (names.length === 0) return new Map()
  const docs = await rowsOf(contributions, names)
  const wanted = new Set(names)
  return new Map(
    docs.flatMap((doc) => {
      const row = read(doc)
      return [...row.things].flatMap(([name, said]) => (wanted.has(name) ? [[name, { ...said, row }] as const] : []))
    }),
  )
}

/** Rows of servers that kept each thing by itself are known by their id alone. */
async function rowsOf(contributions: IngestTables['contributions'], names: readonly string[]): Promise<ContributionsDoc[]> {
  const among = { $in: names }
  return contributions.find({ $or: [{ things: among }, { _id: among }] }, { limit: names.length })
}

function read(doc: ContributionsDoc): Row {
  const names = thingsIn(doc)
  const digests = doc.digests ?? [doc.digest ?? '']
  const said = statementsOfEach(doc.statements, names.length)
  const things = names.map((name, at): [string, Said] => [
    name,
    { statements: said[at] as Statement[], digest: (digests[at] ?? '').slice(0, DIGEST_CHARACTERS) },
  ])
  return { doc, things: new Map(things) }
}

interface ThingOf {
  name: string
  /** whom its sources mean */
  patients: string[]
}

/** The things of which these patient records speak, row by row. */
export async function* thingsOf(tables: Contributions, patients: readonly string[]): AsyncGenerator<ThingOf[]> {
  for await (const { things } of rowsOfThings(tables, patients)) yield things
}

/** The same with the ids of the rows, in their order. @param after only rows behind that one */
export async function* rowsOfThings(
  { contributions }: Contributions,
  patients: readonly string[],
  after?: string,
): AsyncGenerator<{ row: string; things: ThingOf[] }> {
  const turns = new Turns()
  const where = { patients: { $in: patients }, ...(after !== undefined && { _id: { $gt: after } }) }
  for await (const doc of contributions.stream(where, { sort: { _id: 1 } })) {
    await turns.take()
    const things = [...read(doc).things].map(([name, { statements }]) => ({ name, patients: patientsIn(statements) }))
    yield { row: doc._id, things: things.filter((thing) => thing.patients.some((patient) => patients.includes(patient))) }
  }
}

/** The things of which these patient records speak in rows in which this is named, row by row. */
export async function* thingsNaming(
  { contributions }: Contributions,
  patients: readonly string[],
  name: string,
): AsyncGenerator<readonly string[]> {
  for await (const doc of contributions.stream({ patients: { $in: patients } }, { sort: { _id: 1 } }))
    if (doc.statements.includes(name)) yield thingsIn(doc)
}

/** Local patient records of the sources that speak. */
export const patientsIn = (statements: readonly Statement[]): string[] =>
  [...new Set(statements.flatMap(({ patient }) => patient?.id ?? []))].sort()

/** The writes of all changes that are committed together, guarded by revision, so that nobody's statement is lost. */
export function statementWrites(changes: readonly SaidChange[]): SideWrite[] {
  const byRow = new Map<string, { row: Row; ofRow: SaidChange[] }>()
  for (const change of changes) {
    if (!change.known) continue
    const { row } = change.known
    const { ofRow } = byRow.get(row.doc._id) ?? { ofRow: [] }
    byRow.set(row.doc._id, { row, ofRow: [...ofRow, change] })
  }
  const rewritten = [...byRow.values()].flatMap(({ row, ofRow }) => rowWrites(row, ofRow))
  const fresh = changes.flatMap(({ name, known, now }) => (!known && now ? [[name, now] as const] : []))
  return [...rewritten, ...together(fresh).map((things) => insertion(things))]
}

type Thing = readonly [name: string, said: Said]

function rowWrites({ doc, things }: Row, changes: readonly SaidChange[]): SideWrite[] {
  const left = new Map(things)
  const leaving: Thing[] = []
  for (const { name, now, isSpokenOf } of changes) {
    if (now && !(isSpokenOf && things.size > 1)) left.set(name, now)
    else {
      left.delete(name)
      if (now) leaving.push([name, now])
    }
  }
  const { _id, rev } = doc
  // An emptied row gives up its names before it goes: a list without members would be the same as that of another.
  const set = left.size > 0 ? contentOf([...left]) : { things: [`~${_id}`] }
  const guarded: SideWrite = {
    table: TABLES.contributions,
    op: 'update',
    where: { _id, rev },
    set: { ...set, rev: rev + 1 },
    mustMatch: true,
  }
  return [
    guarded,
    ...(left.size > 0 ? [] : [{ table: TABLES.contributions, op: 'delete', where: { _id } } as const]),
    ...leaving.map((thing) => insertion([thing], [_id])),
  ]
}

/** Things that stand in one row: those that one source alone said of the same patient. */
function together(things: readonly Thing[]): Thing[][] {
  const rows = Map.groupBy(things, ([name, { statements }]) => {
    const [only, ...others] = statements
    return only?.patient && others.length === 0 ? `${only.source} ${only.patient.id}` : name
  })
  return [...rows.values()].flatMap(bounded)
}

function bounded(things: readonly Thing[]): Thing[][] {
  const rows: Thing[][] = []
  let characters = Number.POSITIVE_INFINITY
  for (const thing of things) {
    const own = charactersOf(thing[1])
    characters += own
    const isFull = characters > INGEST_BOUNDS.statementCharactersTogetherMax || rows.at(-1)?.length === INGEST_BOUNDS.statementsTogetherMax
    if (isFull) {
      rows.push([])
      characters = own
    }
    rows.at(-1)?.push(thing)
  }
  return rows
}

function charactersOf({ statements }: Said): number {
  let sum = 0
  for (const { units, lists } of statements) {
    for (const { members } of Object.values(units)) sum += textsLength(Object.values(members))
    for (const entries of Object.values(lists)) for (const { items } of Object.values(entries)) sum += textsLength(items)
  }
  return sum
}

const textsLength = (texts: readonly string[]): number => texts.reduce((sum, { length }) => sum + length, 0)

function insertion(things: readonly Thing[], after?: readonly string[]): SideWrite {
  const [[name] = [''], ...others] = things
  const _id = others.length === 0 ? name : randomId()
  return { table: TABLES.contributions, op: 'insert', doc: { _id, rev: 1, ...contentOf(things) }, ...(after && { after }) }
}

function contentOf(things: readonly Thing[]): Omit<ContributionsDoc, '_id' | 'rev'> {
  const said = things.map(([, { statements }]) => statements)
  return {
    things: things.map(([name]) => name),
    patients: patientsIn(said.flat()),
    statements: keptTextOf(said),
    digests: things.map(([, { digest }]) => digest),
  }
}

/** Nothing of these things is known any more (legal deletion). */
export async function forgetThings({ contributions }: Contributions, names: readonly string[]): Promise<void> {
  const gone = new Set(names)
  await contributions.delete({ _id: { $in: names } })
  for (;;) {
    const docs = await contributions.find({ things: { $in: names } }, { limit: INGEST_BOUNDS.listPageMax })
    if (docs.length === 0) return
    for (const doc of docs) {
      const { _id, rev } = doc
      const left = [...read(doc).things].filter(([name]) => !gone.has(name))
      // Where somebody speaks of one of them meanwhile it is found at the next look.
      if (left.length === 0) await contributions.delete({ _id, rev })
      else await contributions.update({ _id, rev }, { set: { ...contentOf(left), rev: rev + 1 } })
    }
  }
}
