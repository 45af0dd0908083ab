/** A server that is told to stop when its database is gone ends in the time that supervisors give. */
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

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yilian-gone-'))
  mongod = await startMongod({ dataDir: folder, log: silentLog, cacheGb: 0.25 })
  server = await startServerProcess({
    port: 0,
    environment: { MONGODB_URI: mongod.uri, MONGODB_DATABASE: 'gone', DATA_DIR: folder, YILIAN_NO_AUTH: '1' },
  })
}, 120_000)
afterAll(async () => {
  if (server.isRunning()) await server.crash()
  await rm(folder, { recursive: true, force: true })
})

test('it ends by itself', async () => {
  await mongod.stop()
  process.kill(server.pid, 'SIGTERM')
  const until = Date.now() + SUPERVISOR_MS
  while (server.isRunning() && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50))
  expect(server.isRunning()).toBe(false)
}, 60_000)
