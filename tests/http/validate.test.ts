/** $validate (R4 resource-operation-validate.html): says what create and update would, and stores nothing. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { custody, observation, patient, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const PROFILE = 'https://fhir-cn.example/StructureDefinition/cn-patient'
const SOUND = { resourceType: 'Patient', name: [{ text: '张三' }], gender: 'male' }
let server: TestServer
let engine: string

beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [
    patient('p', { meta: custody('H1') }),
    patient('q', { meta: custody('H2') }),
    observation('others', 'q', 'x', { meta: custody('H2') }),
  ])
  engine = await server.token('h1-engine')
}, 60_000)
afterAll(() => server.stop())

const ask = (path: string, body?: unknown, token = engine): Promise<Answer> =>
  server.call(body === undefined ? 'GET' : 'POST', `/fhir/${path}`, { token, ...(body === undefined ? {} : { body }) })
const parameters = (resource: unknown, more: Record<string, string> = {}) => ({
  resourceType: 'Parameters',
  parameter: [
    ...(resource === undefined ? [] : [{ name: 'resource', resource }]),
    ...Object.entries(more).map(([name, value]) => (name === 'profile' ? { name, valueUri: value } : { name, valueCode: value })),
  ],
})
/** severity, code and element of every issue */
const said = (answer: Answer): string[] =>
  answer.json.issue.map((issue: { severity: string; details: { coding: { code: string }[] }; expression?: string[] }) =>
    [issue.severity, issue.details.coding[0]?.code, issue.expression?.[0] ?? ''].join(' ').trim(),
  )

describe('a resource that is sent', () => {
  test('sound, by itself and in Parameters', async () => {
    for (const body of [SOUND, parameters(SOUND), parameters(SOUND, { mode: 'create' })]) {
      const answer = await ask('Patient/$validate', body)
      expect([answer.status, said(answer)]).toEqual([200, ['information valid']])
    }
  })

  test('names line and column of XML as it was sent', async () => {
    const text = '<?xml version="1.0"?>\n<Patient xmlns="http://hl7.org/fhir">\n  <gender value="x"/></Patient>'
    const headers = { 'Content-Type': 'application/fhir+xml' }
    const answer = await server.call('POST', '/fhir/Patient/$validate', { token: engine, body: text, headers })
    expect(JSON.stringify(answer.json.issue[0].extension)).toMatch(/issue-line","valueInteger":3\},.*issue-col","valueInteger":3\}/)
  })

  test('names them of what cannot be read at all', async () => {
    const placed = async (body: string, type: string) => {
      const answer = await server.call('POST', '/fhir/Patient/$validate', { token: engine, body, headers: { 'Content-Type': type } })
      const [line, column] = answer.json.issue[0].extension.map(({ valueInteger }: { valueInteger: number }) => valueInteger)
      return [answer.status, line, typeof column]
    }
    expect(await placed('{"resourceType":"Patient",\n\n "gender",}', 'application/fhir+json')).toEqual([400, 3, 'number'])
    const xml = (inner: string) => `<Patient xmlns="http://hl7.org/fhir">\n${inner}</Patient>`
    expect(await placed(xml('<gender value="male"/>\n<active value="true"/>'), 'application/fhir+xml')).toEqual([400, 3, 'number'])
    expect(await placed(xml('<foo value="male"/>'), 'application/fhir+xml')).toEqual([400, 2, 'number'])
  })

  test('names line and column of JSON as it was sent, also inside of Parameters', async () => {
    const [line, column] = ['line', 'col'].map((name) => `http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-${name}`)
    const places = async (body: string): Promise<unknown> => {
      const answer = await server.call('POST', '/fhir/Patient/$validate', { token: engine, body })
      return answer.json.issue.map(({ extension }: { extension?: object }) => extension)
    }
    const resource = '{"resourceType":"Patient",\n  "gender": "x"}'
    expect(await places(resource)).toEqual([
      [
        { url: line, valueInteger: 2 },
        { url: column, valueInteger: 3 },
      ],
    ])
    expect(await places(`{"resourceType":"Parameters","parameter":[\n{"name":"resource","resource":${resource}}]}`)).toEqual([
      [
        { url: line, valueInteger: 3 },
        { url: column, valueInteger: 3 },
      ],
    ])
  })

  test('errors of structure, of a profile that it claims, and of one that is asked for', async () => {
    const wrong = await ask('Patient/$validate', { ...SOUND, gender: 'x', foo: 1 })
    expect([wrong.status, said(wrong).every((line) => line.startsWith('error'))]).toEqual([200, true])
    const nameless = { resourceType: 'Patient', gender: 'male' }
    expect(said(await ask('Patient/$validate', nameless))).toEqual(['information valid'])
    const claimed = said(await ask('Patient/$validate', { ...nameless, meta: { profile: [PROFILE] } }))
    expect(claimed.some((line) => line.startsWith('error'))).toBe(true)
    expect(said(await ask('Patient/$validate', parameters(nameless, { profile: PROFILE })))).toEqual(claimed)
    expect(said(await ask(`Patient/$validate?profile=${encodeURIComponent(PROFILE)}`, nameless))).toEqual(claimed)
    expect(said(await ask('Patient/$validate', parameters(SOUND, { profile: 'urn:unknown' })))).toContain('error profile-unknown')
  })

  test('a profile with a version is that version; the definition of a type is one too', async () => {
    const of = async (profile: string, more = {}) => said(await ask('Patient/$validate', parameters({ ...SOUND, ...more }, { profile })))
    const core = (name: string) => `http://hl7.org/fhir/StructureDefinition/${name}`
    expect(await of(`${PROFILE}|9.9.9`)).toEqual(['error profile-unknown'])
    expect(await of(`${PROFILE}|0.1.0`)).toEqual(await of(PROFILE))
    expect(await of(core('Patient'))).toEqual(['information valid'])
    expect(await of(`${core('DomainResource')}|4.0.1`)).toEqual(['information valid'])
    expect(await of(`${core('Patient')}|5.0.0`)).toEqual(['error profile-unknown'])
    expect(await of(core('Observation'))).toEqual(['error type Patient'])
    const claimed = async (profile: string) => said(await ask('Patient/$validate', { ...SOUND, meta: { profile: [profile] } }))
    expect(await claimed(`${PROFILE}|9.9.9`)).toEqual(['warning profile-unknown Patient.meta.profile[0]'])
    expect(await claimed(core('Observation'))).toEqual(['error type Patient'])
  })

  test('as an update it has the id of its address', async () => {
    expect(said(await ask('Patient/p/$validate', { ...SOUND, id: 'p' }))).toEqual(['information valid'])
    expect(said(await ask('Patient/p/$validate', { ...SOUND, id: 'x' }))).toEqual(['error id-mismatch Patient.id'])
    expect(said(await ask('Observation/$validate', SOUND))).toEqual(['error resource-type-mismatch resourceType'])
  })

  test('nothing is stored', async () => {
    const count = async () => (await ask('Patient?_summary=count')).json.total
    const before = await count()
    await ask('Patient/$validate', SOUND)
    await ask('Patient/p/$validate', { ...SOUND, id: 'p' })
    expect([await count(), (await ask('Patient/p')).headers.get('etag')]).toEqual([before, 'W/"1"'])
  })

  test('in a batch', async () => {
    const entry = [{ resource: SOUND, request: { method: 'POST', url: 'Patient/$validate' } }]
    const answer = await ask('', { resourceType: 'Bundle', type: 'batch', entry })
    expect([answer.json.entry[0].response.status, answer.json.entry[0].resource.resourceType]).toEqual(['200', 'OperationOutcome'])
  })
})

describe('as it would be written', () => {
  const ours = { ...SOUND, id: 'p' }
  const loader = () => server.token('loader')

  test('mode=create: whether the caller may create it', async () => {
    const mine = { ...observation('x', 'p', 'x', { meta: undefined }), id: undefined }
    const others = { ...mine, subject: { reference: 'Patient/q' } }
    expect(said(await ask('Observation/$validate', parameters(mine, { mode: 'create' })))).toEqual(['information valid'])
    expect(said(await ask('Observation/$validate', parameters(others, { mode: 'create' })))).toEqual(['error not-permitted'])
    // Without a mode it is the content alone that is asked about.
    expect(said(await ask('Observation/$validate', parameters(others)))).toEqual(['information valid'])
    const reading = await server.token('h1-engine', { scope: 'system/*.ru' })
    expect((await ask('Patient/$validate', parameters(SOUND, { mode: 'create' }), reading)).status).toBe(403)
  })

  test('of content that is none of FHIR’s, too', async () => {
    const patients = [{ link: 'x' }, { link: [null] }, { link: [{ other: { reference: 5 } }] }, { meta: { security: 'x' } }]
    const broken = [
      ...patients.map((more) => ({ ...SOUND, ...more })),
      { resourceType: 'Person', link: [{ target: { reference: ['x'] } }] },
      { resourceType: 'Patient', meta: { security: [null, { code: 5 }] } },
      { resourceType: 'Composition', type: { coding: 'x' } },
      { resourceType: 'Composition', type: { coding: [null] } },
      { resourceType: 'Consent', provision: { securityLabel: [null], provision: [null] } },
    ]
    for (const resource of broken) {
      const { resourceType } = resource
      const validated = await ask(`${resourceType}/$validate?mode=create`, resource)
      expect([resource, validated.status, said(validated)[0]?.split(' ')[0]]).toEqual([resource, 200, 'error'])
      const written = await server.call('PUT', `/fhir/${resourceType}?_id=none`, { token: engine, body: resource })
      expect([resource, written.status >= 400 && written.status < 500]).toEqual([resource, true])
    }
  })

  test('mode=update: against what stands, with its version', async () => {
    expect(said(await ask('Patient/p/$validate', parameters(ours, { mode: 'update' })))).toEqual(['information valid'])
    expect(said(await ask('Patient/p/$validate', parameters({ ...SOUND, id: 'x' }, { mode: 'update' })))).toEqual([
      'error id-mismatch Patient.id',
    ])
    const headers = { 'If-Match': 'W/"7"' }
    const body = parameters(ours, { mode: 'update' })
    const old = await server.call('POST', '/fhir/Patient/p/$validate', { token: engine, body, headers })
    expect([old.status, said(old)]).toEqual([200, ['error version-conflict http.If-Match']])
    const creating = await server.token('h1-engine', { scope: 'system/*.cr' })
    expect((await ask('Patient/p/$validate', body, creating)).status).toBe(403)
  })

  test('mode=update of what is hidden answers as of what is absent', async () => {
    const of = (id: string) => ask(`Observation/${id}/$validate`, parameters(observation(id, 'p', 'x'), { mode: 'update' }))
    const [hidden, absent] = [await of('others'), await of('absent')]
    expect([hidden.status, hidden.text]).toEqual([404, absent.text])
    // Operators write without seeing, and create under an id.
    expect((await ask('Patient/absent/$validate', parameters({ ...SOUND, id: 'absent' }, { mode: 'update' }), await loader())).status).toBe(
      200,
    )
  })
})

describe('what stands', () => {
  test('against a profile', async () => {
    expect(said(await ask('Patient/p/$validate'))).toEqual(['information valid'])
    const answer = await ask('Patient/p/$validate', parameters(undefined, { profile: 'urn:unknown', mode: 'profile' }))
    expect(said(answer)).toEqual(['error profile-unknown'])
    const known = await ask(`Patient/p/$validate?mode=profile&profile=${encodeURIComponent(PROFILE)}`)
    expect([known.status, said(known).some((line) => line.startsWith('error'))]).toEqual([200, true])
  })

  test('before a deletion', async () => {
    expect(said(await ask('Patient/p/$validate?mode=delete'))).toEqual(['information valid'])
    const loader = await server.token('loader')
    expect((await ask('AuditEvent/$validate?mode=delete', parameters(undefined), loader)).status).toBe(400)
  })

  test('what is hidden answers as what is absent', async () => {
    for (const rest of ['$validate', '$validate?mode=delete']) {
      const [hidden, absent] = [await ask(`Observation/others/${rest}`), await ask(`Observation/absent/${rest}`)]
      expect([hidden.status, hidden.text]).toEqual([404, absent.text])
    }
  })

  test('the patient finds it in the account', async () => {
    await ask('Patient/p/$validate')
    const token = await server.token('patient-app', { patient: 'p' })
    const answer = await ask('AuditEvent?_sort=-date&_count=5', undefined, token)
    expect(JSON.stringify(answer.json)).toContain('"code":"validate"')
  })
})

test.each<[string, string, unknown, number]>([
  ['no resource', 'Patient/$validate', parameters(undefined), 400],
  ['an unknown mode', 'Patient/$validate', parameters(SOUND, { mode: 'x' }), 400],
  ['an update without an address', 'Patient/$validate', parameters(SOUND, { mode: 'update' }), 400],
  [
    'two resources',
    'Patient/$validate',
    {
      resourceType: 'Parameters',
      parameter: [
        { name: 'resource', resource: SOUND },
        { name: 'resource', resource: SOUND },
      ],
    },
    400,
  ],
  ['two profiles', `Patient/$validate?profile=urn:a&profile=${PROFILE}`, SOUND, 400],
  ['a profile without an address', 'Patient/$validate', parameters(SOUND, { mode: 'profile', profile: PROFILE }), 400],
  ['what stands, and is sent', 'Patient/p/$validate', parameters(SOUND, { mode: 'profile', profile: PROFILE }), 400],
  ['what stands, against no profile', 'Patient/p/$validate', parameters(undefined, { mode: 'profile' }), 400],
  ['an update of nothing', 'Patient/p/$validate', parameters(undefined, { mode: 'update' }), 400],
  ['an unknown parameter', 'Patient/$validate', parameters(SOUND, { foo: 'x' }), 400],
  ['no JSON', 'Patient/$validate', '{', 400],
  ['an unknown type', 'Foo/$validate', SOUND, 404],
  ['of the whole server', '$validate', SOUND, 404],
])('%s', async (_name, path, body, status) => {
  expect((await ask(path, body)).status).toBe(status)
})

test('a token for another type asks nothing', async () => {
  const token = await server.token('h1-engine', { scope: 'system/Observation.cruds' })
  expect((await ask('Patient/$validate', SOUND, token)).status).toBe(403)
})
