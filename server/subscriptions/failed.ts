/**
 * After an attempt that failed: again later, each time after twice as long; after the last one a dead letter, which an operator
 * sees and sends again. What comes behind it waits its turn, so that the order stays.
 */
import { SUBSCRIPTION_BOUNDS } from './bounds.ts'
import { byItsEnd } from './end.ts'
import { changeState } from './lifecycle.ts'
import { eventsOf, subscriptionsOf } from './tables.ts'
import type { EventRow, Spec, SubscriptionDeps, SubscriptionRow } from './types.ts'

/** @param tried the events of the attempt; none of a heartbeat, of which the attempts are the failures in a row */
export async function failed(
  deps: SubscriptionDeps,
  row: SubscriptionRow,
  spec: Pick<Spec, 'end'>,
  failure: string,
  tried: readonly EventRow[],
): Promise<void> {
  const { fhir, config } = deps
  const failures = row.failures + 1
  const attempts = tried.length > 0 ? Math.max(...tried.map((one) => one.attempts)) + 1 : failures
  const isLast = attempts >= config.policy.subscriptionAttempts
  const events = eventsOf(fhir.store)
  const state = isLast ? { state: 'dead', error: failure } : {}
  await Promise.all(tried.map((one) => events.update({ _id: one._id }, { set: { ...state, attempts: one.attempts + 1 } })))
  const again = new Date(fhir.now().getTime() + waitMs(config.policy.subscriptionRetrySeconds * 1000, failures))
  await subscriptionsOf(fhir.store).update({ _id: row._id, edition: row.edition }, { set: { failures, due: byItsEnd(spec, again) } })
  deps.log.warn(
    { subscription: row._id, failure, failures, ...(isLast && tried.length > 0 ? { dead: tried.length } : {}) },
    'subscription: not delivered',
  )
  if (isLast && row.state !== 'error') await changeState(deps, row, 'error', { error: failure })
}

/** Between half of it and all, so that those who failed together do not come again together. */
export function waitMs(firstMs: number, failures: number): number {
  const most = Math.min(firstMs * 2 ** Math.min(failures - 1, 20), SUBSCRIPTION_BOUNDS.retryMsMax)
  return most * (0.5 + Math.random() / 2)
}
