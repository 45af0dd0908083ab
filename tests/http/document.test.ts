/** Composition/[id]/$document over HTTP: R4 composition-operation-document.html, documents.html, bundle.html. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { idsIn, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
const call = (method: string, path: string, body?: object, headers = {}): Promise<Answer> =>
  server.call(method, `/fhir/${path}`, { headers, ...(body ? { body } : {}) })
const codeOf = ({ json }: Answer): string => json.issue[0].details.coding[0].code
const ref = (reference: string) => ({ reference })
const subject = ref('Patient/a')
const code = { text: 'x' }

const COMPOSITION = {
  resourceType: 'Composition',
  id: 'letter',
  contained: [{ resourceType: 'Observation', id: 'inside', status: 'final', code }],
  status: 'final',
  type: { text: '出院小结' },
  date: '2024-05-01',
  title: '出院小结',
  subject,
  encounter: ref('Encounter/visit'),
  author: [ref('Practitioner/doc')],
  custodian: ref('Organization/h1'),
  relatesTo: [{ code: 'appends', targetReference: ref('Composition/older') }],
  section: [
    {
      title: 'a',
      entry: [ref('DiagnosticReport/lab'), ref('Observation/nowhere'), ref('Observation/deleted'), ref('http://x.example/Patient/1')],
    },
    { title: 'b', section: [{ title: 'c', focus: ref('Patient/a'), entry: [ref('Condition/ill/_history/1'), ref('#inside')] }] },
  ],
}

beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  await putAll(server, '', [
    COMPOSITION,
    { ...COMPOSITION, id: 'older', encounter: ref('Encounter/earlier'), relatesTo: undefined, section: undefined, contained: undefined },
    // Another record of the same person, which the document does not name.
    {
      resourceType: 'Patient',
      id: 'a',
      managingOrganization: ref('Organization/h1'),
      link: [{ other: ref('Patient/b'), type: 'seealso' }],
    },
    { resourceType: 'Patient', id: 'b' },
    { resourceType: 'Practitioner', id: 'doc' },
    { resourceType: 'Organization', id: 'h1', name: 'h', partOf: ref('Organization/group') },
    { resourceType: 'Organization', id: 'group', name: 'x' },
    {
      resourceType: 'Encounter',
      id: 'visit',
      status: 'finished',
      class: { code: 'IMP' },
      subject,
      location: [{ location: ref('Location/ward') }],
    },
    { resourceType: 'Encounter', id: 'earlier', status: 'finished', class: { code: 'IMP' }, subject },
    { resourceType: 'Location', id: 'ward' },
    { resourceType: 'DiagnosticReport', id: 'lab', status: 'final', code, subject, result: [ref('Observation/o')] },
    {
      resourceType: 'Observation',
      id: 'o',
      status: 'final',
      code,
      subject,
      valueQuantity: { value: 1 },
      derivedFrom: [ref('Observation/raw')],
    },
    { resourceType: 'Observation', id: 'raw', status: 'final', code, subject, hasMember: [ref('Observation/o')] },
    { resourceType: 'Observation', id: 'deleted', status: 'final', code, subject },
    { resourceType: 'Observation', id: 'stranger', status: 'final', code, subject },
    { resourceType: 'Condition', id: 'ill', code, subject },
  ])
  expect((await call('DELETE', 'Observation/deleted')).status).toBe(204)
  const text = JSON.stringify({
    resourceType: 'Observation',
    id: 'o',
    status: 'final',
    code,
    subject,
    valueQuantity: { value: 1 },
    derivedFrom: [ref('Observation/raw')],
  })
  expect((await server.call('PUT', '/fhir/Observation/o', { body: text.replace('"value":1', '"value":1.50') })).status).toBe(200)
}, 60_000)
afterAll(() => server.stop())

const CONTENT = [
  'Composition/letter',
  'Composition/older',
  'Condition/ill',
  'DiagnosticReport/lab',
  'Encounter/visit',
  'Location/ward',
  'Observation/o',
  'Observation/raw',
  'Organization/group',
  'Organization/h1',
  'Patient/a',
  'Practitioner/doc',
]

test('the composition first, then all that it refers to, step by step, each once', async () => {
  const answer = await call('GET', 'Composition/letter/$document')
  const { json } = answer
  expect([answer.status, json.resourceType, json.type, idsIn(answer)[0]]).toEqual([200, 'Bundle', 'document', 'Composition/letter'])
  expect(idsIn(answer).sort()).toEqual(CONTENT)
  expect(json.identifier).toEqual({ system: 'urn:ietf:rfc:3986', value: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/) })
  expect(Math.abs(Date.parse(json.timestamp) - Date.now())).toBeLessThan(600_000)
  expect(json.id).toBeUndefined()
  const entries = json.entry as { fullUrl: string; resource: { resourceType: string; id: string } }[]
  for (const { fullUrl, resource } of entries) expect(fullUrl).toBe(`${server.url}/fhir/${resource.resourceType}/${resource.id}`)
  expect(answer.text).toContain('"value":1.50')
  // Two are two documents.
  expect((await call('GET', 'Composition/letter/$document')).json.identifier).not.toEqual(json.identifier)
})

test('it is a document by the rules of R4', async () => {
  const { json } = await call('GET', 'Composition/letter/$document')
  const outcome = await call('POST', 'Bundle/$validate', json)
  const errors = outcome.json.issue.filter(({ severity }: { severity: string }) => severity === 'error' || severity === 'fatal')
  expect(errors).toEqual([])
})

test('a version that is referred to is that version, also beside the one that stands', async () => {
  const entry = [ref('Observation/o/_history/1'), ref('Observation/o/_history/9'), ref('Condition/ill/_history/1'), ref('Condition/ill')]
  const signed = { ...COMPOSITION, id: 'signed', relatesTo: undefined, contained: undefined, section: [{ title: 's', entry }] }
  await putAll(server, '', [signed])
  const document = await call('GET', 'Composition/signed/$document')
  const versions = (name: string) =>
    (document.json.entry as { fullUrl: string; resource: { meta: { versionId: string }; valueQuantity?: object } }[])
      .filter(({ fullUrl }) => fullUrl.endsWith(name))
      .map(({ resource }) => resource.meta.versionId)
  // What the first version is derived from refers to the one that stands.
  expect([versions('/Observation/o'), versions('/Condition/ill')]).toEqual([['1', '2'], ['1']])
  const outcome = await call('POST', 'Bundle/$validate', document.json)
  expect(outcome.json.issue.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual([])
})

test('in XML, by the type, and by POST', async () => {
  const xml = await call('GET', 'Composition/letter/$document', undefined, { Accept: 'application/fhir+xml' })
  expect(xml.text).toMatch(/^<(\?xml[^>]*>\s*<)?Bundle .*<type value="document"\/>/s)
  for (const id of ['letter', 'Composition/letter', `${server.url}/fhir/Composition/letter`])
    expect(idsIn(await call('GET', `Composition/$document?id=${id}`)).sort()).toEqual(CONTENT)
  const parameters = { resourceType: 'Parameters', parameter: [{ name: 'persist', valueBoolean: false }] }
  expect(idsIn(await call('POST', 'Composition/letter/$document', parameters)).sort()).toEqual(CONTENT)
})

test('persist: it is stored, and told where', async () => {
  const parameters = { resourceType: 'Parameters', parameter: [{ name: 'persist', valueBoolean: true }] }
  const answer = await call('POST', 'Composition/letter/$document', parameters)
  const { id } = answer.json
  expect([answer.status, answer.headers.get('location')]).toEqual([200, `${server.url}/fhir/Bundle/${id}/_history/1`])
  const stored = await call('GET', `Bundle/${id}`)
  expect([stored.json, idsIn(stored).sort()]).toEqual([answer.json, CONTENT])
  const { value } = answer.json.identifier
  expect(idsIn(await call('GET', `Bundle?identifier=${value}`))).toEqual([`Bundle/${id}`])
  const byGet = await call('GET', 'Composition/letter/$document?persist=true')
  expect([byGet.status, codeOf(byGet), byGet.headers.get('allow')]).toEqual([405, 'method-not-allowed', 'POST, OPTIONS'])
})

describe('is refused', () => {
  test.each([
    ['Composition/nowhere/$document', 404, 'not-found'],
    ['Composition/a_b/$document', 404, 'not-found'],
    ['Composition/$document', 400, 'parameter-missing'],
    ['Composition/$document?id=http://x.example/Composition/1', 400, 'parameter-invalid'],
    ['Composition/$document?id=Patient/a', 400, 'parameter-invalid'],
    ['Composition/letter/$document?id=letter', 400, 'parameter-invalid'],
    ['Composition/letter/$document?graph=urn:x', 400, 'parameter-unsupported'],
    ['Composition/letter/$document?persist=yes', 400, 'parameter-invalid'],
    ['Patient/a/$document', 404, 'operation-unknown'],
  ])('%s', async (path, status, issue) => {
    const answer = await call('GET', path)
    expect([answer.status, codeOf(answer)]).toEqual([status, issue])
  })

  test('when the composition is deleted', async () => {
    await putAll(server, '', [{ ...COMPOSITION, id: 'gone' }])
    await call('DELETE', 'Composition/gone')
    const answer = await call('GET', 'Composition/gone/$document')
    expect([answer.status, codeOf(answer)]).toEqual([410, 'gone'])
  })
})
