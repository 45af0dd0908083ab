/** The overlay and the newest policy classes, read together: what every request needs to know afresh. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { soon } from '../store/soon.ts'
import type { ClassRegistry } from './classes.ts'
import type { OverlayEntry } from './decision.ts'
import type { AccessTables } from './tables.ts'

/** What one read found. Two with the same `key` and `classes` decide alike. */
export interface Snapshot {
  overlay: readonly OverlayEntry[]
  /** text of the overlay, for comparing */
  key: string
  /** of them those of persons to whom others belong than before */
  regrouped: ReadonlySet<string>
  /** highest class number */
  classes: number
}

export interface OverlayReader {
  /** what the last read found; undefined before the first */
  latest(): Snapshot | undefined
  /**
   * A read that starts after this call. Calls of one moment share it, those made while one is under way share the next.
   * @throws OutcomeError unavailable
   */
  read(): Promise<Snapshot>
}

interface Waiting {
  resolve(snapshot: Snapshot): void
  reject(error: unknown): void
}

/** Stands among the overlay's entries, so that one read tells both; it is no person's and never due. */
const CLASS_MARKER = '~classes'
const NEVER_DUE = new Date(8.64e15)

/** Notes in the overlay's table up to which number classes are in use; a higher number that is there stays. */
export function classAnnouncer({ overlay }: Pick<AccessTables, 'overlay'>): (number: number) => Promise<void> {
  return async (number) => {
    const set = { epoch: number, person: CLASS_MARKER, since: new Date(), done: NEVER_DUE }
    await overlay.update({ _id: CLASS_MARKER, epoch: { $lt: number } }, { set }, { upsert: true })
  }
}

export function createOverlayReader(tables: Pick<AccessTables, 'overlay'>, classes: ClassRegistry): OverlayReader {
  let last: Snapshot | undefined
  let isRunning = false
  let waiting: Waiting[] = []

  const readNow = async (): Promise<Snapshot> => {
    const rows = await tables.overlay.find({}, { limit: ACCESS_BOUNDS.overlayMax * 2 + 1, sort: { _id: 1 } })
    // An overlay of which a part is not read would show what is to be hidden.
    if (rows.length > ACCESS_BOUNDS.overlayMax * 2) throw new OutcomeError('unavailable')
    const marker = rows.find(({ _id }) => _id === CLASS_MARKER)
    if (marker) await classes.announced(marker.epoch)
    const overlay = rows.filter((row) => row !== marker).map(({ _id, epoch }) => ({ person: _id, epoch }))
    const key = overlay.map(({ person, epoch }) => `${person}#${epoch}`).join(' ')
    const regrouped = new Set(rows.flatMap((row) => (row.regrouped ? [row._id] : [])))
    last = { overlay, key, regrouped, classes: classes.max }
    return last
  }

  const answer = async (group: readonly Waiting[]): Promise<void> => {
    try {
      const snapshot = await readNow()
      for (const { resolve } of group) resolve(snapshot)
    } catch (error) {
      for (const { reject } of group) reject(error instanceof OutcomeError ? error : new OutcomeError('unavailable'))
    }
  }

  const pump = (): void => {
    if (isRunning || waiting.length === 0) return
    const group = waiting
    waiting = []
    isRunning = true
    void answer(group).finally(() => {
      isRunning = false
      if (waiting.length > 0) wake()
    })
  }
  const wake = soon(pump)

  return {
    latest: () => last,
    read: () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        wake()
      }),
  }
}
