/**
 * Sources that fall silent. When each was heard last is noted by all processes in one row; who finds that it is too long ago writes so into
 * the row, and only the process whose writing counts tells it: one line in the log, one entry in the API and a figure, however many look.
 * Time in which nobody watched a source (it was not registered, or no server ran that could have heard it) is none of its silence.
 */
import type { Table } from '../store/types.ts'
import { INGEST_BOUNDS } from './bounds.ts'
import type { IngestSource, Silence, SilenceDoc } from './types.ts'

export interface SilenceDeps {
  table: Table<SilenceDoc>
  sources: readonly Pick<IngestSource, 'id' | 'silentAfterHours'>[]
  now(): Date
  log(event: string, facts: Record<string, string | number>): void
  /** 1 while silent */
  gauge?(source: string, silent: boolean, heardSeconds: number): void
}

const HOUR_MS = 3_600_000

export function createSilence(deps: SilenceDeps): Silence {
  const watched = deps.sources.filter(({ silentAfterHours }) => silentAfterHours !== undefined)
  const heardAt = new Map<string, Date>()
  const known = new Set(watched.map(({ id }) => id))
  let timer: NodeJS.Timeout | undefined
  let running: Promise<unknown> = Promise.resolve()

  const note = async (): Promise<void> => {
    const all = [...heardAt]
    heardAt.clear()
    for (const [_id, at] of all) {
      try {
        const row = await deps.table.update({ _id, heardAt: { $lt: at } }, { set: { heardAt: at, everHeard: true, unwatchedMs: 0 } })
        if (!row) await deps.table.update({ _id, everHeard: { $ne: true } }, { set: { everHeard: true } })
      } catch {
        // The database is away: it is noted when that is over.
        if ((heardAt.get(_id) ?? at) <= at) heardAt.set(_id, at)
      }
    }
  }

  /** Noted that it is looked at, and how long it was not. Who has not been watched for longer than he may be silent begins anew. */
  const watchedRow = async (row: SilenceDoc | undefined, now: Date, silentMs: number): Promise<SilenceDoc | undefined> => {
    if (!row) return undefined
    const { _id, heardAt, lookedAt, unwatchedMs = 0 } = row
    const sinceMs = lookedAt === undefined ? 0 : now.getTime() - lookedAt.getTime()
    if (lookedAt !== undefined && sinceMs < INGEST_BOUNDS.silenceLookMs) return row
    const isWatched = sinceMs < INGEST_BOUNDS.silenceUnwatchedMs
    const isAnew = sinceMs > silentMs
    const set = {
      lookedAt: now,
      ...(!isWatched && { unwatchedMs: isAnew ? Math.max(0, now.getTime() - heardAt.getTime()) : unwatchedMs + sinceMs }),
      ...(isAnew && { silentSince: null }),
    }
    // Who is faster has noted the same.
    const where = { _id, heardAt, lookedAt: lookedAt ?? null }
    return (await deps.table.update(where, { set })) ?? deps.table.get(_id)
  }

  const look = async (): Promise<string[]> => {
    await note()
    const changed: string[] = []
    const rows = new Map((await deps.table.getMany(watched.map(({ id }) => id))).map((row) => [row._id, row]))
    for (const { id, silentAfterHours = 0 } of watched) {
      const now = deps.now()
      const row = await watchedRow(rows.get(id), now, silentAfterHours * HOUR_MS)
      if (!row) continue
      const isSilent = now.getTime() - row.heardAt.getTime() - (row.unwatchedMs ?? 0) > silentAfterHours * HOUR_MS
      deps.gauge?.(id, isSilent, Math.max(0, (now.getTime() - row.heardAt.getTime()) / 1000))
      if (isSilent === (row.silentSince !== null)) continue
      const where = { _id: id, heardAt: row.heardAt, silentSince: isSilent ? null : { $ne: null } }
      if (!(await deps.table.update(where, { set: { silentSince: isSilent ? now : null } }))) continue
      changed.push(id)
      deps.log(isSilent ? 'source-silent' : 'source-heard-again', { source: id, hours: silentAfterHours })
    }
    return changed
  }

  const round = (): Promise<string[]> => {
    const next = running.then(look, look)
    running = next.catch(() => undefined)
    return next
  }

  return {
    heard(source) {
      if (known.has(source)) heardAt.set(source, deps.now())
    },
    look: round,
    async rows(sources) {
      await round()
      return deps.table.getMany(sources.filter((id) => known.has(id)))
    },
    async start() {
      // A source that was just configured has its time before it is missed.
      for (const { id } of watched) await deps.table.insert({ _id: id, heardAt: deps.now(), silentSince: null, lookedAt: deps.now() })
      timer = setInterval(() => void round().catch(() => undefined), INGEST_BOUNDS.silenceLookMs)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await running
      await note().catch(() => undefined)
    },
  }
}
