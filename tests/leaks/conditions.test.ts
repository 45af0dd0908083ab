/** Conditions of reads and writes (R4 http.html#cread, #cond-update; RFC 9110 13.1) on what is hidden, or of another hospital. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { custody, encounter, give, NO_SHARING, observation, patient, practitioner, putAll, relabelled } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let engine: string
const [P, CODE] = ['person-c', 'code-c']
beforeAll(async () => {
  server = await startTestServer()
  engine = await server.token('h2-engine')
  await putAll(server, await server.token('loader'), [
    practitioner('doctor-1'),
    practitioner('doctor-2'),
    patient(P),
    encounter('visit-1', P, 'H1', 'Practitioner/doctor-1'),
    encounter('visit-2', P, 'H2', 'Practitioner/doctor-2'),
    observation('of-h1', P, CODE),
  ])
})
afterAll(() => server.stop())

test('what belongs to another hospital is neither changed nor deleted, and a hidden one is as one that is absent', async () => {
  const body = observation('x', P, 'other', { id: undefined, meta: undefined })
  const ask = async (code: string) => {
    const changed = await server.call('PUT', `/fhir/Observation?code=${code}&patient=${P}`, {
      token: engine,
      body: { ...body, id: 'of-h1' },
    })
    const deleted = await server.call('DELETE', `/fhir/Observation?code=${code}&patient=${P}`, { token: engine })
    const text = (answer: { status: number; text: string }) => `${answer.status} ${answer.text}`.replaceAll(code, '[code]')
    return [text(changed), text(deleted)]
  }
  await give(server, P, NO_SHARING)
  await relabelled(server)
  const hidden = await ask(CODE)
  expect(hidden.map((text) => text.slice(0, 3))).toEqual(['404', '204'])
  expect(hidden).toEqual(await ask('code-z'))
  const seen = await server.call('GET', '/fhir/Observation/of-h1', { token: await server.token('patient-app', { patient: P }) })
  expect([seen.status, seen.headers.get('etag')]).toEqual([200, 'W/"1"'])
})

test('a condition on what is hidden answers as on what is absent, also a malformed one', async () => {
  const token = await server.token('insurer', { purpose_of_use: 'HPAYMT', data_form: 'IDENT', scope: 'system/*.rs' })
  for (const method of ['PUT', 'DELETE'])
    for (const [name, value] of [
      ['If-None-Match', '*'],
      ['If-None-Match', 'W/"1"'],
      ['If-Match', '*'],
      ['If-Match', 'W/"1'],
      ['If-Unmodified-Since', 'Thu, 01 Jan 2004 00:00:00 GMT'],
      ['If-Unmodified-Since', 'never'],
    ] as const)
      for (const who of [engine, token]) {
        const ask = async (id: string) => {
          const body = method === 'PUT' ? { body: observation(id, P, 'taken', { meta: undefined }) } : {}
          const answer = await server.call(method, `/fhir/Observation/${id}`, { token: who, headers: { [name]: value }, ...body })
          return `${answer.status} ${answer.text}`.replaceAll(id, '[id]')
        }
        expect(await ask('of-h1')).toBe(await ask('of-nobody'))
      }
})

test('a write about a Patient who is absent or of others is not permitted, which is said of the resource and not of the scope', async () => {
  const about = (subject: string) =>
    server.call('POST', '/fhir/Observation', { token: engine, body: observation('x', subject, 'c', { id: undefined, meta: undefined }) })
  await putAll(server, await server.token('loader'), [patient('of-others', { meta: custody('H1') })])
  const [others, absent] = [await about('of-others'), await about('of-nobody')]
  expect([others.status, others.json.issue[0].details.coding[0].code, others.text]).toEqual([403, 'not-permitted', absent.text])
  expect(others.text).not.toMatch(/scope|范围/)
})

test('a conditional read of what is hidden is 404, whatever tag it has', async () => {
  const token = await server.token('insurer', { purpose_of_use: 'HPAYMT', data_form: 'IDENT' })
  const conditions = [
    { 'If-None-Match': 'W/"1"' },
    { 'If-None-Match': '*' },
    { 'If-Modified-Since': new Date().toUTCString() },
    { 'If-Match': 'W/"1"' },
    { 'If-Match': 'W/"2"' },
    { 'If-Unmodified-Since': 'Thu, 01 Jan 2004 00:00:00 GMT' },
  ]
  for (const headers of conditions)
    expect((await server.call('GET', '/fhir/Observation/of-h1', { token, headers: headers as Record<string, string> })).status).toBe(404)
})
