/**
 * Consents to a treatment (C0026 to C0031) come in like every document and say nothing about who may read: one that agrees grants nothing to
 * whom the patient shut out, one that refuses takes nothing from whom he let in.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { give, NO_SHARING, putAll, relabelled, study } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { otherWard } from './other-ward.ts'

const sample = (type: string): string => readFileSync(new URL(`../fixtures/samples/hospital/cda/${type}.xml`, import.meta.url), 'utf8')

let server: TestServer
/** reads everything: another process on the same database, without access control */
let reader: TestServer
let loader: string
let person: string
let doctor: string
beforeAll(async () => {
  server = await startTestServer()
  reader = await startTestServer({ beside: server, noAuth: true })
  loader = await server.token('loader')
  await send(sample('C0034'))
  await putAll(server, loader, [study('study-1')])
  const found = await reader.call('GET', '/fhir/Condition?_count=1')
  person = String(found.json.entry[0].resource.subject.reference).replace('Patient/', '')
  doctor = await otherWard(server, person)
}, 60_000)
afterAll(async () => {
  await reader.stop()
  await server.stop()
})

async function send(body: string): Promise<void> {
  const token = await server.token('h1-engine')
  const answer = await server.call('POST', '/ingest/h1-cda', { token, body, headers: { 'Content-Type': 'application/xml' } })
  expect([answer.status, answer.text.includes('"severity":"error"')]).toEqual([200, false])
}

const count = async (token: string, type: string): Promise<number> =>
  (await server.call('GET', `/fhir/${type}?_summary=count`, { token })).json.total as number
const seen = async (token: string): Promise<number[]> => Promise.all(['Condition', 'AllergyIntolerance'].map((type) => count(token, type)))

const stored = async (): Promise<{ status: string; scope: { coding: { code: string }[] }; provision?: unknown }[]> => {
  const { json } = await reader.call('GET', '/fhir/Consent?_count=50')
  return ((json.entry ?? []) as { resource: never }[]).map(({ resource }) => resource)
}

test('a refused operation takes nothing from a doctor who may read', async () => {
  const before = await seen(doctor)
  expect(before.every((found) => found > 0)).toBe(true)
  const refused = sample('C0026').replace(/>患者意见的示例内容\d+</, '>不同意手术，拒绝查阅全部病历<')
  expect(refused).not.toBe(sample('C0026'))
  await send(refused)
  await relabelled(server)
  expect((await stored()).map(({ status, scope, provision }) => [status, scope.coding[0]?.code, provision])).toEqual([
    ['rejected', 'treatment', undefined],
  ])
  const [, allergies] = await seen(doctor)
  expect(allergies).toBe(before[1])
  expect((await seen(doctor))[0]).toBeGreaterThanOrEqual(before[0] as number)
})

test('an operation that was agreed to gives nothing to whom the patient shut out, nor to research', async () => {
  const researcher = await server.token('researcher', { data_form: 'PSEUD', research_study: 'study-1' })
  expect(await seen(researcher)).toEqual([0, 0])
  await give(server, person, NO_SHARING)
  expect(await seen(doctor)).toEqual([0, 0])
  for (const type of ['C0027', 'C0028', 'C0029', 'C0031']) await send(sample(type))
  await relabelled(server)
  expect((await stored()).filter(({ status }) => status === 'active').map(({ scope }) => scope.coding[0]?.code)).toEqual(
    expect.arrayContaining(['treatment', 'treatment', 'treatment', 'treatment', 'patient-privacy']),
  )
  expect(await seen(doctor)).toEqual([0, 0])
  expect(await seen(researcher)).toEqual([0, 0])
  // The papers themselves are hidden with the rest.
  expect([await count(doctor, 'Consent'), await count(doctor, 'Composition'), await count(doctor, 'Binary')]).toEqual([0, 0, 0])
})
