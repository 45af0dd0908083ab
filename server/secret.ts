/** The server's own secret: keyed ids, pseudonyms and page links are derived from it. Shared by all processes on one database. */
import { hkdfSync, randomBytes } from 'node:crypto'
import { systemDecision } from './access/decision.ts'
import { isSecret } from './config/environment.ts'
import type { Store, TableDoc } from './store/types.ts'

interface SecretDoc extends TableDoc {
  _id: string
  value: string
}

const SECRET_BYTES = 32

export interface ServerSecret {
  /** a key of its own for each use; 32 bytes */
  for(use: string): Uint8Array
}

/**
 * From YILIAN_SECRET (64 hex digits; keep it outside the database where the database is not trusted), else made once and kept in table `keys`.
 * @throws Error when YILIAN_SECRET is malformed
 */
export async function openSecret(store: Store, fromEnvironment: string | undefined): Promise<ServerSecret> {
  const master = fromEnvironment ? decode(fromEnvironment) : await kept(store)
  return { for: (use) => new Uint8Array(hkdfSync('sha256', master, '', `yilian ${use}`, SECRET_BYTES)) }
}

function decode(text: string): Buffer {
  if (!isSecret(text)) throw new Error('YILIAN_SECRET: 应为 64 个十六进制数字 / must be 64 hexadecimal digits')
  return Buffer.from(text, 'hex')
}

async function kept(store: Store): Promise<Buffer> {
  const table = store.table<SecretDoc>(systemDecision('secret'), 'keys')
  await table.insert({ _id: 'server-secret', value: randomBytes(SECRET_BYTES).toString('hex') })
  const doc = await table.get('server-secret')
  if (!doc) throw new Error('the server secret could not be kept')
  return decode(doc.value)
}
