/** An export that cannot be finished (Bulk Data Access 2.0, status request): tried again a few times, then an error and no files. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Access } from '../../server/access/types.ts'
import type { FhirDeps } from '../../server/interactions/types.ts'
import { EXPORT_TRIES_MAX, EXPORT_WAITS_MAX, failureFacts } from '../../server/operations/export/failing.ts'
import { chunksOf, type ExportJob, jobsOf } from '../../server/operations/export/job.ts'
import { resumeExports, runExport } from '../../server/operations/export/run.ts'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'
import { download, type Exported, exportAll, linesOf } from '../consent/export.ts'
import { custody, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const SECOND = 1000
/** Far ahead of the server's own clock, whose exports are not to take up what is tested. */
const START = Date.now() + 3_600_000
const nameOf = (n: number): string => `b${String(n).padStart(2, '0')}`
let server: TestServer
let engine: string
let before: Exported

beforeAll(async () => {
  server = await startTestServer()
  engine = await server.token('h1-engine')
  const basics = Array.from({ length: 60 }, (_, n) => ({ resourceType: 'Basic', id: nameOf(n), meta: custody('H1'), code: { text: 'x' } }))
  await putAll(server, await server.token('loader'), basics)
  before = await exportAll(server, engine, '/fhir/$export?_type=Basic')
}, 60_000)
afterAll(() => server.stop())

const at = (seconds: number, deps: FhirDeps = server.running.fhir): FhirDeps => ({ ...deps, now: () => new Date(START + seconds * SECOND) })
const jobs = () => jobsOf(server.running.fhir.store)
const chunks = (job: string) => chunksOf(server.running.fhir.store).find({ job }, { sort: { n: 1 } })
const status = (id: string, method = 'GET'): Promise<Answer> => server.call(method, `/fhir/$export-status/${id}`, { token: engine })
const code = ({ json }: Answer): string => json.issue[0].details.coding[0].code
const lines = (id: string): Promise<string[]> =>
  linesOf(server, engine, { status: '', files: before.files.map((file) => file.replace(before.status.split('/').at(-1) ?? '', id)) })

/** A job of the same asker, at its beginning. */
async function begun(changes: Partial<ExportJob> = {}): Promise<string> {
  const job = await jobs().get(before.status.split('/').at(-1) ?? '')
  if (!job) throw new Error('no job')
  const _id = server.running.fhir.newId()
  const cursor = { type: 0, id: '', chunk: 0 }
  await jobs().insert({ ...job, _id, status: 'accepted', cursor, written: [], tries: 0, retryAt: new Date(START), ...changes })
  return _id
}

test('what always fails is tried six times, each later, and has failed then: an error, no files', async () => {
  // Its second type is none: no look-up of it can be made, whoever tries.
  const id = await begun({ types: ['Basic', 'secret-word'] })
  const errors: unknown[] = []
  const resume = (seconds: number) => resumeExports(at(seconds), (_kind, _id, error) => errors.push(error))
  const told = () => errors.map((error) => failureFacts(error))
  await resume(0)
  expect([(await status(id)).status, (await chunks(id)).length, (await jobs().get(id))?.tries]).toEqual([202, 1, 1])
  // 10, 20, 40, 80 and 160 seconds after the one before; not a moment earlier.
  for (const [seconds, tries] of [
    [10, 2],
    [30, 3],
    [70, 4],
    [150, 5],
  ] as const) {
    await resume(seconds - 0.001)
    expect((await jobs().get(id))?.tries).toBe(tries - 1)
    await resume(seconds)
    expect([(await jobs().get(id))?.tries, (await status(id)).status]).toEqual([tries, 202])
  }
  const again = { reason: 'internal', text: 'export broken off, to be tried again' }
  expect(told()).toEqual([again, again, again, again, again])
  await resume(310)
  expect(told().at(-1)).toEqual({ reason: 'internal', text: 'export failed' })
  const answer = await status(id)
  expect([answer.status, answer.json.resourceType, answer.json.issue[0].code, code(answer)]).toEqual([
    500,
    'OperationOutcome',
    'processing',
    'export-failed',
  ])
  expect(answer.json.issue[0].diagnostics).toBe('The export has failed (internal): it has no files')
  expect(JSON.stringify([answer.text, told()])).not.toContain('secret-word')
  expect(await chunks(id)).toEqual([])
  expect((await download(server, engine, `/fhir/$export-file/${id}/Basic.ndjson`)).status).toBe(404)
  // It stays failed, until it is deleted.
  await resume(100_000)
  expect([(await status(id)).status, (await jobs().get(id))?.tries]).toEqual([500, EXPORT_TRIES_MAX])
  expect([(await status(id, 'DELETE')).status, (await status(id)).status]).toEqual([202, 404])
})

/** As while the database does not answer the decision. */
const unreached = (seconds: number): FhirDeps => {
  const withDecision: Access['withDecision'] = () => Promise.reject(new OutcomeError('unavailable'))
  return { ...at(seconds), access: { ...server.running.fhir.access, withDecision } }
}

test('what finds no database is no try: another process finishes it when there is one', async () => {
  const id = await begun()
  for (let n = 0; n <= EXPORT_TRIES_MAX; n++) await resumeExports(unreached(n * 10))
  const job = await jobs().get(id)
  expect([job?.status, job?.tries, job?.waits]).toEqual(['accepted', 0, EXPORT_TRIES_MAX + 1])
  const beside = await startTestServer({ beside: server })
  try {
    await resumeExports(at(1000, beside.running.fhir))
  } finally {
    await beside.stop()
  }
  expect([(await status(id)).status, (await lines(id)).length]).toEqual([200, 60])
})

test('but not for ever', async () => {
  const id = await begun({ waits: EXPORT_WAITS_MAX - 1 })
  await resumeExports(unreached(0))
  const answer = await status(id)
  expect([answer.status, answer.json.issue[0].diagnostics]).toEqual([500, 'The export has failed (unavailable): it has no files'])
})

test('a page that ended its process each time counts as well', async () => {
  const id = await begun({ tries: EXPORT_TRIES_MAX })
  await resumeExports(at(0))
  expect([(await status(id)).status, await chunks(id)]).toEqual([500, []])
})

test('after a try that failed there are fewer at once, and nothing of it comes twice', async () => {
  const id = await begun({ tries: 1 })
  const left = [{ id: 'b00', v: 1, line: '{"resourceType":"Basic","id":"b00"}' }]
  await chunksOf(server.running.fhir.store).put({ _id: 'left', job: id, type: 'Basic', n: 0, rows: left, expires: new Date(START) })
  await runExport(at(0), id)
  expect((await chunks(id)).map(({ rows }) => rows.length)).toEqual([50, 10])
  const names = (await lines(id)).map((line) => (JSON.parse(line) as { id: string }).id)
  expect(names).toEqual(Array.from({ length: 60 }, (_, n) => nameOf(n)))
  expect((await jobs().get(id))?.tries).toBe(1)
})

test('a page may be more than a row of the database holds', async () => {
  const data = Buffer.alloc(750_000, 1).toString('base64')
  const large = Array.from({ length: 20 }, (_, n) => ({ resourceType: 'Binary', id: `l${n}`, contentType: 'application/pdf', data }))
  for (const half of [large.slice(0, 10), large.slice(10)]) await putAll(server, await server.token('loader'), half)
  const loader = await server.token('loader')
  const run = await exportAll(server, loader, '/fhir/$export?_type=Binary')
  const names = (await linesOf(server, loader, run)).map((line) => (JSON.parse(line) as { id: string }).id)
  expect(names).toEqual(large.map(({ id }) => id).sort())
}, 60_000)
