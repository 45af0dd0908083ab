/** POST /auth/token: client_credentials with private_key_jwt (SMART Backend Services). */
import type { Request } from 'express'
import type { Client } from '../config/config.ts'
import { issueToken, type TokenAnswer } from './access-token.ts'
import { readForm } from './form.ts'
import { type Asked, grant } from './grant.ts'
import { OAuthError } from './oauth-error.ts'
import type { AuthParts } from './parts.ts'
import { verifyAssertion } from './verify-assertion.ts'

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

const CLIENT_PARAMETERS = ['client_id', 'client_assertion', 'client_assertion_type'] as const
/** Parameter of the request to what it asks for. */
const ASKED: Readonly<Record<string, keyof Asked>> = {
  scope: 'scope',
  purpose_of_use: 'purpose',
  data_form: 'form',
  research_study: 'study',
  break_glass_reason: 'reason',
  patient: 'patient',
  user: 'user',
}
const TOKEN_PARAMETERS = new Set(['grant_type', ...CLIENT_PARAMETERS, ...Object.keys(ASKED)])
const INTROSPECT_PARAMETERS = new Set(['token', 'token_type_hint', ...CLIENT_PARAMETERS])

/** @throws OAuthError */
export async function tokenRequest(parts: AuthParts, request: Request): Promise<TokenAnswer> {
  const form = await readForm(request, TOKEN_PARAMETERS)
  const grantType = form.get('grant_type')
  if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type: required')
  if (grantType !== 'client_credentials') throw new OAuthError('unsupported_grant_type', 'grant_type: must be client_credentials')
  const client = await authenticateClient(parts, form, [parts.urls.token])
  const asked: Asked = {}
  for (const [parameter, name] of Object.entries(ASKED)) {
    const value = form.get(parameter)
    if (value !== undefined) asked[name] = value
  }
  const result = grant(client, asked, 'client')
  if (!result.ok) {
    parts.log.info({ client: client.clientId, error: result.error, why: result.why }, 'token refused')
    throw new OAuthError(result.error, result.why)
  }
  parts.log.info({ client: client.clientId, purpose: result.grant.purpose, form: result.grant.form }, 'token issued')
  return issueToken(parts.key, parts.urls, client, result.grant, parts.now())
}

/** Parameters of an introspection request, from an authenticated client. @throws OAuthError */
export async function introspectionRequest(parts: AuthParts, request: Request): Promise<{ client: Client; token: string }> {
  const form = await readForm(request, INTROSPECT_PARAMETERS)
  const client = await authenticateClient(parts, form, [parts.urls.introspect, parts.urls.token])
  const token = form.get('token')
  if (token === undefined) throw new OAuthError('invalid_request', 'token: required')
  return { client, token }
}

async function authenticateClient(parts: AuthParts, form: ReadonlyMap<string, string>, audiences: readonly string[]): Promise<Client> {
  const assertion = form.get('client_assertion')
  if (assertion === undefined || form.get('client_assertion_type') !== ASSERTION_TYPE) {
    throw new OAuthError('invalid_client', 'client authentication by private_key_jwt is required')
  }
  const result = await verifyAssertion(parts, assertion, audiences)
  const claimed = form.get('client_id')
  if (result.ok && (claimed === undefined || claimed === result.client.clientId)) return result.client
  // Whether the client, its key or its assertion was wrong is for the log only.
  parts.log.warn(
    result.ok ? { why: 'client_id' } : { ...(result.clientId ? { client: result.clientId } : {}), why: result.why },
    'client refused',
  )
  throw new OAuthError('invalid_client', 'client authentication failed')
}
