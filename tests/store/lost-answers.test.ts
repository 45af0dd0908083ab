import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { verifyAudit } from '../../server/audit/verify.ts'
import { silentLog } from '../../server/store/log.ts'
import { createStore } from '../../server/store/store.ts'
import type { AuditRecord, Store } from '../../server/store/types.ts'
import { testDatabase, type TestDatabase } from '../support/mongo.ts'
import { NOBODY, put, SYSTEM } from './fixture.ts'

/** What becomes of the next commands that commit a transaction: `before` breaks the connection instead of sending, `after` loses the answer. */
type Cut = 'before' | 'after'
const cuts: Cut[] = []

let cable: Server
let database: TestDatabase
let store: Store

beforeAll(async () => {
  database = await testDatabase()
  const real = new URL(database.uri)
  cable = createServer((client) => carry(client, dial(Number(real.port), real.hostname)))
  await new Promise<void>((resolve) => cable.listen(0, '127.0.0.1', resolve))
  const { port } = cable.address() as { port: number }
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`
  store = await createStore({ uri, database: database.database, log: silentLog, poolSize: 4, commitLanes: 1 })
})
afterAll(async () => {
  await store.close()
  await new Promise((resolve) => cable.close(resolve))
  await database.drop()
})

function carry(client: Socket, server: Socket): void {
  let deaf = false
  client.on('data', (bytes) => {
    const cut = bytes.includes('commitTransaction') ? cuts.shift() : undefined
    if (cut === 'before') client.destroy()
    else {
      deaf ||= cut === 'after'
      server.write(bytes)
    }
  })
  server.on('data', (bytes) => {
    if (deaf) client.destroy()
    else client.write(bytes)
  })
  client.on('close', () => server.destroy()).on('error', () => server.destroy())
  server.on('close', () => client.destroy()).on('error', () => client.destroy())
}

let made = 0
async function write(): Promise<string> {
  const id = `w${made++}`
  const record: AuditRecord = { id: `a-${id}`, at: new Date(), body: Buffer.from(`{"id":"${id}"}`), keys: [], shape: 'test', acc: NOBODY }
  const result = await store.commit({ writes: [put(id, id, { expect: 'absent' })], audit: [record], claims: [{ key: id, value: {} }] })
  expect(result.ok).toBe(true)
  return id
}

const runs: Cut[][] = [['before'], ['after'], ['before', 'before'], ['after', 'before'], ['after', 'after', 'before', 'after']]

test.each(runs.map((lost) => ({ lost, title: lost.join(', ') })))(
  'a commit whose answer is lost ($title) is stored once, and the lane goes on',
  async ({ lost }) => {
    const first = await write()
    cuts.push(...lost)
    const second = await write()
    const third = await write()
    expect(cuts).toEqual([])
    const there = await store.readMany(SYSTEM, 'Basic', [first, second, third])
    expect(there.map(({ id, v }) => [id, v])).toEqual([first, second, third].map((id) => [id, 1]))
    const audited: string[] = []
    for await (const { id } of store.audit.entries(SYSTEM)) audited.push(id)
    for (const id of [first, second, third]) expect(audited.filter((one) => one === `a-${id}`)).toHaveLength(1)
    expect(await verifyAudit(store)).toMatchObject({ ok: true, problems: [] })
  },
)
