/** A server that is told to stop when its database is gone ends in the time that supervisors give, also where nobody reads its log any more. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '../../server/store/log.ts'
import { type EmbeddedMongod, startMongod } from '../../server/store/mongod/start.ts'
import { type ServerProcess, startServerProcess } from './support/server-process.ts'

const SUPERVISOR_MS = 30_000
let folder: string
let mongod: EmbeddedMongod
let server: ServerProcess
let unread: ServerProcess

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yilian-gone-'))
  mongod = await startMongod({ dataDir: folder, log: silentLog, cacheGb: 0.25 })
  const environment = { MONGODB_URI: mongod.uri, DATA_DIR: folder, YILIAN_NO_AUTH: '1' }
  server = await startServerProcess({ port: 0, environment: { ...environment, MONGODB_DATABASE: 'gone' } })
  unread = await startServerProcess({ port: 0, environment: { ...environment, MONGODB_DATABASE: 'unread' } })
}, 120_000)
afterAll(async () => {
  for (const one of [server, unread]) if (one.isRunning()) await one.crash()
  await rm(folder, { recursive: true, force: true })
})

test('it ends by itself', async () => {
  unread.stopReading()
  await mongod.stop()
  for (const { pid } of [server, unread]) process.kill(pid, 'SIGTERM')
  const until = Date.now() + SUPERVISOR_MS
  while ([server, unread].some((one) => one.isRunning()) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50))
  expect([server.isRunning(), unread.isRunning()]).toEqual([false, false])
}, 60_000)
