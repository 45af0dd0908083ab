/**
 * Transactions that a killed process left open. The database keeps what they touched from everybody else until it ends them
 * itself, after a minute and more; whoever starts next ends them at once, and whoever runs finds them soon.
 */
import { type ClientSession, MongoServerError } from 'mongodb'
import { BOUNDS } from '../config/bounds.ts'
import { appName, type Connection } from './connect.ts'
import type { StoreLog } from './log.ts'

interface CurrentOp {
  type: string
  client?: string
  lsid?: NonNullable<ClientSession['id']>
  clientMetadata?: { application?: { name?: string } }
  transaction?: { timeInactiveMicros?: number }
}

export interface OrphanWatch {
  stop(): void
}

/**
 * Looks once before it answers, and again every `everyMs`: of several processes on one database the others go on when one is killed, and
 * one that is started again at once finds what it left not idle for long enough. Where the account may not look, it is asked no more.
 */
export async function watchOrphans(
  connection: Connection,
  log: StoreLog,
  { idleMs, everyMs } = { idleMs: BOUNDS.orphanIdleMs as number, everyMs: BOUNDS.orphanLookMs as number },
): Promise<OrphanWatch> {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const look = async (isFirst: boolean): Promise<void> => {
    let mayLook = true
    await endThem(connection, log, idleMs).catch((error: unknown) => {
      mayLook = !isForbidden(error)
      if (isFirst || !mayLook) leftAlone(error, log)
    })
    if (isStopped || !mayLook) return
    timer = setTimeout(() => void look(false), everyMs)
    timer.unref()
  }
  await look(true)
  return {
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

/** Unauthorized; and what hosted databases do not let through. */
const FORBIDDEN = new Set<unknown>([13, 8000])
const isForbidden = (error: unknown): boolean => error instanceof MongoServerError && FORBIDDEN.has(error.code)

/**
 * Ends what belongs to nobody: an open transaction of ours that has been idle for a while and whose connection is gone. A living
 * process keeps its connection open for longer than its transactions rest.
 * @returns how many there were; 0 as well where the database's account may not look, which costs time and nothing else
 */
export async function endOrphans(connection: Connection, log: StoreLog, idleMs: number = BOUNDS.orphanIdleMs): Promise<number> {
  try {
    return await endThem(connection, log, idleMs)
  } catch (error) {
    leftAlone(error, log)
    return 0
  }
}

const leftAlone = (error: unknown, log: StoreLog): void =>
  log.info(
    { name: (error as Error).name, code: (error as { code?: number }).code },
    'transactions of processes that are gone are left to the database',
  )

/** @throws MongoError */
async function endThem({ client, db }: Connection, log: StoreLog, idleMs: number): Promise<number> {
  const seen = await client
    .db('admin')
    .aggregate<CurrentOp>(
      [
        { $currentOp: { allUsers: true, idleConnections: true, idleSessions: true } },
        { $project: { type: 1, client: 1, lsid: 1, clientMetadata: 1, 'transaction.timeInactiveMicros': 1 } },
      ],
      // An id of a session goes back as the UUID that it is.
      { promoteBuffers: false, readConcern: { level: 'local' } },
    )
    .toArray()
  const orphans = orphansAmong(seen, appName(db.databaseName), idleMs)
  if (orphans.length === 0) return 0
  await client.db('admin').command({ killAllSessionsByPattern: orphans.map((lsid) => ({ lsid })) })
  log.info({ count: orphans.length }, 'transactions of a process that is gone were ended')
  return orphans.length
}

function orphansAmong(seen: readonly CurrentOp[], name: string, idleMs: number) {
  const connected = new Set(seen.filter(({ type }) => type === 'op').map(({ client }) => client))
  return seen.flatMap(({ type, client, lsid, clientMetadata, transaction }) => {
    const ours = clientMetadata?.application?.name === name
    const idle = (transaction?.timeInactiveMicros ?? 0) >= idleMs * 1000
    return type === 'idleSession' && lsid && client && ours && idle && !connected.has(client) ? [lsid] : []
  })
}
