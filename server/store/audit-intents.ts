/**
 * Uses that are announced while their answer is still being looked for: who asks for what is durable by the time the answer is
 * found, and the entry that also says what was found follows within some ten milliseconds, when the answer may have left.
 * What a process announced and did not settle before it ended is settled by another (server/audit/recovery.ts).
 *
 * Announcements are only ever inserted, many in a row, and taken away long after: a queue that is emptied at its end would
 * keep MongoDB busy with what is gone.
 */
import { randomBytes } from 'node:crypto'
import type { Db } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { createLater } from './audit-later.ts'
import { guarded } from './failures.ts'
import type { StoreLog } from './log.ts'
import { sharedWrites } from './shared-writes.ts'
import type { Announcement, AuditRecord } from './types.ts'

interface IntentDoc {
  /** writer and number: see `rowId` */
  _id: string
  e: Uint8Array[]
}

interface WriterDoc {
  _id: string
  /** when it was last known to live */
  at: Date
  /** everything up to this row is settled */
  settled: number
}

export const INTENTS = 'audit_intents'
export const WRITERS = 'audit_writers'

const WRITE_CONCERN = { w: 'majority' as const, j: true, wtimeout: BOUNDS.mongoWriteConcernMs }
const ROW_DIGITS = 9

const rowId = (writer: string, row: number): string => `${writer}.${row.toString(36).padStart(ROW_DIGITS, '0')}`

export interface Intents {
  announce(body: Uint8Array): Announcement
  /** resolves when every entry whose answer is known is durable; @throws OutcomeError unavailable */
  caughtUp(): Promise<void>
  close(): Promise<void>
}

export interface IntentsOptions {
  db: Db
  log: StoreLog
  /** appends entries durably, in the chain */
  append(records: readonly AuditRecord[]): Promise<void>
  /** those of the entries that are not stored */
  missing(records: readonly AuditRecord[]): Promise<AuditRecord[]>
  now: () => Date
}

export function createIntents(options: IntentsOptions): Intents {
  const { db, log } = options
  const rows = createRows()
  const life = createLife(options, rows)
  const later = createLater({ ...options, stored: (row) => rows.close(row, 1) })

  const write = async (bodies: Uint8Array[]): Promise<number[]> => {
    await life.begin()
    const row = rows.open(bodies.length)
    try {
      const documents: IntentDoc[] = [{ _id: rowId(life.writer, row), e: bodies }]
      const reply = await db.command({ insert: INTENTS, documents, writeConcern: WRITE_CONCERN })
      if (reply.writeErrors || reply.writeConcernError) throw new OutcomeError('unavailable')
    } catch (error) {
      // It may be stored nevertheless: it tells of uses that were not answered.
      rows.close(row, bodies.length)
      throw error
    }
    return bodies.map(() => row)
  }
  const insert = sharedWrites(write, (body) => body.byteLength, { itemsMax: BOUNDS.auditGroupEntries, bytesMax: BOUNDS.auditGroupBytes })

  return {
    announce(body) {
      const problem = later.problem()
      const row = problem ? Promise.reject<number>(problem) : insert(body)
      let known: number | undefined
      const durable = guarded(log, async () => {
        known = await row
      })
      durable.catch(() => undefined)
      return {
        durable,
        settle(record) {
          if (known !== undefined) later.add(record, known)
          // What does not become durable was not answered, and there is nothing to settle.
          else
            row.then(
              (number) => later.add(record, number),
              () => undefined,
            )
        },
      }
    },
    caughtUp: later.caughtUp,
    async close() {
      await later.close()
      await life.end()
    },
  }
}

interface Rows {
  open(entries: number): number
  close(row: number, entries: number): void
  /** everything up to this row is settled */
  settled(): number
}

function createRows(): Rows {
  const unsettled = new Map<number, number>()
  let last = 0
  return {
    open(entries) {
      last++
      unsettled.set(last, entries)
      return last
    },
    close(row, entries) {
      const left = (unsettled.get(row) ?? 0) - entries
      if (left > 0) unsettled.set(row, left)
      else unsettled.delete(row)
    },
    settled() {
      // A Map keeps the order of insertion, and rows are opened in order.
      const first = unsettled.keys().next()
      return first.done ? last : first.value - 1
    },
  }
}

interface Life {
  writer: string
  /** resolves when the writer is known to others */
  begin(): Promise<void>
  end(): Promise<void>
}

/** Tells others once a second that this writer lives and what it has settled, and takes old rows away. */
function createLife({ db, log, now }: IntentsOptions, rows: Rows): Life {
  const writer = randomBytes(12).toString('hex')
  const noted: { at: number; settled: number }[] = []
  let begun: Promise<void> | undefined
  let removed = 0

  const beat = async (): Promise<void> => {
    const at = now()
    const settled = rows.settled()
    const update = { q: { _id: writer }, u: { $set: { at, settled } }, upsert: true }
    await db.command({ update: WRITERS, updates: [update], writeConcern: WRITE_CONCERN })
    noted.push({ at: at.getTime(), settled })
    while (noted[0] && noted[0].at < at.getTime() - BOUNDS.auditIntentKeptMs) {
      const upTo = noted.shift()?.settled ?? 0
      if (upTo === removed) continue
      removed = upTo
      await db.collection<IntentDoc>(INTENTS).deleteMany({ _id: { $gt: `${writer}.`, $lte: rowId(writer, upTo) } })
    }
  }
  const heart = setInterval(() => {
    if (begun) beat().catch((error: unknown) => log.warn({ name: (error as Error).name }, 'audit writer not noted'))
  }, BOUNDS.auditHeadMs)
  heart.unref()

  return {
    writer,
    begin() {
      begun ??= beat().catch((error: unknown) => {
        begun = undefined
        throw error
      })
      return begun
    },
    async end() {
      clearInterval(heart)
      if (begun) await forgetWriter(db, writer)
    },
  }
}

/** Writers that have not been heard of for `BOUNDS.auditWriterMs`. */
export async function silentWriters(db: Db, now: Date): Promise<{ writer: string; settled: number }[]> {
  const before = new Date(now.getTime() - BOUNDS.auditWriterMs)
  const rows = await db
    .collection<WriterDoc>(WRITERS)
    .find({ at: { $lt: before } })
    .toArray()
  return rows.map(({ _id, settled }) => ({ writer: _id, settled }))
}

/** What a writer announced behind the row up to which all is settled. */
export async function* intentsBehind(db: Db, writer: string, settled: number): AsyncGenerator<Uint8Array[]> {
  const rows = db.collection<IntentDoc>(INTENTS).find({ _id: { $gt: rowId(writer, settled), $lt: `${writer}/` } })
  for await (const { e } of rows) yield e
}

/** All that it announced is settled. */
export async function forgetWriter(db: Db, writer: string): Promise<void> {
  await db.collection<IntentDoc>(INTENTS).deleteMany({ _id: { $gt: `${writer}.`, $lt: `${writer}/` } })
  await db.collection<WriterDoc>(WRITERS).deleteOne({ _id: { $eq: writer } })
}
