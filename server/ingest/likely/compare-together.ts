/**
 * Records that were stored together, looked at together. Most are like nobody: of those that is found by three commands, however many they
 * are, instead of by four for each.
 */
import { type IngestTables, type PatientRecordDoc, TABLES } from '../tables.ts'
import type { IngestDeps } from '../types.ts'
import { LIKELY_BOUNDS } from './bounds.ts'
import { mayBeLike } from './candidates.ts'
import type { CompareJob } from './table-writes.ts'

/**
 * Ends the jobs of records of which nothing is asked and which are like nobody.
 * @returns the others: each is to be compared by itself
 * @throws OutcomeError unavailable
 */
export async function comparedTogether(
  deps: IngestDeps,
  tables: IngestTables,
  jobs: readonly CompareJob[],
): Promise<readonly CompareJob[]> {
  if (!deps.likely || jobs.length === 0) return jobs
  const others = await likeSomebody(tables, [...new Set(jobs.map(({ patient }) => patient))])
  const done = jobs.filter(({ patient }) => !others.has(patient))
  if (done.length > 0) {
    // A mark is of one job alone, so no row is met whose job was put anew meanwhile.
    const where = { _id: { $in: done.map(({ _id }) => _id) }, mark: { $in: done.map(({ mark }) => mark) } }
    await deps.store.table<CompareJob>(deps.decision, TABLES.jobs).delete(where)
  }
  return jobs.filter(({ patient }) => others.has(patient))
}

/** Those of which something is asked or decided, or with which some other record has a key in common. */
async function likeSomebody({ records, tasks }: IngestTables, patients: readonly string[]): Promise<ReadonlySet<string>> {
  const [own, standing] = await Promise.all([records.getMany(patients), tasks.find({ patients: { $in: patients } })])
  const like = new Set(standing.flatMap((task) => task.patients))
  const compared = own.filter((record) => mayBeLike(record) && (record.blocks ?? []).length > 0)
  const keys = [...new Set(compared.flatMap(({ blocks = [] }) => blocks))]
  if (keys.length === 0) return like
  const limit = patients.length + LIKELY_BOUNDS.candidatesMax
  const found = await records.find({ blocks: { $in: keys } }, { limit })
  // Who is like whom cannot be told of so many.
  if (found.length === limit) return new Set([...like, ...compared.map(({ _id }) => _id)])
  const holders = holdersOf(found.filter(mayBeLike))
  for (const { _id, blocks = [] } of compared) if (blocks.some((key) => holders.get(key)?.some((other) => other !== _id))) like.add(_id)
  return like
}

function holdersOf(records: readonly PatientRecordDoc[]): Map<string, string[]> {
  const holders = new Map<string, string[]>()
  for (const { _id, blocks = [] } of records)
    for (const key of blocks) {
      const known = holders.get(key)
      if (known) known.push(_id)
      else holders.set(key, [_id])
    }
  return holders
}
