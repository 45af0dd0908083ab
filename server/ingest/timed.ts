/**
 * Results of one item in one report that differ by when their specimen was taken: glucose before a drink and one hour after it. Sent together they are told
 * apart by that; sent one after the other, the first that comes has the key of the item alone, and what is known says whether another time is another
 * result. A correction with a time of its own is one of the result as it stands: the time may be what was wrong. Where several stand, nobody knows of which.
 */
import type { StatementFor } from './fold/stored.ts'
import { instantOf, type Statement } from './fold/types.ts'
import { isOfSameItem, type Mates, type Said, sameVoice } from './report-results.ts'
import type { PreparedStatement, TimedIds } from './types.ts'

/** Name of a unit without members: it says nothing of the resource. */
const timeUnit = (at: string): string => `time ${at}`

/** That its specimen was taken then, by this word of it. */
export const asTaken = (statement: Statement, { at }: TimedIds): Statement => ({
  ...statement,
  units: { ...statement.units, [timeUnit(at)]: { at: statement.state.at, members: {} } },
})

/** Of what was said before times were kept, or without the time of its report: when it was taken, if it was so before it was said. */
function timeOfBefore({ units: { effective } }: Statement): string | undefined {
  const text = effective?.members.effectiveDateTime
  const taken = text === undefined ? '' : (JSON.parse(text) as string)
  if (!effective || !taken.includes('T')) return undefined
  const instant = new Date(taken).toISOString()
  return instant < instantOf(effective.at) ? instant : undefined
}

function timesOf(statement: Statement): string[] {
  const beginning = timeUnit('')
  const kept = Object.keys(statement.units).filter((name) => name.startsWith(beginning))
  const before = kept.length > 0 ? undefined : timeOfBefore(statement)
  return before === undefined ? kept.map((name) => name.slice(beginning.length)) : [before]
}

/** What was said under this id with a time, by the same voice. */
const timedUnder = ({ type }: PreparedStatement, id: string, statement: Statement, said: Said): Statement[] =>
  said.get(`${type}/${id}`)?.filter((one) => sameVoice(one, statement) && timesOf(one).length > 0) ?? []

const saysTime = (alike: readonly Statement[], at: string): boolean => alike.some((one) => timesOf(one).includes(at))

/**
 * Id by which the result is known, or is to be.
 * @param wanted what is said of it now
 * @param said what is known, by `Type/id`
 * @param mates what is known of its report
 */
export function timedIdOf(one: PreparedStatement, { statement }: StatementFor, said: Said, mates: Mates): string | undefined {
  const { type, id, timed } = one
  if (!timed || !statement || said.has(`${type}/${timed.id}`)) return timed?.id
  const alike = timedUnder(one, timed.plain, statement, said)
  if (saysTime(alike, timed.at)) return timed.plain
  if (alike.length === 0) return id
  return timed.corrects && !standsBesideOthers(one, statement, mates(one)) ? id : timed.id
}

/** Whether it corrects a result that is known, by a time that is not: then it counts what else is known of its report. */
export function correctsUnknownTime({ type, timed }: PreparedStatement, said: Said): boolean {
  const known = said.get(`${type}/${timed?.plain}`)
  return timed?.corrects === true && known !== undefined && !said.has(`${type}/${timed.id}`) && !saysTime(known, timed.at)
}

/** Whether the same item of the report was taken at further times, or there are further specimens, so that a correction may be one of any of them. */
const standsBesideOthers = ({ type, timed }: PreparedStatement, statement: Statement, known: ReturnType<Mates>): boolean =>
  known.some(
    ([name, all]) =>
      name !== `${type}/${timed?.plain}` &&
      all.some((one) => sameVoice(one, statement) && timesOf(one).length > 0 && (type === 'Specimen' || isOfSameItem(one, statement))),
  )

/** Whether all that is known under this id was taken at other times. Of a correction the time may be what was wrong. */
export function isOfOtherTime(one: PreparedStatement, id: string, { statement }: StatementFor, said: Said): boolean {
  if (!one.timed || one.timed.corrects || !statement) return false
  const alike = timedUnder(one, id, statement, said)
  return alike.length > 0 && !saysTime(alike, one.timed.at)
}

/**
 * Ids of what one record says, without two of one: what it tells apart is not one result. Of two that would be, that one stays there whose time is known
 * there, and the other one has its own.
 * @param ids of its statements, in their order
 */
export function apartByTimes(
  statements: readonly PreparedStatement[],
  wanted: readonly StatementFor[],
  ids: readonly (string | undefined)[],
  said: Said,
): (string | undefined)[] {
  const placed = [...ids]
  const isKnown = (at: number): boolean => {
    const [one, id, statement] = [statements[at], ids[at], wanted[at]?.statement]
    return (
      one?.timed === undefined ||
      (id !== undefined && statement !== undefined && saysTime(timedUnder(one, id, statement, said), one.timed.at))
    )
  }
  for (const same of Map.groupBy(ids.keys(), (at) => `${statements[at]?.type}/${ids[at]}`).values()) {
    if (same.length === 1) continue
    const stays = same.find(isKnown) ?? same[0]
    for (const at of same) if (at !== stays) placed[at] = statements[at]?.timed?.id ?? ids[at]
  }
  return placed
}
