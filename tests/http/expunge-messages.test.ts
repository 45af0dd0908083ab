/** What a message had to do with a person's settlement (MIIS 2601 takes it back by the message) goes with the person. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { MongoClient } from 'mongodb'
import { EXPUNGE_BOUNDS } from '../../server/expunge/bounds.ts'
import { labReport } from '../ingest/visit-messages.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const usual = { ...EXPUNGE_BOUNDS }
let server: TestServer
let client: MongoClient
beforeAll(async () => {
  Object.assign(EXPUNGE_BOUNDS, { settleMs: 200, sweepMs: 100, jobPollMs: 20 })
  server = await startTestServer()
  client = new MongoClient(server.database.uri)
}, 60_000)
afterAll(async () => {
  Object.assign(EXPUNGE_BOUNDS, usual)
  await client.close()
  await server.stop()
})

/** Of the only person whom the insurance knows here; how the job ended. */
async function expungeOne(mia: string, loader: string): Promise<number> {
  const found = await server.call('GET', '/fhir/Patient', { token: mia })
  const begun = await server.call('POST', `/fhir/Patient/${found.json.entry[0].resource.id}/$expunge?basis=court-order&reference=x`, {
    token: loader,
  })
  expect(begun.status).toBe(202)
  const path = new URL(begun.headers.get('content-location') ?? '').pathname
  let status = 202
  while (status === 202) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    status = (await server.call('GET', path, { token: loader })).status
  }
  return status
}

test('the rows of its messages', async () => {
  const [mia, loader] = [await server.token('mia'), await server.token('loader')]
  const body = await readFile(new URL('../fixtures/samples/miis/2304-inpatient-settlement.json', import.meta.url), 'utf8')
  const headers = { 'Content-Type': 'application/json' }
  expect((await server.call('POST', '/ingest/miis', { token: mia, body, headers })).json.infcode).toBe('0')
  const rows = () => client.db(server.database.database).collection('batch_members').find().toArray()
  // The settlement and its claim by their message, the claim by its settlement, too.
  expect((await rows()).map(({ type }) => type).sort()).toEqual(['Claim', 'Claim', 'ExplanationOfBenefit'])
  expect([await expungeOne(mia, loader), await rows()]).toEqual([200, []])
}, 60_000)

test('the numbers that a report says of a visit of which nobody told', async () => {
  const [mia, loader] = [await server.token('mia'), await server.token('loader')]
  const body = JSON.stringify(labReport()[1])
  const headers = { 'Content-Type': 'application/json' }
  expect((await server.call('POST', '/ingest/miis', { token: mia, body, headers })).json.infcode).toBe('0')
  const rows = () => client.db(server.database.database).collection('visit_numbers').find().toArray()
  expect(await rows()).toHaveLength(1)
  expect([await expungeOne(mia, loader), await rows()]).toEqual([200, []])
}, 60_000)
