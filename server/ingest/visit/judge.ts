/** Whether what the insurance tells of under its number of a visit is told of under the hospital's number too. */
import { leadersOf } from '../fold/fold.ts'
import { bySpeaker } from '../fold/statement.ts'
import { isMention, type Statement } from '../fold/types.ts'
import { patientsIn } from '../fold/rows.ts'
import { likeAmong } from '../link/merged.ts'
import type { IngestTables, VisitDoc } from '../tables.ts'
import { wordOf } from './words.ts'

const DAY_MS = 86_400_000
const TYPE = 'Encounter'

/** What is said of a visit under the one number, and under the other. */
export interface Sides {
  /** by the insurance, under its own number */
  insured: readonly Statement[]
  /** under the number that counts, by whomever */
  own: readonly Statement[]
}

/**
 * The Encounter under which the visit stands; '' its own. Never that of another person; nor of a visit of which the insurance says itself that it
 * has none of it (MIIS 4202, 4205): as an insured one it would be seen by who may see those. A number that may be of several stays
 * is believed where the hospital tells of a visit under it at that time.
 */
export async function visitOf(tables: IngestTables, row: Pick<VisitDoc, 'words'>, said: Sides): Promise<string> {
  const word = wordOf(row)
  const [insured, own] = [bySpeaker(said.insured), bySpeaker(said.own)]
  if (!word || own.some(isUninsured)) return ''
  if (word.by === 'record' && !isAtThatTime(insured, own)) return ''
  return (await isOnePerson(tables, insured, own)) ? word.own : ''
}

const isTold = ({ state }: Statement): boolean => !isMention(state.at) && !state.withdrawn

const isUninsured = (statement: Statement): boolean => statement.kind === 'miis' && statement.via === undefined && isTold(statement)

async function isOnePerson(tables: IngestTables, insured: readonly Statement[], own: readonly Statement[]): Promise<boolean> {
  if (insured.length === 0 || own.length === 0) return true
  const [one] = [leadersOf(TYPE, own).newest.patient?.id].filter((id) => id !== undefined)
  const others = patientsIn(insured)
  if (one === undefined || others.every((other) => other === one)) return true
  const all = [...new Set([one, ...others])]
  const [records, like] = await Promise.all([tables.records.getMany(all), likeAmong(tables, all)])
  const persons = new Map(records.map(({ _id, person }) => [_id, person ?? _id]))
  const personOf = (patient: string): string => like.get(patient) ?? persons.get(patient) ?? patient
  return others.every((other) => personOf(other) === personOf(one))
}

function isAtThatTime(insured: readonly Statement[], own: readonly Statement[]): boolean {
  const began = insured.filter(isTold).flatMap((statement) => periodOf(statement)?.start ?? [])
  const periods = own.filter((s) => s.kind !== 'miis' && isTold(s)).flatMap((statement) => periodOf(statement) ?? [])
  return began.some((at) => periods.some(({ start, end }) => at >= start - DAY_MS && at <= end + DAY_MS))
}

interface Period {
  /** ms since 1970 */
  start: number
  end: number
}

/** A stay without an end goes on; any other visit is over on its day. */
function periodOf({ units }: Statement): Period | undefined {
  const { start, end } = read<{ start?: string; end?: string }>(units.period?.members.period) ?? {}
  const began = Date.parse(start ?? read<string>(units['period.start']?.members['period.start']) ?? '')
  if (Number.isNaN(began)) return undefined
  const ended = Date.parse(end ?? read<string>(units['period.end']?.members['period.end']) ?? '')
  const isStay = STAYS.has(read<{ code?: string }>(units.class?.members.class)?.code ?? '')
  return { start: began, end: Number.isNaN(ended) ? (isStay ? Number.POSITIVE_INFINITY : began) : Math.max(ended, began) }
}

/** Codes of v3-ActCode. */
const STAYS: ReadonlySet<string> = new Set(['IMP', 'ACUTE', 'NONAC', 'OBSENC', 'SS'])

const read = <T>(text: string | undefined): T | undefined => (text === undefined ? undefined : (JSON.parse(text) as T))
