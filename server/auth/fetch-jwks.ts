/**
 * Fetches a JSON Web Key Set from a place that the operator listed. The address is checked where the connection is made, so a
 * name cannot resolve to one address for the check and to another for the request (access.md L72).
 */
import { lookup as lookupDns, type LookupAddress } from 'node:dns'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { JSONWebKeySet } from 'jose'
import { AUTH_LIMITS } from './limits.ts'

export interface FetchRules {
  /** origins (scheme, host, port) that may be asked */
  origins: readonly string[]
  /** those of them that may be plain http or have a private address */
  privateOrigins: readonly string[]
}

const { v4: NOT_PUBLIC_V4, v6: NOT_PUBLIC_V6 } = notPublic()

/** True for addresses that are not on the public Internet: loopback, private, link-local, shared, documentation, multicast, mapped. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address)
  return family === 4 ? NOT_PUBLIC_V4.check(address, 'ipv4') : family === 6 ? NOT_PUBLIC_V6.check(address, 'ipv6') : true
}

/**
 * The key set at `uri`. No redirects, no credentials, bounded in time and size.
 * @throws Error for anything but a key set; its message holds nothing that the other side sent
 */
export async function fetchJwks(uri: string, rules: FetchRules): Promise<JSONWebKeySet> {
  const url = new URL(uri)
  if (!rules.origins.includes(url.origin)) throw new Error('origin is not on the allow-list')
  const mayBePrivate = rules.privateOrigins.includes(url.origin)
  if (url.protocol !== 'https:' && !mayBePrivate) throw new Error('https is required')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // A literal address is connected to without any look-up.
  if (!mayBePrivate && isIP(host) !== 0 && isPrivateAddress(host)) throw new Error('address is not public')
  const parsed: unknown = JSON.parse(await get(url, mayBePrivate))
  if (!isKeySet(parsed)) throw new Error('not a key set')
  return parsed
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  const keys = (value as { keys?: unknown } | null)?.keys
  return (
    Array.isArray(keys) &&
    keys.every((key) => typeof key === 'object' && key !== null && typeof (key as { kty?: unknown }).kty === 'string')
  )
}

function get(url: URL, mayBePrivate: boolean): Promise<string> {
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const request = start(
      url,
      { method: 'GET', headers: { accept: 'application/json' }, lookup: mayBePrivate ? lookupDns : publicLookup, agent: false },
      (response) => {
        if (response.statusCode !== 200) {
          response.destroy()
          reject(new Error('status is not 200'))
          return
        }
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > AUTH_LIMITS.jwksBytes) request.destroy(new Error('answer is too large'))
          else chunks.push(chunk)
        })
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
        response.on('error', reject)
      },
    )
    // The limit is for the whole exchange: a server that drips bytes would reset an idle time-out.
    const timer = setTimeout(() => request.destroy(new Error('no answer in time')), AUTH_LIMITS.jwksFetchMs)
    request.on('close', () => {
      clearTimeout(timer)
      reject(new Error('connection was closed'))
    })
    request.on('error', reject)
    request.end()
  })
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookupDns(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, '', 4)
    const first = addresses[0]
    if (!first || addresses.some(({ address }) => isPrivateAddress(address))) return callback(new Error('address is not public'), '', 4)
    if (options.all) return callback(null, addresses)
    callback(null, first.address, first.family)
  })
}

/** Two lists: in one, the rule for mapped addresses (::ffff:0:0/96) would take in every IPv4 address. */
function notPublic(): { v4: BlockList; v6: BlockList } {
  const lists = { v4: new BlockList(), v6: new BlockList() }
  const v4: [string, number][] = [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 3],
  ]
  const v6: [string, number][] = [
    ['::', 96],
    ['::ffff:0:0', 96],
    ['64:ff9b::', 96],
    ['64:ff9b:1::', 48],
    ['100::', 64],
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['fc00::', 7],
    ['fe80::', 10],
    ['fec0::', 10],
    ['ff00::', 8],
  ]
  for (const [net, bits] of v4) lists.v4.addSubnet(net, bits, 'ipv4')
  for (const [net, bits] of v6) lists.v6.addSubnet(net, bits, 'ipv6')
  return lists
}
