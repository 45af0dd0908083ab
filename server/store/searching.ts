/** The calls of the store that a search makes, on the database itself or on one that notes what it is asked (explain.ts). */
import type { Db } from 'mongodb'
import type { Decision } from '../access/decision.ts'
import type { PlanNode } from '../search/plan.ts'
import { checkTypeName } from './collections.ts'
import { toStored } from './documents.ts'
import { guarded } from './failures.ts'
import { follow } from './follow.ts'
import { keySetsOf } from './key-sets.ts'
import { latestOfGroups } from './latest.ts'
import type { StoreLog } from './log.ts'
import { hasLink, linkedFilter } from './lookups.ts'
import type { ReadByIds } from './reader.ts'
import { countMatches, searchPage } from './search.ts'
import type { Followed, SearchCalls } from './types.ts'

export interface SearchingParts {
  db: Db
  log: StoreLog
  /** the account of uses is read with all that this process has answered */
  caughtUp(type: string): Promise<void> | undefined
  /** what else must be done with a plan before it is asked */
  prepared(type: string, plan: PlanNode): Promise<PlanNode>
  readByIds: ReadByIds
  /** what links lead to is told by its power of ten only, also by how the search goes on */
  explaining?: boolean
}

export interface Searching {
  calls: SearchCalls
  /** with its links followed */
  planOf(d: Decision, type: string, plan: PlanNode): Promise<PlanNode>
}

export function createSearching({ db, log, caughtUp, prepared, readByIds, explaining = false }: SearchingParts): Searching {
  const followed = (d: Decision, plan: PlanNode): Promise<Followed> =>
    hasLink(plan) ? follow({ db, decision: d, prepare: prepared, explaining }, plan) : Promise.resolve({ plan, through: [], wide: false })
  const planOf = async (d: Decision, type: string, plan: PlanNode): Promise<PlanNode> => prepared(type, (await followed(d, plan)).plan)
  return {
    planOf,
    calls: {
      readMany: async (d, type, ids) => {
        checkTypeName(type)
        await caughtUp(type)
        const docs = await guarded(log, () => readByIds(type, ids.map(String)))
        return docs.map((doc) => toStored(type, doc)).filter((stored) => d.permits(type, stored.acc))
      },
      search: (d, query) => guarded(log, async () => searchPage(db, d, { ...query, plan: await planOf(d, query.type, query.plan) })),
      follow: (d, type, plan) => {
        checkTypeName(type)
        return guarded(log, () => followed(d, plan))
      },
      latest: (d, query) => guarded(log, async () => latestOfGroups(db, d, { ...query, plan: await planOf(d, query.type, query.plan) })),
      keySets: (d, query) => {
        checkTypeName(query.type)
        return guarded(log, () => keySetsOf(db, d, query))
      },
      count: (d, type, plan) => guarded(log, async () => countMatches(db, type, linkedFilter(d, type, await planOf(d, type, plan)))),
    },
  }
}

/** Whatever is found, the search goes on as if it were nothing: which commands follow (includes, linked Patients, other types) would tell of it. */
export const findingNothing = (calls: SearchCalls): SearchCalls => ({
  ...calls,
  readMany: () => Promise.resolve([]),
  async search(decision, query) {
    await calls.search(decision, query)
    return { rows: [] }
  },
})
