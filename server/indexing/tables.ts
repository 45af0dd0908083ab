/** The tables of custom search parameters, of the processes that index by them, and of reindexing jobs. */
import { systemDecision } from '../access/decision.ts'
import type { SearchParameter } from '../search/types.ts'
import type { Store, Table, TableDoc } from '../store/types.ts'

export const INDEXING = systemDecision('indexing')

/** A parameter in force; `_id` is that of its SearchParameter. Beside them one row, GENERATION, counts the changes of the table. */
export interface ParameterDoc extends TableDoc {
  _id: string
  /** JSON of the SearchParameter as search takes it */
  definition: string
  /** since which generation it is as it is */
  since: number
  ready: boolean
}

export interface GenerationDoc extends TableDoc {
  _id: string
  n: number
}

/** A process that is running: up to which generation it indexes all that it writes. */
export interface ProcessDoc extends TableDoc {
  _id: string
  generation: number
  /** grows: by it others see that the process lives, whatever their clocks say */
  beat: number
}

export interface ReindexJob extends TableDoc {
  _id: string
  status: 'accepted' | 'completed' | 'failed' | 'cancelled'
  types: string[]
  /** one resource of the one type */
  id?: string
  /** what is indexed as it should be is indexed again too */
  force: boolean
  /** generation that every process indexes by; absent until all do */
  generation?: number
  /** index of the type, pass over it, id behind which to go on, changes of this pass */
  cursor: { type: number; pass: number; id: string; changed: number }
  seen: number
  written: number
  /** resources that cannot be indexed (too many values), and some of their names */
  failed: number
  named: string[]
  /** types of which the last pass that was made still found something: another process indexes otherwise */
  unsettled: string[]
  started: Date
  ended?: Date
  expires?: Date
}

export const GENERATION = '~generation'
export const TABLES = { parameters: 'search_parameters', processes: 'search_processes', jobs: 'reindex_jobs' } as const

export interface IndexingTables {
  parameters: Table<ParameterDoc>
  generation: Table<GenerationDoc>
  processes: Table<ProcessDoc>
  jobs: Table<ReindexJob>
}

export function indexingTables(store: Store): IndexingTables {
  return {
    parameters: store.table<ParameterDoc>(INDEXING, TABLES.parameters),
    generation: store.table<GenerationDoc>(INDEXING, TABLES.parameters),
    processes: store.table<ProcessDoc>(INDEXING, TABLES.processes),
    jobs: store.table<ReindexJob>(INDEXING, TABLES.jobs),
  }
}

export async function ensureIndexingTables(tables: IndexingTables): Promise<void> {
  await Promise.all([
    tables.generation.insert({ _id: GENERATION, n: 0 }),
    tables.jobs.ensureIndex({ status: 1 }),
    tables.jobs.ensureIndex({ expires: 1 }, { expireAfterSeconds: 0 }),
  ])
}

export const definitionOf = ({ definition }: ParameterDoc): SearchParameter => JSON.parse(definition) as SearchParameter
