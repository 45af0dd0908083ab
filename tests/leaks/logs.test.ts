/** Leak catalogue L75: a process of its own under load of names and numbers; none of them in its output or its metrics. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { clientKey, requestToken } from '../../server/auth/request-token.ts'
import { loadConfig } from '../../server/config/config.ts'
import { sourceMappingIds } from '../../mappings/index.ts'
import { freePort } from '../../server/store/mongod/free-port.ts'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CANARIES = 1000
const READY_MS_MAX = 40_000

let database: TestDatabase
let folder: string
let child: ChildProcess
let url: string
let output = ''

beforeAll(async () => {
  database = await testDatabase()
  folder = await mkdtemp(join(tmpdir(), 'yilian-logs-'))
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  const environment = {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: String(port),
    MONGODB_URI: database.uri,
    MONGODB_DATABASE: database.database,
    DATA_DIR: folder,
    LOG_LEVEL: 'trace',
  }
  child = spawn(process.execPath, [join(ROOT, 'server/main.ts')], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  await ready()
}, READY_MS_MAX + 10_000)

afterAll(async () => {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

async function ready(): Promise<void> {
  const until = Date.now() + READY_MS_MAX
  while (Date.now() < until) {
    const answer = await fetch(`${url}/ready`).catch(() => undefined)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`not ready: ${output.slice(0, 2000)}`)
}

test('1,000 names and numbers, in every place where a request can hold one', async () => {
  const config = loadConfig({ DATA_DIR: folder, PUBLIC_URL: url }, { mappings: sourceMappingIds() })
  const key = await clientKey(config, 'loader')
  if (!key) throw new Error('no key')
  const token = (await requestToken({ publicUrl: url, clientId: 'loader', key })).access_token
  const used: string[] = []
  const canary = (): string => {
    used.push(`K${randomBytes(9).toString('hex')}`)
    return used.at(-1) as string
  }
  const send = async (path: string, init: RequestInit = {}): Promise<number> => {
    const answer = await fetch(`${url}${path}`, {
      ...init,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/fhir+json', ...init.headers },
    })
    await answer.arrayBuffer()
    return answer.status
  }
  const patient = () =>
    JSON.stringify({ resourceType: 'Patient', id: canary(), name: [{ text: canary() }], identifier: [{ value: canary() }] })
  const kinds: (() => Promise<number>)[] = [
    () => send(`/fhir/Patient?name=${canary()}%0a%1b[31m${canary()}&identifier=${canary()}`),
    () => send(`/fhir/Patient/${canary()}`),
    () => send('/fhir/Patient', { method: 'POST', body: patient() }),
    () => send('/fhir/Patient', { method: 'POST', body: `{"resourceType":"Patient","${canary()}":"${canary()}"` }),
    () => send('/fhir/Patient', { method: 'POST', body: `{"resourceType":"Patient","birthDate":"${canary()}","${canary()}":1}` }),
    () => send(`/fhir/${canary()}?${canary()}=${canary()}`),
    () => send(`/${canary()}/%E0%A4%A${canary()}`),
    () => send('/ingest/h1-his', { method: 'POST', body: `MSH|^~\\&|${canary()}|${canary()}`, headers: { 'Content-Type': 'text/plain' } }),
    () =>
      send('/fhir/metadata', {
        headers: { Authorization: `Bearer ${canary()}.${canary()}`, 'X-Purpose-Of-Use': canary(), Prefer: canary() },
      }),
    () =>
      send('/auth/token', {
        method: 'POST',
        body: `client_id=${canary()}&scope=${canary()}`,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      }),
  ]
  const statuses: number[] = []
  for (let at = 0; used.length < CANARIES; at++) statuses.push(await (kinds[at % kinds.length] as () => Promise<number>)())
  expect(statuses.filter((status) => status >= 500)).toEqual([])
  const metrics = await (await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${token}` } })).text()
  expect(metrics).toContain('process_cpu')
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(output.length).toBeGreaterThan(0)
  expect(used.filter((one) => output.includes(one) || metrics.includes(one))).toEqual([])
  expect(output.split('\n').filter((line) => line.includes('\u001b'))).toEqual([])
}, 60_000)
