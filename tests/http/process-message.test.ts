/** $process-message over HTTP (R4 messageheader-operation-process-message.html, messaging.html): carried out, answered, once. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codeOf } from '../leaks/worlds.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const SYSTEM = 'https://fhir-cn.example/CodeSystem/yilian-message-event'
const ACME = 'http://acme.example/fhir'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
}, 60_000)
afterAll(() => server.stop())

let last = 0
const header = (code: string, extra: object = {}): object => ({
  fullUrl: `urn:uuid:00000000-0000-4000-8000-${String(++last).padStart(12, '0')}`,
  resource: {
    resourceType: 'MessageHeader',
    id: `msg-${last}`,
    eventCoding: { system: SYSTEM, code },
    source: { name: '示例检验系统', endpoint: `${ACME}/lab` },
    ...extra,
  },
})
const at = (base: string, id: string, resource: object): object => {
  const { resourceType } = resource as { resourceType: string }
  return { fullUrl: `${base}/${resourceType}/${id}`, resource: { id, ...resource } }
}
const message = (...entry: object[]): object => ({ resourceType: 'Bundle', type: 'message', timestamp: '2026-11-27T09:00:00+08:00', entry })
const send = (body: object, query = ''): Promise<Answer> => server.call('POST', `/fhir/$process-message${query}`, { body })
const get = (path: string): Promise<Answer> => server.call('GET', `/fhir/${path}`)
const headerOf = ({ json }: Answer) => json.entry[0].resource
const codesIn = ({ json }: Answer): string[] =>
  json.entry[1].resource.issue.map((one: { details: { coding: { code: string }[] } }) => one.details.coding[0]?.code)

const patient = (value: string, extra: object = {}): object => ({
  resourceType: 'Patient',
  identifier: [{ system: 'urn:acme:mrn', value }],
  ...extra,
})
const observation = (value: string, extra: object = {}): object => ({
  resourceType: 'Observation',
  identifier: [{ system: 'urn:acme:obs', value }],
  status: 'preliminary',
  code: { text: '血糖' },
  subject: { reference: 'Patient/p' },
  ...extra,
})

test('a result is stored with what it refers to, and answered by a message', async () => {
  const sent = message(
    header('laboratory-result', { focus: [{ reference: `${ACME}/DiagnosticReport/d` }] }),
    at(ACME, 'p', patient('1', { name: [{ text: '王五' }] })),
    at(ACME, 'o', observation('1', { valueQuantity: { value: 5.6, unit: 'mmol/L' } })),
    at(ACME, 'd', {
      resourceType: 'DiagnosticReport',
      status: 'final',
      code: { text: '血糖' },
      subject: { reference: 'Patient/p' },
      result: [{ reference: 'Observation/o' }],
    }),
  )
  const answer = await send(sent)
  expect(answer.status).toBe(200)
  expect(answer.json).toMatchObject({ resourceType: 'Bundle', type: 'message' })
  expect(answer.json.entry).toHaveLength(1)
  expect(headerOf(answer)).toMatchObject({
    resourceType: 'MessageHeader',
    eventCoding: { system: SYSTEM, code: 'laboratory-result' },
    destination: [{ name: '示例检验系统', endpoint: `${ACME}/lab` }],
    source: { endpoint: `${server.url}/fhir/$process-message` },
    response: { identifier: `msg-${last}`, code: 'ok' },
  })
  const [who, what, report] = headerOf(answer).focus.map(({ reference }: { reference: string }) =>
    reference.slice(`${server.url}/fhir/`.length),
  )
  expect((await get(who)).json.name).toEqual([{ text: '王五' }])
  expect((await get(what)).json).toMatchObject({ subject: { reference: who }, valueQuantity: { value: 5.6 } })
  expect((await get(report)).json).toMatchObject({ subject: { reference: who }, result: [{ reference: what }] })
  expect((await get('MessageHeader')).json.total).toBe(0)
  // The answer is a message that a FHIR server takes for one.
  const checked = await server.call('POST', '/fhir/Bundle/$validate', { body: answer.json })
  expect(checked.json.issue.filter(({ severity }: { severity: string }) => severity !== 'information' && severity !== 'warning')).toEqual(
    [],
  )
})

test('what is known by its identifier is replaced where the event is about it, and left alone where it is only named', async () => {
  const of = (status: string, name: string) =>
    message(
      header('laboratory-result'),
      at(ACME, 'p', patient('2', { name: [{ text: name }] })),
      at(ACME, 'o', observation('2', { status })),
    )
  const first = headerOf(await send(of('preliminary', '赵六')))
  const second = headerOf(await send(of('final', '赵七')))
  expect(second.focus).toEqual(first.focus)
  const [who, what] = first.focus.map(({ reference }: { reference: string }) => reference.slice(`${server.url}/fhir/`.length))
  expect((await get(what)).json).toMatchObject({ status: 'final', subject: { reference: who }, meta: { versionId: '2' } })
  expect((await get(who)).json).toMatchObject({ name: [{ text: '赵六' }], meta: { versionId: '1' } })
  await send(message(header('patient-data'), at(ACME, 'p', patient('2', { name: [{ text: '赵七' }] }))))
  expect((await get(who)).json).toMatchObject({ name: [{ text: '赵七' }], meta: { versionId: '2' } })
})

test('an address of this server names what stands there', async () => {
  const own = `${server.url}/fhir`
  await server.call('PUT', '/fhir/Patient/here', { body: { resourceType: 'Patient', id: 'here', name: [{ text: '钱' }] } })
  const named = await send(
    message(header('laboratory-result'), at(own, 'here', { resourceType: 'Patient', name: [{ text: '别人' }] }), {
      fullUrl: 'urn:uuid:11111111-1111-4111-8111-111111111111',
      resource: observation('3', { subject: { reference: `${own}/Patient/here` } }),
    }),
  )
  expect(headerOf(named).response.code).toBe('ok')
  expect((await get('Patient/here')).json.name).toEqual([{ text: '钱' }])
  expect((await get('Observation?subject=Patient/here')).json.total).toBe(1)
  await send(message(header('patient-data'), at(own, 'here', { resourceType: 'Patient', name: [{ text: '孙' }] })))
  expect((await get('Patient/here')).json.name).toEqual([{ text: '孙' }])
})

describe('a relative reference', () => {
  test("is relative to its sender's base, and never to one of this server's own resources", async () => {
    await server.call('PUT', '/fhir/Patient/p', { body: { resourceType: 'Patient', id: 'p' } })
    await send(message(header('laboratory-result'), at(ACME, 'o', observation('4'))))
    expect((await get('Observation?identifier=urn:acme:obs|4')).json.entry[0].resource.subject.reference).toBe(`${ACME}/Patient/p`)
  })

  test('without a base leads nowhere', async () => {
    const answer = await send(
      message(header('laboratory-result'), { fullUrl: 'urn:uuid:11111111-1111-4111-8111-111111111112', resource: observation('5') }),
    )
    expect([answer.status, headerOf(answer).response.code, codesIn(answer)]).toEqual([400, 'fatal-error', ['reference-unresolved']])
    const written = JSON.stringify(observation('5')).replace('"reference"', '"refer\\u0065nce"')
    const body = `{"resourceType":"Bundle","type":"message","entry":[${JSON.stringify(header('laboratory-result'))},{"resource":${written}}]}`
    const headers = { 'Content-Type': 'application/fhir+json' }
    const again = await server.call('POST', '/fhir/$process-message', { body: body as unknown as object, headers })
    expect(codesIn(again)).toEqual(['reference-unresolved'])
  })
})

describe('a message that comes again', () => {
  test('is answered again, and nothing is done twice', async () => {
    const body = message(header('patient-data'), at(ACME, 'q', { resourceType: 'Patient', name: [{ text: '两次' }] }))
    const [first, second] = [await send(body), await send({ ...body, id: 'another', timestamp: '2026-11-27T10:00:00+08:00' })]
    expect(second.text).toBe(first.text)
    expect((await get('Patient?name=两次')).json.total).toBe(1)
  })

  test('also at the same time', async () => {
    const body = message(header('patient-data'), at(ACME, 'q', { resourceType: 'Patient', name: [{ text: '同时' }] }))
    const answers = await Promise.all(Array.from({ length: 6 }, () => send(body)))
    expect(answers.map((answer) => headerOf(answer).response.code)).toEqual(Array(6).fill('ok'))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect((await get('Patient?name=同时')).json.total).toBe(1)
  })

  test('with other content is no message', async () => {
    const first = header('patient-data')
    await send(message(first, at(ACME, 'q', patient('6'))))
    const answer = await send(message(first, at(ACME, 'q', patient('7'))))
    expect([answer.status, headerOf(answer).response.code, codesIn(answer)]).toEqual([422, 'fatal-error', ['message-reused']])
    expect((await get('Patient?identifier=urn:acme:mrn|7')).json.total).toBe(0)
  })

  test('is judged anew where it failed', async () => {
    const body = message(
      header('patient-data'),
      at(ACME, 'x', patient('8', { managingOrganization: { reference: 'Organization?identifier=urn:o|8' } })),
    )
    const failed = await send(body)
    expect([failed.status, headerOf(failed).response.code]).toEqual([400, 'fatal-error'])
    await server.call('POST', '/fhir/Organization', {
      body: { resourceType: 'Organization', identifier: [{ system: 'urn:o', value: '8' }], name: 'x' },
    })
    expect(headerOf(await send(body)).response.code).toBe('ok')
  })
})

test('all or nothing: what is wrong is named by its entry, and nothing is stored', async () => {
  const answer = await send(message(header('patient-data'), at(ACME, 'a', patient('9')), at(ACME, 'b', patient('10', { gender: 'x' }))))
  expect([answer.status, headerOf(answer).response.code]).toEqual([422, 'fatal-error'])
  const outcome = answer.json.entry[1]
  expect(headerOf(answer).response.details.reference).toBe(outcome.fullUrl)
  expect(outcome.resource.issue[0].expression).toEqual(['Bundle.entry[2].resource.gender'])
  expect((await get('Patient?identifier=urn:acme:mrn|9')).json.total).toBe(0)
})

test.each([
  ['message-event', () => message(header('something'))],
  [
    'message-event',
    () => message(header('patient-data', { eventCoding: { system: 'http://example.org/fhir/message-events', code: 'admin-notify' } })),
  ],
  ['message-content', () => message(header('patient-data'), at(ACME, 'o', observation('x')))],
  ['message-identifier', () => message(header('laboratory-result'), at(ACME, 'p', { resourceType: 'Patient' }))],
  ['message-response', () => message(header('patient-data', { response: { identifier: 'x', code: 'ok' } }))],
])('%s is a fatal error', async (code, body) => {
  const answer = await send(body())
  expect([answer.status, headerOf(answer).response.code, codesIn(answer)]).toEqual([422, 'fatal-error', [code]])
  expect(headerOf(answer).response.identifier).toBe(`msg-${last}`)
})

test.each([
  ['bundle-invalid', () => ({ ...message(header('patient-data')), type: 'batch' })],
  ['bundle-invalid', () => message()],
  ['bundle-invalid', () => message(at(ACME, 'p', patient('x')))],
  [
    'bundle-invalid',
    () => message(header('patient-data'), { ...at(ACME, 'p', patient('x')), request: { method: 'POST', url: 'Patient' } }),
  ],
  ['id-invalid', () => message(header('patient-data', { id: undefined }))],
  ['required', () => message(header('patient-data', { source: undefined }))],
  ['bundle-invalid', () => patient('x')],
])('what is no message has nobody to be answered: %s', async (code, body) => {
  const answer = await send(body() as object)
  expect([answer.json.resourceType, codeOf(answer)]).toEqual(['OperationOutcome', code])
  expect(answer.status).toBe(code === 'required' ? 422 : 400)
})

test('nothing is sent anywhere: async and response-url are refused', async () => {
  for (const [query, code] of [
    ['?async=true', 'parameter-unsupported'],
    ['?async=true&response-url=http://x.example/', 'parameter-unsupported'],
    ['?response-url=http://x.example/', 'parameter-unsupported'],
    ['?async=maybe', 'parameter-invalid'],
    ['?x=1', 'parameter-unknown'],
  ] as const)
    expect([query, codeOf(await send(message(header('patient-data')), query))]).toEqual([query, code])
  expect((await send(message(header('patient-data'), at(ACME, 'z', patient('11'))), '?async=false')).status).toBe(200)
  expect((await get('$process-message')).status).toBe(405)
})

test('the message may stand in Parameters, with what else is asked (R4 operations.html#request)', async () => {
  const parameters = (...parameter: object[]): object => ({ resourceType: 'Parameters', parameter })
  const content = (value: string): object => ({
    name: 'content',
    resource: message(header('patient-data'), at(ACME, 'p', patient(value, { multipleBirthInteger: 2 }))),
  })
  const async = (valueBoolean: boolean): object => ({ name: 'async', valueBoolean })
  const done = await send(parameters(async(false), content('14')))
  expect([done.status, headerOf(done).response]).toEqual([200, { identifier: `msg-${last}`, code: 'ok' }])
  expect((await get('Patient?identifier=urn:acme:mrn|14')).json.entry[0].resource.multipleBirthInteger).toBe(2)
  for (const [body, code] of [
    [parameters(), 'parameter-missing'],
    [parameters(async(false)), 'parameter-missing'],
    [parameters({ name: 'content', valueString: 'x' }), 'parameter-missing'],
    [parameters(content('15'), content('15')), 'parameter-repeated'],
    [parameters(content('15'), async(true)), 'parameter-unsupported'],
    [parameters(content('15'), { name: 'response-url', valueUrl: 'http://x.example/' }), 'parameter-unsupported'],
    [parameters(content('15'), { name: 'async', valueString: 'false' }), 'parameter-invalid'],
    [parameters(content('15'), { name: 'x', valueString: 'x' }), 'parameter-unknown'],
    [parameters({ name: 'content', resource: patient('15') }), 'bundle-invalid'],
  ] as const) {
    const answer = await send(body)
    expect([answer.status, codeOf(answer)]).toEqual([400, code])
  }
  expect((await get('Patient?identifier=urn:acme:mrn|15')).json.total).toBe(0)
})

test('who wants no answer gets none, but of errors', async () => {
  const quiet = { extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/messageheader-response-request', valueCode: 'on-error' }] }
  const done = await send(message(header('patient-data', quiet), at(ACME, 'p', patient('12'))))
  expect([done.status, done.text]).toEqual([204, ''])
  expect((await get('Patient?identifier=urn:acme:mrn|12')).json.total).toBe(1)
  expect(headerOf(await send(message(header('nothing', quiet)))).response.code).toBe('fatal-error')
})

test('by eventUri, in XML, and told in the CapabilityStatement', async () => {
  const uri = header('', { eventCoding: undefined, eventUri: `${SYSTEM}#patient-data` })
  const answer = await server.call('POST', '/fhir/$process-message', {
    body: message(uri, at(ACME, 'p', patient('13'))),
    headers: { Accept: 'application/fhir+xml' },
  })
  expect(answer.status).toBe(200)
  expect(answer.text).toContain('<code value="ok"/>')
  const { messaging, rest } = (await get('metadata')).json
  expect(messaging[0]).toMatchObject({ endpoint: [{ address: `${server.url}/fhir/$process-message` }], reliableCache: 43_200 })
  expect(rest[0].operation.map(({ name }: { name: string }) => name)).toContain('process-message')
})
