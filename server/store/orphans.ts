/**
 * Transactions that a killed process left open. The database keeps what they touched from everybody else until it ends them
 * itself, after a minute and more; whoever starts next ends them at once.
 */
import type { ClientSession } from 'mongodb'
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

/**
 * Ends what belongs to nobody: an open transaction of ours that has been idle for a while and whose connection is gone. A living
 * process keeps its connection open for longer than its transactions rest.
 * @returns how many there were; 0 as well where the database's account may not look, which costs time and nothing else
 */
export async function endOrphans({ client, db }: Connection, log: StoreLog, idleMs: number = BOUNDS.orphanIdleMs): Promise<number> {
  try {
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
  } catch (error) {
    log.info(
      { name: (error as Error).name, code: (error as { code?: number }).code },
      'transactions of processes that are gone are left to the database',
    )
    return 0
  }
}

function orphansAmong(seen: readonly CurrentOp[], name: string, idleMs: number) {
  const connected = new Set(seen.filter(({ type }) => type === 'op').map(({ client }) => client))
  return seen.flatMap(({ type, client, lsid, clientMetadata, transaction }) => {
    const ours = clientMetadata?.application?.name === name
    const idle = (transaction?.timeInactiveMicros ?? 0) >= idleMs * 1000
    return type === 'idleSession' && lsid && client && ours && idle && !connected.has(client) ? [lsid] : []
  })
}
