/** Keys from elsewhere: whom the server asks, how often, and what it takes for an answer (access.md L72). */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { JSONWebKeySet } from 'jose'
import { fetchJwks, isPrivateAddress } from '../../server/auth/fetch-jwks.ts'
import { remoteKeys } from '../../server/auth/key-source.ts'
import { silentAuthLog } from '../../server/auth/log.ts'
import { type KeyPair, keyPair } from './support/server.ts'

const site = { server: undefined as unknown as Server, origin: '', answer: (() => {}) as RequestListener, requests: 0 }
const keys = { one: {} as KeyPair, two: {} as KeyPair }

beforeAll(async () => {
  keys.one = await keyPair('ES384', 'one')
  keys.two = await keyPair('ES384', 'two')
  site.server = createServer((request, response) => {
    site.requests++
    site.answer(request, response)
  })
  await new Promise<void>((resolve) => site.server.listen(0, '127.0.0.1', () => resolve()))
  site.origin = `http://127.0.0.1:${(site.server.address() as AddressInfo).port}`
})
afterAll(() => {
  site.server.closeAllConnections()
  site.server.close()
})

const allowed = () => ({ origins: [site.origin], privateOrigins: [site.origin] })

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '127.9.9.9',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    'fe80::1',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '2002:7f00:1::',
    'localhost',
    '',
    '2130706433',
    '0x7f.1',
  ])('%s is not public', (address) => expect(isPrivateAddress(address)).toBe(true))

  test.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2400:3200::1'])('%s is public', (address) =>
    expect(isPrivateAddress(address)).toBe(false),
  )
})

describe('not fetched', () => {
  const port = () => new URL(site.origin).port
  test.each<[string, () => string, () => { origins: string[]; privateOrigins: string[] }, RegExp]>([
    ['an origin that is not listed', () => `${site.origin}/jwks`, () => ({ origins: [], privateOrigins: [site.origin] }), /allow-list/],
    ['an origin that only begins like a listed one', () => `${site.origin}0/jwks`, allowed, /allow-list|Invalid URL/],
    ['a listed host as user name', () => `http://${new URL(site.origin).host}@127.0.0.2/jwks`, allowed, /allow-list/],
    ['plain http', () => `${site.origin}/jwks`, () => ({ origins: [site.origin], privateOrigins: [] }), /https is required/],
    ['a private address', () => 'https://127.0.0.1/jwks', () => ({ origins: ['https://127.0.0.1'], privateOrigins: [] }), /not public/],
    ['a private address in IPv6', () => 'https://[::1]/jwks', () => ({ origins: ['https://[::1]'], privateOrigins: [] }), /not public/],
    [
      'a private address as a number',
      () => 'https://2130706433/jwks',
      () => ({ origins: ['https://127.0.0.1'], privateOrigins: [] }),
      /not public/,
    ],
    [
      'a name of a private address',
      () => `https://localhost:${port()}/jwks`,
      () => ({ origins: [`https://localhost:${port()}`], privateOrigins: [] }),
      /not public/,
    ],
  ])('%s', async (_name, uri, rules, message) => {
    const before = site.requests
    await expect(fetchJwks(uri(), rules())).rejects.toThrow(message)
    expect(site.requests).toBe(before)
  })
})

describe('not taken for an answer', () => {
  test.each<[string, RequestListener, RegExp]>([
    ['a redirect', (_q, r) => r.writeHead(302, { location: '/jwks' }).end(), /status is not 200/],
    ['an error', (_q, r) => r.writeHead(500).end(), /status is not 200/],
    ['more than 64 kB', (_q, r) => r.end(`{"keys":[],"x":"${'x'.repeat(70_000)}"}`), /too large/],
    ['no JSON', (_q, r) => r.end('<html>'), /JSON/],
    ['null', (_q, r) => r.end('null'), /not a key set/],
    ['no list of keys', (_q, r) => r.end('{"keys":{}}'), /not a key set/],
    ['keys without a type', (_q, r) => r.end('{"keys":[{}]}'), /not a key set/],
    ['a connection that breaks', (_q, r) => r.destroy(), /hang up|closed|reset/],
  ])('%s', async (_name, answer, message) => {
    site.answer = answer
    await expect(fetchJwks(`${site.origin}/jwks`, allowed())).rejects.toThrow(message)
  })

  test('bytes that drip in', async () => {
    site.answer = (_request, response) => {
      const timer = setInterval(() => response.write(' '), 200)
      response.on('close', () => clearInterval(timer))
    }
    const from = Date.now()
    await expect(fetchJwks(`${site.origin}/jwks`, allowed())).rejects.toThrow(/in time/)
    expect(Date.now() - from).toBeLessThan(7000)
  })

  test('a key set is one', async () => {
    site.answer = (_request, response) => response.end(JSON.stringify({ keys: [keys.one.public] }))
    expect((await fetchJwks(`${site.origin}/jwks`, allowed())).keys).toHaveLength(1)
  })
})

describe('how often', () => {
  function source(shown: () => JSONWebKeySet | Error) {
    const state = { now: 0, fetches: 0 }
    const get = remoteKeys({
      uri: 'https://sso.example/jwks',
      rules: { origins: [], privateOrigins: [] },
      log: silentAuthLog,
      now: () => state.now,
      fetch: () => {
        state.fetches++
        const answer = shown()
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
      },
    })
    const ask = (kid: string) => get({ alg: 'ES384', kid }, { payload: '', signature: '' })
    return { state, ask }
  }
  const MINUTE = 60_000
  const set = (...pairs: KeyPair[]) => ({ keys: pairs.map((pair) => pair.public) }) as JSONWebKeySet

  test('once for all who ask at the same time, and for a quarter of an hour', async () => {
    const { state, ask } = source(() => set(keys.one))
    await Promise.all(Array.from({ length: 20 }, () => ask('one')))
    state.now = 14 * MINUTE
    await ask('one')
    expect(state.fetches).toBe(1)
    state.now = 15 * MINUTE
    await ask('one')
    expect(state.fetches).toBe(2)
  })

  test('unknown key ids make one fetch a minute, however many are sent', async () => {
    let shown = set(keys.one)
    const { state, ask } = source(() => shown)
    await ask('one')
    state.now = 2 * MINUTE
    await Promise.all(Array.from({ length: 50 }, (_, i) => expect(ask(`no-${i}`)).rejects.toThrow()))
    expect(state.fetches).toBe(2)
    state.now = 2.9 * MINUTE
    shown = set(keys.one, keys.two)
    await expect(ask('two')).rejects.toThrow()
    expect(state.fetches).toBe(2)
    state.now = 3 * MINUTE
    await ask('two')
    expect(state.fetches).toBe(3)
  })

  test('a key that is withdrawn is refused after a quarter of an hour', async () => {
    let shown = set(keys.one, keys.two)
    const { state, ask } = source(() => shown)
    await ask('two')
    shown = set(keys.one)
    state.now = 16 * MINUTE
    await expect(ask('two')).rejects.toThrow()
  })

  test('a server that is away is asked once a minute; what is in hand serves for an hour, then nothing', async () => {
    let shown: JSONWebKeySet | Error = set(keys.one)
    const { state, ask } = source(() => shown)
    await ask('one')
    shown = new Error('away')
    for (state.now = 15 * MINUTE; state.now < 59 * MINUTE; state.now += MINUTE / 4) await ask('one')
    expect(state.fetches).toBeLessThanOrEqual(1 + 45)
    state.now = 60 * MINUTE
    await expect(ask('one')).rejects.toThrow()
    shown = set(keys.one)
    state.now = 61 * MINUTE
    await ask('one')
  })

  test('a server that never answered: nobody gets in, and it is not stormed', async () => {
    const { state, ask } = source(() => new Error('away'))
    for (let i = 0; i < 30; i++) await expect(ask('one')).rejects.toThrow()
    expect(state.fetches).toBe(1)
  })
})
