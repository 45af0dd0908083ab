/**
 * Lines of a report that are counted otherwise in each of its messages: a part of it that begins at line 2, and the whole that sorts them anew. A number of which
 * the one message says another item than the other counts lines in both; so it tells no results apart, and the only result of an item is the one that is known.
 * Where numbers contradict nothing, a count may go on with what was sent before, and what has another number is another result.
 */
import type { StatementFor } from './fold/stored.ts'
import type { Statement } from './fold/types.ts'
import { isOfSameItem, type Mates, type Said, sameVoice } from './report-results.ts'
import { isOfOtherTime } from './timed.ts'
import type { PreparedStatement } from './types.ts'

/** Name of a unit without members: it says nothing of the resource. */
const numberUnit = (line: string): string => `number ${line}`

/** That a message which counts lines had it in this one. */
export const asNumber = (statement: Statement, line: string): Statement => ({
  ...statement,
  units: { ...statement.units, [numberUnit(line)]: { at: statement.state.at, members: {} } },
})

function numbersOf(words: readonly Statement[]): Set<string> {
  const beginning = numberUnit('')
  return new Set(
    words.flatMap(({ units }) => Object.keys(units).flatMap((name) => (name.startsWith(beginning) ? [name.slice(beginning.length)] : []))),
  )
}

interface Counted {
  statements: readonly PreparedStatement[]
  /** of each of them, what is said of it and the id under which it would be known */
  wanted: readonly StatementFor[]
  ids: readonly (string | undefined)[]
}

/** Whether it would be a new result, by its number or without it. */
export const isNewLine = ({ type, line }: PreparedStatement, id: string | undefined, said: Said): boolean =>
  line !== undefined && !said.has(`${type}/${id}`)

/** The ids, of results that are known by another count those. */
export function knownByCount(counted: Counted, said: Said, mates: Mates): (string | undefined)[] {
  return counted.ids.map((id, at) => {
    const one = counted.statements[at]
    return one && isNewLine(one, id, said) ? (otherCountOf(counted, at, said, mates(one)) ?? id) : id
  })
}

function otherCountOf({ statements, wanted }: Counted, at: number, said: Said, known: ReturnType<Mates>): string | undefined {
  const [one, of] = [statements[at], wanted[at]]
  const statement = of?.statement
  if (!one?.line || !of || !statement) return undefined
  const own = known
    .map(([name, words]) => ({ id: name.slice(one.type.length + 1), words: words.filter((word) => sameVoice(word, statement)) }))
    .filter(({ words }) => words.length > 0)
  const isSame = (words: readonly Statement[]): boolean => words.some((word) => isOfSameItem(word, statement))
  const [alike, ...more] = own.filter(({ words }) => isSame(words))
  const beside = statements.filter((other) => other !== one && other.line !== undefined)
  if (!alike || more.length > 0 || beside.some((other) => isSame([other.statement]))) return undefined
  const numbers = numbersOf(alike.words)
  if (numbers.size === 0 || isOfOtherTime(one, alike.id, of, said)) return undefined
  const { number, counts } = one.line
  // Alone it has a number under which it was counted, or is one whose numbers say nothing.
  if (!counts) return numbers.has(number) || numbers.size > 1 ? alike.id : undefined
  const isTaken = beside.some(({ line }) => line && numbers.has(line.number))
  const wasTaken = own.some(({ words }) => !isSame(words) && numbersOf(words).has(number))
  return isTaken || wasTaken ? alike.id : undefined
}
