/** Leases: one owner at a time for a piece of work, whoever dies loses it when its time is over. */
import type { Table, TableDoc } from './types.ts'

export interface Lease {
  /** grows with each new owner: a write may insist on it, so that an owner who overslept does no harm */
  term: number
  /** false: it was lost, stop working */
  renew(): Promise<boolean>
  release(): Promise<void>
}

interface LeaseFields extends TableDoc {
  leaseOwner?: string
  leaseUntil?: Date
  leaseTerm?: number
}

/**
 * Takes the lease of document `id` (made when it is not there), or answers undefined when somebody holds it. `ms` must be
 * long against the difference of the nodes' clocks; renew at a third of it.
 */
export async function lease<T extends TableDoc>(
  table: Table<T>,
  id: string,
  owner: string,
  ms: number,
  now: () => Date = () => new Date(),
): Promise<Lease | undefined> {
  const rows = table as unknown as Table<LeaseFields>
  const taken = await rows.update(
    { _id: id, $or: [{ leaseUntil: { $exists: false } }, { leaseUntil: { $lte: now() } }, { leaseOwner: owner }] },
    { set: { leaseOwner: owner, leaseUntil: later(now, ms) }, inc: { leaseTerm: 1 } },
    { upsert: true },
  )
  if (!taken) return undefined
  const term = taken.leaseTerm ?? 0
  const mine = { _id: id, leaseOwner: owner, leaseTerm: term }
  return {
    term,
    async renew() {
      return (await rows.update({ ...mine, leaseUntil: { $gt: now() } }, { set: { leaseUntil: later(now, ms) } })) !== undefined
    },
    async release() {
      await rows.update(mine, { unset: ['leaseOwner', 'leaseUntil'] })
    },
  }
}

function later(now: () => Date, ms: number): Date {
  return new Date(now().getTime() + ms)
}
