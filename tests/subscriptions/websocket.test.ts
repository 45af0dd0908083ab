/** Real websockets: bound by an access token, or by a token of their own; told what may be told, and nobody else. */
import { request as httpRequest } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import { WebSocket } from 'ws'
import { give, NO_SHARING, observation } from '../consent/resources.ts'
import { asAbsent } from '../leaks/worlds.ts'
import { active, plain, put, setting } from './setting.ts'

const held = setting()
const GUIDE = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'
const open: WebSocket[] = []
afterEach(() => {
  for (const ws of open.splice(0)) ws.terminate()
})

interface Client {
  ws: WebSocket
  got: string[]
  until(so: (got: string[]) => boolean): Promise<string[]>
}

async function connect(token?: string): Promise<Client> {
  const url = `${held.server.url.replace('http', 'ws')}/fhir/websocket`
  const ws = new WebSocket(url, token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } })
  open.push(ws)
  const got: string[] = []
  ws.on('message', (data: Buffer) => got.push(data.toString('utf8')))
  await new Promise((resolve, reject) => {
    ws.on('open', resolve)
    ws.on('error', reject)
  })
  return {
    ws,
    got,
    async until(so) {
      const end = Date.now() + 15_000
      while (!so(got) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 25))
      return got
    },
  }
}

const socket = (criteria: string): object => plain(held, criteria, '', { type: 'websocket', endpoint: undefined, payload: undefined })
const backport = (filter: string): object => ({
  ...socket('https://fhir-cn.example/SubscriptionTopic/document-new'),
  meta: { profile: [`${GUIDE}/backport-subscription`] },
  _criteria: { extension: [{ url: `${GUIDE}/backport-filter-criteria`, valueString: filter }] },
  channel: {
    type: 'websocket',
    payload: 'application/fhir+json',
    _payload: { extension: [{ url: `${GUIDE}/backport-payload-content`, valueCode: 'id-only' }] },
  },
})
const document = (id: string, code: string, subject = 'open') => ({
  resourceType: 'DocumentReference',
  id,
  meta: { source: 'https://fhir-cn.example/Organization/H1' },
  status: 'current',
  type: { coding: [{ system: 'urn:test', code }] },
  subject: { reference: `Patient/${subject}` },
  content: [{ attachment: { title: 'x' } }],
})
const tokenFor = (path: string, token = held.engine) =>
  held.server.call('GET', `/fhir/Subscription${path}/$get-ws-binding-token`, { token })
const kindOf = (text: string) =>
  JSON.parse(text).entry[0].resource.parameter.find(({ name }: { name: string }) => name === 'type').valueCode

describe("R4's own form", () => {
  test('bind, bound, ping: for what may be told only, and also for what came before', async () => {
    const id = await active(held, socket('Observation?code=urn:test|ws'))
    await put(held, observation('ws-0', 'open', 'ws'))
    const client = await connect(held.engine)
    client.ws.send(`bind ${id}`)
    await client.until((got) => got.length >= 2)
    expect(client.got).toEqual([`bound ${id}`, `ping ${id}`])
    await put(held, observation('ws-1', 'hidden', 'ws'), observation('ws-2', 'open', 'other'))
    await put(held, observation('ws-3', 'open', 'ws'))
    await client.until((got) => got.length >= 3)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(client.got).toEqual([`bound ${id}`, `ping ${id}`, `ping ${id}`])
  })

  test('an id alone binds nothing: without an access token, with that of another, of what is absent', async () => {
    const id = await active(held, socket('Observation?code=urn:test|alone'))
    const absent = 'f1c5a2c4-1f5c-4a5f-9d58-0c3a5b1c7e11'
    const stranger = await held.server.token('h1-engine')
    for (const [token, name, expected] of [
      [undefined, id, 'error unauthenticated'],
      [stranger, id, 'error not-found'],
      [stranger, absent, 'error not-found'],
      [held.loader, id, 'error not-found'],
      [held.engine, absent, 'error not-found'],
    ] as const) {
      const client = await connect(token)
      client.ws.send(`bind ${name}`)
      expect(await client.until((got) => got.length > 0)).toEqual([expected])
    }
    await expect(connect('no-token')).rejects.toThrow('401')
  })
})

describe('backport', () => {
  test('bound with a token: a handshake, then what happens, with numbers without gaps', async () => {
    const id = await active(held, backport('type=urn:test|bp'))
    const answer = await tokenFor(`/${id}`)
    const [token, expiration, subscription, url] = answer.json.parameter
    expect([subscription, url]).toEqual([
      { name: 'subscription', valueString: id },
      { name: 'websocket-url', valueUrl: `${held.server.url.replace('http', 'ws')}/fhir/websocket` },
    ])
    expect(Date.parse(expiration.valueDateTime)).toBeGreaterThan(Date.now())
    const client = await connect()
    client.ws.send(`bind-with-token ${token.valueString}`)
    await client.until((got) => got.length >= 1)
    expect(client.got.map(kindOf)).toEqual(['handshake'])
    await put(held, document('bp-1', 'bp'), document('bp-2', 'bp', 'hidden'))
    await put(held, document('bp-3', 'bp'))
    await client.until((got) => got.join('').includes('bp-3'))
    const events = client.got
      .slice(1)
      .flatMap((text) =>
        JSON.parse(text).entry[0].resource.parameter.flatMap((one: { name: string; part?: { valueString?: string }[] }) =>
          one.name === 'notification-event' ? [one.part?.[0]?.valueString] : [],
        ),
      )
    expect(events).toEqual(['1', '2'])
    expect(client.got.join('')).not.toContain('bp-2')
  })

  test('what is withdrawn while nobody is connected is not told afterwards', async () => {
    const id = await active(held, backport('type=urn:test|late'))
    await put(held, document('late-1', 'late', 'turned'))
    await put(held, document('late-2', 'late'))
    await give(held.server, 'turned', NO_SHARING)
    const client = await connect()
    const answer = await held.server.call('GET', `/fhir/Subscription/$get-ws-binding-token?id=${id}`, { token: held.engine })
    client.ws.send(`bind-with-token ${answer.json.parameter[0].valueString}`)
    await client.until((got) => got.join('').includes('late-2'))
    expect(client.got.join('')).toContain('late-2')
    expect(client.got.join('')).not.toContain('late-1')
  })

  test('a token is for its own Subscriptions only, and none is made for those of others', async () => {
    const id = await active(held, backport('type=urn:test|own'))
    const stranger = await held.server.token('h1-engine')
    const leak = { server: held.server, loader: held.loader, doctor: stranger, researcher: stranger }
    const names = { hidden: id, absent: 'f1c5a2c4-1f5c-4a5f-9d58-0c3a5b1c7e11' }
    for (const path of ['/fhir/Subscription/{id}/$get-ws-binding-token', '/fhir/Subscription/$get-ws-binding-token?id={id}'])
      expect((await asAbsent(leak, (name) => path.replace('{id}', name), names)).status).toBe(404)
    const client = await connect()
    for (const text of ['bind-with-token x', 'hello', '{}']) client.ws.send(text)
    expect(await client.until((got) => got.length >= 3)).toEqual([
      'error unauthenticated',
      'error request-malformed',
      'error request-malformed',
    ])
  })
})

test('a message that is too long ends the connection; another address is none', async () => {
  const client = await connect(held.engine)
  const closed = new Promise<number>((resolve) => client.ws.on('close', resolve))
  client.ws.send('x'.repeat(5000))
  expect(await closed).toBe(1009)
  await expect(
    new Promise((_, reject) => new WebSocket(`${held.server.url.replace('http', 'ws')}/fhir/Patient`).on('error', reject)),
  ).rejects.toThrow('404')
})

test('who sends faster than is answered is not read: what waits is not kept here', async () => {
  const client = await connect(held.engine)
  // More than the buffers between both hold (some 20 MB).
  const sent = 6000
  for (let n = 0; n < sent; n++) client.ws.send(`bind${' '.repeat(4000)}absent`)
  while (client.ws.bufferedAmount > 0 && client.ws.readyState === WebSocket.OPEN) await new Promise((resolve) => setTimeout(resolve, 10))
  // Where all is read at once, none or two are answered by then.
  expect(client.got.length).toBeGreaterThan(200)
  expect(new Set(client.got)).toEqual(new Set(['error not-found']))
}, 120_000)

test('a client that asks for another protocol is answered as ever', async () => {
  const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA' }
  const status = await new Promise((resolve, reject) => {
    httpRequest(`${held.server.url}/fhir/metadata`, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(status).toBe(200)
})
