/** The inbox over HTTP: lists that can be filtered and paged, the raw view, replays of many, counters and alerts. */
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const SYSTEM = systemDecision('test')
let server: TestServer
let loader: string
beforeAll(async () => {
  const demo = await readFile(DEMO_CONFIG_FILE, 'utf8')
  const config = demo
    .replace('id: h1-cda, kind', 'id: h1-cda, silentAfterHours: 24, kind')
    .replace('id: miis, kind', 'id: miis, silentAfterHours: 24, kind')
  server = await startTestServer({ config })
  loader = await server.token('loader')
  for (let n = 0; n < 7; n++) await send('h1-his', 'h1-engine', admission(n))
  await send('h2-his', 'h2-engine', admission(20, '0002'))
  // A segment is missing: quarantined with its bytes.
  for (let n = 0; n < 3; n++) await send('h1-lis', 'h1-engine', admission(10 + n).replace(/\rPV1.*/, ''))
}, 60_000)
afterAll(() => server.stop())

const admission = (n: number, hospital = '0001'): string =>
  [
    `MSH|^~\\&|HIS|${hospital}|EAI|YILIAN|2026030608153${n % 10}||ADT^A01|M${n}|P|2.4||||||UNICODE UTF-8`,
    'EVN|A01|20260306081530',
    `PID|1||P${n}^^^${hospital}^PI||人${'甲乙丙丁戊己庚辛壬癸'[n % 10]}`,
    `PV1|1|I|||||||||||||||||V${n}`,
    '',
  ].join('\r')

async function send(source: string, client: string, body: string): Promise<Answer> {
  return server.call('POST', `/ingest/${source}`, {
    token: await server.token(client),
    body,
    headers: { 'Content-Type': 'application/hl7-v2' },
  })
}
const inbox = (query = '', token = loader): Promise<Answer> => server.call('GET', `/ingest/inbox${query}`, { token })
interface Row {
  id: string
  source: string
  sender: string
  status: string
  receivedAt: string
  problems: string[]
  replays: number
}
const rowsOf = (answer: Answer): Row[] => answer.json.payloads

describe('the list', () => {
  test('the newest first, with their counts and problems', async () => {
    const answer = await inbox()
    const rows = rowsOf(answer)
    expect([answer.status, answer.json.total, rows.length, answer.json.next]).toEqual([200, 11, 11, undefined])
    const times = rows.map(({ receivedAt }) => receivedAt)
    expect(times).toEqual([...times].sort().reverse())
    expect(rows[0]).toMatchObject({
      source: 'h1-lis',
      sender: 'h1-engine',
      organization: 'H1',
      status: 'quarantined',
      problems: ['mapping-required'],
    })
    expect(answer.text).not.toContain('人甲')
  })

  test.each([
    ['?source=h1-his', 7],
    ['?source=nobody', 0],
    ['?sender=h2-engine', 1],
    ['?status=quarantined', 3],
    ['?status=quarantined,stored,stored-with-issues', 11],
    ['?issue=mapping-required', 3],
    ['?issue=payload-charset', 0],
    ['?from=2000-01-01&to=2000-12-31', 0],
    ['?from=2026-01-01T00:00:00%2B08:00', 11],
    ['?source=h1-lis&status=stored', 0],
  ])('%s finds %i', async (query, count) => {
    const answer = await inbox(query)
    expect([answer.json.total, rowsOf(answer).length]).toEqual([count, count])
  })

  test.each(['inbox', 'inbox/senders', 'quarantine', 'unmapped', 'quality'])(
    '%s of a source that is named twice is not that of all',
    async (list) => {
      const answer = await server.call('GET', `/ingest/${list}?source=h1-his&source=h2-his`, { token: loader })
      expect([answer.status, answer.json.issue[0].details.coding[0].code]).toEqual([400, 'parameter-invalid'])
    },
  )

  test('payloads of one source are those of the statuses that are named, and of none that is none', async () => {
    const list = (query: string) => server.call('GET', `/ingest/h1-lis/payloads${query}`, { token: loader })
    for (const [query, count] of [
      ['', 3],
      ['?status=quarantined', 3],
      ['?status=stored', 0],
      ['?status=stored,quarantined', 3],
    ] as const)
      expect([query, (await list(query)).json.payloads.length]).toEqual([query, count])
    for (const query of ['?status=stored&status=rejected', '?status=lost', '?status[$ne]=x&status=', '?status=']) {
      const answer = await list(query)
      expect([query, answer.status, answer.json.issue?.[0].details.coding[0].code]).toEqual([query, 400, 'parameter-invalid'])
    }
  })

  test('pages hold while more comes in, and every payload is on one of them', async () => {
    const seen: string[] = []
    let after = ''
    for (let page = 0; ; page++) {
      const answer = await inbox(`?_count=3${after}`)
      seen.push(...rowsOf(answer).map(({ id }) => id))
      if (page === 0) await send('h2-his', 'h2-engine', admission(21, '0002'))
      if (answer.json.next === undefined) break
      after = `&after=${answer.json.next}`
    }
    expect([seen.length, new Set(seen).size]).toEqual([11, 11])
    expect((await inbox('?_count=0&_total=none')).json).toEqual({ payloads: [] })
  })

  test.each([
    '?status=lost',
    '?from=yesterday',
    '?_count=1000',
    '?_count=x',
    '?after=x',
    '?after=',
    '?color=red',
    '?source=a&source=b',
    '?issue=%00',
  ])('%s is refused with its name', async (query) => {
    const answer = await inbox(query)
    expect([answer.status, answer.json.resourceType]).toEqual([400, 'OperationOutcome'])
  })
})

describe('the raw view', () => {
  test('gives the organisation’s auditor the bytes as they came, on record in the account of who is in them', async () => {
    const auditor = await server.token('auditor')
    const row = rowsOf(await inbox('?source=h1-his', auditor)).at(-1) as Row
    const raw = await server.call('GET', `/ingest/h1-his/payloads/${row.id}/$raw`, { token: auditor })
    expect([raw.status, raw.headers.get('content-type'), raw.text]).toEqual([200, 'application/octet-stream', admission(0)])
    expect(raw.headers.get('content-disposition')).toContain('attachment')
    let patient = ''
    for await (const batch of server.running.store.stream(SYSTEM, 'Patient', { kind: 'everything' }))
      for (const { id, body } of batch) if (Buffer.from(body).includes('"P0"')) patient ||= id
    const own = await server.call('GET', '/fhir/AuditEvent?_count=50', { token: await server.token('patient-app', { patient }) })
    expect(own.text).toContain('ingest-raw')
  })

  test('of a payload that is too large is refused: its parts can be seen', async () => {
    const payloads = server.running.store.table(SYSTEM, 'payloads')
    const row = rowsOf(await inbox('?source=h1-his')).at(-1) as Row
    const { bytes } = (await payloads.get(row.id)) as { bytes?: number }
    await payloads.update({ _id: row.id }, { set: { bytes: 17 * 1024 * 1024 } })
    const raw = await server.call('GET', `/ingest/h1-his/payloads/${row.id}/$raw`, { token: await server.token('auditor') })
    expect([raw.status, raw.json.issue[0].details.coding[0].code]).toEqual([413, 'payload-raw-large'])
    await payloads.update({ _id: row.id }, { set: { bytes } })
  })

  test('of a part in quarantine', async () => {
    const auditor = await server.token('auditor')
    const list = await server.call('GET', '/ingest/quarantine?source=h1-lis', { token: loader })
    const raw = await server.call('GET', `/ingest/quarantine/${list.json.items[0].id}/$raw`, { token: auditor })
    expect([raw.status, raw.text.startsWith('MSH|')]).toEqual([200, true])
  })
})

describe('replay', () => {
  async function ended(location: string): Promise<Answer> {
    for (let tries = 0; tries < 200; tries++) {
      const answer = await server.call('GET', location, { token: loader })
      if (answer.status !== 202) return answer
      expect(answer.headers.get('x-progress')).toMatch(/^\d+ of \d+, (running|settling)$/)
      await setTimeout(50)
    }
    throw new Error('the job does not end')
  }

  test('of all that match a filter: each once, the others not', async () => {
    const begun = await server.call('POST', '/ingest/inbox/$replay?status=quarantined', { token: loader })
    expect([begun.status, begun.json.total, begun.json.state]).toEqual([202, 3, 'running'])
    const end = await ended(begun.headers.get('content-location') ?? '')
    expect(end.json).toMatchObject({ state: 'completed', total: 3, done: 3, pending: 0, skipped: 0, outcomes: { quarantined: 3 } })
    const rows = rowsOf(await inbox())
    expect(rows.map(({ status, replays }) => [status === 'quarantined', replays])).toEqual(
      rows.map(({ status }) => (status === 'quarantined' ? [true, 1] : [false, 0])),
    )
    const list = await server.call('GET', '/ingest/inbox/replays', { token: loader })
    expect(list.json.replays).toHaveLength(1)
    // What it did stands as it was when another one plays the same again.
    const again = await server.call('POST', '/ingest/inbox/$replay?status=quarantined', { token: loader })
    const second = await ended(again.headers.get('content-location') ?? '')
    expect(second.json).toMatchObject({ done: 3, outcomes: { quarantined: 3 } })
    const first = await server.call('GET', begun.headers.get('content-location') ?? '', { token: loader })
    expect(first.json).toEqual(end.json)
  })

  test('a job that a dead process left goes on where it was, and plays nothing twice', async () => {
    const { store } = server.running
    const payloads = store.table(SYSTEM, 'payloads')
    const first = (await payloads.find({ source: 'h1-his' }, { sort: { receivedAt: 1 }, limit: 3 })).map(({ _id }) => String(_id))
    const id = 'left-behind'
    // Two of seven were played, the second behind the last note of how far it came.
    for (const _id of first.slice(0, 2)) await payloads.update({ _id }, { set: { replayJob: id }, inc: { generation: 1 } })
    const filter = JSON.stringify({ source: 'h1-his', until: new Date() })
    const at = (await payloads.get(first[0] as string))?.receivedAt as Date
    await store.table(SYSTEM, 'replay_jobs').insert({
      _id: id,
      by: 'loader',
      at: new Date(),
      filter,
      total: 7,
      cursorAt: at,
      cursorId: first[0],
      skipped: 0,
      state: 'running',
      endedAt: null,
    })
    const end = await ended(`/ingest/inbox/replays/${id}`)
    expect(end.json).toMatchObject({ state: 'completed', done: 7, skipped: 0 })
    expect((await payloads.find({ source: 'h1-his' })).map(({ generation }) => generation)).toEqual(Array.from({ length: 7 }, () => 1))
  })

  test('can be cancelled; one that is nowhere is told', async () => {
    const begun = await server.call('POST', '/ingest/inbox/$replay?source=nobody', { token: loader })
    const cancelled = await server.call('DELETE', begun.headers.get('content-location') ?? '', { token: loader })
    expect([cancelled.status, ['cancelled', 'completed'].includes(cancelled.json.state)]).toEqual([202, true])
    for (const method of ['GET', 'DELETE']) {
      const absent = await server.call(method, '/ingest/inbox/replays/absent', { token: loader })
      expect([absent.status, absent.json.issue[0].details.coding[0].code]).toEqual([404, 'replay-unknown'])
    }
  })

  test('a payload whose bytes are not kept is not played', async () => {
    const payloads = server.running.store.table(SYSTEM, 'payloads')
    const [row] = rowsOf(await inbox('?source=h2-his')) as [Row]
    await payloads.update({ _id: row.id }, { set: { inline: null } })
    const one = await server.call('POST', `/ingest/h2-his/payloads/${row.id}/$replay`, { token: loader })
    expect([one.status, one.json.issue[0].details.coding[0].code]).toEqual([409, 'payload-bytes-gone'])
    const begun = await server.call('POST', '/ingest/inbox/$replay?source=h2-his', { token: loader })
    expect((await ended(begun.headers.get('content-location') ?? '')).json).toMatchObject({ total: 2, done: 1, skipped: 1 })
  })
})

test('counters of each sender, day by day', async () => {
  await send('h1-his', 'h1-engine', admission(0))
  await server.call('POST', '/ingest/h1-his', { token: await server.token('h2-engine'), body: admission(0) })
  const answer = await server.call('GET', '/ingest/inbox/senders?source=h1-his', { token: loader })
  expect(answer.json.senders).toHaveLength(1)
  const [sender] = answer.json.senders
  expect(sender).toMatchObject({ source: 'h1-his', sender: 'h1-engine', organization: 'H1' })
  expect(sender.payloads).toMatchObject({ received: 7, again: 1, denied: 1, quarantined: 0 })
  expect(sender.payloads.stored + sender.payloads['stored-with-issues']).toBe(7)
  expect(sender.days).toHaveLength(1)
  expect(sender.days[0].payloads).toEqual(sender.payloads)
  expect((await server.call('GET', '/ingest/inbox/senders?from=x', { token: loader })).status).toBe(400)
})

test('a source that is silent for too long is told of, by the API and as a figure, until it is heard', async () => {
  const table = server.running.store.table(SYSTEM, 'source_silence')
  expect((await server.call('GET', '/ingest/inbox/alerts', { token: loader })).json).toEqual({ alerts: [] })
  const long = new Date(Date.now() - 25 * 3_600_000)
  await table.update({ _id: 'miis' }, { set: { heardAt: long } })
  const answer = await server.call('GET', '/ingest/inbox/alerts', { token: loader })
  expect(answer.json.alerts).toMatchObject([
    {
      kind: 'source-silent',
      source: 'miis',
      sender: 'mia',
      lastReceived: null,
      silentAfterHours: 24,
      text: '数据源 miis 已超过 24 小时没有报送',
      diagnostics: 'Source miis has sent nothing for more than 24 hours',
    },
  ])
  const figures = await server.call('GET', '/metrics', { token: loader })
  expect(figures.text).toContain('yilian_source_silent{source="miis"} 1')
  expect(figures.text).toContain('yilian_source_silent{source="h1-cda"} 0')
  await send('miis', 'mia', (await readFile(new URL('../fixtures/samples/miis/2203-outpatient-visit.json', import.meta.url))).toString())
  expect((await server.call('GET', '/ingest/inbox/alerts', { token: loader })).json).toEqual({ alerts: [] })
})

test('another method is refused with those that are there', async () => {
  const answer = await server.call('PUT', '/ingest/inbox', { token: loader, body: '' })
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET'])
})
