/** POST /auth/introspect (RFC 7662): what a token of this server means. A client learns of its own tokens, an operator of all. */
import type { Client } from '../config/config.ts'
import { verifyOwnToken } from './access-token.ts'
import { AUTH_LIMITS } from './limits.ts'
import type { AuthParts } from './parts.ts'

/** `{ active: false }` and nothing more for every token that is not good or not for the asker to know. */
export async function introspect(parts: AuthParts, asker: Client, token: string): Promise<Record<string, unknown>> {
  const inactive = { active: false }
  if (token.length > AUTH_LIMITS.tokenChars) return inactive
  try {
    const claims = await verifyOwnToken(parts.key, parts.urls, token, parts.now())
    if (claims.client_id !== asker.clientId && asker.party !== 'operator') return inactive
    return parts.clients.has(String(claims.client_id)) ? { active: true, token_type: 'bearer', ...claims } : inactive
  } catch {
    return inactive
  }
}
