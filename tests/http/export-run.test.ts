/** The run of an export (Bulk Data Access 2.0). */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { EXPORT_PAGE, type ExportJob, jobsOf } from '../../server/operations/export/job.ts'
import { resumeExports, runExport } from '../../server/operations/export/run.ts'
import { type Exported, exportAll, linesOf } from '../consent/export.ts'
import { custody, observation, patient, putAll } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

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
/** A job of the same asker as that of `run`, from the beginning. */
async function begunLike(run: Exported, changes: Partial<ExportJob> = {}): Promise<string> {
  const { store, newId } = server.running.fhir
  const job = await jobsOf(store).get(run.status.split('/').at(-1) ?? '')
  if (!job) throw new Error('no job')
  const again: ExportJob = { ...job, _id: newId(), status: 'accepted', cursor: { type: 0, id: '', chunk: 0 }, written: [], ...changes }
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
