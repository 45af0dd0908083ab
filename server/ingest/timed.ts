/**
 * Results of one item in one report that differ by when their specimen was taken: glucose before a drink and one hour after it. Sent together they are told
 * apart by that; sent one after the other, the first that comes has the key of the item alone, and what is known says whether another time is another
 * result. A correction with a time of its own is one of the result as it stands: the time may be what was wrong.
 */
import type { StatementFor } from './fold/stored.ts'
import type { Statement } from './fold/types.ts'
import type { PreparedStatement, TimedIds } from './types.ts'

/** Name of a unit without members: it says nothing of the resource. */
const timeUnit = (at: string): string => `time ${at}`

/** That its specimen was taken then, by this word of it. */
export const asTaken = (statement: Statement, { at }: TimedIds): Statement => ({
  ...statement,
  units: { ...statement.units, [timeUnit(at)]: { at: statement.state.at, members: {} } },
})

const isTimed = ({ units }: Statement): boolean => Object.keys(units).some((name) => name.startsWith(timeUnit('')))

/** What this source said of this patient in the same key. Where a number is used again for another patient, times say nothing. */
const sameVoice = ({ source, patient }: Statement, said: Statement): boolean => source === said.source && patient?.id === said.patient?.id

/**
 * Id by which the result is known, or is to be.
 * @param wanted what is said of it now
 * @param said what is known, by `Type/id`
 */
export function timedIdOf(
  { type, id, timed }: PreparedStatement,
  { statement }: StatementFor,
  said: ReadonlyMap<string, readonly Statement[]>,
): string | undefined {
  if (!timed || !statement || said.has(`${type}/${timed.id}`)) return timed?.id
  const alike = said.get(`${type}/${timed.plain}`)?.filter((one) => sameVoice(one, statement) && isTimed(one)) ?? []
  const isOfThatTime = alike.some(({ units }) => Object.hasOwn(units, timeUnit(timed.at)))
  if (isOfThatTime) return timed.plain
  return alike.length > 0 && !timed.corrects ? timed.id : id
}
