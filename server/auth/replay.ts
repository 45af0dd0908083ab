/** Each client assertion counts once, on all nodes and across restarts (access.md L77). */
import { createHash } from 'node:crypto'
import type { Table, TableDoc } from '../store/types.ts'
import { AUTH_LIMITS } from './limits.ts'

export interface JtiDoc extends TableDoc {
  _id: string
  /** from then on the assertion is refused for its age, and the row may go */
  until: Date
}

export interface Replay {
  /** False when this client has used this jti before. Majority-written before it answers. */
  use(clientId: string, jti: string, expiresAt: Date): Promise<boolean>
}

export async function openReplay(table: Table<JtiDoc>): Promise<Replay> {
  await table.ensureIndex({ until: 1 }, { expireAfterSeconds: 0 })
  return {
    use(clientId, jti, expiresAt) {
      const _id = createHash('sha256')
        .update(JSON.stringify([clientId, jti]))
        .digest('base64url')
      return table.insert({ _id, until: new Date(expiresAt.getTime() + 2 * AUTH_LIMITS.clockToleranceSeconds * 1000) })
    },
  }
}
