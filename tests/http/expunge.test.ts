/** `$expunge`: a person is deleted by law, and nothing of it is left, comes back, or takes anybody else along. */
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Db, MongoClient } from 'mongodb'
import { DEMO_CONFIG_FILE } from '../../server/config/config.ts'
import { EXPUNGE_BOUNDS } from '../../server/expunge/bounds.ts'
import { comparable, custody, give, NO_SHARING, observation, patient, putAll, relabelled } from '../consent/resources.ts'
import { codeOf } from '../leaks/worlds.ts'
import { fact, LIN, listed, ofLin, WANG } from '../support/expunge.ts'
import { bytesIn, scan } from '../support/scan.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const sample = (name: string) => readFile(new URL(`../fixtures/samples/${name}`, import.meta.url))
/** As server/subscriptions keeps it (EventRow). */
const WAITING = {
  sub: 'sub',
  life: 'life',
  order: 'o',
  type: 'Observation',
  id: 'o-own',
  v: 1,
  state: 'pending',
  attempts: 0,
  made: new Date(),
}
const ORDER = 'basis=court-order&reference=(2026)京01民初12号'
const usual = { ...EXPUNGE_BOUNDS }
let server: TestServer
let client: MongoClient
let db: Db
let loader: string

async function ingest(source: string, by: string, body: Uint8Array): Promise<Answer> {
  const headers = { 'Content-Type': 'application/octet-stream' }
  return server.call('POST', `/ingest/${source}`, { token: await server.token(by), body, headers })
}

const message = async (): Promise<string> => (await sample('hospital/oru-r01-blood-count.hl7')).toString('utf8')
beforeAll(async () => {
  Object.assign(EXPUNGE_BOUNDS, { settleMs: 200, sweepMs: 100, jobPollMs: 20 })
  const named = (await readFile(DEMO_CONFIG_FILE, 'utf8')).replace(
    '  - client_id: h2-engine\n',
    '  - client_id: h2-engine\n    createIds: h2-lis.\n',
  )
  server = await startTestServer({ config: named })
  client = new MongoClient(server.database.uri)
  db = client.db(server.database.database)
  loader = await server.token('loader')
  for (const [source, by, file] of [
    ['h1-his', 'h1-engine', 'hospital/adt-a01-admission.hl7'],
    ['h1-lis', 'h1-engine', 'hospital/oru-r01-blood-count.hl7'],
    ['h1-cda', 'h1-engine', 'hospital/cda-c0049-discharge.xml'],
    ['miis', 'mia', 'miis/4101-settlement-list.json'],
  ] as const)
    expect([file, (await ingest(source, by, new Uint8Array(await sample(file)))).json.status]).not.toEqual([file, 'quarantined'])
  // The same things said once more in other bytes: of such a payload nothing that is stored tells.
  await ingest('h1-lis', 'h1-engine', Buffer.from((await message()).replace('20260306081530', '20260306081531')))
  // And one that no mapping can read, of the same person.
  await ingest('h1-lis', 'h1-engine', Buffer.from(`MSH|^~\\&|LIS|0001\rPID|||${WANG.number}||${WANG.name}`))
  await ingest('h1-lis', 'h1-engine', Buffer.from(ofLin(await message())))
}, 60_000)
afterAll(async () => {
  Object.assign(EXPUNGE_BOUNDS, usual)
  await client.close()
  await server.stop()
})

const call = (method: string, path: string, token = loader): Promise<Answer> => server.call(method, `/fhir/${path}`, { token })

async function ended(begun: Answer): Promise<Answer> {
  expect([begun.status, begun.text]).toEqual([202, ''])
  const path = new URL(begun.headers.get('content-location') ?? '').pathname
  for (;;) {
    const answer = await server.call('GET', path, { token: loader })
    if (answer.status !== 202) return answer
    await setTimeout(20)
  }
}

const expunge = async (name: string, query = ORDER): Promise<Answer> => ended(await call('POST', `${name}/$expunge?${query}`))

/** Collections and rows in which one of the texts stands. */
const scanned = (texts: readonly string[], without: RegExp = /^$/): Promise<string[]> => scan(db, texts, without)

async function patientsNamed(number: string): Promise<string[]> {
  const rows = await db.collection<{ _id: string }>('Patient').find().toArray()
  return rows.filter((row) => bytesIn(row).some((bytes) => bytes.includes(number))).map(({ _id }) => _id)
}

describe('a person', () => {
  let ids: string[]
  let others: string[]
  const ACCOUNT = /^(AuditEvent|audit_)/

  beforeAll(async () => {
    // Of another hospital, linked by the identity number; it refuses, reads later, exports, and stands in a list with somebody else.
    const body = {
      resourceType: 'Patient',
      identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: WANG.number }],
      name: [{ text: WANG.name }],
      gender: 'male',
      birthDate: '1958-03-12',
    }
    const engine = await server.token('h2-engine')
    const headers = { 'If-None-Exist': `identifier=${WANG.number}` }
    const made = await server.call('POST', '/fhir/Patient', { token: engine, body, headers })
    expect(made.status).toBe(201)
    await give(server, made.json.id, NO_SHARING)
    await relabelled(server)
    ids = await patientsNamed(WANG.number)
    others = await patientsNamed(LIN.number)
    expect([ids.length >= 3, others.length >= 1, ids.includes(made.json.id)]).toEqual([true, true, true])
    await putAll(server, loader, [
      patient('by'),
      observation('o-own', made.json.id, 'x'),
      observation('o-moved', made.json.id, 'x'),
      {
        resourceType: 'List',
        id: 'both',
        meta: custody('H1'),
        status: 'current',
        mode: 'working',
        entry: [{ item: { reference: `Patient/${made.json.id}` } }, { item: { reference: 'Patient/by' } }],
      },
    ])
    for (const code of ['y', 'z']) await putAll(server, loader, [observation('o-own', made.json.id, code)])
    await putAll(server, loader, [observation('o-moved', 'by', 'x')])
    expect((await call('DELETE', 'Observation/o-own')).status).toBe(204)
    const later = await server.call('GET', `/fhir/Observation?patient=${made.json.id}`, {
      token: engine,
      headers: { Prefer: 'respond-async' },
    })
    expect(later.status).toBe(202)
    // One that names it, one that it made itself (whose row is made so here), and an event that waits to be sent.
    const told = { resourceType: 'Subscription', status: 'requested', reason: 'x', channel: { type: 'websocket' } }
    const subscribe = (criteria: string) => server.call('POST', '/fhir/Subscription', { token: engine, body: { ...told, criteria } })
    expect((await subscribe(`Observation?patient=${made.json.id}`)).status).toBe(201)
    const own = await subscribe('Observation?code=x')
    await db.collection<{ _id: string }>('subscriptions').updateOne({ _id: own.json.id }, { $set: { 'actor.patient': made.json.id } })
    await db.collection<{ _id: string }>('subscription_events').insertOne({ _id: 'life/Observation/o-own/1', ...WAITING })
    const exported = await server.call('GET', '/fhir/$export?_type=Patient,Observation', {
      token: await server.token('auditor'),
      headers: { Prefer: 'respond-async', Accept: 'application/fhir+json' },
    })
    expect(exported.status).toBe(202)
    for (;;) {
      const state = await server.call('GET', new URL(exported.headers.get('content-location') ?? '').pathname, {
        token: await server.token('auditor'),
      })
      if (state.status === 200) break
      await setTimeout(20)
    }
    // The row that says that a record is to be compared names it, and goes by itself.
    while (await db.collection('jobs').findOne({ kind: 'compare' })) await setTimeout(20)
    expect((await scanned([WANG.name], ACCOUNT)).some((row) => row.startsWith('export_chunks'))).toBe(true)
    expect((await call('GET', 'Observation/o-moved/_history/1', await server.token('auditor'))).status).toBe(200)
  }, 60_000)

  test('is counted without anything being changed', async () => {
    const all = await scanned(ids, ACCOUNT)
    const answer = await expunge(`Patient/${ids[0]}`, `${ORDER}&dryRun=true`)
    expect([fact(answer, 'status'), fact(answer, 'dryRun')]).toEqual(['completed', true])
    expect(listed(answer, 'resources')).toMatchObject({
      Patient: [ids.length, expect.any(Number)],
      // Three contents and the deletion.
      Observation: [expect.any(Number), expect.any(Number)],
      Consent: [1, 1],
    })
    expect(listed(answer, 'sharedWithOthers')).toEqual({ List: [1] })
    // Four samples, one said again, one that cannot be read.
    expect(listed(answer, 'rows')).toMatchObject({ payloads: [6], identity_numbers: [1], access_state: [1] })
    expect((await scanned(ids, ACCOUNT)).filter((row) => !row.startsWith('expunge_jobs'))).toEqual(all)
    expect(await scanned(ids, /^(?!expunge)/)).toEqual([])
  })

  test('is not removed where others would be touched unasked', async () => {
    const answer = await expunge(`Patient/${ids[0]}`)
    expect([fact(answer, 'status'), listed(answer, 'sharedWithOthers')]).toEqual(['failed', { List: [1] }])
    expect((await call('GET', 'List/both', await server.token('auditor'))).status).toBe(200)
    expect(await patientsNamed(WANG.number)).toHaveLength(ids.length)
  })

  test('leaves nothing behind but the account of uses, which tells the ground and no content', async () => {
    const lin = await scanned([LIN.name, LIN.number, ...others], ACCOUNT)
    const known = await scanned([...ids, 'o-own'], ACCOUNT)
    const types = new Set(known.map((row) => row.split(' ')[0]))
    // What is looked for is found before, in each kind of place.
    for (const place of [
      'Patient',
      'Encounter',
      'Consent',
      'List',
      'Observation_history',
      'contributions',
      'patient_numbers',
      'persons',
      'access_state',
      'async_jobs',
      'claims',
      'Subscription',
      'subscriptions',
      'subscription_events',
    ])
      expect([place, types.has(place)]).toEqual([place, true])
    const { expunge: remove } = server.running.store
    let calls = 0
    server.running.store.expunge = async (d, type, list) => {
      calls++
      if (calls === 2) throw new Error('the process ends here')
      return remove(d, type, list)
    }
    const answer = await expunge(`Patient/${ids[0]}`, `${ORDER}&shared=remove`)
    server.running.store.expunge = remove
    expect(calls).toBeGreaterThan(2)
    expect([fact(answer, 'status'), fact(answer, 'phase')]).toEqual(['completed', 'settling'])
    expect(await scanned([...ids, 'o-own'], ACCOUNT)).toEqual([])
    expect(await scanned([WANG.name, WANG.number])).toEqual([])
    expect(await scanned([LIN.name, LIN.number, ...others], ACCOUNT)).toEqual(lin)
    const account = await db.collection('AuditEvent').find().toArray()
    const told = account.filter((row) => bytesIn(row).some((bytes) => bytes.includes('expunge-removed court-order (2026)京01民初12号')))
    expect(told).toHaveLength(1)
    const read = await call('GET', `AuditEvent?entity=Patient/${ids[0]}&action=D&outcome=0`)
    const grounds = (read.json.entry as object[]).filter((entry) =>
      JSON.stringify(entry).includes('expunge-removed court-order (2026)京01'),
    )
    expect(grounds).toHaveLength(1)
    expect(bytesIn(told[0]).some((bytes) => bytes.includes(`Patient/${ids[0]}`) || bytes.includes(ids[0] as string))).toBe(true)
  }, 60_000)

  test('reads, searches, histories and deletions answer as for what never was, to everybody', async () => {
    const tokens = [loader, await server.token('auditor'), await server.token('h1-engine'), await server.token('legal')]
    const [gone = ''] = ids
    const absent = 'n'.repeat(gone.length)
    for (const token of tokens) {
      for (const [method, path] of [
        ['GET', 'Patient/{id}'],
        ['GET', 'Patient/{id}/_history'],
        ['GET', 'Patient/{id}/_history/1'],
        ['GET', 'Observation?patient={id}'],
        ['GET', 'Patient?_id={id}'],
        ['GET', 'Patient/{id}/$everything'],
        ['DELETE', 'Patient/{id}'],
        ['POST', `Patient/{id}/$expunge?${ORDER}`],
      ] as const) {
        const [one, other] = [
          await call(method, path.replace('{id}', gone), token),
          await call(method, path.replace('{id}', absent), token),
        ]
        expect(comparable(one, gone)).toBe(comparable(other, absent))
      }
    }
    expect((await call('GET', 'Observation/o-own')).status).toBe(404)
    // What is somebody else's by now stands; only the version of the person is gone.
    const auditor = await server.token('auditor')
    expect((await call('GET', 'Observation/o-moved', auditor)).status).toBe(200)
    expect((await call('GET', 'Observation/o-moved/_history/1', auditor)).status).toBe(404)
  })

  test('does not come back by a payload that is sent again, a late one, or a write under its ids', async () => {
    for (const [source, by, file] of [
      ['h1-his', 'h1-engine', 'hospital/adt-a01-admission.hl7'],
      ['h1-lis', 'h1-engine', 'hospital/oru-r01-corrected.hl7'],
      ['h1-cda', 'h1-engine', 'hospital/cda-c0049-discharge.xml'],
      ['miis', 'mia', 'miis/4101-settlement-list.json'],
    ] as const) {
      const answer = await ingest(source, by, new Uint8Array(await sample(file)))
      expect([file, answer.status < 500, await scanned([WANG.name, WANG.number])]).toEqual([file, true, []])
    }
    const refused = await ingest('h1-lis', 'h1-engine', Buffer.from((await message()).replace('20260306081530', '20260306081532')))
    const receipt = await server.call('GET', `/ingest/h1-lis/payloads/${refused.json.id}`, { token: loader })
    expect(receipt.text).toContain('expunged')
    expect(await scanned([WANG.name, WANG.number])).toEqual([])
    const again = await server.call('PUT', '/fhir/Observation/o-own', { token: loader, body: observation('o-own', 'by', 'x') })
    expect([again.status, codeOf(again)]).toEqual([409, 'expunged'])
    // Who may not create by PUT meets it as any id that is free.
    const engine = await server.token('h1-engine')
    const [one, other] = await Promise.all(
      ['o-own', 'o-new'].map((id) => server.call('PUT', `/fhir/Observation/${id}`, { token: engine, body: observation(id, 'by', 'x') })),
    )
    expect(comparable(one as Answer, 'o-own')).toBe(comparable(other as Answer, 'o-new'))
  }, 30_000)
})

describe('a resource', () => {
  test('is expunged once it was deleted, with all its versions', async () => {
    await putAll(server, loader, [patient('holder'), observation('single', 'holder', 'first')])
    await putAll(server, loader, [observation('single', 'holder', 'second')])
    const standing = await call('POST', `Observation/single/$expunge?${ORDER}`)
    expect([standing.status, codeOf(standing)]).toEqual([409, 'expunge-standing'])
    expect((await call('DELETE', 'Observation/single')).status).toBe(204)
    const answer = await expunge('Observation/single', 'basis=right-to-deletion&reference=letter 7')
    expect(listed(answer, 'resources')).toEqual({ Observation: [1, 3] })
    expect(await scanned(['single'], /^(AuditEvent|audit_)/)).toEqual([])
    for (const path of ['Observation/single', 'Observation/single/_history']) expect((await call('GET', path)).status).toBe(404)
  })

  test('that a client named itself is to it as any id that is not its own to give', async () => {
    const engine = await server.token('h2-engine')
    await putAll(server, engine, [patient('h2-lis.p', { meta: undefined }), observation('h2-lis.o', 'h2-lis.p', 'x', { meta: undefined })])
    expect((await call('DELETE', 'Observation/h2-lis.o')).status).toBe(204)
    expect(fact(await expunge('Observation/h2-lis.o'), 'status')).toBe('completed')
    const write = (id: string) =>
      server.call('PUT', `/fhir/Observation/${id}`, { token: engine, body: observation(id, 'h2-lis.p', 'x', { meta: undefined }) })
    const [one, other] = [await write('h2-lis.o'), await write('h9-lis.o')]
    expect([one.status, comparable(one, 'h2-lis.o')]).toEqual([404, comparable(other, 'h9-lis.o')])
    expect((await write('h2-lis.n')).status).toBe(201)
  })

  test.each([
    ['reference=x', 400, 'parameter-invalid'],
    ['basis=whim&reference=x', 400, 'parameter-invalid'],
    ['basis=court-order', 400, 'parameter-invalid'],
    [`basis=court-order&reference=${'x'.repeat(201)}`, 400, 'parameter-invalid'],
    [`${ORDER}&shared=some`, 400, 'parameter-invalid'],
    [`${ORDER}&dryRun=1`, 400, 'parameter-invalid'],
    [`${ORDER}&x=1`, 400, 'parameter-unknown'],
  ])('%s: %i %s', async (query, status, code) => {
    const answer = await call('POST', `Patient/holder/$expunge?${query}`)
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
  })

  test('nobody but an operator expunges or looks at the jobs', async () => {
    for (const one of ['h1-engine', 'legal', 'patient-app', 'auditor']) {
      const token = await server.token(one, one === 'patient-app' ? { patient: 'holder' } : {})
      // One that stands, one that was expunged, one that never was: two ids of one length.
      const answers = await Promise.all(
        ['Patient/holder', 'Patient/absent', 'Observation/single', 'Observation/absent'].map((name) =>
          call('POST', `${name}/$expunge?${ORDER}`, token),
        ),
      )
      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
      expect(new Set(answers.map((answer) => comparable(answer))).size).toBe(1)
      expect((await call('GET', '$expunge-status', token)).status).toBe(403)
      expect((await call('GET', '$expunge-status/x', token)).status).toBe(403)
    }
    expect((await call('GET', '$expunge-status/x')).status).toBe(404)
    expect((await call('GET', '$expunge-status')).text).not.toContain('single')
    const account = await call('POST', `AuditEvent/x/$expunge?${ORDER}`)
    expect([account.status, codeOf(account)]).toEqual([403, 'not-permitted'])
  })
})

test('what was being written while it was removed is found by the last sweep, and until then nobody is told that it ended', async () => {
  // Longer than the look through all collections takes on a machine that is busy.
  Object.assign(EXPUNGE_BOUNDS, { settleMs: 5_000 })
  await putAll(server, loader, [patient('p-straggler')])
  const begun = await call('POST', `Patient/p-straggler/$expunge?${ORDER}`)
  const path = new URL(begun.headers.get('content-location') ?? '').pathname
  while ((await server.call('GET', path, { token: loader })).headers.get('x-progress') !== 'settling') await setTimeout(20)
  expect(await scanned(['straggler'], /^(AuditEvent|audit_|expunge_jobs)/)).toEqual([])
  const acc = { p: ['p-straggler'], s: 1, e: [], o: 'H1' }
  // One after the other, so that some come while a sweep is looking.
  const late = Array.from({ length: 60 }, (_, index) => `o-straggler-${index}`)
  for (const _id of late) {
    const written = { _id, v: 1, at: new Date(), body: Buffer.from('{}'), keys: [], acc }
    await db.collection<{ _id: string }>('Observation').insertOne(written)
    await setTimeout(15)
  }
  expect(fact(await ended(begun), 'status')).toBe('completed')
  expect(await scanned(['straggler'], /^(AuditEvent|audit_)/)).toEqual([])
  for (const id of late) {
    const again = await server.call('PUT', `/fhir/Observation/${id}`, { token: loader, body: observation(id, 'holder', 'x') })
    expect([id, codeOf(again)]).toEqual([id, 'expunged'])
  }
  Object.assign(EXPUNGE_BOUNDS, { settleMs: 200 })
})

test('a payload in which others stand too is kept where that is said, and the job says so', async () => {
  const zhao = ofLin(await message())
    .replaceAll(LIN.name, '欧阳一一')
    .replaceAll(LIN.number, '')
    .replaceAll('999', '777')
  const [alone, mixed] = [zhao.replace('20260306081530', '20260306081540'), `${zhao}\r${ofLin(await message())}`]
  for (const one of [alone, mixed]) expect((await ingest('h1-lis', 'h1-engine', Buffer.from(one))).status).toBe(200)
  const [id = ''] = await patientsNamed('欧阳一一')
  const answer = await expunge(`Patient/${id}`, `${ORDER}&shared=keep`)
  expect([fact(answer, 'status'), fact(answer, 'shared')]).toEqual(['completed', 'keep'])
  expect(listed(answer, 'rows')).toMatchObject({ payloads: [1] })
  expect(listed(answer, 'sharedWithOthers')).toEqual({ payloads: [1] })
  const left = await scanned(['欧阳一一'])
  expect(left.map((row) => row.split(' ')[0])).toEqual(['payloads'])
})

test('while somebody else’s record stands under the same number nothing is expunged', async () => {
  const other = ofLin(await message())
    .replaceAll(LIN.name, '赵钱孙')
    .replaceAll(LIN.record, '0001088888')
    .replaceAll('HC110000099999', 'HC110000088888')
    .replaceAll('20260306081530', '20260306081533')
    .replaceAll('999', '888')
  // Another patient of the same hospital with the number of Lin, under another name.
  await ingest('h1-his', 'h1-engine', Buffer.from(other.replaceAll(LIN.number.replaceAll('999', '888'), LIN.number)))
  const [first = ''] = await patientsNamed(LIN.number)
  const answer = await call('POST', `Patient/${first}/$expunge?${ORDER}&dryRun=true`)
  expect([answer.status, codeOf(answer)]).toEqual([409, 'expunge-conflict'])
})
