/** Asks the token endpoint of a running server for an access token, as any client would. */
import { join } from 'node:path'
import type { JWK } from 'jose'
import type { Config } from '../config/config.ts'
import { authUrls, type TokenAnswer } from './access-token.ts'
import { clientAssertion } from './client-assertion.ts'
import { demoKeyFile, readKey } from './demo-keys.ts'

/** Parameters as the token endpoint names them; absent ones take the registration's defaults. */
export interface TokenParameters {
  scope?: string
  purpose_of_use?: string
  data_form?: string
  research_study?: string
  break_glass_reason?: string
  patient?: string
  user?: string
}

export interface TokenRequest {
  /** PUBLIC_URL of the server, which is also the audience of the assertion */
  publicUrl: string
  clientId: string
  key: JWK
  parameters?: TokenParameters
  /** where to send it, when the server is reached by another address than it is known by */
  sendTo?: string
}

const ANSWER_MS_MAX = 30_000

/** @throws Error with the server's `error` and `error_description` */
export async function requestToken(request: TokenRequest): Promise<TokenAnswer> {
  const url = authUrls(request.publicUrl).token
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await clientAssertion({ clientId: request.clientId, key: request.key, audience: url }),
  })
  for (const [name, value] of Object.entries(request.parameters ?? {})) if (value !== undefined) body.set(name, value)
  const response = await fetch(request.sendTo ?? url, {
    method: 'POST',
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  })
  const answer = (await response.json()) as TokenAnswer & { error?: string; error_description?: string }
  if (!response.ok) throw new Error(`${answer.error ?? response.status}: ${answer.error_description ?? ''}`)
  return answer
}

/**
 * The private key of a client: from `folder` (YILIAN_KEYS) as `<client>.json`, else the demonstration key in DATA_DIR.
 * Undefined when there is none.
 */
export function clientKey(config: Config, clientId: string, folder?: string): Promise<JWK | undefined> {
  return readKey(folder ? join(folder, `${clientId}.json`) : demoKeyFile(config.dataDir, clientId))
}
