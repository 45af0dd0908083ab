/** $meta, $meta-add, $meta-delete over HTTP (R4 resource-operation-meta.html), and that they open nothing. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { custody, observation, putAll } from '../consent/resources.ts'
import { asAbsent, codeOf, setting } from '../leaks/worlds.ts'
import type { Answer } from '../support/server.ts'

const held = setting(
  (w) => [observation(`open-${w}`, `p1-${w}`, 'x')],
  (w) => [observation(`hidden-${w}`, `p2-${w}`, 'x')],
)
const LABEL = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'HIV' }
const TAGS = [
  { system: 'urn:t', code: 'one', display: '一' },
  { system: 'urn:t', code: 'two' },
]
let engine: string
let id: string

beforeAll(async () => {
  engine = await held.server.token('h1-engine')
  // The engine's own patient, whom it may write about.
  await putAll(held.server, held.loader, [{ resourceType: 'Patient', id: 'pm', meta: custody('H1') }])
  const { note: _, ...body } = observation('x', 'pm', 'x', { id: undefined, meta: { tag: [TAGS[0]] } }) as Record<string, unknown>
  const made = await call('POST', 'Observation', { ...body, valueQuantity: { value: 1.5 } })
  expect(made.status).toBe(201)
  id = made.json.id
})

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}, token = engine): Promise<Answer> =>
  held.server.call(method, `/fhir/${path}`, { token, headers, ...(body === undefined ? {} : { body }) })
const parameters = (valueMeta: object) => ({ resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta }] })
const ask = (operation: string, valueMeta: object, headers = {}) =>
  call('POST', `Observation/${id}/$${operation}`, parameters(valueMeta), headers)
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers by path
const metaIn = ({ json }: Answer): any => json.parameter[0].valueMeta

test('$meta answers what the resource has', async () => {
  const read = await call('GET', `Observation/${id}`)
  const answer = await call('GET', `Observation/${id}/$meta`)
  expect([answer.status, answer.json]).toEqual([
    200,
    { resourceType: 'Parameters', parameter: [{ name: 'return', valueMeta: read.json.meta }] },
  ])
  expect(answer.headers.get('etag')).toBe('W/"1"')
  expect(metaIn(await call('POST', `Observation/${id}/$meta`))).toEqual(read.json.meta)
})

test('$meta-add adds what is not there, as a new version that keeps the rest', async () => {
  const before = await call('GET', `Observation/${id}`)
  const added = await ask('meta-add', { tag: [...TAGS, TAGS[1]], security: [LABEL], versionId: '77' })
  expect([added.status, added.headers.get('etag'), metaIn(added).tag, metaIn(added).security]).toEqual([200, 'W/"2"', TAGS, [LABEL]])
  const after = await call('GET', `Observation/${id}`)
  expect(after.json.meta).toEqual(metaIn(added))
  const cut = ({ text }: Answer) => text.replace(/"meta":\{.*?\]\},/, '')
  expect(cut(after)).toBe(cut(before))
  // What is there already changes nothing.
  expect((await ask('meta-add', { tag: [TAGS[0]] })).headers.get('etag')).toBe('W/"2"')
  expect((await call('GET', 'Observation?_tag=urn:t|two&_count=5')).json.total).toBe(1)
})

test('$meta-delete takes away what is named, and nothing else', async () => {
  expect(metaIn(await ask('meta-delete', { tag: [{ system: 'urn:other', code: 'one' }] })).tag).toEqual(TAGS)
  expect(metaIn(await ask('meta-delete', { tag: [{ system: 'urn:t', code: 'one' }] })).tag).toEqual([TAGS[1]])
  const last = metaIn(await ask('meta-delete', { tag: [TAGS[1]], security: [{ system: 'urn:x', code: 'HIV' }] }))
  expect([last.tag, last.security]).toEqual([undefined, [LABEL]])
})

test('a label that was stated is taken away by an operator only', async () => {
  const refused = await ask('meta-delete', { security: [LABEL] })
  expect([refused.status, codeOf(refused)]).toEqual([403, 'not-permitted'])
  expect(metaIn(await call('GET', `Observation/${id}/$meta`)).security).toEqual([LABEL])
  const about = { resourceType: 'Basic', id: 'nobody', code: { text: 'x' }, meta: { security: [LABEL] } }
  await putAll(held.server, held.loader, [about])
  const taken = await call('POST', 'Basic/nobody/$meta-delete', parameters({ security: [LABEL] }), {}, held.loader)
  expect([taken.status, metaIn(taken).security]).toEqual([200, undefined])
})

test('a label that is added counts from then on', async () => {
  await putAll(held.server, held.loader, [observation('labelled', 'p1-a', 'x')])
  const get = () => call('GET', 'Observation/labelled', undefined, {}, held.doctor)
  expect((await get()).status).toBe(200)
  expect((await call('POST', 'Observation/labelled/$meta-add', parameters({ security: [LABEL] }))).status).toBe(200)
  await asAbsent(held, (name) => `/fhir/Observation/${name}`, { hidden: 'labelled', absent: 'labellxx' })
  expect((await call('GET', 'Observation?_id=labelled&_security=HIV')).json.total).toBe(1)
})

describe('conditions', () => {
  test('If-Match', async () => {
    const tag = (await call('GET', `Observation/${id}/$meta`)).headers.get('etag') ?? ''
    expect((await ask('meta-add', { tag: [TAGS[0]] }, { 'If-Match': 'W/"1"' })).status).toBe(412)
    expect((await ask('meta-add', { tag: [TAGS[0]] }, { 'If-Match': tag })).status).toBe(200)
  })

  test('many at one time: none is lost', async () => {
    const tags = Array.from({ length: 8 }, (_, n) => ({ system: 'urn:many', code: `t${n}` }))
    const answers = await Promise.all(tags.map((tag) => ask('meta-add', { tag: [tag] })))
    expect(answers.map(({ status }) => status)).toEqual(tags.map(() => 200))
    const { tag } = metaIn(await call('GET', `Observation/${id}/$meta`))
    expect(tag.filter(({ system }: { system: string }) => system === 'urn:many')).toHaveLength(8)
  })
})

test('to delete a resource and to write it again takes no label away', async () => {
  const bare = observation('again', 'pm', 'x', { meta: undefined })
  await putAll(held.server, held.loader, [observation('again', 'pm', 'x', { meta: custody('H1', 'HIV') })])
  const remove = { request: { method: 'DELETE', url: 'Observation/again' } }
  // The operator's transaction deletes what is deleted already.
  for (const token of [engine, held.loader]) {
    expect((await call('DELETE', 'Observation/again')).status).toBe(204)
    const bundle = { resourceType: 'Bundle', type: 'transaction', entry: [remove] }
    if (token !== engine) expect((await call('POST', '', bundle, {}, token)).status).toBe(200)
    expect((await call('PUT', 'Observation/again', bare)).status).toBe(201)
    expect((await call('GET', 'Observation/again')).json.meta.security).toEqual([LABEL])
  }
})

describe('a label that is added while an update without it is on its way stays', () => {
  const update = (name: string) => observation(name, 'pm', 'changed', { meta: undefined })
  const bundle = (name: string) => ({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [{ resource: update(name), request: { method: 'PUT', url: `Observation/${name}` } }],
  })

  test.each<[string, (name: string) => Promise<Answer>]>([
    ['by itself', (name) => call('PUT', `Observation/${name}`, update(name))],
    ['by criteria', (name) => call('PUT', `Observation?_id=${name}`, update(name))],
    ['in a transaction', (name) => call('POST', '', bundle(name))],
  ])('%s', async (way, write) => {
    const name = `raced-${way.replaceAll(' ', '-')}`
    await putAll(held.server, held.loader, [observation(name, 'pm', 'x')])
    const { writer } = held.server.running.fhir
    const real = writer.write
    // The update has looked at the version that it replaces, and is about to be stored.
    writer.write = async (...parts) => {
      writer.write = real
      expect((await call('POST', `Observation/${name}/$meta-add`, parameters({ security: [LABEL] }))).status).toBe(200)
      return real(...parts)
    }
    expect((await write(name)).status).toBe(200)
    const { json } = await call('GET', `Observation/${name}`)
    expect([json.meta.versionId, json.meta.security, json.code.coding[0].code]).toEqual(['3', [LABEL], 'changed'])
  })
})

test.each<[string, unknown]>([
  ['Parameters.parameter', { resourceType: 'Parameters' }],
  ['Parameters.parameter', { resourceType: 'Parameters', parameter: [{ name: 'other', valueMeta: {} }] }],
  ['Parameters.parameter', { resourceType: 'Parameters', parameter: [{ name: 'meta', valueString: 'x' }] }],
  ['Parameters.parameter[0]', { resourceType: 'Parameters', parameter: [null] }],
  ['Parameters.parameter[0].valueMeta.tag', parameters({ tag: 'x' })],
  ['Parameters.parameter[0].valueMeta.tag', parameters({ tag: [{ system: 'urn:t' }] })],
  ['Parameters.parameter[0].valueMeta.security', parameters({ security: [null] })],
  ['resourceType', { resourceType: 'Patient' }],
])('what is no meta is refused at %s', async (expression, body) => {
  for (const operation of ['meta-add', 'meta-delete']) {
    const answer = await call('POST', `Observation/${id}/$${operation}`, body)
    expect([operation, answer.status, answer.json.issue[0].expression]).toEqual([operation, 400, [expression]])
  }
})

test('what would make it no valid resource is refused', async () => {
  expect((await ask('meta-add', { profile: [{ system: 'x', code: 'y' }] })).status).toBe(400)
  expect((await ask('meta-add', { tag: [{ system: 'urn:t', code: 'x', nonsense: 1 }] })).status).toBeGreaterThanOrEqual(400)
  const part = await ask('meta-add', { tag: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }] })
  expect([part.status, codeOf(part)]).toEqual([422, 'subsetted'])
  expect((await call('GET', `Observation/${id}/$meta-add`)).status).toBe(405)
  for (const path of ['_history/1/$meta', '$meta/x', '_history/$meta'])
    expect((await call('GET', `Observation/${id}/${path}`)).status).toBe(404)
  expect(codeOf(await call('GET', 'Observation/$meta-add'))).toBe('operation-unknown')
})

describe('who may', () => {
  test.each(['meta', 'meta-add', 'meta-delete'])('%s of a hidden resource answers as of an absent one', async (operation) => {
    const body = parameters({ tag: TAGS })
    for (const token of [held.doctor, await held.server.token('h2-engine')]) {
      const names = { hidden: 'hidden-a', absent: 'hidden-z' }
      const answer = await asAbsent(held, (name) => `/fhir/Observation/${name}/$${operation}`, names, { method: 'POST', body, token })
      expect([403, 404]).toContain(answer.status)
      if (operation === 'meta')
        expect((await asAbsent(held, (name) => `/fhir/Observation/${name}/$meta`, names, { token })).status).toBe(404)
    }
  })

  test('scopes', async () => {
    const status = async (scope: string, method: string, operation: string) =>
      (
        await call(
          method,
          `Observation/${id}/$${operation}`,
          method === 'GET' ? undefined : parameters({ tag: TAGS }),
          {},
          await held.server.token('h1-engine', { scope }),
        )
      ).status
    expect(await status('system/Observation.s', 'GET', 'meta')).toBe(403)
    expect(await status('system/Observation.r', 'GET', 'meta')).toBe(200)
    for (const scope of ['system/Observation.r', 'system/Observation.u']) expect(await status(scope, 'POST', 'meta-add')).toBe(403)
    expect(await status('system/Observation.ru', 'POST', 'meta-add')).toBe(200)
  })

  test('a masked form has its own, and changes nothing', async () => {
    await putAll(held.server, held.loader, [observation('masked', 'pm', 'x', { meta: { ...custody('H1'), tag: TAGS } })])
    const authority = await held.server.token('ha', { purpose_of_use: 'PUBHLTH', data_form: 'PSEUD' })
    const answer = await call('GET', 'Observation/masked/$meta', undefined, {}, authority)
    expect([answer.status, Object.keys(metaIn(answer)), answer.headers.get('last-modified')]).toEqual([200, ['security'], null])
    expect(answer.text).not.toMatch(/urn:t|Organization\/H1|lastUpdated/)
    for (const operation of ['meta-add', 'meta-delete'])
      expect((await call('POST', `Observation/masked/$${operation}`, parameters({ tag: TAGS }), {}, authority)).status).toBe(403)
  })

  test('each use stands in the account of the patient', async () => {
    const own = await held.server.token('patient-app', { patient: 'pm' })
    const count = async (subtype: string): Promise<number> =>
      (await call('GET', `AuditEvent?subtype=${subtype}&entity=Observation/${id}&_summary=count`, undefined, {}, own)).json.total
    const before = await Promise.all(['meta', 'meta-add', 'update'].map(count))
    await call('GET', `Observation/${id}/$meta`)
    await ask('meta-add', { tag: [{ system: 'urn:t', code: 'audited' }] })
    expect(await Promise.all(['meta', 'meta-add', 'update'].map(count))).toEqual(before.map((n) => n + 1))
  })
})
