/** Tokens for the clients: client_credentials with private_key_jwt (SMART Backend Services), with a key of the demonstration. */
import type { JWK } from 'jose'
import { clientAssertion } from '../../server/auth/client-assertion.ts'
import { readKey } from '../../server/auth/demo-keys.ts'
import type { Access } from './js/adapter.ts'

/** A hospital's own platform: it writes and reads what it has in its custody. */
export const CLIENT_ID = 'h1-engine'

/** @param keyFile private key of the client, as the server made it on its first start */
export async function accessWith(keyFile: string): Promise<Access> {
  const key = await readKey(keyFile)
  if (!key) throw new Error(`no key in ${keyFile}`)
  const assertion = (tokenUrl: string): Promise<string> => clientAssertion({ clientId: CLIENT_ID, key: key as JWK, audience: tokenUrl })
  return { assertion, token: async (tokenUrl) => tokenOf(tokenUrl, await assertion(tokenUrl)) }
}

async function tokenOf(tokenUrl: string, assertion: string): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  })
  const answer = await fetch(tokenUrl, { method: 'POST', body })
  if (!answer.ok) throw new Error(`token endpoint: ${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { access_token: string }).access_token
}
