/**
 * Things of which the sender's number tells either which of several alike it is or only in which line it stood (OBX-4): one message does not say which of
 * the two. What is known does. Such a thing has two keys, with the number and without it, and a word of it goes to the one under which it is known.
 */
import { knownOf } from './fold/rows.ts'
import type { StatementFor } from './fold/stored.ts'
import type { Statement } from './fold/types.ts'
import type { IngestTables } from './tables.ts'
import type { PreparedRecord, PreparedStatement } from './types.ts'

/** Name of a unit without members: it says nothing of the resource. */
const lineUnit = (numbered: string): string => `line ${numbered}`

/** That the thing stood in the line whose number makes this id. */
export const asLine = (statement: Statement, numbered: string): Statement => ({
  ...statement,
  units: { ...statement.units, [lineUnit(numbered)]: { at: statement.state.at, members: {} } },
})

/** Ids under which it may be known beside its own. */
export const otherIdsOf = ({ numbered, plain }: PreparedStatement): string[] => [numbered, plain].filter((id) => id !== undefined)

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
  const names = new Set(doubtful.flatMap((one) => [one.id, ...otherIdsOf(one)].map((id) => `${one.type}/${id}`)))
  const said = new Map([...(await knownOf(tables, [...names]))].map(([name, { statements }]) => [name, [...statements]]))
  return rows.map(({ record, wanted }) => {
    const renamed = new Map(record.statements.flatMap((one) => renamingOf(one, said)))
    const placed = renamed.size === 0 ? wanted : wanted.map((one) => withNames(one, renamed))
    for (const { type, id, statement } of placed) {
      const name = `${type}/${id}`
      if (statement && names.has(name)) said.set(name, [...(said.get(name) ?? []), statement])
    }
    return placed
  })
}

function renamingOf(
  { type, id, numbered, plain, statement }: PreparedStatement,
  said: ReadonlyMap<string, Statement[]>,
): [string, string][] {
  const own = `${type}/${id}`
  if (numbered !== undefined && said.has(`${type}/${numbered}`)) return [[own, `${type}/${numbered}`]]
  if (id === undefined || plain === undefined || said.has(own)) return []
  const wasLine = said
    .get(`${type}/${plain}`)
    ?.some(({ source, units }) => source === statement.source && Object.hasOwn(units, lineUnit(id)))
  return wasLine ? [[own, `${type}/${plain}`]] : []
}

function withNames(wanted: StatementFor, renamed: ReadonlyMap<string, string>): StatementFor {
  const name = renamed.get(`${wanted.type}/${wanted.id}`)
  const id = name === undefined ? wanted.id : name.slice(wanted.type.length + 1)
  let text = JSON.stringify(wanted.statement)
  for (const [from, to] of renamed) text = text.replaceAll(from, to)
  return { ...wanted, id, statement: JSON.parse(text) as Statement }
}
