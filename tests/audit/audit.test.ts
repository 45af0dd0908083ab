import { describe, expect, test } from '@jest/globals'
import type { Acc } from '../../server/access/decision.ts'
import { type AuditEntry, createAudit } from '../../server/audit/audit.ts'
import { verifyAudit } from '../../server/audit/verify.ts'
import type { Actor } from '../../server/auth/actor.ts'
import { unpackFacts } from '../../server/audit-event/facts.ts'
import { shapeKeys } from '../../server/audit-event/keys.ts'
import { renderAuditEvent } from '../../server/audit-event/render.ts'
import { parseResource } from '../../server/fhir/resource-text.ts'
import { createSearch } from '../../server/search/search.ts'
import { HEADS } from '../../server/store/audit-log.ts'
import { silentLog } from '../../server/store/log.ts'
import { createStore } from '../../server/store/store.ts'
import type { AuditRecord, Store } from '../../server/store/types.ts'
import { put, SYSTEM } from '../store/fixture.ts'
import { opened } from '../store/fixture.ts'

const context = opened()
const acc: Acc = { p: ['pat1'], s: 5, e: ['pat1#1'], o: 'H1' }

const actor: Actor = {
  clientId: 'h1-ward',
  party: 'hospital',
  organization: 'H1',
  role: 'clinician',
  purpose: 'TREAT',
  form: 'IDENT',
  scopes: [],
  user: 'Practitioner/dr1',
}

let next = 0
function auditOf(store: Store) {
  return createAudit({
    store,
    now: () => new Date('2026-03-10T01:02:03.004Z'),
    newId: () => `a${next++}`,
    node: 'node-1',
    queryKey: new Uint8Array(32).fill(7),
  })
}

const entry: AuditEntry = {
  interaction: 'read',
  action: 'R',
  outcome: '0',
  actor,
  reason: 'treatment',
  patients: ['pat1'],
  resources: ['Observation/o1'],
  acc,
}

const textOf = (record: AuditRecord): string => Buffer.from(renderAuditEvent(unpackFacts(record.body))).toString()

function parsed(record: AuditRecord) {
  return JSON.parse(textOf(record))
}

describe('the AuditEvent', () => {
  test('of a read names client, user, organisation, purpose, patient and resource', () => {
    const record = auditOf(context.store).record({ ...entry, consents: ['c1'], type: 'Observation' })
    const client = { identifier: { system: 'https://fhir-cn.example/sid/client', value: 'h1-ward' } }
    const why = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }] }]
    expect(parsed(record)).toMatchObject({
      resourceType: 'AuditEvent',
      id: record.id,
      meta: { versionId: '1', lastUpdated: '2026-03-10T01:02:03.004Z' },
      type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
      subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'read' }],
      action: 'R',
      recorded: '2026-03-10T01:02:03.004Z',
      outcome: '0',
      outcomeDesc: 'treatment',
      purposeOfEvent: why,
      agent: [
        { who: client, requestor: false, purposeOfUse: why, role: [{ coding: [{ code: 'hospital' }], text: 'clinician' }] },
        { who: { reference: 'Practitioner/dr1' }, requestor: true, purposeOfUse: why },
        { who: { reference: 'Organization/H1' }, requestor: false },
      ],
      source: { observer: { display: 'node-1' } },
      entity: [
        { what: { reference: 'Patient/pat1' }, role: { code: '1' } },
        { what: { reference: 'Observation/o1' }, role: { code: '4' } },
        { what: { reference: 'Consent/c1' }, role: { code: '13' } },
        { role: { code: '24' }, detail: [{ type: 'resourceType', valueString: 'Observation' }] },
      ],
    })
    expect(record.acc).toEqual(acc)
  })

  test('of the server itself has one requestor; of an operation its name; of a query its text in base64', () => {
    const { actor: _, ...own } = entry
    const body = parsed(
      auditOf(context.store).record({ ...own, interaction: 'export', action: 'E', query: [['code', '甲|"x"']], count: 70 }),
    )
    expect(body.agent).toEqual([{ who: { display: 'node-1' }, requestor: true }])
    expect(body.subtype.map((coding: { code: string }) => coding.code)).toEqual(['operation', 'export'])
    const request = body.entity.at(-1)
    expect(Buffer.from(request.query, 'base64').toString()).toBe('code=%E7%94%B2%7C%22x%22')
    expect(request.detail).toEqual([{ type: 'count', valueString: '70' }])
    expect(request.name).toBeUndefined()
  })

  test('names at most 50 resources and counts the rest; circumstances of the token stand in it', () => {
    const resources = Array.from({ length: 120 }, (_, i) => `Observation/o${i}`)
    const special = { ...actor, form: 'PSEUD' as const, study: 's1', breakGlassReason: 'reason "quoted"\n' }
    const body = parsed(auditOf(context.store).record({ ...entry, actor: special, resources }))
    expect(body.entity).toHaveLength(52)
    expect(body.entity.at(-1).detail).toEqual([
      { type: 'count', valueString: '120' },
      { type: 'dataForm', valueString: 'PSEUD' },
      { type: 'researchStudy', valueString: 's1' },
      { type: 'breakGlassReason', valueString: 'reason "quoted"\n' },
    ])
  })

  const variants: [string, AuditEntry][] = [
    ['a read', { ...entry, consents: ['c1'], type: 'Observation' }],
    ['a search', { ...entry, interaction: 'search-type', action: 'E', query: [['code', 'x']], count: 2, type: 'Observation' }],
    ['a refusal', { ...entry, outcome: '4', patients: [], reason: 'absent' }],
    ['an operation', { ...entry, interaction: 'everything', action: 'E' }],
    ['one without a user', { ...entry, actor: { ...actor, user: undefined as never } }],
    ['one without an organisation', { ...entry, actor: { ...actor, organization: '' } }],
    ['the server’s own', { ...entry, actor: undefined as never }],
  ]
  test.each(variants)('of %s has the keys that its text yields by the R4 search parameters', (_name, one) => {
    const search = createSearch({ timezone: 'Asia/Shanghai', publicUrl: 'http://localhost' })
    const record = auditOf(context.store).record(one)
    const text = textOf(record)
    const { resource, decimals } = parseResource(text)
    expect([...record.keys, ...shapeKeys(record.shape)].sort()).toEqual([...search.index(resource, decimals).keys].sort())
  })

  test('can be read and searched like any resource', async () => {
    const audit = auditOf(context.store)
    const record = audit.record({ ...entry, patients: ['searched'] })
    await audit.append([record])
    const page = await context.store.search(SYSTEM, {
      type: 'AuditEvent',
      plan: { kind: 'keys', keys: ['entity>Patient/searched'] },
      sort: [],
      count: 5,
      total: 'none',
    })
    expect(page.rows).toMatchObject([{ id: record.id, v: 1, acc, method: 'POST', deleted: false }])
    expect(Buffer.from(page.rows[0]?.body ?? []).toString()).toBe(textOf(record))
  })
})

describe('the chain', () => {
  /** A database of its own with 30 appended entries and 6 that came with writes. */
  async function chained() {
    const database = `${context.database.database}_chain${next++}`
    const store = await createStore({ uri: context.database.uri, database, log: silentLog, auditLanes: 2, poolSize: 8 })
    const audit = auditOf(store)
    await Promise.all([
      ...Array.from({ length: 30 }, () => audit.append([audit.record(entry)])),
      ...Array.from({ length: 6 }, (_, i) =>
        store.commit({ writes: [put(`r${i}`, 'x')], audit: [audit.record({ ...entry, action: 'C' })] }),
      ),
    ])
    await new Promise((resolve) => setTimeout(resolve, 1200))
    const entries = context.raw
      .db(database)
      .collection<{ _id: string; body: unknown; chain: { c: string; n: number; h: unknown } }>('AuditEvent')
    const longest = await entries.find().sort({ 'chain.n': -1 }).limit(1).next()
    const of = (n: number) => ({ 'chain.c': longest?.chain.c, 'chain.n': n })
    return {
      store,
      audit,
      entries,
      of,
      length: longest?.chain.n ?? 0,
      heads: context.raw.db(database).collection(HEADS),
      async end() {
        await store.close()
        await context.raw.db(database).dropDatabase()
      },
    }
  }

  test('holds over groups, lanes, transactions and later starts', async () => {
    const { store, audit, end, entries } = await chained()
    expect(await verifyAudit(store)).toMatchObject({ ok: true, entries: 36, problems: [] })
    await audit.append([audit.record(entry)])
    const again = await createStore({ uri: context.database.uri, database: entries.dbName, log: silentLog, poolSize: 4 })
    await auditOf(again).append([audit.record(entry)])
    await again.close()
    const verified = await verifyAudit(store)
    expect(verified).toMatchObject({ ok: true, entries: 38 })
    expect(verified.chains).toBeGreaterThanOrEqual(3)
    await end()
  })

  test('a unit that fails leaves no entry and no gap', async () => {
    const { store, audit, end } = await chained()
    const result = await store.commit({ writes: [put('r0', 'x', { expect: 'absent' })], audit: [audit.record(entry)] })
    expect(result.ok).toBe(false)
    await store.commit({ writes: [put('r0', 'y')], audit: [audit.record(entry)] })
    expect(await verifyAudit(store)).toMatchObject({ ok: true, entries: 37 })
    await end()
  })

  test('an edited entry is found', async () => {
    const { store, entries, of, end } = await chained()
    await entries.updateOne(of(2), { $set: { body: Buffer.from('{"resourceType":"AuditEvent"}') } })
    expect((await verifyAudit(store)).problems).toEqual([{ chain: of(2)['chain.c'], n: 2, kind: 'content' }])
    await end()
  })

  test('a removed entry is found', async () => {
    const { store, entries, of, end } = await chained()
    await entries.deleteOne(of(2))
    expect((await verifyAudit(store)).problems).toEqual([{ chain: of(2)['chain.c'], n: 3, kind: 'gap' }])
    await end()
  })

  test('two entries that changed places are found', async () => {
    const { store, entries, of, end } = await chained()
    const [one, two] = [await entries.findOne(of(1)), await entries.findOne(of(2))]
    await entries.updateOne({ _id: one?._id as string }, { $set: { 'chain.n': -1 } })
    await entries.updateOne({ _id: two?._id as string }, { $set: { 'chain.n': 1, 'chain.h': one?.chain.h } })
    await entries.updateOne({ _id: one?._id as string }, { $set: { 'chain.n': 2, 'chain.h': two?.chain.h } })
    const { ok, problems } = await verifyAudit(store)
    expect(ok).toBe(false)
    expect(problems.map(({ n }) => n)).toEqual(expect.arrayContaining([1, 2]))
    await end()
  })

  test('a tail that was cut off, and a whole chain that was, are found', async () => {
    const { store, entries, of, length, end } = await chained()
    await entries.deleteOne(of(length))
    expect((await verifyAudit(store)).problems).toEqual([{ chain: of(1)['chain.c'], n: length - 1, kind: 'tail' }])
    await entries.deleteMany({ 'chain.c': of(1)['chain.c'] as string })
    expect((await verifyAudit(store)).problems).toEqual([{ chain: of(1)['chain.c'], n: length, kind: 'tail' }])
    await end()
  })

  test('a chain without a noted head is found', async () => {
    const { store, heads, of, length, end } = await chained()
    await heads.deleteOne({ _id: of(1)['chain.c'] as never })
    expect((await verifyAudit(store)).problems).toEqual([{ chain: of(1)['chain.c'], n: length, kind: 'unknown-chain' }])
    await end()
  })
})
