/** A Patient that another hospital writes over REST belongs to the same person, by the identity number. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const ID_CARD = 'urn:oid:2.16.156.10011.1.3'
const WANG = '110100195803120019'

test('its doctor, once he treats the patient there, finds the record of the first hospital', async () => {
  const message = await readFile(new URL('../fixtures/samples/hospital/oru-r01-blood-count.hl7', import.meta.url))
  const sent = await server.call('POST', '/ingest/h1-lis', {
    token: await server.token('h1-engine'),
    body: new Uint8Array(message),
    headers: { 'Content-Type': 'application/hl7-v2' },
  })
  expect(sent.status).toBe(200)
  const engine = await server.token('h2-engine')
  const create = (body: unknown) => server.call('POST', `/fhir/${(body as { resourceType: string }).resourceType}`, { token: engine, body })
  const patient = await create({
    resourceType: 'Patient',
    identifier: [{ system: ID_CARD, value: WANG }],
    name: [{ text: '王建国' }],
    gender: 'male',
    birthDate: '1958-03-12',
  })
  expect(patient.status).toBe(201)
  const doctor = await create({ resourceType: 'Practitioner', name: [{ text: '林医生' }] })
  const ask = async () => {
    const token = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: doctor.json.id })
    return (await server.call('GET', `/fhir/Observation?code=WBC`, { token })).json
  }
  expect((await ask()).total).toBe(0)
  const visit = await create({
    resourceType: 'Encounter',
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: { reference: `Patient/${patient.json.id}` },
    participant: [{ individual: { reference: `Practitioner/${doctor.json.id}` } }],
    period: { start: '2026-11-01T08:00:00+08:00' },
  })
  expect(visit.status).toBe(201)
  const found = await ask()
  expect([found.total, found.entry?.[0]?.resource.valueQuantity.value]).toEqual([1, 11.2])
})
