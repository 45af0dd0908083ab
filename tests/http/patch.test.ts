/** PATCH with JSON Patch (R4 http.html#patch, RFC 6902): what it changes, what it refuses, and what it tells. */
import { type IncomingHttpHeaders, request } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import { observation } from '../consent/resources.ts'
import type { Answer } from '../support/server.ts'
import { patchSetting } from './patch-setting.ts'

const ACCEPTED = 'application/json-patch+json, application/fhir+json, application/merge-patch+json, application/json, application/fhir+xml'
const TYPE = { 'Content-Type': 'application/json-patch+json' }
const at = patchSetting()

const send = (operations: unknown, options: { path?: string; headers?: object; token?: string } = {}): Promise<Answer> =>
  at.server.call('PATCH', `/fhir/${options.path ?? `Observation/${at.id}`}`, {
    token: options.token ?? at.engine,
    body: typeof operations === 'string' ? operations : JSON.stringify(operations),
    headers: { ...TYPE, ...options.headers },
  })
/** As fetch cannot: it names a type for every text. */
function withoutType(path: string, body: string): Promise<{ status: number | undefined; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      `${at.server.url}/fhir/${path}`,
      { method: 'PATCH', headers: { Authorization: `Bearer ${at.engine}` } },
      (answer) => {
        answer.resume().on('end', () => resolve({ status: answer.statusCode, headers: answer.headers }))
      },
    )
    asked.on('error', reject).end(body)
  })
}
const stored = (): Promise<Answer> => at.server.call('GET', `/fhir/Observation/${at.id}`, { token: at.engine })
const code = (answer: Answer): string => answer.json.issue?.[0]?.details?.coding?.[0]?.code

test('every operation, in their order', async () => {
  const answer = await send([
    { op: 'test', path: '/status', value: 'final' },
    { op: 'replace', path: '/status', value: 'amended' },
    { op: 'add', path: '/note/0', value: { text: 'first' } },
    { op: 'add', path: '/note/-', value: { text: 'last' } },
    { op: 'remove', path: '/note/1' },
    { op: 'copy', from: '/code/text', path: '/method', value: undefined },
    { op: 'replace', path: '/method', value: { text: 'm' } },
    { op: 'move', from: '/method/text', path: '/code/text' },
    { op: 'remove', path: '/method' },
  ])
  expect([answer.status, answer.headers.get('etag')]).toEqual([200, 'W/"2"'])
  const { status, code: named, note, method } = (await stored()).json
  expect([status, named, note, method]).toEqual(['amended', { text: 'm' }, [{ text: 'first' }, { text: 'b' }, { text: 'last' }], undefined])
})

test('digits and the order of elements stay, and those of the patch as they were sent', async () => {
  const answer = await send('[{"op":"add","path":"/referenceRange","value":[{"high":{"value":6.100}}]}]')
  expect(answer.status).toBe(200)
  const { text, json } = await stored()
  expect(text).toContain('"valueQuantity":{"value":6.50,"unit":"mmol/L"}')
  expect(text).toContain('"high":{"value":6.100}')
  expect(Object.keys(json).slice(3)).toEqual(['identifier', 'status', 'code', 'subject', 'valueQuantity', 'note', 'referenceRange'])
})

test('what is moved is taken away first (RFC 6902 4.4)', async () => {
  const url = (at: number) => ({ url: `urn:e${at}`, extension: [{ url: 'urn:in', valueString: String(at) }] })
  await send([{ op: 'add', path: '/extension', value: [url(0), url(1), url(2)] }])
  expect((await send([{ op: 'move', from: '/extension/0', path: '/extension/1/extension/-' }])).status).toBe(200)
  const { extension, note } = (await stored()).json
  expect(extension.map((one: { url: string; extension: unknown[] }) => [one.url, one.extension.length])).toEqual([
    ['urn:e1', 1],
    ['urn:e2', 2],
  ])
  expect(note).toHaveLength(2)
  expect(code(await send([{ op: 'move', from: '/note/0', path: '/note/2' }]))).toBe('patch-path')
})

test('numbers are tested by their value', async () => {
  expect((await send('[{"op":"test","path":"/valueQuantity/value","value":65e-1}]')).status).toBe(200)
  expect(code(await send('[{"op":"test","path":"/valueQuantity/value","value":"6.50"}]'))).toBe('patch-test')
  // One double, and another number.
  expect(code(await send('[{"op":"test","path":"/valueQuantity/value","value":6.5000000000000000001}]'))).toBe('patch-test')
  const set = (value: string) => `{"op":"replace","path":"/valueQuantity/value","value":${value}}`
  const test = (value: string) => `{"op":"test","path":"/valueQuantity/value","value":${value}}`
  for (const [one, same] of [
    ['0.00', '-0e5'],
    ['-1200', '-1.200E+3'],
    ['0.00120', '12e-4'],
    ['100', '1000000e-4'],
  ] as const)
    expect((await send(`[${set(one)},${test(same)}]`)).status).toBe(200)
  for (const [one, other] of [
    ['1200', '-1200'],
    ['1200', '12'],
    ['0.0', '0.1'],
    ['10', '100'],
  ] as const)
    expect(code(await send(`[${set(one)},${test(other)}]`))).toBe('patch-test')
})

describe('refused, and nothing changed', () => {
  const deep = '/note/0'
  test.each<[string, unknown, number, string]>([
    ['no list', { op: 'add' }, 400, 'patch-invalid'],
    ['no JSON', '[', 400, 'json-invalid'],
    ['an unknown operation', [{ op: 'merge', path: '/status' }], 400, 'patch-invalid'],
    ['no value', [{ op: 'add', path: '/status' }], 400, 'patch-invalid'],
    ['no pointer', [{ op: 'remove', path: 'status' }], 400, 'patch-invalid'],
    [
      'a test that does not hold',
      [
        { op: 'replace', path: '/status', value: 'amended' },
        { op: 'test', path: '/status', value: 'final' },
      ],
      422,
      'patch-test',
    ],
    ['nothing there', [{ op: 'remove', path: '/method' }], 422, 'patch-path'],
    ['behind the end', [{ op: 'add', path: '/note/3', value: {} }], 422, 'patch-path'],
    ['into itself', [{ op: 'move', from: deep, path: `${deep}/x` }], 422, 'patch-path'],
    ['everything', [{ op: 'remove', path: '' }], 422, 'patch-path'],
    ['a prototype', [{ op: 'add', path: '/constructor/x', value: 1 }], 422, 'patch-path'],
    ['a method', [{ op: 'add', path: '/note/push/x', value: 1 }], 422, 'patch-path'],
    ['__proto__', [{ op: 'add', path: '/__proto__', value: 1 }], 422, 'patch-path'],
    ['another id', [{ op: 'replace', path: '/id', value: 'x' }], 400, 'id-mismatch'],
    ['another type', [{ op: 'replace', path: '/resourceType', value: 'Patient' }], 400, 'resource-type-mismatch'],
    ['an unknown element', [{ op: 'add', path: '/foo', value: 1 }], 400, 'structure'],
    ['copies of copies', Array.from({ length: 60 }, () => ({ op: 'copy', from: '', path: '/note/0' })), 400, 'patch-invalid'],
  ])('%s', async (_name, operations, status, issue) => {
    const answer = await send(operations)
    expect([answer.status, status === 400 && issue === 'structure' ? issue : code(answer)]).toEqual([status, issue])
    expect((await stored()).headers.get('etag')).toBe('W/"1"')
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  test.each(['application/xml-patch+xml', 'application/xml', 'text/plain', 'constructor', '__proto__', 'toString; x=y'])(
    '%s, with those that there are',
    async (type) => {
      const answer = await send([], { headers: { 'Content-Type': type } })
      expect([answer.status, answer.headers.get('accept-patch')]).toEqual([415, ACCEPTED])
    },
  )

  test.each(ACCEPTED.split(', '))('no body, under %s', async (type) => {
    const answer = await send('', { headers: { 'Content-Type': type } })
    expect([answer.status, code(answer)]).toEqual([400, 'body-empty'])
    const entry = [{ request: { method: 'PATCH', url: `Observation/${at.id}` } }]
    const batch = await at.server.call('POST', '/fhir', { token: at.engine, body: { resourceType: 'Bundle', type: 'batch', entry } })
    expect(batch.json.entry[0].response.outcome.issue[0].details.coding[0].code).toBe('body-empty')
  })

  test('no media type at all', async () => {
    const { status, headers } = await withoutType(`Observation/${at.id}`, '[]')
    expect([status, headers['accept-patch']]).toEqual([415, ACCEPTED])
    const binary = { resourceType: 'Binary', contentType: 'application/json-patch+json', data: 'W10=' }
    expect((await withoutType(`Observation/${at.id}`, JSON.stringify(binary))).status).toBe(415)
  })
})

describe('conditions', () => {
  const amend = [{ op: 'replace', path: '/status', value: 'amended' }]
  test('If-Match', async () => {
    expect((await send(amend, { headers: { 'If-Match': 'W/"7"' } })).status).toBe(412)
    expect((await send(amend, { headers: { 'If-Match': 'W/"1"' } })).status).toBe(200)
  })

  test('by criteria: one, none, several', async () => {
    const { identifier } = (await stored()).json
    const path = `Observation?identifier=urn:x|${identifier[0].value}`
    expect([(await send(amend, { path })).status, (await stored()).json.status]).toEqual([200, 'amended'])
    expect((await send(amend, { path: 'Observation?identifier=urn:x|none' })).status).toBe(404)
    await at.server.call('POST', '/fhir/Observation', { token: at.engine, body: { ...(await stored()).json, id: undefined } })
    expect((await send(amend, { path })).status).toBe(412)
  })

  test('many at once: none is lost', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) => send([{ op: 'add', path: '/note/-', value: { text: `n${at}` } }])),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200))
    expect((await stored()).json.note).toHaveLength(14)
  })

  test('deleted and absent', async () => {
    await at.server.call('DELETE', `/fhir/Observation/${at.id}`, { token: at.engine })
    expect((await send(amend)).status).toBe(410)
    expect((await send(amend, { path: 'Observation/absent' })).status).toBe(404)
  })
})

describe('in Bundles', () => {
  const entry = (operations: unknown, contentType = 'application/json-patch+json') => ({
    resource: { resourceType: 'Binary', contentType, data: Buffer.from(JSON.stringify(operations)).toString('base64') },
    request: { method: 'PATCH', url: `Observation/${at.id}` },
  })
  const post = (type: string, ...entries: object[]) =>
    at.server.call('POST', '/fhir', { token: at.engine, body: { resourceType: 'Bundle', type, entry: entries } })

  test.each(['batch', 'transaction'])('%s', async (type) => {
    const answer = await post(type, entry([{ op: 'replace', path: '/status', value: 'amended' }]))
    expect([answer.status, answer.json.entry?.[0].response.status, (await stored()).json.status]).toEqual([200, '200', 'amended'])
  })

  test('a transaction refers by it to what it creates, and fails as a whole', async () => {
    const urn = 'urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f01'
    const body = observation('x', 'p', 'x', { id: undefined, meta: undefined })
    const made = { fullUrl: urn, resource: body, request: { method: 'POST', url: 'Observation' } }
    const refer = entry([{ op: 'add', path: '/derivedFrom', value: [{ reference: urn }] }])
    expect((await post('transaction', made, refer)).status).toBe(200)
    expect((await stored()).json.derivedFrom[0].reference).toMatch(/^Observation\/[\w-]+$/)
    const failing = await post('transaction', made, entry([{ op: 'test', path: '/status', value: 'x' }]))
    expect([failing.status, failing.json.issue[0].expression[0]]).toEqual([422, expect.stringContaining('Bundle.entry[1]')])
    expect((await post('transaction', entry([], 'application/fhir+json'))).status).toBe(400)
  })
})

describe('access', () => {
  const probe = [{ op: 'test', path: '/status', value: 'final' }]
  test('what is another’s and hidden answers as what is absent, whatever is tested', async () => {
    const answers = await Promise.all(
      ['others', 'absent'].flatMap((name) => [
        send(probe, { path: `Observation/${name}` }),
        send([{ op: 'test', path: '/x', value: 1 }], { path: `Observation/${name}` }),
      ]),
    )
    expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(Array(4).fill(`404 ${answers[0]?.text}`))
  })

  test('a reader changes nothing; without the scope to read nothing is tested', async () => {
    const reader = await at.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2' })
    expect((await send([{ op: 'replace', path: '/status', value: 'amended' }], { token: reader })).status).toBe(403)
    const blind = await at.server.token('h1-engine', { scope: 'system/Observation.cu' })
    const [holds, fails] = [
      await send(probe, { token: blind }),
      await send([{ op: 'test', path: '/status', value: 'x' }], { token: blind }),
    ]
    expect([holds.status, holds.text]).toEqual([403, fails.text])
    expect((await stored()).headers.get('etag')).toBe('W/"1"')
  })

  test('the patient finds it in the account', async () => {
    await send([{ op: 'replace', path: '/status', value: 'amended' }])
    const own = await at.server.token('patient-app', { patient: 'p' })
    const answer = await at.server.call('GET', `/fhir/AuditEvent?entity=Observation/${at.id}&_sort=date`, { token: own })
    const said = (answer.json.entry as { resource: { subtype: { code: string }[] } }[]).map(({ resource }) => resource.subtype[0]?.code)
    expect(said.slice(-2)).toEqual(['patch', 'update'])
  })
})
