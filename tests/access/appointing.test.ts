/** Who treats whom is said by others: a user does not make himself one of those who treat a patient (access.md L55). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { condition, custody, encounter, patient, practitioner, putAll } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const DOCTOR = 'Practitioner/doc-1'
const COLLEAGUE = 'Practitioner/doc-2'
let server: TestServer
let doctor: string
let engine: string

beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [
    practitioner('doc-1'),
    practitioner('doc-2'),
    patient('stranger', { meta: custody('H1') }),
    patient('treated', { meta: custody('H1') }),
    encounter('visit-treated', 'treated', 'H1', DOCTOR, 'CON'),
    condition('hiv-stranger', 'stranger', 'x', { meta: custody('H1', 'HIV') }),
    condition('hiv-treated', 'treated', 'x', { meta: custody('H1', 'HIV') }),
  ])
  doctor = await server.token('h1-ward', { purpose_of_use: 'TREAT', user: DOCTOR })
  engine = await server.token('h1-engine')
}, 60_000)
afterAll(() => server.stop())

const write = (token: string, resource: object, method = 'POST') => {
  const { resourceType, id, meta: _, ...rest } = resource as { resourceType: string; id?: string; meta?: object }
  const body = method === 'PUT' ? { resourceType, id, ...rest } : { resourceType, ...rest }
  return server.call(method, `/fhir/${resourceType}${method === 'PUT' ? `/${id}` : ''}`, { token, body })
}
const seen = async (id: string, token = doctor) => (await server.call('GET', `/fhir/Condition/${id}`, { token })).status
const team = (subject: string, user: string) => ({
  resourceType: 'CareTeam',
  status: 'active',
  subject: { reference: `Patient/${subject}` },
  participant: [{ member: { reference: user } }],
})

describe('of a patient whom he does not treat', () => {
  test.each<[string, object]>([
    ['a visit with himself', encounter('x', 'stranger', 'H1', DOCTOR)],
    ['a care team with himself', team('stranger', DOCTOR)],
  ])('%s is refused, as for one who is nowhere', async (_name, resource) => {
    const absent = JSON.parse(JSON.stringify(resource).replaceAll('Patient/stranger', 'Patient/nobody'))
    const answers = [await write(doctor, resource), await write(doctor, absent)]
    expect(answers.map(({ status }) => status)).toEqual([403, 403])
    expect(answers[0]?.text).toBe(answers[1]?.text)
    expect(await seen('hiv-stranger')).toBe(404)
  })

  test('he does not come in by a change or by another patient’s visit', async () => {
    const planned = await write(engine, { ...encounter('x', 'stranger', 'H1', DOCTOR), status: 'planned' })
    const began = await write(doctor, { ...encounter(planned.json.id, 'stranger', 'H1', DOCTOR), status: 'in-progress' }, 'PUT')
    const moved = await write(doctor, encounter('visit-treated', 'stranger', 'H1', DOCTOR, 'CON'), 'PUT')
    expect([planned.status, began.status, moved.status]).toEqual([201, 404, 403])
    expect(await seen('hiv-stranger')).toBe(404)
  })

  test('one whom he has just registered by a number is none of his yet', async () => {
    const made = await write(doctor, {
      resourceType: 'Patient',
      identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: '11010519491231002X' }],
    })
    const visit = await write(doctor, encounter('x', made.json.id, 'H1', DOCTOR))
    expect([made.status, visit.status]).toEqual([201, 403])
  })

  test('the hospital’s system writes him in, and he may write in a colleague', async () => {
    const byEngine = await write(engine, encounter('x', 'stranger', 'H1', DOCTOR))
    const forColleague = await write(doctor, team('stranger', COLLEAGUE))
    expect([byEngine.status, forColleague.status]).toEqual([201, 201])
    expect(await seen('hiv-stranger')).toBe(200)
  })
})

describe('of a patient whom he treats', () => {
  test('he may write another visit, but not make himself one of the primary team', async () => {
    const again = await write(doctor, encounter('x', 'treated', 'H1', DOCTOR, 'CON'))
    const primary = await write(doctor, encounter('x', 'treated', 'H1', DOCTOR, 'ATND'))
    const inTeam = await write(doctor, team('treated', DOCTOR))
    expect([again.status, primary.status, inTeam.status]).toEqual([201, 403, 403])
    expect(await seen('hiv-treated')).toBe(404)
  })
})

describe('who a Patient is', () => {
  const number = [{ system: 'urn:oid:2.16.156.10011.1.3', value: '11010519491231002X' }]
  test('is not changed by a user, neither by update nor by patch', async () => {
    const token = await server.token('h1-ward', { purpose_of_use: 'TREAT', user: DOCTOR })
    const { json } = await server.call('GET', '/fhir/Patient/treated', { token })
    const put = await server.call('PUT', '/fhir/Patient/treated', { token, body: { ...json, identifier: number } })
    const operations = [
      { op: 'add', path: '/identifier', value: number },
      { op: 'remove', path: '/name' },
    ]
    const headers = { 'Content-Type': 'application/json-patch+json' }
    const patched = await server.call('PATCH', '/fhir/Patient/treated', { token, body: JSON.stringify(operations), headers })
    const telephone = await server.call('PUT', '/fhir/Patient/treated', {
      token,
      body: { ...json, telecom: [{ system: 'phone', value: '1' }] },
    })
    expect([put.status, patched.status, telephone.status]).toEqual([403, 403, 200])
    const byEngine = await server.call('PUT', '/fhir/Patient/treated', {
      token: engine,
      body: { ...telephone.json, birthDate: '1949-12-31' },
    })
    expect(byEngine.status).toBe(200)
  })
})
