/** An organisation comes to the record of a patient by registering or treating him, never by naming him somewhere. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { comparable, encounter, observation, patient, practitioner, putAll } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
/** the engine of H2, which knows nothing of the patient `victim` of H1 but the id */
let engine: string

beforeAll(async () => {
  server = await startTestServer()
  const loader = await server.token('loader')
  const ofH1 = { meta: { source: 'https://fhir-cn.example/Organization/H1' } }
  await putAll(server, loader, [patient('victim', ofH1), practitioner('doc-2'), observation('secret', 'victim', 'x')])
  engine = await server.token('h2-engine')
}, 60_000)
afterAll(() => server.stop())

const send = (method: string, path: string, body: object) => server.call(method, `/fhir/${path}`, { token: engine, body })
const named = (id: string, url = server.url): [string, object][] => [
  ['as general practitioner', { generalPractitioner: [{ reference: `Patient/${id}` }] }],
  ['in an extension', { extension: [{ url: 'http://example.org/x', valueReference: { reference: `Patient/${id}` } }] }],
  ['by a link', { link: [{ type: 'seealso', other: { reference: `Patient/${id}` } }] }],
  ['by a link with this server’s address', { link: [{ type: 'seealso', other: { reference: `${url}/fhir/Patient/${id}` } }] }],
  ['by a link to a version', { link: [{ type: 'seealso', other: { reference: `Patient/${id}/_history/1` } }] }],
]
const plain = { resourceType: 'Patient', name: [{ text: '张三' }], birthDate: '1970-01-01' }

describe('a Patient that names another hospital’s patient', () => {
  test.each(named('victim', '').map(([how]) => how))('%s is refused, as for one who is nowhere', async (how) => {
    const extra = (id: string) => named(id, server.url).find(([name]) => name === how)?.[1]
    const [hidden, absent] = [
      await send('POST', 'Patient', { ...plain, ...extra('victim') }),
      await send('POST', 'Patient', { ...plain, ...extra('nobody') }),
    ]
    expect(hidden.status).toBe(403)
    expect(comparable(hidden)).toBe(comparable(absent))
    const own = await send('POST', 'Patient', plain)
    const put = await send('PUT', `Patient/${own.json.id}`, { ...plain, id: own.json.id, ...extra('victim') })
    expect([own.status, put.status]).toEqual([201, 403])
  })

  test('makes no record of that patient, even where an operator wrote it', async () => {
    const loader = await server.token('loader')
    const meta = { source: 'https://fhir-cn.example/Organization/H2' }
    await putAll(server, loader, [patient('naming', { meta, generalPractitioner: [{ reference: 'Patient/victim' }] })])
    const { id: _, meta: __, ...visit } = encounter('x', 'victim', 'H2', 'Practitioner/doc-2') as Record<string, unknown>
    expect((await send('POST', 'Encounter', visit)).status).toBe(403)
    const doctor = await server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
    expect((await server.call('GET', '/fhir/Observation/secret', { token: doctor })).status).toBe(404)
  })

  test('the id in the body of a create is nobody’s: it is passed over (R4 http.html#create)', async () => {
    const made = await Promise.all(['victim', 'nobody'].map((id) => send('POST', 'Patient', { ...plain, id })))
    expect(made.map(({ status }) => status)).toEqual([201, 201])
    expect(made.map(({ json }) => json.id)).not.toContain('victim')
  })

  test('one’s own patients may be named', async () => {
    const first = await send('POST', 'Patient', plain)
    const second = await send('POST', 'Patient', {
      ...plain,
      link: [{ type: 'seealso', other: { reference: `Patient/${first.json.id}` } }],
    })
    expect([first.status, second.status]).toEqual([201, 201])
    const { id: _, meta: __, ...visit } = encounter('x', first.json.id, 'H2', 'Practitioner/doc-2') as Record<string, unknown>
    expect((await send('POST', 'Encounter', visit)).status).toBe(201)
  })
})
