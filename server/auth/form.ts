/** Form bodies of the authorization server: bounded, every parameter once (RFC 6749, 3.2). */
import type { IncomingMessage } from 'node:http'
import { AUTH_LIMITS } from './limits.ts'
import { OAuthError } from './oauth-error.ts'

/** Parameters by name; those without a value count as absent. @throws OAuthError invalid_request */
export async function readForm(request: IncomingMessage, known: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded')
    throw new OAuthError('invalid_request', 'content type must be application/x-www-form-urlencoded')
  const parameters = new URLSearchParams(await readText(request))
  const form = new Map<string, string>()
  for (const [name, value] of parameters) {
    if (!known.has(name)) throw new OAuthError('invalid_request', 'unknown parameter')
    if (form.has(name)) throw new OAuthError('invalid_request', `${name}: given twice`)
    form.set(name, value)
  }
  for (const [name, value] of form) if (value === '') form.delete(name)
  return form
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > AUTH_LIMITS.formBytes) throw new OAuthError('invalid_request', 'body too large')
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new OAuthError('invalid_request', 'body is not UTF-8')
  }
}
