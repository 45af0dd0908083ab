/** The table of docs/search.md: how many commands a search sends, at one size of the data and at ten times as much. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { custody, encounter, observation, patient, practitioner, putAll, relabelled } from '../consent/resources.ts'
import { type Command, watchCommands } from '../support/commands.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'search.md'), 'utf8')
const rows = [...page.matchAll(/^\| `(.+)` \| .+ \| (\d+) \| (\d+) \|$/gm)].map(([, path = '', once, tenfold]) => ({
  path,
  once: Number(once),
  tenfold: Number(tenfold),
}))

const watch = watchCommands()
let server: TestServer
let token: string

function persons(from: number, to: number): object[] {
  return Array.from({ length: to - from }, (_, at) => from + at).flatMap((n) => [
    patient(`p${n}`, { meta: custody('H1'), identifier: [{ system: 'urn:test', value: `p${n}` }] }),
    encounter(`v${n}`, `p${n}`, 'H1', 'Practitioner/doc-1'),
    observation(`o${n}`, `p${n}`, 'x', {
      encounter: { reference: `Encounter/v${n}` },
      valueQuantity: { value: 6, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
    }),
    observation(`q${n}`, `p${n}`, 'y'),
  ])
}

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token('auditor', { purpose_of_use: 'HQUALIMP' })
  await put([practitioner('doc-1'), ...persons(0, 25)])
}, 60_000)
afterAll(async () => {
  watch.stop()
  await server.stop()
})

async function put(resources: object[]): Promise<void> {
  await putAll(server, await server.token('loader'), resources)
  await relabelled(server)
}

/** Commands about resources; the second time, when what is kept in memory is known. */
async function counted(path: string): Promise<Command[]> {
  const ask = async () => {
    const answer = await server.call('GET', `/fhir/${path}`, { token })
    expect([path, answer.status, answer.json.entry?.length ?? answer.json.total]).toEqual([path, 200, expect.any(Number)])
  }
  await ask()
  const sent = await watch.during(ask)
  expect([path, sent.filter(({ name, collection }) => name === 'insert' && collection === 'AuditEvent').length]).toEqual([path, 1])
  return sent.filter(({ name, collection }) => name === 'listCollections' || (/^[A-Z]/.test(collection) && collection !== 'AuditEvent'))
}

const counts = async (): Promise<[string, number][]> => {
  const found: [string, number][] = []
  for (const { path } of rows) found.push([path, (await counted(path)).length])
  return found
}

test('as the table says, and not more at ten times the size', async () => {
  expect(rows.length).toBeGreaterThan(20)
  expect(await counts()).toEqual(rows.map(({ path, once }) => [path, once]))
  await put(persons(25, 250))
  expect(await counts()).toEqual(rows.map(({ path, tenfold }) => [path, tenfold]))
  for (const { path, once, tenfold } of rows) expect([path, tenfold <= once]).toEqual([path, true])
})
