/** kill -9 of the process at which a Subscription was bound last: who was bound before at another one is told within half a minute. */
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { WebSocket } from 'ws'
import { type ServerProcess, startServerProcess } from '../faults/support/server-process.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let first: TestServer
let second: ServerProcess
const open: WebSocket[] = []

beforeAll(async () => {
  first = await startTestServer({ noAuth: true })
  const { uri, database } = first.database
  second = await startServerProcess({
    port: await freePort(),
    environment: { MONGODB_URI: uri, MONGODB_DATABASE: database, DATA_DIR: first.folder, YILIAN_NO_AUTH: '1' },
  })
}, 120_000)
afterAll(async () => {
  for (const ws of open) ws.terminate()
  await second.stop()
  await first.stop()
}, 120_000)

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function until(so: () => boolean | Promise<boolean>, ms = 15_000): Promise<boolean> {
  const end = Date.now() + ms
  while (Date.now() < end) {
    if (await so()) return true
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return false
}

async function bound(url: string, id: string): Promise<string[]> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/fhir/websocket`)
  open.push(ws)
  const got: string[] = []
  ws.on('message', (data: Buffer) => got.push(data.toString('utf8')))
  ws.on('error', () => undefined)
  await new Promise((resolve) => ws.on('open', resolve))
  ws.send(`bind ${id}`)
  expect(await until(() => got.includes(`bound ${id}`))).toBe(true)
  return got
}

test('the one that is left', async () => {
  const body = { resourceType: 'Subscription', status: 'requested', reason: 'x', criteria: 'Observation', channel: { type: 'websocket' } }
  const { id } = (await first.call('POST', '/fhir/Subscription', { body })).json
  const isActive = async () => (await first.call('GET', `/fhir/Subscription/${id}`)).json.status === 'active'
  expect(await until(isActive)).toBe(true)
  const [older, later] = [await bound(first.url, id), await bound(second.url, id)]
  const pinged = (got: string[]) => got.filter((text) => text === `ping ${id}`).length
  const observe = () =>
    first.call('POST', '/fhir/Observation', { body: { resourceType: 'Observation', status: 'final', code: { text: 'x' } } })
  await observe()
  expect(await until(() => pinged(later) === 1)).toBe(true)
  // Longer than a binding counts without being renewed: the later one is still the one that is told.
  await new Promise((resolve) => setTimeout(resolve, 26_000))
  await observe()
  expect(await until(() => pinged(later) === 2)).toBe(true)
  expect(pinged(older)).toBe(0)
  await second.crash()
  await observe()
  expect(await until(() => pinged(older) === 1, 45_000)).toBe(true)
}, 150_000)
