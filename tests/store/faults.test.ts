import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyAudit } from '../../server/audit/verify.ts'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'
import { silentLog } from '../../server/store/log.ts'
import { type EmbeddedMongod, startMongod } from '../../server/store/mongod/start.ts'
import { createStore } from '../../server/store/store.ts'
import type { AuditRecord, Store } from '../../server/store/types.ts'
import { index, NOBODY, put, SYSTEM } from './fixture.ts'

let folder: string
let mongod: EmbeddedMongod
let store: Store

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yilian-faults-'))
  mongod = await startMongod({ dataDir: folder, log: silentLog, cacheGb: 0.25 })
  store = await createStore({ uri: mongod.uri, database: 'faults', log: silentLog, poolSize: 8 })
})
afterAll(async () => {
  await store.close()
  await mongod.stop()
  await rm(folder, { recursive: true, force: true })
})

let made = 0
function auditRecord(): AuditRecord {
  const id = `audit${made++}`
  return { id, at: new Date(), body: Buffer.from(`{"id":"${id}"}`), keys: [], shape: 'test', acc: NOBODY }
}

describe('the database is killed under load', () => {
  test('what was acknowledged is there, what was not says so without a word of the database, and work goes on', async () => {
    const acknowledged = { writes: [] as string[], audit: [] as string[] }
    const refused: unknown[] = []
    let running = true
    let ids = 0
    const writer = async () => {
      while (running) {
        const id = `w${ids++}`
        const record = auditRecord()
        try {
          const result = await store.commit({
            writes: [put(id, id, { expect: 'absent' })],
            audit: [record],
            claims: [{ key: id, value: {} }],
          })
          expect(result.ok).toBe(true)
          acknowledged.writes.push(id)
          acknowledged.audit.push(record.id)
        } catch (error) {
          refused.push(error)
        }
      }
    }
    const auditor = async () => {
      while (running) {
        const record = auditRecord()
        try {
          await store.audit.append([record])
          acknowledged.audit.push(record.id)
        } catch (error) {
          refused.push(error)
        }
      }
    }
    const work = [...Array.from({ length: 8 }, writer), ...Array.from({ length: 4 }, auditor)]
    for (let kill = 0; kill < 5; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 400))
      const pid = mongod.pid()
      process.kill(pid, 'SIGKILL')
      const before = acknowledged.writes.length
      while (mongod.pid() === pid || acknowledged.writes.length < before + 50) await new Promise((resolve) => setTimeout(resolve, 50))
    }
    running = false
    await Promise.all(work)

    const lost: string[] = []
    for (let at = 0; at < acknowledged.writes.length; at += 500) {
      const ids = acknowledged.writes.slice(at, at + 500)
      const there = new Set((await store.readMany(SYSTEM, 'Basic', ids)).map(({ id }) => id))
      lost.push(...ids.filter((id) => !there.has(id)))
    }
    expect(lost).toEqual([])
    const audited = new Set<string>()
    for await (const { id } of store.audit.entries(SYSTEM)) audited.add(id)
    expect(acknowledged.audit.filter((id) => !audited.has(id))).toEqual([])
    for (const error of refused) {
      expect(error).toBeInstanceOf(OutcomeError)
      expect(['unavailable', 'busy']).toContain((error as OutcomeError).issues[0]?.code)
    }
    // Every resource that is stored has its audit entry and its claim: the unit is whole or not there.
    const count = await store.count(SYSTEM, 'Basic', { kind: 'everything' })
    expect(await store.table(SYSTEM, 'claims').count({})).toBe(count)
    expect(await verifyAudit(store)).toMatchObject({ ok: true, problems: [] })
  })

  test('a resource that no document can hold is refused as too large, and its neighbours are stored', async () => {
    const units = [put('small1', 'x'), put('huge', 'x'.repeat(15 * 1024 * 1024)), put('small2', 'x')]
    const results = await Promise.allSettled(units.map((write) => store.commit({ writes: [write] })))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { status: 413, issues: [{ code: 'body-too-large' }] } })
  })

  test('a search that takes too long is too costly, not an error of the database', async () => {
    await store.commit({ writes: [put('x', 'x', { index: index({ keys: ['k'] }) })] })
    const { guarded } = await import('../../server/store/failures.ts')
    const { MongoServerError } = await import('mongodb')
    const expired = new MongoServerError({ message: 'operation exceeded time limit on yilian.Patient name~secret', code: 50 })
    const thrown = await guarded(silentLog, () => Promise.reject(expired)).catch((error: unknown) => error)
    expect(thrown).toMatchObject({ status: 400, issues: [{ code: 'too-costly' }] })
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain('secret')
  })
})

describe('the database is away', () => {
  test('nothing is acknowledged and nothing is read', async () => {
    const gone = await startMongod({ dataDir: join(folder, 'gone'), log: silentLog, cacheGb: 0.25 })
    const lonely = await createStore({ uri: gone.uri, database: 'x', log: silentLog, poolSize: 2, serverSelectionMs: 500 })
    await lonely.commit({ writes: [put('a', 'x')] })
    await gone.stop()
    expect(await lonely.ping()).toBe(false)
    const unavailable = { status: 503, issues: [{ code: 'unavailable' }] }
    await expect(lonely.read(SYSTEM, 'Basic', 'a')).rejects.toMatchObject(unavailable)
    await expect(lonely.audit.append([auditRecord()])).rejects.toMatchObject(unavailable)
    await expect(lonely.commit({ writes: [put('b', 'x')], audit: [auditRecord()] })).rejects.toMatchObject(unavailable)
    await expect(lonely.table(SYSTEM, 'x').get('a')).rejects.toMatchObject(unavailable)
    for (const _id of ['first', 'later']) await expect(lonely.table(SYSTEM, 'x').insert({ _id })).rejects.toMatchObject(unavailable)
    await lonely.close()
  })
})
