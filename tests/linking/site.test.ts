/** What a site says of links by likeness, and that what one process leaves to be compared another takes up. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { compareJob } from '../../server/ingest/likely/table-writes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { admit, asked, tasksOf } from './sending.ts'

let demo: string
const site = (choice: string): string => demo.replace(/^policy:$/m, `policy:\n  linkByLikeness: ${choice}`)
let server: TestServer
beforeAll(async () => {
  demo = await readFile(new URL('../../config/demo.yaml', import.meta.url), 'utf8')
  server = await startTestServer({ noAuth: true, config: site('off') })
  const one = { name: '东方不凡', birth: '19860714', phone: '13900001111', address: '示例市朝阳区和平东路1号' }
  await admit(server, { ...one, pi: '3001' })
  await admit(server, { ...one, pi: '3002', house: 'H2' })
}, 120_000)
afterAll(async () => {
  await server.running.stop()
  await server.database.drop()
})

async function idOf(pi: string): Promise<string> {
  const { json } = await server.call('GET', `/fhir/Patient?identifier=${pi}`)
  return json.entry[0].resource.id
}

const records = async (): Promise<number> => (await asked(server, `graph?patient=${await idOf('3001')}`)).json.records.length

/** As it stands where a process ends between the commit and the comparison. */
async function left(patient: string): Promise<void> {
  const { job } = compareJob(patient)
  const row = { ...job, leaseOwner: '', leaseUntil: new Date(0), leaseTerm: 0 }
  await server.running.store.table(systemDecision('test'), 'jobs').put(row)
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100))
}

test('off: nothing is linked, and nobody asked; review: a clerk is asked of all; automatic: it is linked', async () => {
  expect([await records(), await tasksOf(server)]).toEqual([1, []])
  for (const choice of ['review', 'automatic']) {
    await server.running.stop()
    server = await startTestServer({ beside: server, noAuth: true, config: site(choice) })
    await left(await idOf('3002'))
    if (choice === 'review') {
      await until(async () => (await tasksOf(server)).length > 0)
      expect([(await tasksOf(server)).map(({ doubt }) => doubt), await records()]).toEqual([['between'], 1])
    } else {
      await until(async () => (await records()) === 2)
      expect(await tasksOf(server)).toEqual([])
    }
  }
}, 120_000)
