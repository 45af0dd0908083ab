/** Pages over several types, each type found, filtered and gated by its own query. */
import type { Decision } from '../access/decision.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { PlanNode, SortTerm } from '../search/plan.ts'
import type { PageMark, SearchPage, Stored } from '../store/types.ts'
import { BY_ID } from './order.ts'
import type { FhirDeps } from './types.ts'

/** What is looked for of one type. */
export interface TypePlan {
  type: string
  plan: PlanNode
}

type Page = Pick<SearchPage, 'rows' | 'next' | 'beyond'>

/**
 * One type after the other, each by id; `plans` in the order of their names. A mark is the type and id of the last one, so that
 * a page goes on where it was although types come and go. No page but the last of all is the last one, and none is longer.
 */
export async function pageByType(
  deps: FhirDeps,
  decision: Decision,
  plans: readonly TypePlan[],
  { count, after }: { count: number; after?: PageMark },
): Promise<Page> {
  const from = after && placeOf(after)
  const rows: Stored[] = []
  let last = after ?? START
  for (const { type, plan } of plans) {
    if (from && type < from.type) continue
    const isFull = rows.length >= count
    const resumed = from?.type === type ? { after: [from.id] } : {}
    const size = isFull ? 1 : count - rows.length
    const page = await deps.store.search(decision, { type, plan, sort: [...BY_ID], count: size, total: 'none', ...resumed })
    if (isFull) {
      const beyond = page.rows[0] ?? page.beyond
      if (beyond) return { rows, beyond, next: last }
      continue
    }
    rows.push(...page.rows)
    const end = page.rows.at(-1)
    if (end) last = [type, end.id]
    if (page.next) return { rows, next: [type, ...page.next], ...(page.beyond ? { beyond: page.beyond } : {}) }
  }
  return { rows }
}

/** In front of every type. */
const START: PageMark = ['', '']

/** @throws OutcomeError page-invalid */
function placeOf([type, id]: PageMark): { type: string; id: string } {
  if (typeof type !== 'string' || typeof id !== 'string') throw new OutcomeError('page-invalid', { expression: ['http._page'] })
  return { type, id }
}

/** In front of every id, and behind every one. */
const FIRST_ID = ''
const LAST_ID = '~'

/** All types in one order, that of the time of their last change; of one time by type and id. A mark is these three. */
export async function pageByTime(
  deps: FhirDeps,
  decision: Decision,
  plans: readonly TypePlan[],
  { count, descending, after }: { count: number; descending: boolean; after?: PageMark },
): Promise<Page> {
  const sort: SortTerm[] = [{ by: 'lastUpdated', param: '_lastUpdated', descending }]
  const pages = await Promise.all(
    plans.map(({ type, plan }) => {
      const resumed = after ? { after: markOf(after, type, descending) } : {}
      return deps.store.search(decision, { type, plan, sort, count, total: 'none', ...resumed })
    }),
  )
  const all = pages.flatMap(({ rows, beyond }) => [...rows, ...(beyond ? [beyond] : [])]).sort(order(descending))
  const rows = all.slice(0, count)
  const [last, beyond] = [rows.at(-1), all[count]]
  return { rows, ...(beyond && last ? { beyond, next: [last.at.getTime(), last.type, last.id] } : {}) }
}

/** The store tells equal times apart by id against the direction of the time. */
function order(descending: boolean): (a: Stored, b: Stored) => number {
  const sign = descending ? 1 : -1
  return (a, b) => {
    if (a.at.getTime() !== b.at.getTime()) return sign * (b.at.getTime() - a.at.getTime())
    if (a.type !== b.type) return a.type < b.type ? -1 : 1
    return sign * (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  }
}

/** Where a type goes on: of the time of the mark, types before its own are done, and those behind it are not begun. */
function markOf([at, type, id]: PageMark, ofType: string, descending: boolean): PageMark {
  if (typeof at !== 'number' || typeof type !== 'string' || typeof id !== 'string')
    throw new OutcomeError('page-invalid', { expression: ['http._page'] })
  if (ofType === type) return [at, id]
  const isDone = ofType < type
  return [at, isDone === descending ? LAST_ID : FIRST_ID]
}
