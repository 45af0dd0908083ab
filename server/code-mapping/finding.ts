/**
 * What carries a coding, page by page: by the keys of searches, so that what does not carry it is not looked at. What an older
 * server indexed has not all of these keys and is gone through one by one, once for each way of indexing.
 */
import type { CodeName } from '../ingest/codings.ts'
import { WITHOUT_SOURCE_CODINGS } from '../search/coding-keys.ts'
import type { PlanNode } from '../search/plan.ts'
import type { Search } from '../search/types.ts'
import type { PageMark, Store, Stored } from '../store/types.ts'
import { MAPPING_BOUNDS } from './bounds.ts'
import { MAPPING, type MappingTables } from './tables.ts'

export interface FindDeps {
  store: Store
  search: Pick<Search, 'codingKeys' | 'indexedAs'>
  tables: Pick<MappingTables, 'indexed'>
}

/** Where to go on within a type: which of the ways of finding, and behind which row. */
export interface Place {
  step: number
  mark: string | null
}

export interface Page {
  rows: Stored[]
  /** absent behind the last one of the type */
  next?: Place
}

const EVERYTHING: PlanNode = { kind: 'everything' }

/** Types of which something is stored and may be translated. */
export const translatedTypes = async (store: Pick<Store, 'types'>): Promise<string[]> =>
  (await store.types()).filter((type) => !WITHOUT_SOURCE_CODINGS.has(type)).sort()

export async function pageAt(deps: FindDeps, type: string, coding: CodeName, { step, mark }: Place): Promise<Page> {
  const keys = deps.search.codingKeys(type, coding)
  const key = keys?.[step]
  if (key !== undefined) return byKey(deps, type, key, { step, mark })
  const after = mark === null ? {} : { afterId: mark }
  if (!keys) return firstOf(deps.store.stream(MAPPING, type, EVERYTHING, after), step)
  const ix = deps.search.indexedAs(type)
  if (mark === null && (await deps.tables.indexed.get(type))?.ix === ix) return { rows: [] }
  const page = await firstOf(deps.store.stream(MAPPING, type, EVERYTHING, { ...after, indexedOtherThan: ix }), step)
  if (mark === null && page.rows.length === 0) await deps.tables.indexed.put({ _id: type, ix })
  return page
}

/** In the order of the index: newest main date first. */
async function byKey({ store }: FindDeps, type: string, key: string, { step, mark }: Place): Promise<Page> {
  const { rows, next } = await store.search(MAPPING, {
    type,
    plan: { kind: 'keys', keys: [key] },
    sort: [],
    count: MAPPING_BOUNDS.batch,
    ...(mark === null ? {} : { after: JSON.parse(mark) as PageMark }),
    total: 'none',
  })
  return { rows, next: next ? { step, mark: JSON.stringify(next) } : { step: step + 1, mark: null } }
}

async function firstOf(batches: AsyncIterable<Stored[]>, step: number): Promise<Page> {
  for await (const batch of batches) {
    const rows = batch.slice(0, MAPPING_BOUNDS.batch)
    const last = rows.at(-1)
    if (last) return { rows, next: { step, mark: last.id } }
  }
  return { rows: [] }
}

/** How many resources carry it; undefined where that is not known by keys, or takes too long. */
export async function countCarrying({ store, search }: FindDeps, types: readonly string[], coding: CodeName): Promise<number | undefined> {
  let found = 0
  for (const type of types) {
    const keys = search.codingKeys(type, coding)
    const count = keys && (await store.count(MAPPING, type, { kind: 'keys', keys }).catch(() => undefined))
    if (count === undefined) return undefined
    found += count
  }
  return found
}
