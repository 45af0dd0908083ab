/**
 * 200 connections at once, as a port sees them on a bad day: healthy ones, slow ones, and such as say nothing, stop in a message, vanish or
 * never read. The healthy ones notice nothing of the others.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemDecision } from '../../../server/access/decision.ts'
import { DEMO_CONFIG_FILE } from '../../../server/config/config.ts'
import { silentLog } from '../../../server/store/log.ts'
import { freePort } from '../../../server/store/mongod/free-port.ts'
import { createStore } from '../../../server/store/store.ts'
import { type ServerProcess, startServerProcess } from '../../faults/support/server-process.ts'
import { frame, mllpClient, type MllpClient } from '../../support/mllp.ts'
import { type TestDatabase, testDatabase } from '../../support/mongo.ts'

const HEALTHY = 90
const SLOW = 30
const SILENT = 20
const STOPPED = 20
const VANISHED = 20
const UNREAD = 20
const MESSAGES_EACH = 6
const IDLE_SECONDS = 10
/** None is timed: an answer, and a connection that is given up, come some time. */
const ANSWER_MS_MAX = 60_000
const CLOSED_MS_MAX = 150_000
const UNREAD_EACH = 15
const BYTE_EACH_MS = 50
const PEAK_MB_MAX = 900
const METRICS_TOKEN = 'm'.repeat(32)

let database: TestDatabase
let folder: string
let server: ServerProcess
let port: number
beforeAll(async () => {
  database = await testDatabase()
  folder = await mkdtemp(join(tmpdir(), 'yilian-crowd-'))
  port = await freePort()
  const config = join(folder, 'config.yaml')
  const listener = `mllp: [{ port: ${port}, idleSeconds: ${IDLE_SECONDS}, senders: [{ source: h1-lis, application: LIS }] }]\n`
  await writeFile(config, `${await readFile(DEMO_CONFIG_FILE, 'utf8')}\n${listener}`)
  const place = { MONGODB_URI: database.uri, MONGODB_DATABASE: database.database, DATA_DIR: folder }
  server = await startServerProcess({ port: await freePort(), environment: { ...place, YILIAN_CONFIG: config, METRICS_TOKEN } })
}, 120_000)
afterAll(async () => {
  await server.stop()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

const connected = (): Promise<MllpClient> => mllpClient(port, undefined, ANSWER_MS_MAX)

/** `size` fills a note, so that a message is as long as is wanted. */
const message = (id: string, size = 0): string =>
  [
    `MSH|^~\\&|LIS|0001|EAI|YILIAN|20260306081530||ORU^R01|${id}|P|2.4||||||UNICODE UTF-8`,
    `PID|1||P${id}^^^0001^PI||测试${id}||19580312|M`,
    `OBR|1|S${id}|R${id}|XCG^血常规^L|||20260306063000|||||||20260306065500||||||||20260306081500||HM|F`,
    'OBX|1|NM|WBC^白细胞计数^L||5.1|10^9/L|3.5-9.5||||F',
    ...(size > 0 ? [`NTE|1|L|${'x'.repeat(size)}`] : []),
    '',
  ].join('\r')

const idOf = (answer: Buffer): string => /\rMSA\|AA\|([^\r|]*)/.exec(answer.toString())?.[1] ?? answer.toString('latin1')

async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  const late = delay(CLOSED_MS_MAX, undefined, { ref: false }).then(() => {
    throw new Error(`${what}: not in time`)
  })
  return Promise.race([promise, late])
}

/** One after the other, or all at once. @returns ids in the order of their acknowledgements */
async function healthy(n: number): Promise<string[]> {
  const client = await connected()
  const ids = Array.from({ length: MESSAGES_EACH }, (_, at) => `H${n}M${at}`)
  const acknowledged: string[] = []
  if (n % 2 === 0) client.write(Buffer.concat(ids.map((id) => frame(message(id)))))
  for (const id of ids) {
    if (n % 2 === 1) client.write(frame(message(id)))
    acknowledged.push(idOf(await client.next()))
  }
  client.close()
  expect(acknowledged).toEqual(ids)
  return acknowledged
}

async function slow(n: number): Promise<string[]> {
  const client = await connected()
  for (const byte of frame(message(`S${n}`))) {
    client.write(Buffer.from([byte]))
    await delay(BYTE_EACH_MS)
  }
  const id = idOf(await client.next())
  client.close()
  expect(id).toBe(`S${n}`)
  return [id]
}

/** How long the other side held it open after the last byte, ms. */
async function heldOpen(client: MllpClient): Promise<number> {
  const since = performance.now()
  await inTime('closed', client.closed)
  return performance.now() - since
}

async function silent(): Promise<number> {
  return heldOpen(await connected())
}

/** Half a message, short or long, and nothing more. */
async function stopped(n: number): Promise<number> {
  const client = await connected()
  const whole = frame(message(`T${n}`, n % 2 === 0 ? 1_000_000 : 0))
  client.write(whole.subarray(0, whole.length / 2))
  return heldOpen(client)
}

/** Gone without a word, in the middle of a message or behind some: what was not acknowledged may be there, once. */
async function vanished(n: number): Promise<void> {
  const client = await connected()
  const sent = Buffer.concat([frame(message(`V${n}M0`)), frame(message(`V${n}M1`))])
  client.write(n % 2 === 0 ? sent : sent.subarray(0, sent.length - 40))
  await delay(5 * n)
  client.socket.resetAndDestroy()
}

async function unread(n: number): Promise<number> {
  const client = await connected()
  client.socket.pause()
  client.write(Buffer.concat(Array.from({ length: UNREAD_EACH }, (_, at) => frame(message(`U${n}M${at}`)))))
  const since = performance.now()
  // A paused socket does not see its end: what is written to a closed one says so.
  const error = new Promise<void>((resolve) => client.socket.once('close', () => resolve()))
  const tries = setInterval(() => client.socket.resume(), IDLE_SECONDS * 2000)
  await inTime('closed', error)
  clearInterval(tries)
  return performance.now() - since
}

const many = <T>(count: number, one: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => one(n)))

/** How often each report stands, by its number. */
async function reports(): Promise<Map<string, number>> {
  const store = await createStore({ uri: database.uri, database: database.database, log: silentLog })
  const found = new Map<string, number>()
  for await (const batch of store.stream(systemDecision('test'), 'DiagnosticReport', { kind: 'everything' })) {
    for (const { body, v } of batch) {
      const { identifier } = JSON.parse(Buffer.from(body).toString()) as { identifier: { value: string }[] }
      const number = identifier.find(({ value }) => value.startsWith('R'))?.value ?? ''
      found.set(number, (found.get(number) ?? 0) + v)
    }
  }
  await store.close()
  return found
}

async function openConnections(): Promise<number> {
  const answer = await fetch(`${server.url}/metrics`, { headers: { Authorization: `Bearer ${METRICS_TOKEN}` } })
  return Number(/^yilian_mllp_connections (\d+)$/m.exec(await answer.text())?.[1])
}

test('the healthy ones are answered in order, nothing is lost or doubled, and who is half open is closed', async () => {
  let together = 0
  const look = async (): Promise<void> => {
    together = Math.max(together, await openConnections())
  }
  const looking = setInterval(() => void look().catch(() => undefined), 200)
  const [idle, cut, , held, ...acknowledged] = await Promise.all([
    many(SILENT, silent),
    many(STOPPED, stopped),
    many(VANISHED, vanished),
    many(UNREAD, unread),
    many(HEALTHY, healthy),
    many(SLOW, slow),
  ]).finally(() => clearInterval(looking))
  expect(together).toBeGreaterThanOrEqual(150)
  for (const ms of [...idle, ...cut, ...held]) expect(ms).toBeGreaterThan(IDLE_SECONDS * 900)
  while ((await openConnections()) > 0) await delay(200)

  const stored = await reports()
  expect([...stored].filter(([, times]) => times !== 1)).toEqual([])
  const ids = acknowledged.flat(2)
  expect(ids).toHaveLength(HEALTHY * MESSAGES_EACH + SLOW)
  expect(ids.filter((id) => !stored.has(`R${id}`))).toEqual([])
  // A message that did not end is none.
  expect([...stored.keys()].filter((number) => number.startsWith('RT'))).toEqual([])
  expect(await server.peakMb()).toBeLessThan(PEAK_MB_MAX)
  expect(server.failures()).toEqual([])
  expect(server.isRunning()).toBe(true)
}, 240_000)
