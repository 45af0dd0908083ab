/**
 * Leased work: whoever is free takes what is due, keeps its lease while it works, and loses it when it dies, so that any
 * process finishes what another began. Nothing is kept in memory that another process would need.
 */
import { randomUUID } from 'node:crypto'
import { lease } from '../store/leases.ts'
import type { Table, TableDoc } from '../store/types.ts'

/** A kind of work: rows of a table. */
export interface WorkKind<T extends TableDoc> {
  name: string
  table: Table<T>
  /** condition of rows that are due, leases apart */
  due: Record<string, unknown>
  sort: Record<string, 1 | -1>
  /** ends normally when the row is no longer due; throws to have it tried again after its lease */
  work(row: T, alive: () => boolean): Promise<void>
}

export interface WorkerOptions {
  owner: string
  leaseMs: number
  heartbeatMs: number
  /** rows looked at in one round */
  pageMax: number
  /** rows under way at the same time; one after the other when absent */
  concurrency?: number
  now(): Date
  failed(kind: string, id: string | number, error: unknown): void
  /**
   * With it a free place is filled with what became due while others are still under way, so that nothing waits behind what takes long.
   * Absent: what is not due at the beginning waits for the next round.
   */
  more?: More
}

export interface More {
  /** resolves when there may be something new to do */
  wait(): Promise<void>
  /** nothing more is to be taken up */
  isOver(): boolean
}

/** Works through what is due of one kind; what failed is left to the next round. @returns how many rows it finished */
export async function workThrough<T extends TableDoc>(kind: WorkKind<T>, options: WorkerOptions): Promise<number> {
  const { concurrency = 1, more } = options
  const underWay = new Map<T['_id'], Promise<void>>()
  const failed = new Set<T['_id']>()
  let finished = 0
  const begin = (row: T): void => {
    const work = workOne(kind, row, options)
      .then((isDone) => {
        if (isDone) finished++
        else failed.add(row._id)
      })
      .finally(() => underWay.delete(row._id))
    underWay.set(row._id, work)
  }
  try {
    let rows = await dueRows(kind, options)
    for (;;) {
      while (rows.length > 0 && underWay.size < concurrency) begin(rows.shift() as T)
      if (underWay.size === 0) return finished
      const isWaiting = rows.length === 0 && more !== undefined
      await Promise.race([...underWay.values(), ...(isWaiting ? [more.wait()] : [])])
      if (more?.isOver()) rows = []
      else if (isWaiting) rows = (await dueRows(kind, options)).filter(({ _id }) => !underWay.has(_id) && !failed.has(_id))
    }
  } finally {
    await Promise.allSettled(underWay.values())
  }
}

function dueRows<T extends TableDoc>(kind: WorkKind<T>, { now, pageMax }: WorkerOptions): Promise<T[]> {
  const free = { $or: [{ leaseUntil: { $exists: false } }, { leaseUntil: { $lte: now() } }] }
  return kind.table.find({ $and: [kind.due, free] }, { sort: kind.sort, limit: pageMax })
}

/** Takes the lease of one row and works on it. @returns false when somebody else has it, or the work failed */
export async function workOne<T extends TableDoc>(kind: WorkKind<T>, row: T, options: WorkerOptions): Promise<boolean> {
  // An owner of its own for each take: two rounds of one process must not share a row either.
  const owner = `${options.owner}-${randomUUID()}`
  const held = await lease(kind.table, String(row._id), owner, options.leaseMs, options.now)
  if (!held) return false
  const fresh = await current(kind.table, row._id)
  let alive = fresh !== undefined
  const heartbeat = setInterval(() => {
    held.renew().then(
      (still) => {
        alive = alive && still
      },
      () => {
        alive = false
      },
    )
  }, options.heartbeatMs)
  try {
    if (fresh) await kind.work(fresh, () => alive)
    return alive
  } catch (error) {
    options.failed(kind.name, row._id, error)
    return false
  } finally {
    clearInterval(heartbeat)
    await held.release()
  }
}

/** Taking a lease makes a row that was finished and deleted in the meantime: such an empty one goes again. */
async function current<T extends TableDoc>(table: Table<T>, id: T['_id']): Promise<T | undefined> {
  const row = await table.get(id)
  if (!row || Object.keys(row).some((field) => field !== '_id' && !field.startsWith('lease'))) return row
  await table.delete({ _id: id })
  return undefined
}
