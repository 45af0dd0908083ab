/** What a resource is found by may be made before it may be written: what is stored is of the parameters in force then. */
import { beforeAll, afterAll, expect, test } from '@jest/globals'
import { MongoClient } from 'mongodb'
import { parseResource } from '../../server/fhir/resource-text.ts'
import type { IndexEntry } from '../../server/search/plan.ts'
import type { CustomParameter } from '../../server/search/types.ts'
import { createWriter } from '../../server/writer/writer.ts'
import { site } from '../access/fixture.ts'

const at = site()
let client: MongoClient
beforeAll(async () => {
  client = await new MongoClient(at.database.uri).connect()
})
afterAll(() => client.close())

const NICK: CustomParameter = {
  url: 'urn:nick',
  code: 'nick',
  base: ['Patient'],
  type: 'string',
  expression: 'Patient.photo.title',
  ready: true,
}

/** Stores a Patient that was indexed ahead, with what is done between the two. @returns its keys in the database */
async function stored(id: string, between: () => void, change = (index: IndexEntry): IndexEntry => index): Promise<string[]> {
  const { search, store, access, database } = at
  const parsed = parseResource(JSON.stringify({ resourceType: 'Patient', id, gender: 'female', photo: [{ title: 'lin' }] }))
  const index = change({ ...search.index(parsed.resource, parsed.decimals), ix: search.indexedAs('Patient') })
  between()
  const writer = createWriter({ store, search, access })
  const result = await writer.write([{ type: 'Patient', id, method: 'POST', expect: 'absent', parsed, custodian: 'H1', index }])
  if (!result.ok) throw new Error(result.conflict)
  const doc = await client.db(database.database).collection<{ _id: string; keys: string[]; ix: number }>('Patient').findOne({ _id: id })
  expect(doc?.ix).toBe(search.indexedAs('Patient'))
  return doc?.keys ?? []
}

test('while the parameters hold it is stored as it was made', async () => {
  const keys = await stored(
    'holds',
    () => undefined,
    (index) => ({ ...index, keys: [...index.keys, 'made-ahead:yes'] }),
  )
  expect(keys).toContain('made-ahead:yes')
})

test('what was made by other parameters is made anew', async () => {
  const keys = await stored('moved', () => at.search.setCustom([NICK]))
  expect(keys.some((key) => key.startsWith('nick') && key.includes('lin'))).toBe(true)
})
