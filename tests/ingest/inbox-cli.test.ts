/** `npm run inbox` against a running server, with the demonstration keys. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let payload: string
const sample = (): Promise<Buffer> => readFile(new URL('../fixtures/samples/hospital/oru-r01-blood-count.hl7', import.meta.url))
beforeAll(async () => {
  server = await startTestServer()
  const headers = { 'Content-Type': 'application/hl7-v2' }
  const sent = await server.call('POST', '/ingest/h1-lis', {
    token: await server.token('h1-engine'),
    body: new Uint8Array(await sample()),
    headers,
  })
  payload = String(sent.json.id)
}, 60_000)
afterAll(() => server.stop())

interface Ended {
  code: number
  out: string
  err: string
}

const CLI = 'server/ingest/cli/inbox.ts'
const inbox = (...args: string[]): Promise<Ended> => run(server.url, process.execPath, CLI, ...args)

async function run(url: string, program: string, ...args: string[]): Promise<Ended> {
  const env = { PATH: process.env.PATH, PUBLIC_URL: url, DATA_DIR: server.folder }
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { env })
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string }
    return { code: failed.code, out: failed.stdout, err: failed.stderr }
  }
}

test('lists, shows, plays again and counts', async () => {
  const list = await inbox('list', '--source', 'h1-lis')
  expect([list.code, list.out.includes(payload), list.out.trim().endsWith('1 / 1')]).toEqual([0, true, true])
  expect(JSON.parse((await inbox('list', '--json')).out)).toMatchObject({ total: 1, payloads: [{ id: payload }] })
  expect(JSON.parse((await inbox('show', 'h1-lis', payload)).out)).toMatchObject({ resourceType: 'OperationOutcome', id: payload })
  const replayed = await inbox('replay-all', '--source', 'h1-lis', '--wait', '--json')
  expect(JSON.parse(replayed.out)).toMatchObject({ state: 'completed', total: 1, done: 1 })
}, 60_000)

test('the raw view with the rights of a client', async () => {
  const refused = await inbox('raw', 'h1-lis', payload)
  expect([refused.code, refused.out, refused.err.startsWith('403 ')]).toEqual([1, '', true])
  const raw = await inbox('raw', 'h1-lis', payload, '--as', 'auditor')
  expect(raw.out).toBe((await sample()).toString())
}, 60_000)

test('what it does not know, and what the server refuses, is said', async () => {
  const twice = ['replay-all', '--source', 'nobody', '--source', 'nobody-else']
  for (const args of [[], ['list', '--colour', 'red'], twice]) {
    const { code, out, err } = await inbox(...args)
    expect([args, code, out, /usage/.test(err)]).toEqual([args, 1, '', true])
  }
  const { code, err } = await inbox('list', '--status', 'lost')
  expect([code, /^400 .*status/.test(err)]).toEqual([1, true])
}, 60_000)

test('an option that a command does not heed is refused before anything is done', async () => {
  const others = [
    ['replay-all', '--source', 'h1-lis', '--count', '1'],
    ['replay-all', '--after', 'x'],
    ['replay', 'h1-lis', payload, '--source', 'h2-lis'],
    ['quarantine', '--status', 'stored'],
    ['senders', '--sender', 'h1-engine'],
    ['list', '--wait'],
  ]
  const before = (await inbox('progress', '--json')).out
  for (const args of others) {
    const { code, out, err } = await inbox(...args)
    expect([args, code, out, /usage/.test(err)]).toEqual([args, 1, '', true])
  }
  expect((await inbox('progress', '--json')).out).toBe(before)
}, 60_000)

test('a name that an address would leave out names nothing', async () => {
  const before = (await inbox('progress', '--json')).out
  for (const args of [
    ['replay', 'inbox', '..'],
    ['show', 'h1-lis', '.'],
    ['cancel', ''],
    ['part', '..'],
  ]) {
    const { code, out, err } = await inbox(...args)
    expect([args, code, out, /usage/.test(err)]).toEqual([args, 1, '', true])
  }
  expect((await inbox('progress', '--json')).out).toBe(before)
}, 60_000)

test('the name of a file gives no orders to a terminal, and is no line of its own', async () => {
  const name = 'a\u001b[2J\u009b1m\u202e\u{e0001}\n2026-01-01  h1-lis  stored.hl7'
  const headers = { 'Content-Type': 'application/hl7-v2' }
  const token = await server.token('h2-engine')
  await server.call('POST', `/ingest/h2-his?filename=${encodeURIComponent(name)}`, { token, body: 'MSH', headers })
  const { out } = await inbox('list', '--source', 'h2-his')
  expect(out.split('\n')).toHaveLength(3)
  expect(out).toContain('a\\u001b[2J\\u009b1m\\u202e\\udb40\\udc01 2026-01-01')
  const whole = (await inbox('list', '--source', 'h2-his', '--json')).out
  expect(whole).toMatch(/^[^\p{Cc}\p{Cf}]*\n$/u)
  expect(JSON.parse(whole).payloads[0].fileName).toBe(name)
}, 60_000)

test('who reads less than there is ends it quietly', async () => {
  const token = await server.token('h1-engine')
  const { json } = await server.call('POST', '/ingest/h1-lis', {
    token,
    body: `MSH${'x'.repeat(2_000_000)}`,
    headers: { 'Content-Type': 'application/hl7-v2' },
  })
  const command = `set -o pipefail; "${process.execPath}" ${CLI} raw h1-lis ${json.id} --as auditor | head -c 3`
  expect(await run(server.url, 'bash', '--norc', '-c', command)).toEqual({ code: 0, out: 'MSH', err: '' })
}, 60_000)

describe('another server', () => {
  /** Answers under a path of its own, as a proxy gives it one. */
  async function elsewhere(answers: Record<string, [status: number, body: string]>, ...args: string[]): Promise<Ended> {
    const listener: RequestListener = ({ method, url }, response) => {
      const isToken = url === '/base/auth/token'
      const [status, body] = isToken ? [200, '{"access_token":"t"}'] : (answers[`${method} ${url}`] ?? [404, ''])
      response.writeHead(status, { 'Content-Location': '/ingest/inbox/replays/r1' }).end(body)
    }
    const other = createServer(listener)
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    try {
      return await run(`http://127.0.0.1:${(other.address() as AddressInfo).port}/base`, process.execPath, CLI, ...args)
    } finally {
      other.close()
    }
  }

  test('is asked under the path of its address', async () => {
    const answer = await elsewhere({ 'GET /base/ingest/inbox/alerts': [200, '{"alerts":[]}'] }, 'alerts', '--json')
    expect(answer).toEqual({ code: 0, out: '{"alerts":[]}\n', err: '' })
  }, 60_000)

  test.each([
    ['cancelled', 1],
    ['completed', 0],
  ])(
    'a replay that is %s: exit code %i, and its id is told first',
    async (state, code) => {
      const job = JSON.stringify({ id: 'r1', state, done: 1, total: 2 })
      const answers: Record<string, [number, string]> = {
        'POST /base/ingest/inbox/$replay': [202, '{"id":"r1","state":"running"}'],
        'GET /base/ingest/inbox/replays/r1': [200, job],
      }
      expect(await elsewhere(answers, 'replay-all', '--wait', '--json')).toEqual({ code, out: `${job}\n`, err: 'r1\n' })
    },
    60_000,
  )

  test('whose answer is no JSON is told of without its text', async () => {
    const { code, out, err } = await elsewhere({ 'GET /base/ingest/inbox/alerts': [200, '<html>secret'] }, 'alerts')
    expect([code, out, /PUBLIC_URL/.test(err), /html|secret/.test(err)]).toEqual([1, '', true, false])
  }, 60_000)
})
