/** Codes that no coding says: a kind of visit that has place for its translation only, a diagnosis that is a name. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { TestServer } from '../support/server.ts'
import { admission, agree, get, type People, send, settled, siteWith } from './sending.ts'

const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const ICD = 'urn:oid:2.16.156.10011.2.3.3.11.3'
const CLASS = 'h1-his|hl7-patient-class|http://terminology.hl7.org/CodeSystem/v2-0004|Q'
const NAME = 'h1-his|diagnosis|https://fhir-cn.example/sid/H1/diagnosis-code|心衰待查'
let server: TestServer
let who: People

beforeAll(async () => {
  ;({ server, who } = await siteWith([]))
  const visits = ['ZY1', 'ZY2', 'ZY3']
  for (const [at, visit] of visits.entries()) {
    const message = admission(at === 2 ? '肺炎待查' : '心衰待查')
      .replace('|A1|', `|A${at}|`)
      .replace('|ZY1|', `|${visit}|`)
    // The third is of a kind that the table knows.
    await send(server, 'h1-his', who.engine, at === 2 ? message : message.replace('PV1|1|I|', 'PV1|1|Q|'))
  }
}, 60_000)
afterAll(() => server.stop())

const search = async (query: string) =>
  ((await server.call('GET', `/fhir/${query}`, { token: who.engine })).json.entry ?? []).map(
    ({ resource }: { resource: object }) => resource,
  )
const classes = async () => (await search('Encounter?_count=50')).map((one: { class: { code: string } }) => one.class.code).sort()
const conditions = async () =>
  (await search('Condition?_count=50'))
    .map(({ code }: { code: { text: string; coding?: { code: string }[] } }) =>
      [code.text, ...(code.coding ?? []).map((one) => one.code)].join(),
    )
    .sort()

test('a kind of visit: stored ones are mapped anew, with Provenance; withdrawn they are unknown again', async () => {
  expect(await classes()).toEqual(['IMP', 'UNK', 'UNK'])
  await agree(server, who, CLASS, { system: ACT_CODE, code: 'ACUTE', equivalence: 'equivalent' })
  // Two visits and nothing beside them.
  expect(await settled(server, who.wang, CLASS)).toMatchObject({ status: 'completed', written: 2, failed: 0 })
  expect(await classes()).toEqual(['ACUTE', 'ACUTE', 'IMP'])
  const [visit] = await search(`Encounter?class=${ACT_CODE}|ACUTE`)
  const made = (await search(`Provenance?target=Encounter/${visit.id}`)).filter((one: { entity: { what: { reference?: string } }[] }) =>
    one.entity[0]?.what.reference?.startsWith('ConceptMap/'),
  )
  expect(made).toEqual([
    expect.objectContaining({ agent: [expect.objectContaining({ who: { reference: 'Practitioner/wang' } }), expect.anything()] }),
  ])
  // What comes next is translated, and found by the withdrawal too.
  await send(
    server,
    'h1-his',
    who.engine,
    admission('心衰待查').replace('|A1|', '|A9|').replace('|ZY1|', '|ZY9|').replace('PV1|1|I|', 'PV1|1|Q|'),
  )
  expect(await classes()).toEqual(['ACUTE', 'ACUTE', 'ACUTE', 'IMP'])
  await agree(server, who, CLASS, undefined)
  expect(await settled(server, who.wang, CLASS)).toMatchObject({ status: 'completed', written: 3 })
  expect(await classes()).toEqual(['IMP', 'UNK', 'UNK', 'UNK'])
}, 60_000)

test('a kind of visit that has no place there stays unknown, and its messages are not mapped again and again', async () => {
  // PRENC is of the table's system, and not among the classes of cn-encounter.
  await agree(server, who, CLASS, { system: ACT_CODE, code: 'PRENC', equivalence: 'equivalent' })
  await settled(server, who.wang, CLASS)
  await send(
    server,
    'h1-his',
    who.engine,
    admission('心衰待查').replace('|A1|', '|A8|').replace('|ZY1|', '|ZY8|').replace('PV1|1|I|', 'PV1|1|Q|'),
  )
  expect(await classes()).toEqual(['IMP', 'UNK', 'UNK', 'UNK', 'UNK'])
  const { systemDecision } = await import('../../server/access/decision.ts')
  const row = await server.running.store.table(systemDecision('test'), 'unmapped_codes').get(CLASS)
  expect(row).toMatchObject({ state: 'mapped', stale: false })
}, 60_000)

test('a name without a code gets the coding beside its name', async () => {
  const before = await conditions()
  expect(before.filter((one: string) => one === '心衰待查').length).toBeGreaterThan(1)
  await agree(server, who, NAME, { system: ICD, code: 'I50.900', display: '心力衰竭', equivalence: 'wider' })
  expect(await settled(server, who.wang, NAME)).toMatchObject({ status: 'completed', failed: 0 })
  expect(await conditions()).toEqual(before.map((one: string) => (one === '心衰待查' ? '心衰待查,I50.900' : one)).sort())
  expect((await get(server, who.wang, `code?id=${encodeURIComponent(NAME)}`)).json.state).toBe('mapped')
  await agree(server, who, NAME, undefined)
  await settled(server, who.wang, NAME)
  expect(await conditions()).toEqual(before)
}, 60_000)
