/** A closure table that nothing was added to for 90 days is forgotten by the database: what it is told, and that it does. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { MongoClient } from 'mongodb'
import { startTestServer, type TestServer } from '../support/server.ts'
import { codeOf } from './asking.ts'

const DAY_MS = 24 * 3_600_000
let server: TestServer
let client: MongoClient
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  client = new MongoClient(server.database.uri)
}, 60_000)
afterAll(async () => {
  await client.close()
  await server.stop()
})

const closure = (name: string, ...more: object[]) =>
  server.call('POST', '/fhir/$closure', {
    body: { resourceType: 'Parameters', parameter: [{ name: 'name', valueString: name }, ...more] },
  })
const since = { name: 'version', valueString: '0' }
const concept = { name: 'concept', valueCoding: { system: 'urn:x', code: 'a' } }
const tables = () => client.db(server.database.database).collection<{ _id: string; expires: Date }>('closure_tables')

test('90 days from the last code on; then the database takes it', async () => {
  expect((await closure('t')).status).toBe(200)
  const begun = (await tables().findOne({}))?.expires.getTime() ?? 0
  expect(Math.abs(begun - Date.now() - 90 * DAY_MS)).toBeLessThan(60_000)
  // Earlier, to see that it is set anew by a code, and by a question is not.
  const soon = new Date(Date.now() + DAY_MS)
  await tables().updateMany({}, { $set: { expires: soon } })
  expect((await closure('t', since)).status).toBe(200)
  expect((await tables().findOne({}))?.expires).toEqual(soon)
  expect((await closure('t', concept)).status).toBe(200)
  expect(((await tables().findOne({}))?.expires.getTime() ?? 0) - Date.now()).toBeGreaterThan(89 * DAY_MS)
  const indexes = await tables().indexes()
  expect(indexes).toContainEqual(expect.objectContaining({ key: { expires: 1 }, expireAfterSeconds: 0 }))
  // As the database does it, at its next round.
  await tables().deleteMany({ expires: { $lte: new Date(Date.now() + 91 * DAY_MS) } })
  expect(codeOf(await closure('t', since))).toBe('closure-unknown')
})
