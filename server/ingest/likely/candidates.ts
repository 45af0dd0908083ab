/** Records that may be of the same person: found by their keys in the index, never more than can be looked at. */
import { LIKELY_BOUNDS } from './bounds.ts'
import type { IngestTables, PatientRecordDoc } from '../tables.ts'

/** A key that too many have says too little: those are left to other keys. */
export async function candidatesOf({ records }: Pick<IngestTables, 'records'>, record: PatientRecordDoc): Promise<PatientRecordDoc[]> {
  const blocks = record.blocks ?? []
  if (blocks.length === 0) return []
  const limit = LIKELY_BOUNDS.candidatesMax
  const found = await records.find({ blocks: { $in: blocks } }, { limit })
  const all = found.length < limit ? found : await byEachKey(records, blocks)
  return all.filter((one) => one._id !== record._id && mayBeLike(one))
}

/** It is a record of its own, and something is known of it. */
export const mayBeLike = ({ absorbedBy, traits }: PatientRecordDoc): boolean =>
  absorbedBy === null && traits !== null && traits !== undefined

async function byEachKey(records: IngestTables['records'], blocks: readonly string[]): Promise<PatientRecordDoc[]> {
  const limit = LIKELY_BOUNDS.ofOneKeyMax + 1
  const pages = await Promise.all(blocks.map((block) => records.find({ blocks: block }, { limit })))
  return [...new Map(pages.flatMap((page) => (page.length < limit ? page : [])).map((one) => [one._id, one])).values()]
}
