/** The account of uses of a record goes with it when it is linked to a person, and comes back when it parts. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { observation, putAll, relabelled } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const record = (id: string, organization: string, number?: string): object => ({
  resourceType: 'Patient',
  id,
  meta: { source: `https://fhir-cn.example/Organization/${organization}` },
  ...(number === undefined ? {} : { identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: number }] }),
  name: [{ text: '赵一鸣' }],
  birthDate: '1970-01-01',
})

/** Ids of the observations whose reading stands in the account that this patient sees. */
async function account(patient: string): Promise<string[]> {
  await relabelled(server)
  const token = await server.token('patient-app', { patient })
  const { json } = await server.call('GET', `/fhir/AuditEvent?patient=${patient}&subtype=read&_count=100`, { token })
  const entries = ((json as { entry?: { resource: object }[] }).entry ?? []).map(({ resource }) => JSON.stringify(resource))
  return [...new Set(entries.flatMap((text) => [...text.matchAll(/Observation\/(la-\d)/g)].map(([, id]) => id ?? '')))].sort()
}

const readBy = async (client: string, id: string): Promise<number> => {
  const token = await server.token(client, { purpose_of_use: 'HQUALIMP' })
  return (await server.call('GET', `/fhir/Observation/${id}`, { token })).status
}

test('what was read before a link and after it, of one record and of all of them', async () => {
  const loader = await server.token('loader')
  const number = '110105197001010011'
  await putAll(server, loader, [record('la-h1', 'H1')])
  await putAll(server, loader, [observation('la-1', 'la-h1', 'WBC'), observation('la-2', 'la-h1', 'RBC')])
  expect(await readBy('auditor', 'la-1')).toBe(200)
  expect(await account('la-h1')).toEqual(['la-1'])
  // Another hospital's record has the number already: now both are one person's.
  await putAll(server, loader, [record('la-h3', 'H3', number)])
  await putAll(server, loader, [record('la-h1', 'H1', number)])
  const persons = await server.running.fhir.access.personsOf(['la-h1', 'la-h3'])
  const master = persons.get('la-h1') ?? ''
  expect(master).toBe(persons.get('la-h3'))
  expect(master).not.toBe('la-h1')
  expect(await account('la-h1')).toEqual(['la-1'])
  expect(await account('la-h3')).toEqual(['la-1'])
  expect(await readBy('auditor', 'la-2')).toBe(200)
  for (const id of ['la-h1', 'la-h3', master]) expect(await account(id)).toEqual(['la-1', 'la-2'])
  // The number was wrong: the records part, and what was on record for the one alone is its own again.
  await putAll(server, loader, [record('la-h1', 'H1', '11010519700101002X')])
  expect((await server.running.fhir.access.personsOf(['la-h1'])).get('la-h1')).not.toBe(master)
  expect(await account('la-h1')).toEqual(expect.arrayContaining(['la-1']))
  expect(await account('la-h3')).not.toContain('la-1')
}, 60_000)
