/**
 * Numbers of events: only what passes the gate gets one, and only when its bytes are about to leave, so that no gap tells of
 * what is hidden. A number that may have left stays with its event.
 */
import { eventsOf, subscriptionsOf } from './tables.ts'
import type { Passed } from './gate.ts'
import type { Numbered } from './notification.ts'
import type { SubscriptionDeps, SubscriptionRow } from './types.ts'

/** The highest number that may have left: rows tell it where the process ended before it was noted. */
export async function countOf({ fhir }: Pick<SubscriptionDeps, 'fhir'>, row: Pick<SubscriptionRow, 'life' | 'count'>): Promise<number> {
  const [last] = await eventsOf(fhir.store).find({ life: row.life, n: { $exists: true } }, { sort: { n: -1 }, limit: 1 })
  return Math.max(row.count, last?.n ?? 0)
}

/** The next numbers behind `count`, for those that have none. Durable when it resolves. */
export async function number(deps: SubscriptionDeps, row: SubscriptionRow, passed: readonly Passed[], count: number): Promise<Numbered[]> {
  const events = eventsOf(deps.fhir.store)
  let last = count
  const numbered = passed.map((one) => {
    if (one.row.n !== undefined) return { ...one, n: one.row.n }
    last++
    return { ...one, n: last }
  })
  const given = numbered.filter((one) => one.row.n === undefined)
  await Promise.all([
    ...given.map((one) => events.setOne({ _id: one.row._id }, { n: one.n })),
    subscriptionsOf(deps.fhir.store).update({ _id: row._id, life: row.life }, { set: { count: last } }),
  ])
  return numbered
}

/** Takes back the numbers that this attempt gave: not one byte has left. */
export async function unnumber(deps: SubscriptionDeps, row: SubscriptionRow, numbered: readonly Numbered[], count: number): Promise<void> {
  const events = eventsOf(deps.fhir.store)
  const given = numbered.filter((one) => one.row.n === undefined)
  await Promise.all(given.map((one) => events.update({ _id: one.row._id }, { unset: ['n'] })))
  await subscriptionsOf(deps.fhir.store).update({ _id: row._id, life: row.life }, { set: { count } })
}
