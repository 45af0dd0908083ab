/** A record beside those that may be of the same person: who is it, and of whom is a clerk to be asked? */
import type { IngestTables, PatientRecordDoc } from '../tables.ts'
import { LIKELY_BOUNDS } from './bounds.ts'
import { candidatesOf } from './candidates.ts'
import { compare, type Levels } from './compare.ts'
import { featuresOf } from './features.ts'
import { type Doubt, judge, type Verdict } from './judge.ts'
import { NO_TRAITS } from './traits.ts'
import type { Thresholds } from './thresholds.ts'
import { scoreOf } from './weights.ts'

/** The likeliest record of another person. */
export interface Likely {
  record: PatientRecordDoc
  person: string
  score: number
  levels: Levels
  verdict: Verdict
}

/** Persons of records, as access knows them. */
export async function personsOf({ persons }: Pick<IngestTables, 'persons'>, patients: readonly string[]): Promise<Map<string, string>> {
  const rows = new Map((await persons.getMany([...new Set(patients)])).map((row) => [row._id, row.person]))
  return new Map(patients.map((patient) => [patient, rows.get(patient) ?? patient]))
}

/** Persons who may be it, the likeliest first; whom a clerk kept apart is not among them. */
export async function weigh(tables: IngestTables, record: PatientRecordDoc, thresholds: Thresholds): Promise<Likely[]> {
  const found = await candidatesOf(tables, record)
  if (found.length === 0) return []
  const persons = await personsOf(tables, [record._id, ...found.map(({ _id }) => _id)])
  const own = persons.get(record._id) ?? record._id
  const others = found.filter(({ _id, number }) => persons.get(_id) !== own && !differ(record.number, number))
  const judged = others.map((other) => pairOf(record, other, persons.get(other._id) ?? other._id, thresholds))
  const likely = judged
    .filter(({ verdict }) => verdict.kind !== 'none')
    .sort((a, b) => b.score - a.score || (a.record._id < b.record._id ? -1 : 1))
  const best = [...new Map(likely.toReversed().map((one) => [one.person, one])).values()].toReversed()
  return best.length === 0 ? [] : doubted(await notKeptApart(tables, own, best))
}

const differ = (a: { value: string } | null, b: { value: string } | null): boolean => a !== null && b !== null && a.value !== b.value

function pairOf(record: PatientRecordDoc, other: PatientRecordDoc, person: string, thresholds: Thresholds): Likely {
  const levels = compare(featuresOf(record.traits ?? NO_TRAITS), featuresOf(other.traits ?? NO_TRAITS))
  const score = scoreOf(levels)
  const written = [record, other].some(({ domain }) => domain.startsWith('rest:'))
  const verdict = judge({ levels, score, sameDomain: record.domain === other.domain, written }, thresholds)
  return { record: other, person, score, levels, verdict }
}

/** Where several persons who have numbers of their own are likely, and none far more than the others, it is said of none. */
function doubted(all: readonly Likely[]): Likely[] {
  const numbered = all.filter(({ record, verdict }) => verdict.kind === 'link' && record.number !== null)
  const [first, second] = numbered
  if (!first || !second || first.score - second.score >= LIKELY_BOUNDS.marginBits) {
    // Of those whose number is another one than the first one's, nobody is asked: he is found.
    return first ? all.filter((one) => one === first || !differ(one.record.number, first.record.number)) : [...all]
  }
  return all.map((one) => (one.verdict.kind === 'link' ? { ...one, verdict: { kind: 'ask', doubt: 'several' satisfies Doubt } } : one))
}

/** A decision about two records holds for the persons that they are of. */
async function notKeptApart(tables: IngestTables, own: string, all: readonly Likely[]): Promise<Likely[]> {
  const mine = await membersOf(tables, own)
  const apart = await tables.tasks.find({ patients: { $in: mine }, state: 'apart' })
  if (apart.length === 0) return [...all]
  const persons = await personsOf(tables, [...new Set(apart.flatMap(({ patients }) => patients))])
  const kept = new Set(apart.flatMap(({ patients }) => patients.map((patient) => persons.get(patient))))
  kept.delete(own)
  return all.filter(({ person }) => !kept.has(person))
}

/** Records of a person. */
export async function membersOf({ persons }: Pick<IngestTables, 'persons'>, person: string): Promise<string[]> {
  const rows = await persons.find({ person })
  return [...new Set([person, ...rows.map(({ _id }) => _id)])]
}
