/** Family of a linked person: one organisation's word on birth or death does not open what others have. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { consentOf, observation, putAll, relabelled, verification } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Born 1970-01-01 and 2015-01-01 by their numbers. */
const GROWN = '110105197001010011'
const GROWN_TOO = '11010519700101002X'
const CHILD = '11010520150101005X'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const person = (id: string, number: string, organization: string, said: object): object => ({
  resourceType: 'Patient',
  id,
  meta: { source: `https://fhir-cn.example/Organization/${organization}` },
  identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: number }],
  name: [{ text: '赵一鸣' }],
  ...said,
})

const related = (id: string, subject: string, code: string): object => ({
  resourceType: 'RelatedPerson',
  id,
  active: true,
  patient: { reference: `Patient/${subject}` },
  relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code }] }],
})

/** A value at H1 that the family asks for, and who asks by the record of H2. */
const reads = async (client: string, who: string, value: string): Promise<number> => {
  await relabelled(server)
  const token = await server.token(client, { user: `RelatedPerson/${who}` })
  return (await server.call('GET', `/fhir/Observation/${value}`, { token })).status
}

test('a death that one of two hospitals states opens nothing; stated by both it does, denied by a third it does not', async () => {
  const loader = await server.token('loader')
  const said = { birthDate: '1970-01-01' }
  await putAll(server, loader, [person('d1', GROWN, 'H1', said)])
  await putAll(server, loader, [observation('d-value', 'd1', 'WBC')])
  await putAll(server, loader, [person('d2', GROWN, 'H2', { ...said, deceasedBoolean: true })])
  await putAll(server, loader, [related('d-child', 'd2', 'CHILD'), verification('d-child')])
  expect(await reads('relative-app', 'd-child', 'd-value')).toBe(404)
  await putAll(server, loader, [person('d1', GROWN, 'H1', { ...said, deceasedDateTime: '2026-03-01' })])
  expect(await reads('relative-app', 'd-child', 'd-value')).toBe(200)
  await putAll(server, loader, [person('d3', GROWN, 'H3', { ...said, deceasedBoolean: false })])
  expect(await reads('relative-app', 'd-child', 'd-value')).toBe(404)
}, 60_000)

test('nobody is the guardian of an adult, whatever birth date one hospital has', async () => {
  const loader = await server.token('loader')
  await putAll(server, loader, [person('g1', GROWN_TOO, 'H1', { birthDate: '1970-01-01' })])
  await putAll(server, loader, [observation('g-value', 'g1', 'WBC')])
  await putAll(server, loader, [person('g2', GROWN_TOO, 'H2', { birthDate: '2020-01-01' })])
  await putAll(server, loader, [related('g-guardian', 'g2', 'GUARD'), verification('g-guardian')])
  expect(await reads('guardian-app', 'g-guardian', 'g-value')).toBe(404)
  const token = await server.token('guardian-app', { user: 'RelatedPerson/g-guardian', patient: 'g2' })
  const words = { series: 'g', policy: 'OPTIN', provision: { purpose: [{ code: 'HPAYMT' }] } }
  expect((await server.call('POST', '/fhir/Consent', { token, body: consentOf('g2', words) })).status).toBe(403)
}, 60_000)

test('a child stays one, whatever birth date one hospital has', async () => {
  const loader = await server.token('loader')
  await putAll(server, loader, [person('c1', CHILD, 'H1', { birthDate: '2015-01-01' })])
  await putAll(server, loader, [observation('c-value', 'c1', 'WBC')])
  await putAll(server, loader, [person('c2', CHILD, 'H2', { birthDate: '1950-01-01' })])
  await putAll(server, loader, [related('c-guardian', 'c2', 'MTH'), verification('c-guardian')])
  expect(await reads('guardian-app', 'c-guardian', 'c-value')).toBe(200)
  const { access } = server.running.fhir
  const master = (await access.personsOf(['c1'])).get('c1') ?? ''
  expect(master).not.toBe('c1')
  expect((await access.personsOf(['c2'])).get('c2')).toBe(master)
}, 60_000)
