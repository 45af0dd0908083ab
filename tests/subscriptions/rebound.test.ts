/** A websocket that is bound stays told, whichever of two processes reads the feed, when another that was bound beside it ends. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { WebSocket } from 'ws'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const servers: TestServer[] = []
const open: WebSocket[] = []
const DOCUMENTS = 'https://fhir-cn.example/SubscriptionTopic/document-new'
const GUIDE = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'

beforeAll(async () => {
  const first = await startTestServer({ noAuth: true })
  servers.push(first, await startTestServer({ noAuth: true, beside: first }))
}, 60_000)
afterAll(async () => {
  for (const ws of open) ws.terminate()
  for (const server of servers.toReversed()) await server.stop()
})

const call = (method: string, path: string, body?: object): Promise<Answer> =>
  (servers[0] as TestServer).call(method, `/fhir/${path}`, body ? { body } : {})

async function until(so: () => boolean | Promise<boolean>, ms = 15_000): Promise<boolean> {
  const end = Date.now() + ms
  while (Date.now() < end) {
    if (await so()) return true
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return false
}

async function subscribe(body: object): Promise<string> {
  const { id } = (await call('POST', 'Subscription', body)).json
  expect(await until(async () => (await call('GET', `Subscription/${id}`)).json.status === 'active')).toBe(true)
  return id
}

const plain = (code: string): Promise<string> =>
  subscribe({
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'x',
    criteria: `Observation?code=urn:test|${code}`,
    channel: { type: 'websocket' },
  })

async function connect(server: TestServer): Promise<{ ws: WebSocket; got: string[] }> {
  const ws = new WebSocket(`${server.url.replace('http', 'ws')}/fhir/websocket`)
  open.push(ws)
  const got: string[] = []
  ws.on('message', (data: Buffer) => got.push(data.toString('utf8')))
  await new Promise((resolve, reject) => ws.on('open', resolve).on('error', reject))
  return { ws, got }
}

async function bound(server: TestServer, id: string): Promise<{ ws: WebSocket; got: string[] }> {
  const client = await connect(server)
  client.ws.send(`bind ${id}`)
  expect(await until(() => client.got.includes(`bound ${id}`))).toBe(true)
  return client
}

const observe = (code: string, n: number): Promise<Answer> =>
  call('PUT', `Observation/${code}-${n}`, {
    resourceType: 'Observation',
    id: `${code}-${n}`,
    status: 'final',
    code: { coding: [{ system: 'urn:test', code }] },
  })

async function close(ws: WebSocket): Promise<void> {
  const closed = new Promise((resolve) => ws.on('close', resolve))
  ws.close()
  await closed
  // The server hears of it at its own time.
  await new Promise((resolve) => setTimeout(resolve, 300))
}

/** Each event on its own, so that none is told with the one before it. */
async function toldOfEach(id: string, code: string, got: string[]): Promise<number> {
  for (let n = 0; n < 5; n++) {
    const before = got.length
    await observe(code, n)
    if (!(await until(() => got.length > before, 4000))) break
  }
  return got.filter((text) => text === `ping ${id}`).length
}

test.each([0, 1])(
  'who has connected again before the old connection ended, at process %i',
  async (at) => {
    const server = servers[at] as TestServer
    const code = `again-${at}`
    const id = await plain(code)
    const before = await bound(server, id)
    const after = await bound(server, id)
    await close(before.ws)
    expect(await toldOfEach(id, code, after.got)).toBe(5)
  },
  60_000,
)

test.each([0, 1])(
  'who was bound first and is still there, when a later one at the other process has gone: process %i',
  async (at) => {
    const code = `first-${at}`
    const id = await plain(code)
    const first = await bound(servers[at] as TestServer, id)
    const later = await bound(servers[1 - at] as TestServer, id)
    await close(later.ws)
    await observe(code, 99)
    // The next look at its bindings takes it over again.
    expect(await until(() => first.got.includes(`ping ${id}`), 14_000)).toBe(true)
    expect(await toldOfEach(id, code, first.got)).toBeGreaterThanOrEqual(5)
  },
  60_000,
)

test('of a token for several, one that is gone keeps none of the others from being bound', async () => {
  const backport = (n: number) =>
    subscribe({
      resourceType: 'Subscription',
      meta: { profile: [`${GUIDE}/backport-subscription`] },
      status: 'requested',
      reason: `x${n}`,
      criteria: DOCUMENTS,
      channel: {
        type: 'websocket',
        payload: 'application/fhir+json',
        _payload: { extension: [{ url: `${GUIDE}/backport-payload-content`, valueCode: 'empty' }] },
      },
    })
  const ids = [await backport(1), await backport(2), await backport(3)]
  const token = await call('GET', `Subscription/$get-ws-binding-token?id=${ids.join(',')}`)
  const [{ valueString }, ...parameters] = token.json.parameter
  const named = parameters.filter(({ name }: { name: string }) => name === 'subscription')
  const [gone, ...left] = named.map((one: { valueString: string }) => one.valueString) as string[]
  await call('DELETE', `Subscription/${gone}`)
  const { ws, got } = await connect(servers[0] as TestServer)
  ws.send(`bind-with-token ${valueString}`)
  await until(() => got.length >= 3)
  const told = got.filter((text) => text.startsWith('{')).map((text) => JSON.parse(text).entry[0].resource.parameter[0].valueReference)
  expect(told.map(({ reference }: { reference: string }) => reference.split('/').pop())).toEqual(left)
  expect(got.filter((text) => !text.startsWith('{'))).toEqual(['error not-found'])
}, 60_000)
