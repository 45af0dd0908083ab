/**
 * Where notifications may go: only what the client's registration lists, written as it is written there. An address that says
 * the same in another way (dots, encodings, user information, a port that is understood) is another one.
 */
import type { Client } from '../config/config.ts'
import { isLoopback } from '../config/cross-checks.ts'

/** What some servers take for a slash, a dot or an end, where others see a letter. */
const AMBIGUOUS = /%(?:2e|2f|5c|00|25)|\\|[^!-~]/i

/** `undefined` for who is not registered (development without access control): this machine only. */
export function mayReceive(client: Pick<Client, 'subscriptionEndpoints'> | undefined, endpoint: string): boolean {
  const url = plainUrl(endpoint)
  if (!url) return false
  if (!client) return isLoopback(url.hostname)
  return client.subscriptionEndpoints.some((registered) => covers(registered, endpoint))
}

function covers(registered: string, endpoint: string): boolean {
  if (!registered.endsWith('/*')) return registered === endpoint || `${registered}/` === endpoint
  const below = registered.slice(0, -1)
  return endpoint.startsWith(below)
}

/** The address where it is in its plain form: what is compared is what is connected to. */
function plainUrl(endpoint: string): URL | undefined {
  if (AMBIGUOUS.test(endpoint) || !URL.canParse(endpoint)) return undefined
  const url = new URL(endpoint)
  if (url.href !== endpoint && url.href !== `${endpoint}/`) return undefined
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) return undefined
  if (url.username !== '' || url.password !== '' || url.hash !== '') return undefined
  // `..;x` is a step up where parameters of a segment are taken off.
  const climbs = url.pathname.split('/').some((segment) => /^\.{1,2}(;|$)/.test(segment))
  return climbs ? undefined : url
}
