import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { type AuditEntry, createAudit } from '../../server/audit/audit.ts'
import { ANSWER_UNKNOWN, recoverAudit } from '../../server/audit/recovery.ts'
import { verifyAudit } from '../../server/audit/verify.ts'
import { createLater } from '../../server/store/audit-later.ts'
import { silentLog } from '../../server/store/log.ts'
import { createStore } from '../../server/store/store.ts'
import type { AuditRecord, Store } from '../../server/store/types.ts'
import { NOBODY, opened, put, SYSTEM } from '../store/fixture.ts'

const context = opened()
const actor = {
  clientId: 'c1',
  party: 'hospital',
  organization: 'H1',
  role: 'clinician',
  purpose: 'TREAT',
  form: 'IDENT',
  scopes: [],
} as const
const asked = (id: string): AuditEntry => ({
  interaction: 'read',
  action: 'R',
  outcome: '0',
  actor: { ...actor },
  reason: '',
  type: 'Basic',
  resources: [`Basic/${id}`],
  acc: NOBODY,
})

const auditOf = (store: Store, now: () => Date = () => new Date()) =>
  createAudit({ store, now, node: 'node-1', queryKey: new Uint8Array(32).fill(7) })

const entriesOf = async (store: Store, id: string) => {
  const page = await store.search(SYSTEM, {
    type: 'AuditEvent',
    plan: { kind: 'keys', keys: [`entity>Basic/${id}`] },
    sort: [],
    count: 10,
    total: 'none',
  })
  return page.rows.map((row) => ({
    row,
    event: JSON.parse(Buffer.from(row.body).toString()) as { outcome: string; outcomeDesc?: string; entity: object[] },
  }))
}

const rows = (database: string, name: string) => context.raw.db(database).collection<{ _id: string; e?: unknown[] }>(name)

describe('a use that is announced', () => {
  test('is durable before its entry is made; the entry is read at once, with what was found', async () => {
    const audit = auditOf(context.store)
    const use = audit.announce(asked('a1'))
    await use.durable
    const kept = await rows(context.database.database, 'audit_intents').find().toArray()
    expect(
      kept
        .flatMap(({ e }) => e ?? [])
        .map(String)
        .join(),
    ).toContain('/a1')
    expect(await entriesOf(context.store, 'a1')).toEqual([])
    use.settle({ ...asked('a1'), reason: 'treatment', patients: ['p1'] })
    const [found, ...others] = await entriesOf(context.store, 'a1')
    expect(others).toEqual([])
    expect(found?.event).toMatchObject({ outcome: '0', outcomeDesc: 'treatment', entity: [{ what: { reference: 'Patient/p1' } }, {}, {}] })
    expect(await verifyAudit(context.store)).toMatchObject({ ok: true, problems: [] })
  })

  test('many at once: each has one entry', async () => {
    const audit = auditOf(context.store)
    const ids = Array.from({ length: 60 }, (_, n) => `many${n}`)
    await Promise.all(
      ids.map(async (id) => {
        const use = audit.announce(asked(id))
        await use.durable
        use.settle({ ...asked(id), reason: 'x' })
      }),
    )
    for (const id of ids) expect(await entriesOf(context.store, id)).toHaveLength(1)
  })
})

describe('a process that ends before it has settled', () => {
  /** A store of a process that will not be heard of again, and one of another process, to which forty seconds have passed. */
  async function twoProcesses() {
    const database = `${context.database.database}_r${Math.random().toString(36).slice(2, 8)}`
    const options = { uri: context.database.uri, database, log: silentLog, poolSize: 6 }
    const dead = await createStore(options)
    const living = await createStore({ ...options, now: () => new Date(Date.now() + 40_000) })
    return {
      dead,
      living,
      database,
      async end() {
        await Promise.all([dead.close(), living.close()])
        await context.raw.db(database).dropDatabase()
      },
    }
  }
  const recover = (store: Store) => recoverAudit({ store, accOf: (p, o) => ({ p: [...p], s: 1, e: [], o }) })

  test('another gives each its entry once, with the persons of what was asked for', async () => {
    const { dead, living, database, end } = await twoProcesses()
    await living.commit({ writes: [put('o1', '{}', { acc: { ...NOBODY, p: ['p7'] } })] })
    const audit = auditOf(dead)
    const settled = audit.announce(asked('s1'))
    await settled.durable
    settled.settle({ ...asked('s1'), reason: 'known' })
    expect(await entriesOf(dead, 's1')).toHaveLength(1)
    for (const id of ['o1', 'gone']) await audit.announce(asked(id)).durable
    expect(await recover(living)).toBe(2)
    const [entry, ...others] = await entriesOf(living, 'o1')
    expect(others).toEqual([])
    expect(entry?.event).toMatchObject({ outcome: '8', outcomeDesc: ANSWER_UNKNOWN })
    expect(entry?.event.entity[0]).toMatchObject({ what: { reference: 'Patient/p7' }, role: { code: '1' } })
    expect(entry?.row.acc).toEqual({ p: ['p7'], s: 1, e: [], o: 'H1' })
    expect((await entriesOf(living, 'gone')).map(({ event }) => event.outcomeDesc)).toEqual([ANSWER_UNKNOWN])
    expect((await entriesOf(living, 's1')).map(({ event }) => event.outcomeDesc)).toEqual(['known'])
    expect(await recover(living)).toBe(0)
    expect(await rows(database, 'audit_intents').countDocuments()).toBe(0)
    expect(await verifyAudit(living)).toMatchObject({ ok: true, problems: [] })
    await end()
  })

  test('one that was stopped for a while and goes on stores its own entry beside', async () => {
    const { dead, living, end } = await twoProcesses()
    const use = auditOf(dead).announce(asked('late'))
    await use.durable
    expect(await recover(living)).toBe(1)
    use.settle({ ...asked('late'), reason: 'known' })
    const found = await entriesOf(dead, 'late')
    expect(found.map(({ event }) => event.outcomeDesc).sort()).toEqual([ANSWER_UNKNOWN, 'known'])
    await end()
  })

  test('one that lives is left alone', async () => {
    const { dead, database, end } = await twoProcesses()
    const other = await createStore({ uri: context.database.uri, database, log: silentLog, poolSize: 4 })
    await auditOf(dead).announce(asked('open')).durable
    expect(await recover(other)).toBe(0)
    expect(await entriesOf(other, 'open')).toEqual([])
    await other.close()
    await end()
  })

  test('one that is closed leaves nothing behind', async () => {
    const { living, dead, database } = await twoProcesses()
    const use = auditOf(dead).announce(asked('c'))
    await use.durable
    use.settle({ ...asked('c'), reason: 'known' })
    await dead.close()
    expect(await rows(database, 'audit_writers').countDocuments()).toBe(0)
    expect(await rows(database, 'audit_intents').countDocuments()).toBe(0)
    expect(await entriesOf(living, 'c')).toHaveLength(1)
    await living.close()
    await context.raw.db(database).dropDatabase()
  })
})

describe('entries that cannot be stored', () => {
  afterEach(() => {
    jest.useRealTimers()
  })

  const record = (id: string): AuditRecord => ({ id, at: new Date(), body: Buffer.from('{}'), keys: [], shape: 's', acc: NOBODY })

  test('are kept and tried again, and after some seconds nothing more is taken on', async () => {
    jest.useFakeTimers()
    const stored: string[] = []
    const rowsStored: number[] = []
    let works = false
    const later = createLater({
      log: silentLog,
      async append(records) {
        // What fails may have come through: the first of the two did.
        if (!works) stored.push(records[0]?.id ?? '')
        if (!works) throw new Error('away')
        stored.push(...records.map(({ id }) => id))
      },
      missing: async (records) => records.filter(({ id }) => !stored.includes(id)),
      stored: (row) => rowsStored.push(row),
    })
    later.add(record('a'), 1)
    later.add(record('b'), 2)
    await jest.advanceTimersByTimeAsync(100)
    expect(later.problem()).toBeUndefined()
    await jest.advanceTimersByTimeAsync(6000)
    expect(later.problem()).toMatchObject({ status: 503 })
    expect(rowsStored).toEqual([])
    works = true
    await jest.advanceTimersByTimeAsync(1000)
    expect(later.problem()).toBeUndefined()
    expect(stored.filter((id) => id === 'b')).toEqual(['b'])
    expect(rowsStored).toEqual([1, 2])
  })
})
