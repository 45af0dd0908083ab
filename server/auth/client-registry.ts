/** The registered clients with their keys. Party, organisation and role of an actor come from here and from nowhere else. */
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import type { Client, Config } from '../config/config.ts'
import { demoPublicKeys } from './demo-keys.ts'
import { localKeys, remoteKeys } from './key-source.ts'
import type { AuthLog } from './log.ts'

export interface RegisteredClient {
  client: Client
  /** absent: it cannot authenticate here, only by an external issuer */
  keys?: JWTVerifyGetKey
}

export type ClientRegistry = ReadonlyMap<string, RegisteredClient>

/** Clients of the configuration by id; makes the demonstration keys that are still missing. */
export async function openClientRegistry(config: Config, log: AuthLog): Promise<ClientRegistry> {
  const registry = new Map<string, RegisteredClient>()
  for (const client of config.clients) {
    const keys = await keysOf(client, config, log)
    registry.set(client.clientId, { client, ...(keys ? { keys } : {}) })
  }
  return registry
}

async function keysOf(client: Client, config: Config, log: AuthLog): Promise<JWTVerifyGetKey | undefined> {
  const { keys } = client
  switch (keys.kind) {
    case 'inline':
      return localKeys({ keys: [...keys.keys] } as JSONWebKeySet)
    case 'remote':
      return remoteKeys({ uri: keys.uri, rules: { origins: config.jwksOrigins, privateOrigins: config.privateOrigins }, log })
    case 'demo':
      return localKeys(await demoPublicKeys(config.dataDir, client.clientId))
    case 'none':
      return undefined
  }
}
