/**
 * Things of which the sender's number tells either which of several alike it is or only in which line it stood (OBX-4): one message does not say which of
 * the two. What is known does. Such a thing has two keys, with the number and without it, and a word of it goes to the one under which it is known.
 */
import { knownOf } from './fold/rows.ts'
import type { StatementFor } from './fold/stored.ts'
import type { Statement } from './fold/types.ts'
import { isNewLine, knownByCount } from './recounted.ts'
import { type Mates, matesIn, partsOf, reportNames, type Said } from './report-results.ts'
import type { IngestTables } from './tables.ts'
import { apartByTimes, correctsUnknownTime, isOfOtherTime, timedIdOf } from './timed.ts'
import type { PreparedRecord, PreparedStatement } from './types.ts'

/** Name of a unit without members: it says nothing of the resource. */
const lineUnit = (numbered: string): string => `line ${numbered}`

/** That the thing stood in the line whose number makes this id. */
export const asLine = (statement: Statement, numbered: string): Statement => ({
  ...statement,
  units: { ...statement.units, [lineUnit(numbered)]: { at: statement.state.at, members: {} } },
})

/** Ids under which it may be known beside its own. */
export const otherIdsOf = (one: PreparedStatement): string[] => [
  ...numbersOf(one),
  ...(one.first === undefined ? [] : [one.first]),
  ...(one.timed ? [one.timed.id, one.timed.plain] : []),
]

const numbersOf = ({ numbered, plain }: PreparedStatement): string[] => [numbered, plain].filter((id) => id !== undefined)

interface Row {
  record: Pick<PreparedRecord, 'statements'>
  /** of each of its statements, in their order */
  wanted: StatementFor[]
}

/**
 * What is wanted of these records, each thing under the key by which it is known, and named so by the others. Records count for those behind them.
 * To be asked again after a meeting with another writer: whoever speaks of a result writes its report, so that two of them do meet.
 */
export async function underKnownKeys(tables: Pick<IngestTables, 'contributions'>, rows: readonly Row[]): Promise<StatementFor[][]> {
  const doubtful = rows.flatMap(({ record }) => record.statements.filter((one) => otherIdsOf(one).length > 0))
  if (doubtful.length === 0) return rows.map(({ wanted }) => wanted)
  const known = new KnownWords(tables)
  const said = await saidOf(known, doubtful, rows)
  const isUnsure = ({ record: { statements }, wanted }: Row): boolean =>
    statements.some(
      (one, at) =>
        correctsUnknownTime(one, said) || isNewLine(one, knownIdOf(one, wanted[at] as StatementFor, said, () => []) ?? one.id, said),
    )
  await askOfReports(known, rows.filter(isUnsure))
  const isDoubtful = new Set([
    ...doubtful.flatMap((one) => namesOf(one, [one.id, ...otherIdsOf(one)])),
    ...rows.flatMap(({ record }) => reportNames(record)),
  ])
  return rows.map(({ record, wanted }) => {
    const renamed = renamingsOf({ record, wanted }, said)
    const placed = renamed.size === 0 ? wanted : wanted.map((one) => withNames(one, renamed))
    for (const { type, id, statement } of placed) {
      const name = `${type}/${id}`
      if (statement && isDoubtful.has(name)) said.set(name, [...(said.get(name) ?? []), statement])
    }
    return placed
  })
}

const namesOf = ({ type }: PreparedStatement, ids: readonly (string | undefined)[]): string[] => ids.map((id) => `${type}/${id}`)

/** What is known, asked for once. */
class KnownWords {
  readonly said = new Map<string, Statement[]>()
  readonly #tables: Pick<IngestTables, 'contributions'>
  readonly #asked = new Set<string>()

  constructor(tables: Pick<IngestTables, 'contributions'>) {
    this.#tables = tables
  }

  async ask(names: readonly string[]): Promise<void> {
    const fresh = new Set(names).difference(this.#asked)
    for (const name of fresh) this.#asked.add(name)
    for (const [name, { statements }] of await knownOf(this.#tables, [...fresh])) this.said.set(name, [...statements])
  }
}

/** What is known under each key that counts: one with a time, or of the first of several, is there only beside the one without. */
async function saidOf(known: KnownWords, doubtful: readonly PreparedStatement[], rows: readonly Row[]): Promise<Map<string, Statement[]>> {
  const { said } = known
  const isCount = ({ record }: Row): boolean => record.statements.some(({ line }) => line !== undefined)
  await known.ask([
    ...doubtful.flatMap((one) => namesOf(one, [one.id, ...numbersOf(one), one.timed?.plain ?? one.id])),
    ...rows.filter(isCount).flatMap(({ record }) => reportNames(record)),
  ])
  const isKnown = ({ type }: PreparedStatement, id: string | undefined): boolean => said.has(`${type}/${id}`)
  await known.ask(
    doubtful.flatMap((one) => [
      ...(one.timed && isKnown(one, one.timed.plain) ? namesOf(one, [one.timed.id]) : []),
      ...(one.first !== undefined && isKnown(one, one.id) ? namesOf(one, [one.first]) : []),
    ]),
  )
  return said
}

/** What is known of the other results and specimens of the reports that these records speak of. */
async function askOfReports(known: KnownWords, rows: readonly Row[]): Promise<void> {
  const reports = rows.flatMap(({ record }) => reportNames(record))
  await known.ask(reports)
  await known.ask(partsOf(reports, known.said))
}

/** From the names that the record gives its things to those by which they are known. */
function renamingsOf({ record: { statements }, wanted }: Row, said: Said): Map<string, string> {
  const mates = matesIn({ statements }, said)
  const alone = statements.map((one, at) => knownIdOf(one, wanted[at] as StatementFor, said, mates) ?? one.id)
  const known = apartByNumbers(statements, knownByCount({ statements, wanted, ids: alone }, said, mates), said)
  if (known.every((id, at) => id === statements[at]?.id)) return new Map()
  const ids = apartByTimes(statements, wanted, known, said)
  return new Map(
    statements.flatMap(({ type, id }, at) => (ids[at] === id ? [] : [[`${type}/${id}`, `${type}/${ids[at]}`] as [string, string]])),
  )
}

/** By its number, and by when it was taken where that is none that tells it apart. */
function knownIdOf(one: PreparedStatement, wanted: StatementFor, said: Said, mates: Mates): string | undefined {
  const { type, id, numbered, plain, timed } = one
  if (numbered !== undefined && said.has(`${type}/${numbered}`) && !isOfOtherTime(one, numbered, wanted, said)) return numbered
  if (id === undefined || plain === undefined) return firstIdOf(one, timedIdOf(one, wanted, said, mates), said)
  if (said.has(`${type}/${id}`)) return id
  if (![plain, timed?.id].some((other) => wordsOfLine(one, other, id, said).length > 0)) return id
  return timed ? timedIdOf({ ...one, id: plain }, wanted, said, mates) : plain
}

/** What the same source said under an id in the line whose number makes another one. */
const wordsOfLine = ({ type, statement }: PreparedStatement, id: string | undefined, numbered: string, said: Said): Statement[] =>
  said.get(`${type}/${id}`)?.filter(({ source, units }) => source === statement.source && Object.hasOwn(units, lineUnit(numbered))) ?? []

/** Where the key without a number is that of another one, the first is known beside it; but what came in the same line is that one. */
function firstIdOf(one: PreparedStatement, id: string | undefined, said: Said): string | undefined {
  const { type, first, numbered } = one
  if (first === undefined || id !== one.id || !said.has(`${type}/${first}`)) return id
  return numbered !== undefined && wordsOfLine(one, id, numbered, said).length > 0 ? id : first
}

/**
 * What one record tells apart by numbers is not one thing. Of two that would be, that one stays there whose line was spoken of there last: what stands
 * there is its value, and the first of its item has its own key beside it. Else what would be found without its number keeps it.
 */
function apartByNumbers(
  statements: readonly PreparedStatement[],
  known: readonly (string | undefined)[],
  said: Said,
): (string | undefined)[] {
  const taken = new Map<string, number>()
  const isFound = (at: number): boolean => statements[at]?.plain !== undefined && known[at] !== statements[at].id
  const isStanding = (at: number): boolean => {
    const [one, id] = [statements[at], known[at]]
    if (!one?.id || !isFound(at)) return false
    const line = lineUnit(one.id)
    return wordsOfLine(one, id, one.id, said).some(({ state, units }) => units[line]?.at === state.at)
  }
  const rankOf = (at: number): number => (isStanding(at) ? 0 : isFound(at) ? 2 : 1)
  for (const at of [...known.keys()].sort((a, b) => rankOf(a) - rankOf(b) || a - b)) {
    const name = `${statements[at]?.type}/${known[at]}`
    if (!taken.has(name)) taken.set(name, at)
  }
  return known.map((id, at) => {
    const one = statements[at]
    const winner = taken.get(`${one?.type}/${id}`) ?? at
    if (winner === at) return id
    if (isFound(at)) return one?.id
    return isFound(winner) && id === one?.id ? (one?.first ?? id) : id
  })
}

/** `Type/id` wherever it is named; all at once, since what one is renamed to another may be renamed from. */
const NAME = /[A-Z][A-Za-z]+\/[\w.-]+/g

function withNames(wanted: StatementFor, renamed: ReadonlyMap<string, string>): StatementFor {
  const name = renamed.get(`${wanted.type}/${wanted.id}`)
  const id = name === undefined ? wanted.id : name.slice(wanted.type.length + 1)
  const text = JSON.stringify(wanted.statement).replace(NAME, (named) => renamed.get(named) ?? named)
  return { ...wanted, id, statement: JSON.parse(text) as Statement }
}
