/** A job that translates anew what is stored: its row. */
import { randomUUID } from 'node:crypto'
import type { CodingChange } from '../ingest/codings.ts'
import type { Store } from '../store/types.ts'
import { translatedTypes } from './finding.ts'
import { MAPPING_BOUNDS } from './bounds.ts'
import type { CodeMappingDoc, MappingTables, RetranslationJob } from './tables.ts'

export interface JobFacts {
  change: CodingChange
  conceptMap: string
  people: string[]
}

export async function jobOf(
  { store, now }: { store: Pick<Store, 'types'>; now(): Date },
  { _id: mapping, source, organization }: Pick<CodeMappingDoc, '_id' | 'source' | 'organization'>,
  { change, conceptMap, people }: JobFacts,
): Promise<RetranslationJob> {
  return {
    _id: randomUUID(),
    mapping,
    source,
    organization,
    status: 'accepted',
    change: JSON.stringify(change),
    conceptMap,
    people,
    types: await translatedTypes(store),
    cursor: FIRST,
    seen: 0,
    written: 0,
    failed: 0,
    named: [],
    started: now(),
  }
}

const FIRST: RetranslationJob['cursor'] = { type: 0, pass: 0, step: 0, mark: null, before: 0 }

/** One that could not write all says so. */
export function endJob(
  { tables, now }: { tables: Pick<MappingTables, 'jobs'>; now(): Date },
  job: RetranslationJob,
): Promise<RetranslationJob | undefined> {
  const ended = now()
  const expires = new Date(ended.getTime() + MAPPING_BOUNDS.jobKeptMs)
  const status = job.failed > 0 ? 'failed' : 'completed'
  return tables.jobs.update({ _id: job._id, status: 'accepted' }, { set: { status, ended, expires } })
}
