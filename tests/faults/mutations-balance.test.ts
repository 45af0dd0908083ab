/** The account of broken payloads on the real database: what a later payload took over is kept, and what is gone is found. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Db, MongoClient } from 'mongodb'
import { observation, rig, type Rig, sourceOf } from '../ingest/support.ts'
import { type TestDatabase, testDatabase } from '../support/mongo.ts'
import { type Claim, type Counts, openBalance } from './mutations/balance.ts'

let database: TestDatabase
let client: MongoClient
let db: Db
let one: Rig
beforeAll(async () => {
  database = await testDatabase()
  client = await new MongoClient(database.uri).connect()
  db = client.db(database.database)
  one = await rig([sourceOf('his', 'hospital', 'H1')], {}, database)
  await one.ingest.start()
})
afterAll(async () => {
  await one.close()
  await client.close()
  await database.drop()
})

/** Two results of one person; `report` is what both deliveries are known by. */
const bodyOf = (report: string, value: string): string =>
  JSON.stringify(
    ['a', 'b'].map((no) => ({
      deliveryId: `${report}-${no}`,
      patient: { local: [{ kind: 'PI', value: '1', strong: true }] },
      resources: [
        { key: 'patient', resource: { resourceType: 'Patient' }, state: 'current', statedAt: '2026-03-06T08:00:00Z' },
        observation('H1', `${report}-${no}`, { valueString: value }),
      ],
    })),
  )

async function sent(label: string, body: string): Promise<Claim & { payload: string }> {
  const { payload } = await one.send('his', body)
  const hash = createHash('sha256').update(body).digest('hex')
  return { label, source: 'his', hash, bytes: Buffer.byteLength(body), kept: true, payload: payload._id, records: 2 }
}

async function checked(...claims: Claim[]): Promise<{ problems: string[]; counts: Counts }> {
  const balance = await openBalance(database.uri, database.database)
  const problems: string[] = []
  const counts = await balance.check(claims, (problem) => problems.push(problem))
  await balance.close()
  return { problems, counts }
}

test('deliveries that a later payload brought anew are kept of the first one, too', async () => {
  const first = await sent('first', bodyOf('over', 'x'))
  const second = await sent('second', bodyOf('over', 'y'))
  expect(await db.collection('deliveries').countDocuments({ payload: first.payload })).toBe(0)
  const { problems, counts } = await checked(first, second)
  expect(problems).toEqual([])
  expect(counts).toMatchObject({ payloads: 2, records: 4, stored: 4 })
})

test('a delivery without its row and its Provenance is gone, whatever a later payload took over', async () => {
  const first = await sent('first', bodyOf('gone', 'x'))
  const taken = JSON.stringify(JSON.parse(bodyOf('gone', 'y')).slice(0, 1))
  await one.send('his', taken)
  const { deletedCount } = await db.collection('deliveries').deleteMany({ payload: first.payload })
  expect(deletedCount).toBe(1)
  const [{ _id } = { _id: '' }] = await provenancesOf('gone-b')
  await db.collection<{ _id: string }>('Provenance').deleteOne({ _id })
  const { problems } = await checked(first)
  expect(problems).toEqual([`first: 2 records are said to be kept, 1 are (payload ${first.payload})`])
})

test('a row of a delivery without the Provenance of what was stored is found', async () => {
  const first = await sent('first', bodyOf('untold', 'x'))
  const [{ _id } = { _id: '' }] = await provenancesOf('untold-a')
  await db.collection<{ _id: string }>('Provenance').deleteOne({ _id })
  const { problems } = await checked(first)
  expect(problems).toEqual([`first: 2 records have resources, 1 a Provenance (payload ${first.payload})`])
})

/** Those of the result of that number. */
async function provenancesOf(no: string): Promise<{ _id: string }[]> {
  const result = (await one.all('Observation')).find(({ code }) => (code as { text: string }).text === no)
  const all = await one.all('Provenance')
  return all
    .filter(({ target }) => (target as { reference: string }[]).some(({ reference }) => reference === `Observation/${result?.id}`))
    .sort((a, b) => String(a.recorded).localeCompare(String(b.recorded)))
    .map(({ id }) => ({ _id: String(id) }))
}
