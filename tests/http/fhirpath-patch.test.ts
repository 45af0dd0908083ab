/** PATCH with FHIRPath Patch (R4 fhirpatch.html) over HTTP: by id, by criteria, in Bundles; conditions, access and the account. */
import { describe, expect, test } from '@jest/globals'
import { observation } from '../consent/resources.ts'
import type { Answer } from '../support/server.ts'
import { patchSetting } from './patch-setting.ts'

const at = patchSetting()

type Parts = Record<string, object | string>
const operation = (parts: Parts): object => ({
  name: 'operation',
  part: Object.entries(parts).map(([name, value]) =>
    typeof value === 'string' ? { name, [name === 'type' ? 'valueCode' : 'valueString']: value } : { name, ...value },
  ),
})
const patchOf = (...operations: Parts[]): object => ({ resourceType: 'Parameters', parameter: operations.map(operation) })
const status = (code: string): Parts => ({ type: 'replace', path: 'Observation.status', value: { valueCode: code } })

const send = (body: object | string, options: { path?: string; headers?: object; token?: string } = {}): Promise<Answer> =>
  at.server.call('PATCH', `/fhir/${options.path ?? `Observation/${at.id}`}`, {
    token: options.token ?? at.engine,
    body,
    headers: { 'Content-Type': 'application/fhir+json', ...options.headers },
  })
const stored = (): Promise<Answer> => at.server.call('GET', `/fhir/Observation/${at.id}`, { token: at.engine })
const code = (answer: Answer): string => answer.json.issue?.[0]?.details?.coding?.[0]?.code

test('the CapabilityStatement names it', async () => {
  const { patchFormat } = (await at.server.call('GET', '/fhir/metadata')).json
  expect(patchFormat).toEqual(expect.arrayContaining(['application/json-patch+json', 'application/fhir+json', 'application/fhir+xml']))
})

test('operations in their order; digits and elements stay as they are', async () => {
  const sent = `{"resourceType":"Parameters","parameter":[
    ${JSON.stringify(operation(status('amended')))},
    ${JSON.stringify(operation({ type: 'delete', path: "Observation.note.where(text = 'a')" }))},
    {"name":"operation","part":[{"name":"type","valueCode":"add"},{"name":"path","valueString":"Observation"},{"name":"name","valueString":"referenceRange"},
     {"name":"value","part":[{"name":"high","valueQuantity":{"value":6.100}}]}]}]}`
  const answer = await send(sent)
  expect([answer.status, answer.headers.get('etag')]).toEqual([200, 'W/"2"'])
  const { text, json } = await stored()
  expect([json.status, json.note]).toEqual(['amended', [{ text: 'b' }]])
  expect(text).toContain('"valueQuantity":{"value":6.50,"unit":"mmol/L"}')
  expect(text).toContain('"referenceRange":[{"high":{"value":6.100}}]')
})

test('in XML, and answered in it', async () => {
  const xml = `<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>
    <part><name value="type"/><valueCode value="replace"/></part>
    <part><name value="path"/><valueString value="Observation.value.value"/></part>
    <part><name value="value"/><valueDecimal value="7.10"/></part></parameter></Parameters>`
  const answer = await send(xml, { headers: { 'Content-Type': 'application/fhir+xml', Accept: 'application/fhir+xml' } })
  expect([answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([200, 'application/fhir+xml'])
  expect(answer.text).toContain('<value value="7.10"/>')
  expect((await stored()).text).toContain('"valueQuantity":{"value":7.10,"unit":"mmol/L"}')
})

test('no operations: nothing is written', async () => {
  const answer = await send({ resourceType: 'Parameters' })
  expect([answer.status, answer.headers.get('etag')]).toEqual([200, 'W/"1"'])
})

describe('refused, and nothing changed', () => {
  test.each<[string, Parts, number, string]>([
    ['nothing there', { type: 'replace', path: 'Observation.method', value: { valueCodeableConcept: { text: 'x' } } }, 422, 'patch-path'],
    ['several', { type: 'delete', path: 'Observation.note' }, 422, 'patch-several'],
    ['another type', { type: 'replace', path: 'Observation.status', value: { valueBoolean: true } }, 422, 'patch-type'],
    ['no FHIRPath', { type: 'delete', path: 'Observation..' }, 400, 'patch-expression'],
    ['an unknown operation', { type: 'merge', path: 'Observation' }, 400, 'patch-invalid'],
  ])('%s', async (_name, wrong, expected, issue) => {
    const answer = await send(patchOf(status('amended'), wrong))
    expect([answer.status, code(answer)]).toEqual([expected, issue])
    expect(answer.json.issue[0].expression[0]).toMatch(/^Parameters\.parameter\[1\]/)
    expect((await stored()).headers.get('etag')).toBe('W/"1"')
  })

  test.each<[string, Parts, number, string]>([
    ['a code that there is not', status('nonsense'), 422, 'binding'],
    ['without what is mandatory', { type: 'delete', path: 'Observation.status' }, 422, 'required'],
    [
      'a value that its format does not let in',
      { type: 'add', path: 'Observation', name: 'issued', value: { valueDateTime: '2020' } },
      400,
      'value-format',
    ],
    ['another id', { type: 'replace', path: 'Observation.id', value: { valueId: 'x' } }, 400, 'id-mismatch'],
    ['without its id', { type: 'delete', path: 'Observation.id' }, 400, 'id-mismatch'],
  ])('what comes of it is checked as an update is: %s', async (_name, wrong, expected, issue) => {
    const answer = await send(patchOf(wrong))
    expect([
      answer.status,
      answer.json.issue.map((one: { details: { coding: { code: string }[] } }) => one.details.coding[0]?.code),
    ]).toEqual([expected, expect.arrayContaining([issue])])
    expect((await stored()).headers.get('etag')).toBe('W/"1"')
  })

  test('a body that is no Parameters', async () => {
    for (const body of [
      { resourceType: 'Observation' },
      { resourceType: 'Binary', contentType: 'application/json-patch+json', data: 'W10=' },
    ]) {
      const answer = await send(body)
      expect([answer.status, code(answer)]).toEqual([400, 'patch-invalid'])
    }
  })
})

test('conditions: If-Match, and by criteria', async () => {
  expect((await send(patchOf(status('amended')), { headers: { 'If-Match': 'W/"7"' } })).status).toBe(412)
  const { identifier } = (await stored()).json
  const path = `Observation?identifier=urn:x|${identifier[0].value}`
  expect((await send(patchOf(status('amended')), { path, headers: { 'If-Match': 'W/"1"' } })).status).toBe(200)
  expect((await stored()).json.status).toBe('amended')
  expect((await send(patchOf(status('amended')), { path: 'Observation?identifier=urn:x|none' })).status).toBe(404)
})

describe('in Bundles, as Parameters', () => {
  const entry = (...operations: Parts[]) => ({
    resource: patchOf(...operations),
    request: { method: 'PATCH', url: `Observation/${at.id}` },
  })
  const post = (type: string, ...entries: object[]) =>
    at.server.call('POST', '/fhir', { token: at.engine, body: { resourceType: 'Bundle', type, entry: entries } })

  test.each(['batch', 'transaction'])('%s', async (type) => {
    const answer = await post(type, entry(status('amended')))
    expect([answer.status, answer.json.entry?.[0].response.status, (await stored()).json.status]).toEqual([200, '200', 'amended'])
  })

  test('a transaction refers by it to what it creates, and fails as a whole, by the operation', async () => {
    const urn = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f02'
    const body = observation('x', 'p', 'x', { id: undefined, meta: undefined })
    const made = { fullUrl: urn, resource: body, request: { method: 'POST', url: 'Observation' } }
    const refer: Parts = { type: 'add', path: 'Observation', name: 'derivedFrom', value: { valueReference: { reference: urn } } }
    expect((await post('transaction', made, entry(refer))).status).toBe(200)
    expect((await stored()).json.derivedFrom[0].reference).toMatch(/^Observation\/[\w-]+$/)
    const failing = await post('transaction', made, entry(status('final'), { type: 'delete', path: 'Observation.note' }))
    expect([failing.status, failing.json.issue[0].expression]).toEqual([422, ['Bundle.entry[1].resource.parameter[1]']])
  })
})

describe('access', () => {
  test('what is another’s and hidden answers as what is absent, whatever a path asks', async () => {
    const asking: Parts = { type: 'delete', path: "Observation.where(status = 'final').note" }
    const answers = await Promise.all(
      ['others', 'absent'].flatMap((name) => [
        send(patchOf(asking), { path: `Observation/${name}` }),
        send(patchOf(status('amended')), { path: `Observation/${name}` }),
      ]),
    )
    expect(answers.map(({ status: number, text }) => `${number} ${text}`)).toEqual(Array(4).fill(`404 ${answers[0]?.text}`))
  })

  test('it does not move to a patient who is not registered there', async () => {
    const to = (subject: string): Parts => ({
      type: 'replace',
      path: 'Observation.subject.reference',
      value: { valueString: `Patient/${subject}` },
    })
    const [others, nobody] = [await send(patchOf(to('q'))), await send(patchOf(to('nobody')))]
    expect([others.status, others.text]).toEqual([403, nobody.text])
    expect((await stored()).json.subject.reference).toBe('Patient/p')
  })

  test('a reader changes nothing; without the scope to read nothing is asked', async () => {
    const reader = await at.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
    expect((await send(patchOf(status('amended')), { token: reader })).status).toBe(403)
    const blind = await at.server.token('h1-engine', { scope: 'system/Observation.cu' })
    const ask = (value: string) =>
      send(patchOf({ type: 'delete', path: `Observation.where(status = '${value}').note[0]` }), { token: blind })
    const [holds, fails] = [await ask('final'), await ask('amended')]
    expect([holds.status, holds.text]).toEqual([403, fails.text])
    expect((await stored()).headers.get('etag')).toBe('W/"1"')
  })

  test('the patient finds it in the account', async () => {
    await send(patchOf(status('amended')))
    const own = await at.server.token('patient-app', { patient: 'p' })
    const answer = await at.server.call('GET', `/fhir/AuditEvent?entity=Observation/${at.id}&_sort=date`, { token: own })
    const said = (answer.json.entry as { resource: { subtype: { code: string }[] } }[]).map(({ resource }) => resource.subtype[0]?.code)
    expect(said.slice(-2)).toEqual(['patch', 'update'])
  })
})
