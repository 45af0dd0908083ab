/**
 * Things of which the sender's number tells either which of several alike it is or only in which line it stood (OBX-4): one message does not say which of
 * the two. What is known does. Such a thing has two keys, with the number and without it, and a word of it goes to the one under which it is known.
 */
import { knownOf } from './fold/rows.ts'
import type { StatementFor } from './fold/stored.ts'
import type { Statement } from './fold/types.ts'
import type { IngestTables } from './tables.ts'
import { apartByTimes, isOfOtherTime, timedIdOf } from './timed.ts'
import type { PreparedRecord, PreparedStatement } from './types.ts'

/** Name of a unit without members: it says nothing of the resource. */
const lineUnit = (numbered: string): string => `line ${numbered}`

/** That the thing stood in the line whose number makes this id. */
export const asLine = (statement: Statement, numbered: string): Statement => ({
  ...statement,
  units: { ...statement.units, [lineUnit(numbered)]: { at: statement.state.at, members: {} } },
})

/** Ids under which it may be known beside its own. */
export const otherIdsOf = (one: PreparedStatement): string[] => [...numbersOf(one), ...(one.timed ? [one.timed.id, one.timed.plain] : [])]

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
  const said = await saidOf(tables, doubtful)
  const isDoubtful = new Set(doubtful.flatMap((one) => namesOf(one, [one.id, ...otherIdsOf(one)])))
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

/** What is known under each key that counts: one with a time is there only beside the one without. */
async function saidOf(
  tables: Pick<IngestTables, 'contributions'>,
  doubtful: readonly PreparedStatement[],
): Promise<Map<string, Statement[]>> {
  const said = new Map<string, Statement[]>()
  const ask = async (names: readonly string[]): Promise<void> => {
    for (const [name, { statements }] of await knownOf(tables, [...new Set(names)])) said.set(name, [...statements])
  }
  await ask(doubtful.flatMap((one) => namesOf(one, [one.id, ...numbersOf(one), one.timed?.plain ?? one.id])))
  await ask(doubtful.flatMap((one) => (one.timed && said.has(`${one.type}/${one.timed.plain}`) ? namesOf(one, [one.timed.id]) : [])))
  return said
}

/** From the names that the record gives its things to those by which they are known. */
function renamingsOf({ record: { statements }, wanted }: Row, said: ReadonlyMap<string, Statement[]>): Map<string, string> {
  const known = apartByNumbers(
    statements,
    statements.map((one, at) => knownIdOf(one, wanted[at] as StatementFor, said) ?? one.id),
  )
  if (known.every((id, at) => id === statements[at]?.id)) return new Map()
  const ids = apartByTimes(statements, wanted, known, said)
  return new Map(
    statements.flatMap(({ type, id }, at) => (ids[at] === id ? [] : [[`${type}/${id}`, `${type}/${ids[at]}`] as [string, string]])),
  )
}

/** By its number, and by when it was taken where that is none that tells it apart. */
function knownIdOf(one: PreparedStatement, wanted: StatementFor, said: ReadonlyMap<string, Statement[]>): string | undefined {
  const { type, id, numbered, plain, timed, statement } = one
  if (numbered !== undefined && said.has(`${type}/${numbered}`) && !isOfOtherTime(one, numbered, wanted, said)) return numbered
  if (id === undefined || plain === undefined) return timedIdOf(one, wanted, said)
  if (said.has(`${type}/${id}`)) return id
  const wasLine = (other: string | undefined): boolean =>
    said.get(`${type}/${other}`)?.some(({ source, units }) => source === statement.source && Object.hasOwn(units, lineUnit(id))) ?? false
  if (![plain, timed?.id].some(wasLine)) return id
  return timed ? timedIdOf({ ...one, id: plain }, wanted, said) : plain
}

/** What one record tells apart by numbers is not one thing: what would be found without its number keeps it where another one is there. */
function apartByNumbers(statements: readonly PreparedStatement[], known: readonly (string | undefined)[]): (string | undefined)[] {
  const taken = new Map<string, number>()
  const isFound = (at: number): boolean => statements[at]?.plain !== undefined && known[at] !== statements[at].id
  for (const yields of [false, true])
    for (const at of known.keys())
      if (isFound(at) === yields && !taken.has(`${statements[at]?.type}/${known[at]}`))
        taken.set(`${statements[at]?.type}/${known[at]}`, at)
  return known.map((id, at) => (isFound(at) && taken.get(`${statements[at]?.type}/${id}`) !== at ? statements[at]?.id : id))
}

/** `Type/id` wherever it is named; all at once, since what one is renamed to another may be renamed from. */
const NAME = /[A-Z][A-Za-z]+\/[\w.-]+/g

function withNames(wanted: StatementFor, renamed: ReadonlyMap<string, string>): StatementFor {
  const name = renamed.get(`${wanted.type}/${wanted.id}`)
  const id = name === undefined ? wanted.id : name.slice(wanted.type.length + 1)
  const text = JSON.stringify(wanted.statement).replace(NAME, (named) => renamed.get(named) ?? named)
  return { ...wanted, id, statement: JSON.parse(text) as Statement }
}
