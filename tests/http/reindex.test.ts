/** `$reindex`: what is stored is found by what the server makes of it now, and nothing else of it changes. */
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type Db, type Document, MongoClient } from 'mongodb'
import { custody, encounter, give, NO_SHARING, observation, patient, practitioner, putAll, relabelled } from '../consent/resources.ts'
import { codeOf } from '../leaks/worlds.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const SAMPLE = new URL('../fixtures/samples/hospital/oru-r01-blood-count.hl7', import.meta.url)
const PRESSURE = { code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] }, valueQuantity: { value: 140, unit: 'mmHg' } }

let server: TestServer
let loader: string
let engine: string
let client: MongoClient
let db: Db

beforeAll(async () => {
  server = await startTestServer()
  client = new MongoClient(server.database.uri, { promoteBuffers: true })
  db = client.db(server.database.database)
  loader = await server.token('loader')
  engine = await server.token('h1-engine')
  // A linked record and its master, whose keys are of two Patients.
  const headers = { 'Content-Type': 'application/hl7-v2' }
  const sent = await server.call('POST', '/ingest/h1-lis', { token: engine, body: new Uint8Array(await readFile(SAMPLE)), headers })
  expect(sent.status).toBe(200)
  await putAll(server, loader, [
    practitioner('doc-1'),
    patient('p1', { meta: custody('H1') }),
    encounter('visit', 'p1', 'H1', 'Practitioner/doc-1'),
    observation('o1', 'p1', 'x', {
      meta: custody('H1'),
      component: [PRESSURE, { ...PRESSURE, valueQuantity: { value: 90, unit: 'mmHg' } }],
    }),
    observation('gone', 'p1', 'x'),
  ])
  await give(server, 'p1', NO_SHARING)
  await relabelled(server)
  expect((await server.call('DELETE', '/fhir/Observation/gone', { token: loader })).status).toBe(204)
}, 60_000)
afterAll(async () => {
  await client.close()
  await server.stop()
})

const post = (path: string): Promise<Answer> => server.call('POST', `/fhir/${path}`, { token: loader })
const statusAt = (answer: Answer): string => new URL(answer.headers.get('content-location') ?? '').pathname
const ask = (path: string): Promise<Answer> => server.call('GET', path, { token: loader })

/** The job's answer when it has ended. */
async function ended(path: string): Promise<Answer> {
  for (;;) {
    const answer = await ask(path)
    if (answer.status !== 202) return answer
    await setTimeout(20)
  }
}

async function run(path: string): Promise<Answer> {
  const begun = await post(path)
  expect([begun.status, begun.text]).toEqual([202, ''])
  return ended(statusAt(begun))
}

interface Part {
  name: string
  part?: Part[]
  [value: string]: unknown
}
const partsOf = (answer: Answer, name: string): Part[] => ((answer.json.parameter ?? []) as Part[]).filter((one) => one.name === name)
const worthOf = (parts: readonly Part[], name: string): unknown => {
  const part = parts.find((one) => one.name === name) ?? { name }
  return Object.entries(part).find(([key]) => key.startsWith('value'))?.[1]
}
const fact = (answer: Answer, name: string): unknown => worthOf(answer.json.parameter ?? [], name)

const outstanding = async (): Promise<Record<string, unknown>> => {
  const rows = partsOf(await ask('/fhir/$reindex-status'), 'outstanding')
  return Object.fromEntries(rows.map(({ part = [] }) => [worthOf(part, 'type'), worthOf(part, 'count')]))
}

const typesStored = async (): Promise<string[]> =>
  (await db.listCollections({}, { nameOnly: true }).toArray())
    .map(({ name }) => name)
    .filter((name) => /^[A-Z][A-Za-z]+$/.test(name) && name !== 'AuditEvent')
    .sort()

/** Everything that is stored of current and superseded versions. */
async function stored(): Promise<Document[]> {
  const rows = await Promise.all(
    (await typesStored())
      .flatMap((type) => [type, `${type}_history`])
      .map(async (name) => {
        const docs = await db
          .collection<Document>(name)
          .find({}, { sort: { _id: 1 } })
          .toArray()
        return docs.map((doc) => ({ ...doc, name, ...(doc.keys ? { keys: [...doc.keys].sort() } : {}) }))
      }),
  )
  return rows.flat()
}

/** As an older server left it: fewer keys, and of another making. */
const older = (type: string, where: Document = {}) =>
  db
    .collection<Document>(type)
    .updateMany(
      { deleted: { $exists: false }, ...where },
      { $set: { keys: [], ix: 1 }, $unset: { dates: '', nums: '', groups: '', sd: '' } },
    )

test('what was indexed is indexed alike again: keys of masters, groups, dates and numbers; no version, label or byte changes', async () => {
  const before = await stored()
  expect(
    before.filter(({ keys, name }) => name === 'Observation' && keys?.some((key: string) => key.startsWith('subject>Patient/'))).length,
  ).toBeGreaterThan(4)
  const answer = await run('$reindex?force=true')
  expect([answer.status, fact(answer, 'status'), fact(answer, 'failed')]).toEqual([200, 'completed', 0])
  expect(fact(answer, 'written')).toBe(before.filter(({ name, deleted }) => !name.endsWith('_history') && !deleted).length)
  expect(await stored()).toEqual(before)
})

test('what an older server indexed is outstanding, and found again afterwards', async () => {
  const before = await stored()
  await older('Observation')
  await older('Patient')
  const total = async (query: string) => (await server.call('GET', `/fhir/${query}`, { token: engine })).json.total
  expect(await total('Observation?component-code-value-quantity=8480-6$gt100')).toBe(0)
  const alive = (type: string) => before.filter(({ name, deleted }) => name === type && !deleted).length
  expect(await outstanding()).toEqual({ Observation: alive('Observation'), Patient: alive('Patient') })
  const one = await run('Observation/$reindex')
  expect([fact(one, 'type'), fact(one, 'seen'), fact(one, 'written')]).toEqual(['Observation', alive('Observation'), alive('Observation')])
  expect(await total('Observation?component-code-value-quantity=8480-6$gt100')).toBe(1)
  expect(await outstanding()).toEqual({ Patient: alive('Patient') })
  await run('$reindex')
  expect([await outstanding(), await stored()]).toEqual([{}, before])
  const again = await run('$reindex')
  expect([fact(again, 'seen'), fact(again, 'written')]).toEqual([0, 0])
})

test('one resource is indexed by its name', async () => {
  await older('Observation')
  const answer = await run('Observation/o1/$reindex')
  expect([fact(answer, 'seen'), fact(answer, 'written')]).toEqual([1, 1])
  const docs = await db.collection<Document>('Observation').find({ ix: 1 }).toArray()
  expect(docs.length).toBeGreaterThan(0)
  expect(docs.map(({ _id }) => _id)).not.toContain('o1')
  expect(fact(await run('Observation/none/$reindex'), 'seen')).toBe(0)
  await run('$reindex')
})

test('beside writes and consents that change, each resource ends up indexed as it is', async () => {
  const write = async (): Promise<void> => {
    for (let n = 0; n < 15; n++) {
      const value = { code: { coding: [{ system: 'urn:test', code: `n${n}` }] } }
      await putAll(server, loader, [observation('o1', 'p1', 'x', value), observation(`new-${n}`, 'p1', 'x', value)])
      if (n === 7) await give(server, 'p1', { ...NO_SHARING, policy: 'OPTIN' })
    }
  }
  const jobs = async (): Promise<void> => {
    for (let n = 0; n < 5; n++) await run('$reindex?force=true')
  }
  await Promise.all([write(), jobs()])
  await relabelled(server)
  const before = await stored()
  await run('$reindex?force=true')
  expect(await stored()).toEqual(before)
  expect(await outstanding()).toEqual({})
})

describe('a job', () => {
  const jobs = () => db.collection<Document>('reindex_jobs')
  const processes = () => db.collection<Document>('search_processes')
  afterEach(async () => {
    await processes().deleteMany({ _id: 'silent' as never })
  })

  test('goes on where a killed process left it', async () => {
    const before = await stored()
    // Indexed as it should be, by its number, and empty: what is passed over stays so.
    await db.collection<Document>('Observation').updateMany({ deleted: { $exists: false } }, { $set: { keys: [] } })
    const all = await db
      .collection<Document>('Observation')
      .find({ keys: [] }, { sort: { _id: 1 } })
      .toArray()
    const half = Math.floor(all.length / 2)
    const cursor = { type: 0, pass: 0, id: all[half - 1]?._id, changed: 0 }
    const lost = {
      status: 'accepted',
      types: ['Observation'],
      force: true,
      generation: 0,
      cursor,
      seen: half,
      written: half,
      failed: 0,
      named: [],
      unsettled: [],
    }
    const lease = { leaseOwner: 'dead', leaseTerm: 1, leaseUntil: new Date(Date.now() - 1000) }
    await jobs().insertOne({ _id: 'lost' as never, ...lost, started: new Date(), ...lease })
    const answer = await ended('/fhir/$reindex-status/lost')
    expect([fact(answer, 'seen'), fact(answer, 'written')]).toEqual([all.length, all.length])
    expect(await db.collection('Observation').countDocuments({ keys: [] })).toBe(half)
    await run('$reindex?force=true')
    expect(await stored()).toEqual(before)
  })

  test('waits for a process that may still write as before, and may be cancelled; until then a search by the parameter is refused', async () => {
    await processes().insertOne({ _id: 'silent' as never, generation: -1, beat: 1 })
    const body = { resourceType: 'SearchParameter', id: 'slow', url: 'urn:test:slow', name: 'x', status: 'active', description: 'x' }
    const made = await server.call('PUT', '/fhir/SearchParameter/slow', {
      token: loader,
      body: { ...body, code: 'slow', base: ['Patient'], type: 'string', expression: 'Patient.name.text' },
    })
    expect(made.status).toBe(201)
    const search = () => server.call('GET', '/fhir/Patient?slow=%E5%90%8D', { token: engine })
    const building = await search()
    expect([building.status, codeOf(building), building.json.issue[0].expression]).toEqual([400, 'parameter-building', ['slow']])
    const begun = await post('Practitioner/$reindex')
    const waiting = await ask(statusAt(begun))
    expect([waiting.status, waiting.headers.get('x-progress'), waiting.headers.get('retry-after')]).toEqual([
      202,
      'waiting for other processes',
      '1',
    ])
    expect((await server.call('DELETE', statusAt(begun), { token: loader })).status).toBe(202)
    expect(fact(await ask(statusAt(begun)), 'status')).toBe('cancelled')
    await processes().deleteMany({ _id: 'silent' as never })
    for (let last = await search(); ; last = await search()) {
      if (last.status === 200) {
        expect(last.json.total).toBeGreaterThan(0)
        break
      }
      await setTimeout(50)
    }
  }, 30_000)

  test('says where another process keeps indexing otherwise, and fails', async () => {
    // As a process of another release would: whatever is set right, it writes again.
    const before = await stored()
    let isRunning = true
    const other = Promise.all(
      [1, 2, 3].map(async () => {
        while (isRunning) await older('Encounter')
      }),
    )
    // A job that no pass of which met the other one is rightly complete: it is begun again until one does.
    let answer = await run('Encounter/$reindex')
    for (let more = 20; fact(answer, 'status') === 'completed' && more > 0; more--) answer = await run('Encounter/$reindex')
    isRunning = false
    await other
    expect([fact(answer, 'status'), fact(answer, 'unsettledType'), fact(answer, 'failed')]).toEqual(['failed', 'Encounter', 0])
    await run('$reindex')
    expect(await stored()).toEqual(before)
  })

  test('names what it cannot index, and the parameter stays as it is', async () => {
    const extension = Array.from({ length: 20_100 }, (_, at) => ({ url: 'urn:n', valueCode: `c${at}` }))
    await putAll(server, loader, [{ resourceType: 'Basic', id: 'huge', code: { text: 'x' }, extension }])
    const body = { resourceType: 'SearchParameter', id: 'wide', url: 'urn:test:wide', name: 'x', status: 'active', description: 'x' }
    const definition = { ...body, code: 'wide', base: ['Basic'], type: 'token', expression: "Basic.extension('urn:n').value.as(code)" }
    expect((await server.call('PUT', '/fhir/SearchParameter/wide', { token: loader, body: definition })).status).toBe(201)
    const answer = await run('Basic/$reindex')
    expect([fact(answer, 'status'), fact(answer, 'failed'), fact(answer, 'failedResource')]).toEqual(['failed', 1, 'Basic/huge'])
    expect(codeOf(await server.call('GET', '/fhir/Basic?wide=c1', { token: engine }))).toBe('parameter-building')
    expect((await server.call('DELETE', '/fhir/SearchParameter/wide', { token: loader })).status).toBe(204)
  })
})

test.each([
  ['GET', '$reindex', 405, 'method-not-allowed'],
  ['POST', '$reindex?x=1', 400, 'parameter-unknown'],
  ['POST', '$reindex?force=yes', 400, 'parameter-invalid'],
  ['POST', '$reindex?_type=Nothing', 400, 'parameter-invalid'],
  ['POST', '$reindex?force=true&force=false', 400, 'parameter-repeated'],
  ['POST', 'Observation/$reindex?_type=Patient', 400, 'parameter-unknown'],
  ['POST', 'Observation/o1/$reindex?force=false', 400, 'parameter-unknown'],
  ['POST', 'Nothing/$reindex', 404, 'operation-unknown'],
  ['POST', '$reindex/more', 404, 'not-found'],
  ['GET', '$reindex-status/none', 404, 'not-found'],
  ['DELETE', '$reindex-status', 405, 'method-not-allowed'],
])('%s %s is %i %s', async (method, path, status, code) => {
  const answer = await server.call(method, `/fhir/${path}`, { token: loader })
  expect([answer.status, codeOf(answer)]).toEqual([status, code])
})

test('parameters may stand in the body, each type once, and nothing of them is passed over', async () => {
  const send = (body: object, query = '') => server.call('POST', `/fhir/$reindex${query}`, { token: loader, body })
  const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter })
  const type = (valueString: string) => ({ name: '_type', valueString })
  const begun = await send(parameters(type('Observation'), type('Encounter,Observation')), '?_type=Patient')
  const { json } = await ended(statusAt(begun))
  const types = json.parameter.filter(({ name }: { name: string }) => name === 'type')
  expect(types.map(({ valueString }: { valueString: string }) => valueString)).toEqual(['Encounter', 'Observation', 'Patient'])
  expect(codeOf(await send(parameters({ name: 'x', valueString: 'y' })))).toBe('parameter-unknown')
  expect(codeOf(await send(parameters({ name: 'force', valueString: 'often' })))).toBe('parameter-invalid')
  expect(codeOf(await send({ resourceType: 'Patient' }))).toBe('resource-type-mismatch')
})
