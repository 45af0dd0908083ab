/** PATCH with a merge patch (RFC 7396), as fhirpy sends it; and `application/json`, which says as little as it can. */
import { describe, expect, test } from '@jest/globals'
import type { Answer } from '../support/server.ts'
import { patchSetting } from './patch-setting.ts'

const MERGE = 'application/merge-patch+json'
const at = patchSetting('{"text":"血糖","coding":[{"system":"urn:c","code":"g"}]}')

const send = (patch: unknown, type = MERGE, headers: Record<string, string> = {}): Promise<Answer> =>
  at.server.call('PATCH', `/fhir/Observation/${at.id}`, {
    token: at.engine,
    body: typeof patch === 'string' ? patch : JSON.stringify(patch),
    headers: { 'Content-Type': type, ...headers },
  })
const code = (answer: Answer): string => answer.json.issue?.[0]?.details?.coding?.[0]?.code
const versionNow = async (): Promise<string> =>
  (await at.server.call('GET', `/fhir/Observation/${at.id}`, { token: at.engine })).json.meta.versionId

test('members are merged, null takes away, lists are replaced; digits and order stay', async () => {
  const answer = await send('{"status":"amended","code":{"coding":null},"note":[{"text":"c"}],"valueQuantity":{"unit":"mg/dL"}}')
  expect([answer.status, answer.headers.get('etag')]).toEqual([200, 'W/"2"'])
  const { status, code: named, note } = answer.json
  expect([status, named, note]).toEqual(['amended', { text: '血糖' }, [{ text: 'c' }]])
  expect(answer.text).toContain('"valueQuantity":{"value":6.50,"unit":"mg/dL"}')
  expect(Object.keys(answer.json).slice(3)).toEqual(['identifier', 'status', 'code', 'subject', 'valueQuantity', 'note'])
})

test('what was not there is made, without what the patch takes away in it (RFC 7396, 2)', async () => {
  const answer = await send('{"method":{"text":"m","coding":null},"referenceRange":[{"high":{"value":6.100}}],"device":null}')
  expect(answer.json.method).toEqual({ text: 'm' })
  expect(answer.text).toContain('"high":{"value":6.100}')
})

test('application/json: a list is JSON Patch, Parameters are FHIRPath Patch, else it is merged', async () => {
  const json = (body: unknown) => send(body, 'application/json; charset=utf-8')
  expect((await json([{ op: 'replace', path: '/status', value: 'amended' }])).json.status).toBe('amended')
  const part = [
    { name: 'type', valueCode: 'replace' },
    { name: 'path', valueString: 'Observation.status' },
    { name: 'value', valueCode: 'corrected' },
  ]
  expect((await json({ resourceType: 'Parameters', parameter: [{ name: 'operation', part }] })).json.status).toBe('corrected')
  expect((await json({ status: 'final' })).json.status).toBe('final')
  for (const nothing of ['null', '5', '"x"']) expect([nothing, code(await json(nothing))]).toEqual([nothing, 'patch-invalid'])
  expect(code(await json('{'))).toBe('json-invalid')
})

test('in a batch and in a transaction as a Binary', async () => {
  const data = Buffer.from('{"status":"amended"}').toString('base64')
  const entry = [
    { resource: { resourceType: 'Binary', contentType: MERGE, data }, request: { method: 'PATCH', url: `Observation/${at.id}` } },
  ]
  for (const [type, version] of [
    ['batch', '2'],
    ['transaction', '2'],
  ] as const) {
    const answer = await at.server.call('POST', '/fhir', { token: at.engine, body: { resourceType: 'Bundle', type, entry } })
    expect([type, answer.json.entry[0].response.etag]).toEqual([type, `W/"${version}"`])
  }
})

describe('refused, and nothing is written', () => {
  test.each([
    ['a list', '[]', 400, 'patch-invalid'],
    ['no JSON', '{"status"', 400, 'json-invalid'],
    ['the same member twice', '{"status":"final","status":"amended"}', 400, 'json-duplicate-key'],
    ['a prototype', '{"code":{"__proto__":{"x":1}}}', 400, 'json-forbidden-key'],
    ['what every object has', '{"code":{"constructor":{"x":1}}}', 400, 'patch-invalid'],
    ['a name that no element has', '{"a/b":1}', 400, 'patch-invalid'],
    ['the mark of numbers', '{"status":"\\u00006"}', 400, 'patch-invalid'],
    ['another id', '{"id":"other"}', 400, 'id-mismatch'],
    ['another type', '{"resourceType":"Patient"}', 400, 'resource-type-mismatch'],
    ['what has to be there', '{"status":null}', 422, 'required'],
    ['an unknown element', '{"foo":1}', 400, 'unknown-element'],
  ])('%s', async (_name, patch, status, issue) => {
    const answer = await send(patch)
    expect([answer.status, code(answer)]).toEqual([status, issue])
    expect(await versionNow()).toBe('1')
  })

  test('a condition that does not hold', async () => {
    expect((await send({ status: 'amended' }, MERGE, { 'If-Match': 'W/"7"' })).status).toBe(412)
    expect(await versionNow()).toBe('1')
  })

  test('of a hidden resource as of an absent one', async () => {
    const of = (name: string) =>
      at.server.call('PATCH', `/fhir/Observation/${name}`, {
        token: at.engine,
        body: '{"status":"amended"}',
        headers: { 'Content-Type': MERGE },
      })
    const [hidden, absent] = [await of('others'), await of('nobody')]
    expect([hidden.status, hidden.text]).toEqual([absent.status, absent.text])
    expect(hidden.status).toBe(404)
  })
})
