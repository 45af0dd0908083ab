import { afterEach, describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { connect } from '../../server/store/connect.ts'
import { silentLog } from '../../server/store/log.ts'
import { findMongod } from '../../server/store/mongod/binary.ts'
import { isAlive } from '../../server/store/mongod/folder.ts'
import { type EmbeddedMongod, startMongod } from '../../server/store/mongod/start.ts'

const cleanUp: (() => Promise<void>)[] = []
afterEach(async () => {
  while (cleanUp.length > 0) await cleanUp.pop()?.()
})

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'yilian-mongod-'))
  cleanUp.push(() => rm(path, { recursive: true, force: true }))
  return path
}

async function start(dataDir: string): Promise<EmbeddedMongod> {
  const mongod = await startMongod({ dataDir, log: silentLog, cacheGb: 0.25 })
  cleanUp.push(() => mongod.stop())
  return mongod
}

async function waitFor(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('condition not met in time')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('wrong configuration', () => {
  test('a standalone is refused with the command that makes it a replica set', async () => {
    const dataDir = await folder()
    const port = 20000 + Math.floor(Math.random() * 10000)
    const child = spawn(
      await findMongod(silentLog),
      ['--bind_ip', '127.0.0.1', '--port', String(port), '--dbpath', dataDir, '--nounixsocket'],
      {
        stdio: 'ignore',
      },
    )
    cleanUp.push(async () => {
      child.kill('SIGKILL')
      await new Promise((resolve) => child.once('exit', resolve))
    })
    await expect(connect({ uri: `mongodb://127.0.0.1:${port}`, database: 'x' })).rejects.toThrow(/--replSet rs0/)
  })

  test('a MONGOD_BINARY that is not executable is named', async () => {
    await expect(findMongod(silentLog, { MONGOD_BINARY: '/nonexistent/mongod' })).rejects.toThrow(/MONGOD_BINARY/)
  })
})

describe('embedded mongod', () => {
  test('a second start on one folder joins the first; the last to stop shuts it down, and data stay', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    const second = await start(dataDir)
    expect(second.uri).toBe(first.uri)
    expect(second.pid()).toBe(first.pid())
    const client = new MongoClient(first.uri)
    await client.db('x').collection('a').insertOne({ n: 1 })
    await client.close()
    const pid = first.pid()
    await first.stop()
    await second.stop()
    expect(isAlive(pid)).toBe(false)
    const third = await start(dataDir)
    const again = new MongoClient(third.uri)
    expect(await again.db('x').collection('a').countDocuments()).toBe(1)
    await again.close()
  })

  test('a mongod killed while the server lives is restarted on the same port', async () => {
    const mongod = await start(await folder())
    const client = new MongoClient(mongod.uri)
    await client
      .db('x')
      .collection('a')
      .insertOne({ n: 1 }, { writeConcern: { w: 'majority', journal: true } })
    const killed = mongod.pid()
    process.kill(killed, 'SIGKILL')
    await waitFor(() => mongod.pid() !== killed)
    expect(await client.db('x').collection('a').countDocuments()).toBe(1)
    await client.close()
  })

  test('while another program has the port, it waits for that port: the clients know no other', async () => {
    const mongod = await start(await folder())
    const { uri } = mongod
    const pid = mongod.pid()
    const port = Number(new URL(uri).port)
    process.kill(pid, 'SIGKILL')
    const callers: Socket[] = []
    const intruder = createServer((socket) => callers.push(socket))
    await waitFor(async () => {
      if (isAlive(pid)) return false
      intruder.listen(port, '127.0.0.1')
      return once(intruder, 'listening').then(
        () => true,
        () => false,
      )
    })
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(mongod.pid()).toBe(pid)
    const closed = new Promise((resolve) => intruder.close(resolve))
    for (const socket of callers) socket.destroy()
    await closed
    await waitFor(() => mongod.pid() !== pid)
    const client = new MongoClient(uri)
    expect(await client.db('admin').command({ hello: 1 })).toMatchObject({ isWritablePrimary: true, me: `127.0.0.1:${port}` })
    await client.close()
  })

  test('the mongod left behind by a killed server is taken over by the next start', async () => {
    const dataDir = await folder()
    const module = new URL('../../server/store/mongod/start.ts', import.meta.url).href
    const script = `const { startMongod } = await import('${module}')
      const log = { info() {}, warn() {}, error() {} }
      const mongod = await startMongod({ dataDir: process.argv[1], log, cacheGb: 0.25 })
      console.log(mongod.pid())
      setInterval(() => {}, 1000)`
    const server = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
    const pid = await new Promise<number>((resolve) => server.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString()))))
    server.kill('SIGKILL')
    await new Promise((resolve) => server.once('exit', resolve))
    expect(isAlive(pid)).toBe(true)
    const next = await start(dataDir)
    expect(next.pid()).toBe(pid)
    await next.stop()
    expect(isAlive(pid)).toBe(false)
  })

  test('its log holds no values of slow operations', async () => {
    const dataDir = await folder()
    const mongod = await start(dataDir)
    const client = new MongoClient(mongod.uri)
    await client.db('x').collection('a').insertOne({ n: 1 })
    await client
      .db('x')
      .collection('a')
      .find({ $where: 'sleep(150) || true', canary: { $ne: 'CANARY-7' } })
      .toArray()
    await client.close()
    expect(await readFile(join(dataDir, 'mongod', 'mongod.log'), 'utf8')).not.toContain('CANARY-7')
  })
})
