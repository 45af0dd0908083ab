/** Anomalies that no other test is about, each with what becomes of it (rows.ts). */
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { wholeTables } from '../../server/ingest/doubts.ts'
import { thingsIn } from '../../server/ingest/fold/rows.ts'
import { type Rig, rig, sourceOf } from '../ingest/support.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const SYSTEM = systemDecision('test')
const PI = (value: string) => ({ kind: 'PI', value, strong: true })
const TABLE = 'urn:test:table'
const PART = 'urn:test:part'

describe('one record', () => {
  let one: Rig
  beforeAll(async () => {
    one = await rig([sourceOf('his', 'hospital', 'H1')], {
      now: () => new Date('2026-03-10T08:00:00Z'),
      lookup: wholeTables(() => [
        {
          url: TABLE,
          version: 'A',
          content: 'complete',
          concepts: [
            { code: '1', display: '高血压' },
            { code: '2', display: '糖尿病' },
          ],
        },
        { url: TABLE, version: 'B', content: 'complete', concepts: [{ code: '1', display: '原发性高血压' }] },
        { url: PART, content: 'fragment', concepts: [{ code: '1', display: '原发性高血压' }] },
      ]),
    })
  }, 60_000)
  afterAll(() => one.close())

  let sent = 0
  const condition = (coding: object, statedAt = '2026-03-10T07:00:00Z', name = `d${++sent}`) => ({
    deliveryId: name,
    patient: { local: [PI('1')] },
    resources: [
      {
        key: { type: 'Condition', scope: 'H1', parts: [name] },
        state: 'current',
        statedAt,
        resource: { resourceType: 'Condition', code: { coding: [coding], text: name }, subject: { $patient: true } },
      },
    ],
  })
  const send = async (record: object): Promise<{ codes: string[]; status: string; received: Date }> => {
    const { payload } = await one.send('his', [record])
    const issues = JSON.parse(payload.issues) as { code: string; severity: string; at: string }[]
    return {
      codes: issues.map(({ severity, code, at }) => `${severity} ${code} ${at}`),
      status: payload.status,
      received: payload.receivedAt,
    }
  }
  const stored = async (name: string) => (await one.all('Condition')).find(({ code }) => (code as { text: string }).text === name)

  test('a code of another version of its table is stored with its version, and told (D27)', async () => {
    const coding = { system: TABLE, code: '2', version: 'B', display: '糖尿病' }
    const { codes, status } = await send(condition(coding, undefined, 'version'))
    expect([codes, status]).toEqual([['warning mapping-code-version message 1: Condition.code.coding'], 'stored-with-issues'])
    expect(await stored('version')).toMatchObject({ code: { coding: [coding] } })
    expect((await send(condition({ system: TABLE, code: '2', version: 'A', display: '糖尿病' }))).codes).toEqual([])
  })

  test('a name that is not that of the code: the code counts, and it is told (D28)', async () => {
    const coding = { system: TABLE, code: '1', version: 'B', display: '糖尿病' }
    const { codes } = await send(condition(coding, undefined, 'display'))
    expect(codes).toEqual(['warning mapping-display message 1: Condition.code.coding'])
    expect(await stored('display')).toMatchObject({ code: { coding: [coding] } })
    // Of a table of which a part alone is here nothing is known.
    for (const code of ['1', '2'])
      expect((await send(condition({ system: PART, code, version: 'A', display: '糖尿病' }))).codes).toEqual([])
    // Width, spaces and another language make no other name.
    for (const display of ['原发性 高血压', 'essential hypertension'])
      expect((await send(condition({ system: TABLE, code: '1', version: 'B', display }))).codes).toEqual([])
  })

  test('a clock in the future, or years back: stored as sent, told, and received is our own (D42)', async () => {
    const coding = { system: 'urn:x', code: '1' }
    const ahead = await send({ ...condition(coding, '2026-03-11T08:00:00Z', 'ahead') })
    expect([ahead.codes, ahead.received.toISOString()]).toEqual([['warning mapping-clock message 1'], '2026-03-10T08:00:00.000Z'])
    expect(await stored('ahead')).toBeDefined()
    expect((await send(condition(coding, '2018-03-10T08:00:00Z'))).codes).toEqual(['information mapping-clock-old message 1'])
    // Minutes are no fault, and a record without a time of its own has none.
    for (const statedAt of ['2026-03-10T08:05:00Z', '2025-03-10T08:00:00Z', '1970-01-01T00:00:00Z'])
      expect((await send(condition(coding, statedAt))).codes).toEqual([])
  })
})

test('a list of 10,000 charges in one message: one record, one receipt (D39)', async () => {
  const one = await rig([sourceOf('his', 'hospital', 'H1')], { validate: async () => [] })
  try {
    const charge = (n: number) => ({
      key: { type: 'ChargeItem', scope: 'H1', parts: [`c${n}`] },
      state: 'current',
      statedAt: '2026-03-06T08:00:00Z',
      resource: { resourceType: 'ChargeItem', status: 'billable', code: { text: `c${n}` }, subject: { $patient: true } },
    })
    const list = { deliveryId: 'list', patient: { local: [PI('1')] }, resources: Array.from({ length: 10_000 }, (_, n) => charge(n)) }
    const { payload, counts } = await one.send('his', [list])
    expect([payload.status, counts.records, counts.stored, counts.resources]).toEqual(['stored', 1, 1, 10_000])
    const rows = await one.ingest.tables.contributions.find({})
    expect(new Set(rows.flatMap(thingsIn)).size).toBeGreaterThanOrEqual(10_000)
    expect((await one.all('Provenance')).length).toBe(1)
  } finally {
    await one.close()
  }
}, 120_000)

describe('a server', () => {
  let server: TestServer
  beforeAll(async () => {
    const demo = await readFile(DEMO_CONFIG_FILE, 'utf8')
    const config = demo
      .replace('organizations:\n', 'organizations:\n  - { id: MIL, kind: hospital, name: 某部队医院 }\n')
      .replace(
        'sources:\n',
        'sources:\n  - { id: mil-his, kind: hospital, mapping: hospital/hl7v2, organization: MIL, client: h2-engine }\n',
      )
    server = await startTestServer({ config })
  }, 60_000)
  afterAll(() => server.stop())

  const message = (id: string, facility: string, ...segments: string[]): string =>
    [
      `MSH|^~\\&|HIS|${facility}|EAI|YILIAN|20260306081530||ADT^A01|${id}|P|2.4||||||UNICODE UTF-8`,
      'EVN|A01|20260306081530',
      ...segments,
      '',
    ].join('\r')
  const send = async (source: string, client: string, body: string | Uint8Array, type = 'application/hl7-v2'): Promise<Answer> =>
    server.call('POST', `/ingest/${source}`, { token: await server.token(client), body, headers: { 'Content-Type': type } })
  const errors = (answer: Answer): string[] =>
    (answer.json.issue as { severity: string; code: string }[]).filter(({ severity }) => severity === 'error').map(({ code }) => code)
  async function all(type: string): Promise<Record<string, unknown>[]> {
    const found: Record<string, unknown>[] = []
    for await (const batch of server.running.store.stream(SYSTEM, type, { kind: 'everything' }))
      for (const { body } of batch) found.push(JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>)
    return found
  }

  test('a hospital without any national code has numbers of its own, and that is no error (D43)', async () => {
    const answer = await send('mil-his', 'h2-engine', message('M1', '', 'PID|1||B1^^^^PI||兵甲', 'PV1|1|I|||||||||||||||||V1'))
    expect([answer.status, errors(answer)]).toEqual([200, []])
    const [patient] = (await all('Patient')).filter(({ name }) => JSON.stringify(name).includes('兵甲'))
    expect(patient?.identifier).toMatchObject([{ system: expect.stringContaining('/sid/MIL/'), value: 'B1' }])
  })

  test('a department by its name alone is one of the hospital’s (D44)', async () => {
    for (const id of ['D1', 'D2'])
      await send('h1-his', 'h1-engine', message(id, '0001', `PID|1||${id}^^^0001^PI||科甲`, `PV1|1|I|^心内科^12||||||||||||||||${id}`))
    const departments = (await all('Organization')).filter(({ name }) => name === '心内科')
    expect(departments).toHaveLength(1)
    expect(departments[0]).toMatchObject({ partOf: { reference: 'Organization/H1' } })
  })

  test('a staff number that another one has later is another person (D45)', async () => {
    for (const [id, doctor] of [
      ['S1', 'D9^孙医生'],
      ['S2', 'D9^周医生'],
      ['S3', '^吴医生'],
    ])
      await send(
        'h1-his',
        'h1-engine',
        message(id as string, '0001', `PID|1||${id}^^^0001^PI||员甲`, `PV1|1|I|||||${doctor}||||||||||||${id}`),
      )
    const names = (await all('Practitioner')).flatMap(({ name }) => (name as { text?: string }[]).map(({ text }) => text))
    expect(names.filter((name) => name === '孙医生' || name === '周医生').sort()).toEqual(['周医生', '孙医生'].sort())
    expect(names).not.toContain('吴医生')
    expect(JSON.stringify(await all('Encounter'))).toContain('吴医生')
  })

  test('who sends for another hospital is refused, and nothing is kept but the audit (D48)', async () => {
    const tables = ['payloads', 'payload_chunks', 'quarantine', 'patient_numbers', 'contributions']
    const held = async () => Promise.all(tables.map((name) => server.running.store.table(SYSTEM, name).count({})))
    const before = await held()
    const answer = await send(
      'h1-his',
      'h1-engine',
      message('F1', 'H11010500002', 'PID|1||F1^^^0002^PI||外甲', 'PV1|1|I|||||||||||||||||F1'),
    )
    expect([answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([422, 'mapping-organization'])
    expect(await held()).toEqual(before)
    const account = await server.call('GET', '/fhir/AuditEvent?_sort=-date&_count=5', { token: await server.token('loader') })
    expect(account.text).toContain('mapping-organization')
    expect(account.text).not.toContain('外甲')
  })

  test('a backlog is accepted, queued, and done in the order in which it was said (D50)', async () => {
    const head = 'YLJGDM,KH,KLX,XM,XB,CSRQ,YWSCSJ,XGBZ'
    const day = (n: number): string => `2026-03-${String(n).padStart(2, '0')} 01:00:00`
    const files = Array.from(
      { length: 7 },
      (_, n) => `${head}\n${Array.from({ length: 20 }, (_, p) => `0001,K${p},0,名${n + 1},1,,${day(n + 1)},1`).join('\n')}\n`,
    )
    const sent = await Promise.all([...files].reverse().map((file) => send('rhip', 'ha', file, 'text/csv')))
    expect(sent.map(({ status }) => status)).toEqual(files.map(() => 202))
    const ha = await server.token('ha')
    const listed = await server.call('GET', '/ingest/inbox?source=rhip', { token: ha })
    expect(listed.json.total).toBe(7)
    for (const { headers } of sent) {
      let receipt = await server.call('GET', headers.get('content-location') ?? '', { token: ha })
      for (let tries = 0; receipt.status === 202 && tries < 200; tries++) {
        expect(receipt.headers.get('x-progress')).toMatch(/^\d+ records, (received|processing)$/)
        await setTimeout(50)
        receipt = await server.call('GET', headers.get('content-location') ?? '', { token: ha })
      }
      expect(receipt.status).toBe(200)
    }
    const names = (await all('Patient'))
      .map(({ name }) => (name as { text?: string }[] | undefined)?.[0]?.text)
      .filter((name) => name?.startsWith('名'))
    expect([names.length, new Set(names)]).toEqual([20, new Set(['名7'])])
  }, 60_000)
})
