/** Entries whose uses are announced already: stored soon, many together, and kept until they are. */
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { StoreLog } from './log.ts'
import type { AuditRecord } from './types.ts'

export interface Later {
  add(record: AuditRecord, row: number): void
  /** why nothing more can be taken on now */
  problem(): OutcomeError | undefined
  caughtUp(): Promise<void>
  /** stores what is left */
  close(): Promise<void>
}

export interface LaterOptions {
  log: StoreLog
  append(records: readonly AuditRecord[]): Promise<void>
  missing(records: readonly AuditRecord[]): Promise<AuditRecord[]>
  /** the entry of this row is stored */
  stored(row: number): void
}

export function createLater({ log, append, missing, stored }: LaterOptions): Later {
  const queue: { record: AuditRecord; row: number }[] = []
  let flushing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  /** since when storing has failed */
  let failingSince: number | undefined
  let closed = false

  const flushGroup = async (): Promise<void> => {
    const group = queue.slice(0, BOUNDS.auditGroupEntries)
    const records = group.map(({ record }) => record)
    try {
      // Whether a failed attempt stored something is not known.
      await append(failingSince === undefined ? records : await missing(records))
    } catch (error) {
      failingSince ??= performance.now()
      log.warn({ name: (error as Error).name, entries: queue.length }, 'audit entries wait to be stored')
      throw error
    }
    failingSince = undefined
    queue.splice(0, group.length)
    for (const { row } of group) stored(row)
  }

  /** All that waits at the moment of the call. */
  const flush = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    flushing ??= flushGroup().finally(() => {
      flushing = undefined
      if (queue.length > 0) plan()
    })
    return flushing
  }

  const plan = (): void => {
    if (closed) return
    timer ??= setTimeout(() => flush().catch(() => undefined), failingSince === undefined ? BOUNDS.auditLaterMs : BOUNDS.auditRetryMs)
  }

  const caughtUp = async (): Promise<void> => {
    while (queue.length > 0) await flush()
  }

  return {
    add(record, row) {
      queue.push({ record, row })
      plan()
    },
    problem() {
      if (failingSince !== undefined && performance.now() - failingSince > BOUNDS.auditFailingMs) return new OutcomeError('unavailable')
      return queue.length >= BOUNDS.auditQueue ? new OutcomeError('busy', {}, { 'Retry-After': '1' }) : undefined
    },
    caughtUp,
    async close() {
      closed = true
      await caughtUp()
    },
  }
}
