/** A real server process over MLLP: `kill -9` in the middle, and broken frames. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { MongoClient } from 'mongodb'
import { DEMO_CONFIG_FILE } from '../../../server/config/config.ts'
import { freePort } from '../../../server/store/mongod/free-port.ts'
import { mutantOf } from '../../faults/mutations/mutate.ts'
import { randomOf } from '../../faults/support/random.ts'
import { type ServerProcess, startServerProcess } from '../../faults/support/server-process.ts'
import { frame, mllpClient, type MllpClient } from '../../support/mllp.ts'
import { type TestDatabase, testDatabase } from '../../support/mongo.ts'

const MESSAGES = 120
/** a thousand take a minute: MLLP_MUTANTS=1000 */
const MUTANTS = Number(process.env.MLLP_MUTANTS ?? 250)
const CONNECTIONS = 8
const SETTLE_MS_MAX = 110_000
/** no answer may take longer, however broken the frame is; the machine may be busy with other things */
const ANSWER_MS_MAX = 20_000

let database: TestDatabase
let mongo: MongoClient
let folder: string
let ports: { http: number; mllp: number }
let server: ServerProcess

const start = (): Promise<ServerProcess> =>
  startServerProcess({
    port: ports.http,
    environment: {
      MONGODB_URI: database.uri,
      MONGODB_DATABASE: database.database,
      DATA_DIR: folder,
      YILIAN_CONFIG: join(folder, 'config.yaml'),
    },
  })

beforeAll(async () => {
  database = await testDatabase()
  mongo = await new MongoClient(database.uri).connect()
  folder = await mkdtemp(join(tmpdir(), 'yilian-mllp-'))
  ports = { http: await freePort(), mllp: await freePort() }
  const listener = `mllp: [{ port: ${ports.mllp}, senders: [{ source: h1-lis, application: LIS }] }]\n`
  await writeFile(join(folder, 'config.yaml'), `${await readFile(DEMO_CONFIG_FILE, 'utf8')}\n${listener}`)
  server = await start()
})
afterAll(async () => {
  await server.stop()
  await mongo.close()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

const count = (collection: string, where = {}): Promise<number> => mongo.db(database.database).collection(collection).countDocuments(where)

const message = (id: string, application = 'LIS'): string =>
  [
    `MSH|^~\\&|${application}|0001|EAI|YILIAN|20260306081530||ORU^R01|${id}|P|2.4||||||UNICODE UTF-8`,
    `PID|1||P${id}^^^0001^PI||测试${id}||19580312|M`,
    `PV1|1|I|||||||||||||||||V${id}`,
    `OBR|1|S${id}|R${id}|XCG^血常规^L|||20260306063000|||||||20260306065500||||||||20260306081500||HM|F`,
    'OBX|1|NM|WBC^白细胞计数^L||5.1|10^9/L|3.5-9.5||||F',
    '',
  ].join('\r')

/** Sends until all are acknowledged or nobody answers any more. @returns ids that were answered AA */
async function sendAll(ids: readonly string[], onAnswer: () => void = () => undefined): Promise<string[]> {
  const acknowledged: string[] = []
  const left = ids.values()
  const lane = async (): Promise<void> => {
    const client = await mllpClient(ports.mllp)
    for (const id of left) {
      const answer = await client.ask(message(id)).catch(() => undefined)
      if (answer === undefined) break
      if (!answer.includes(`\rMSA|AA|${id}`)) throw new Error(answer)
      acknowledged.push(id)
      onAnswer()
    }
    client.close()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, lane))
  return acknowledged
}

test('killed in the middle: what was acknowledged is there once, what was not is sent again and is there once', async () => {
  const ids = Array.from({ length: MESSAGES }, (_, at) => `K${at}`)
  let answers = 0
  let crashed: Promise<void> | undefined
  const first = await sendAll(ids, () => {
    if (++answers === MESSAGES / 4) crashed = server.crash()
  })
  await crashed
  expect(first.length).toBeGreaterThanOrEqual(MESSAGES / 4)
  expect(first.length).toBeLessThan(MESSAGES)
  expect(await count('payloads')).toBeGreaterThanOrEqual(first.length)
  server = await start()
  // A sender that was not answered sends again; one that lost the answer sends what was stored.
  const rest = await sendAll(ids.filter((id) => !first.includes(id) || Number(id.slice(1)) % 5 === 0))
  expect(new Set([...first, ...rest])).toEqual(new Set(ids))
  expect(await count('payloads')).toBe(MESSAGES)
  // Of the dead process: its leases lapse, and a worker does what it had begun. What its last transaction held MongoDB gives
  // free after a minute.
  await mongo
    .db(database.database)
    .collection('payloads')
    .updateMany({ finishedAt: null }, { $set: { leaseUntil: new Date(0) } })
  for (const until = Date.now() + SETTLE_MS_MAX; (await count('payloads', { finishedAt: null })) > 0 && Date.now() < until; )
    await new Promise((resolve) => setTimeout(resolve, 200))
  expect(await count('payloads', { status: { $nin: ['stored', 'stored-with-issues'] } })).toBe(0)
  expect(await count('DiagnosticReport')).toBe(MESSAGES)
  expect(await count('Observation')).toBe(MESSAGES)
  expect(await count('Observation_history')).toBe(0)
  expect(await count('deliveries')).toBe(MESSAGES)
}, 180_000)

/** A broken frame and what comes of it: an answer, or the end of the connection; never silence while more is sent. */
async function sendBroken(client: MllpClient, bytes: Buffer): Promise<'answered' | 'closed'> {
  // Behind it a sound frame, so that one that does not end is told from one that is worked on; most are of an unknown sender,
  // which costs little.
  const probe = `Q${sent++}`
  const isKnown = sent % 20 === 0
  client.write(Buffer.concat([bytes, frame(message(probe, isKnown ? 'LIS' : 'NOBODY'))]))
  for (;;) {
    const answer = await client.next().catch((error: Error) => error)
    if (answer instanceof Error) {
      if (answer.message !== 'closed without an answer') throw answer
      return 'closed'
    }
    const text = answer.toString('latin1')
    if (!/^MSH.*\rMSA.[AC][AER]/.test(text)) throw new Error(`no acknowledgement: ${text.slice(0, 200)}`)
    if (text.includes(`\rMSA|${isKnown ? 'AA' : 'AR'}|${probe}`)) return 'answered'
  }
}
let sent = 0

test('broken frames: each is answered or discarded, what is behind it is stored, and nothing breaks', async () => {
  const random = randomOf(20260306)
  const sample = { bytes: Buffer.from(message('MUT')) } as Parameters<typeof mutantOf>[0]
  const left = Array.from({ length: MUTANTS }, (_, at) => {
    const mutant = mutantOf(at % 2 === 0 ? sample : { ...sample, bytes: frame(sample.bytes) }, random).bytes
    return at % 2 === 0 ? frame(mutant) : mutant
  }).values()
  const results = { answered: 0, closed: 0 }
  let slowest = 0
  const lane = async (): Promise<void> => {
    let client = await mllpClient(ports.mllp)
    for (const bytes of left) {
      const started = performance.now()
      const result = await sendBroken(client, bytes)
      slowest = Math.max(slowest, performance.now() - started)
      results[result]++
      if (result === 'closed') client = await mllpClient(ports.mllp)
    }
    client.close()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, lane))
  expect(results.answered + results.closed).toBe(MUTANTS)
  expect(results.answered).toBeGreaterThan(MUTANTS * 0.9)
  expect(slowest).toBeLessThan(ANSWER_MS_MAX)
  expect(server.failures()).toEqual([])
  expect(server.isRunning()).toBe(true)
  // Every payload has ended: stored, stored with issues, or quarantined with its bytes.
  expect(await count('payloads', { finishedAt: null })).toBe(0)
  const quarantined = await mongo.db(database.database).collection('payloads').find({ status: 'quarantined' }).toArray()
  for (const { _id, inline, chunks } of quarantined) {
    expect(inline !== null || chunks > 0).toBe(true)
    expect(await count('quarantine', { payload: _id })).toBeGreaterThan(0)
  }
  expect((await sendAll(['LAST']))[0]).toBe('LAST')
}, 120_000)
