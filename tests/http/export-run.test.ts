/** What an export holds (Bulk Data Access 2.0): what searches of the same asker find, whatever is written meanwhile, and whoever runs it. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { MongoClient } from 'mongodb'
import { chunksOf, EXPORT_PAGE, type ExportJob, jobsOf } from '../../server/operations/export/job.ts'
import { resumeExports, runExport } from '../../server/operations/export/run.ts'
import { type Exported, exportAll, linesOf } from '../consent/export.ts'
import { custody, idsIn, observation, patient, putAll } from '../consent/resources.ts'
import type { Access } from '../../server/access/types.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** The sample report: six values of one blood count. */
const SAMPLE = new URL('../fixtures/samples/hospital/oru-r01-blood-count.hl7', import.meta.url)
const MINUTE = 60_000
let server: TestServer
let engine: string
beforeAll(async () => {
  server = await startTestServer()
  engine = await server.token('h1-engine')
}, 60_000)
afterAll(() => server.stop())

const exported = (path: string): Promise<Exported> => exportAll(server, engine, `/fhir/${path}`)
async function namesIn(run: Exported): Promise<string[]> {
  const resources = (await linesOf(server, engine, run)).map((line) => JSON.parse(line) as { resourceType: string; id: string })
  return resources.map(({ resourceType, id }) => `${resourceType}/${id}`).sort()
}
const manifestOf = async ({ status }: Exported) => (await server.call('GET', status, { token: engine })).json

async function database<T>(use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(server.database.uri)
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

describe('of a Group', () => {
  let found: string[]
  let record: string
  let master: string
  beforeAll(async () => {
    const body = new Uint8Array(await readFile(SAMPLE))
    await server.call('POST', '/ingest/h1-lis', { token: engine, body, headers: { 'Content-Type': 'application/hl7-v2' } })
    const patients = (await server.call('GET', '/fhir/Patient', { token: engine })).json.entry.map(
      ({ resource }: { resource: { id: string; meta: { source?: string } } }) => resource,
    )
    const subject = (await server.call('GET', '/fhir/Observation', { token: engine })).json.entry[0].resource.subject.reference
    master = subject.slice('Patient/'.length)
    record = patients.find(({ id }: { id: string }) => id !== master).id
    found = idsIn(await server.call('GET', `/fhir/Observation?patient=${record}&_count=100`, { token: engine }), 'match').sort()
    expect(found).toHaveLength(6)
  })

  test.each([
    ['Type/id', (id: string) => `Patient/${id}`],
    ['an address of this server', (id: string) => `${server.url}/fhir/Patient/${id}`],
    ['a version', (id: string) => `Patient/${id}/_history/1`],
  ])('has what a search by its members finds, who are named by %s', async (_name, nameOf) => {
    const group = { resourceType: 'Group', type: 'person', actual: true, member: [{ entity: { reference: nameOf(record) } }] }
    const { id } = (await server.call('POST', '/fhir/Group', { token: engine, body: group })).json
    expect(await namesIn(await exported(`Group/${id}/$export?_type=Observation`))).toEqual(found)
    // The master under whom they stand is no organisation's own, and so not this asker's.
    expect((await server.call('GET', `/fhir/Patient/${master}`, { token: engine })).status).toBe(404)
    expect(await namesIn(await exported(`Group/${id}/$export?_type=Patient`))).toEqual([`Patient/${record}`])
  })

  test('is for who may read the Group, whose members it tells', async () => {
    const group = { resourceType: 'Group', type: 'person', actual: true, member: [{ entity: { reference: `Patient/${record}` } }] }
    const { id } = (await server.call('POST', '/fhir/Group', { token: engine, body: group })).json
    const token = await server.token('h1-engine', { scope: 'system/Observation.rs' })
    const ask = (name: string) => server.call('GET', `/fhir/Group/${name}/$export`, { token, headers: { Prefer: 'respond-async' } })
    expect([(await ask(id)).status, (await ask('absent')).status]).toEqual([403, 403])
  })

  test('has nothing of a member that is inactive', async () => {
    const member = [{ entity: { reference: `Patient/${record}` }, inactive: true }]
    const { id } = (
      await server.call('POST', '/fhir/Group', { token: engine, body: { resourceType: 'Group', type: 'person', actual: true, member } })
    ).json
    expect(await namesIn(await exported(`Group/${id}/$export?_type=Observation,Patient`))).toEqual([])
  })
})

test('the manifest names the whole address of the kick-off', async () => {
  const since = '2026-01-01T00:00:00+08:00'
  const run = await exported(`$export?_type=Basic&_since=${encodeURIComponent(since)}`)
  expect((await manifestOf(run)).request).toBe(`${server.url}/fhir/$export?_type=Basic&_since=${encodeURIComponent(since)}`)
  expect((await manifestOf(await exported('Patient/$export'))).request).toBe(`${server.url}/fhir/Patient/$export`)
})

test('what was committed after the export with a time before it is in the next one', async () => {
  const first = await manifestOf(await exported('$export?_type=Basic'))
  const { id, meta } = (
    await server.call('POST', '/fhir/Basic', { token: engine, body: { resourceType: 'Basic', code: { text: 'late' } } })
  ).json
  // As it stands after a commit that took half a minute: its time is set when it begins.
  const at = new Date(Date.parse(meta.lastUpdated) - MINUTE / 2)
  await database((client) =>
    client.db(server.database.database).collection<{ _id: string }>('Basic').updateOne({ _id: id }, { $set: { at } }),
  )
  const since = encodeURIComponent(first.transactionTime)
  expect(await namesIn(await exported(`$export?_type=Basic&_since=${since}`))).toContain(`Basic/${id}`)
})

/** A job of the same asker as that of `run`, from the beginning. */
async function begunLike(run: Exported, changes: Partial<ExportJob> = {}): Promise<string> {
  const { store, newId } = server.running.fhir
  const job = await jobsOf(store).get(run.status.split('/').at(-1) ?? '')
  if (!job) throw new Error('no job')
  const again: ExportJob = {
    ...job,
    _id: newId(),
    status: 'accepted',
    cursor: { type: 0, id: '', chunk: 0 },
    written: [],
    tries: 0,
    ...changes,
  }
  await jobsOf(store).insert(again)
  return again._id
}

async function ended(id: string): Promise<Exported> {
  for (;;) {
    const answer = await server.call('GET', `/fhir/$export-status/${id}`, { token: engine })
    if (answer.status === 200)
      return {
        status: `/fhir/$export-status/${id}`,
        files: answer.json.output.map(({ url }: { url: string }) => url.slice(server.url.length)),
      }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('what is changed before its turn comes is there all the same', async () => {
  const { id } = (await server.call('POST', '/fhir/Basic', { token: engine, body: { resourceType: 'Basic', code: { text: 'before' } } }))
    .json
  const run = await exported('$export?_type=Basic')
  const changed = { resourceType: 'Basic', id, code: { text: 'after' } }
  expect((await server.call('PUT', `/fhir/Basic/${id}`, { token: engine, body: changed })).status).toBe(200)
  // As after a restart: kicked off when the other one was, and only now at its first page.
  const second = await begunLike(run)
  await runExport(server.running.fhir, second)
  expect(await namesIn(await ended(second))).toEqual(await namesIn(run))
})

test('of one that is cancelled while a page of it is under way no lines stay', async () => {
  const { fhir } = server.running
  await server.call('POST', '/fhir/Basic', { token: engine, body: { resourceType: 'Basic', code: { text: 'cancelled' } } })
  const id = await begunLike(await exported('$export?_type=Basic'))
  // Decided, and not yet written.
  const withDecision: Access['withDecision'] = async (...asked) => {
    const page = await fhir.access.withDecision(...asked)
    expect((await server.call('DELETE', `/fhir/$export-status/${id}`, { token: engine })).status).toBe(202)
    return page
  }
  await runExport({ ...fhir, access: { ...fhir.access, withDecision } }, id)
  expect(await chunksOf(fhir.store).find({ job: id })).toEqual([])
})

test('of two processes one runs it, and another takes it up when that has died', async () => {
  const beside = await startTestServer({ beside: server })
  try {
    const loader = await server.token('loader')
    const many = Array.from({ length: 4 * EXPORT_PAGE }, (_, at) => observation(`many-${String(at).padStart(4, '0')}`, 'many', 'x'))
    await putAll(server, loader, [patient('many', { meta: custody('H1') }), ...many])
    const run = await exported('$export?_type=Observation')
    const accounts = async () =>
      (await server.call('GET', '/fhir/AuditEvent?type=rest&subtype=export&_summary=count', { token: loader })).json.total
    const accountsOf = async (...processes: TestServer[]): Promise<[string[], number]> => {
      const before = await accounts()
      const id = await begunLike(run)
      await Promise.all(processes.map(({ running }) => runExport(running.fhir, id)))
      const names = await namesIn(await ended(id))
      return [names, (await accounts()) - before]
    }
    const [names, alone] = await accountsOf(server)
    expect([names.filter((name) => name.includes('/many-')).length, new Set(names).size]).toEqual([many.length, names.length])
    // Each page is on record: the other process has done none.
    expect(await accountsOf(server, beside)).toEqual([names, alone])
    const held = { leaseOwner: 'of a process that has died', leaseUntil: new Date(Date.now() + MINUTE), leaseTerm: 1 }
    const left = await begunLike(run, held)
    await resumeExports(beside.running.fhir)
    expect((await server.call('GET', `/fhir/$export-status/${left}`, { token: engine })).status).toBe(202)
    await jobsOf(server.running.fhir.store).update({ _id: left }, { set: { leaseUntil: new Date(Date.now() - 1) } as Partial<ExportJob> })
    await resumeExports(beside.running.fhir)
    expect(await namesIn(await ended(left))).toEqual(names)
  } finally {
    await beside.stop()
  }
}, 60_000)
