/** What the authorization server and the authenticator share: clients, signing key, used assertions. */
import type { Config } from '../config/config.ts'
import type { Table, TableDoc } from '../store/types.ts'
import { type AuthUrls, authUrls } from './access-token.ts'
import { type ClientRegistry, openClientRegistry } from './client-registry.ts'
import { type AuthLog, silentAuthLog } from './log.ts'
import { openReplay, type Replay, type JtiDoc } from './replay.ts'
import { openSigningKey, type SigningKey, type SigningKeyDoc } from './signing-key.ts'

export interface AuthDeps {
  config: Config
  /** the server's own tables (`store.table` with a system decision) */
  table: <T extends TableDoc>(name: string) => Table<T>
  log?: AuthLog
  now?: () => Date
}

export interface AuthParts {
  config: Config
  urls: AuthUrls
  clients: ClientRegistry
  key: SigningKey
  replay: Replay
  log: AuthLog
  now: () => Date
}

/** Opens (and at the very first start makes) keys and tables. The tables are `keys` and `jti`. */
export async function openAuth(deps: AuthDeps): Promise<AuthParts> {
  const log = deps.log ?? silentAuthLog
  const [clients, key, replay] = await Promise.all([
    openClientRegistry(deps.config, log),
    openSigningKey(deps.table<SigningKeyDoc>('keys')),
    openReplay(deps.table<JtiDoc>('jti')),
  ])
  return { config: deps.config, urls: authUrls(deps.config.publicUrl), clients, key, replay, log, now: deps.now ?? (() => new Date()) }
}
