/** $convert over HTTP: R4 resource-operation-convert.html, json.html, xml.html. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
}, 60_000)
afterAll(() => server.stop())

const JSON_TYPE = { 'Content-Type': 'application/fhir+json', Accept: 'application/fhir+json' }
const XML_TYPE = { 'Content-Type': 'application/fhir+xml', Accept: 'application/fhir+xml' }
const [TO_XML, TO_JSON] = [
  { ...JSON_TYPE, Accept: XML_TYPE.Accept },
  { ...XML_TYPE, Accept: JSON_TYPE.Accept },
]
async function convert(body: string, headers: Record<string, string>, path = '$convert'): Promise<Answer> {
  return server.call('POST', `/fhir/${path}`, { token: await server.token('h1-engine'), body, headers })
}
const codeOf = ({ json }: Answer): string => json.issue[0].details.coding[0].code

const AS_JSON =
  '{"resourceType":"Observation","id":"x","status":"final","code":{"text":"钾"},"valueQuantity":{"value":6.50},"_effectiveDateTime":{"extension":[{"url":"urn:x","valueCode":"unknown"}]}}'
const AS_XML =
  '<?xml version="1.0" encoding="UTF-8"?><Observation xmlns="http://hl7.org/fhir"><id value="x"/><status value="final"/><code><text value="钾"/></code><effectiveDateTime><extension url="urn:x"><valueCode value="unknown"/></extension></effectiveDateTime><valueQuantity><value value="6.50"/></valueQuantity></Observation>'

test('from each form to each', async () => {
  const toXml = await convert(AS_JSON, TO_XML)
  expect([toXml.status, toXml.headers.get('content-type'), toXml.text]).toEqual([200, 'application/fhir+xml; charset=utf-8', AS_XML])
  const toJson = await convert(AS_XML, TO_JSON)
  expect([toJson.json, toJson.text.includes('"value":6.50')]).toEqual([JSON.parse(AS_JSON), true])
  expect((await convert(AS_JSON, JSON_TYPE)).text).toBe(AS_JSON)
  expect((await convert(AS_XML, XML_TYPE)).text).toBe(AS_XML)
  expect((await convert(AS_JSON, JSON_TYPE, '$convert?_format=xml')).text).toBe(AS_XML)
})

test('of the input of Parameters; other Parameters are a resource like any other', async () => {
  const input = (name: string) => `{"resourceType":"Parameters","parameter":[{"name":"${name}","resource":${AS_JSON}}]}`
  expect((await convert(input('input'), TO_XML)).text).toBe(AS_XML)
  expect((await convert(input('other'), TO_XML)).text).toContain('<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="other"/>')
  expect((await convert(input('other'), JSON_TYPE)).text).toBe(input('other'))
})

test('what is incomplete or against a rule has both forms', async () => {
  const { text } = await convert('{"resourceType":"Observation","status":"no-such-status"}', TO_XML)
  expect(text).toContain('<Observation xmlns="http://hl7.org/fhir"><status value="no-such-status"/></Observation>')
})

test('nothing is stored, and no data stand in the account', async () => {
  expect((await convert(AS_JSON.replace('"id":"x"', '"id":"converted"'), TO_XML)).status).toBe(200)
  const auditor = await server.token('auditor', { purpose_of_use: 'HOPERAT' })
  const get = (path: string) => server.call('GET', `/fhir/${path}`, { token: auditor })
  expect((await get('Observation/converted')).status).toBe(404)
  const { json, text } = await get('AuditEvent?subtype=convert')
  expect(json.entry?.length).toBeGreaterThan(0)
  expect(text).not.toContain('converted')
})

describe('is refused', () => {
  test.each([
    ['', JSON_TYPE, 400, 'body-empty'],
    ['{"resourceType":"Nothing"}', JSON_TYPE, 400, 'type'],
    ['{"resourceType":"Patient","colour":"x"}', JSON_TYPE, 400, 'unknown-element'],
    ['{"resourceType":"Patient","active":"x"}', JSON_TYPE, 400, 'type'],
    ['{"resourceType":"Patient","birthDate":"x"}', JSON_TYPE, 400, 'value-format'],
    [
      '{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","colour":"x"}}]}',
      JSON_TYPE,
      400,
      'unknown-element',
    ],
    ['<Patient xmlns="http://hl7.org/fhir"><colour value="x"/></Patient>', TO_JSON, 400, 'unknown-element'],
  ])('%s', async (body, headers, status, code) => {
    const answer = await convert(body, headers)
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
  })

  test('an unknown element behind more errors than are told', async () => {
    const wrong = { resource: { resourceType: 'Observation', status: 'x' } }
    const entry = [...Array.from({ length: 300 }, () => wrong), { resource: { resourceType: 'Patient', colour: 'x' } }]
    const answer = await convert(JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry }), TO_XML)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  })

  test('without a token, and by GET', async () => {
    expect((await server.call('POST', '/fhir/$convert', { body: AS_JSON })).status).toBe(401)
    const answer = await server.call('GET', '/fhir/$convert', { token: await server.token('h1-engine') })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  })
})
