/** `npm run inbox` against a running server, with the demonstration keys. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
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

async function inbox(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env.PATH, PUBLIC_URL: server.url, DATA_DIR: server.folder }
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['server/ingest/cli/inbox.ts', ...args], { env })
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
  for (const args of [[], ['list', '--colour', 'red']]) {
    const { code, out, err } = await inbox(...args)
    expect([args, code, out, /usage/.test(err)]).toEqual([args, 1, '', true])
  }
  const { code, err } = await inbox('list', '--status', 'lost')
  expect([code, /^400 .*status/.test(err)]).toEqual([1, true])
}, 60_000)
