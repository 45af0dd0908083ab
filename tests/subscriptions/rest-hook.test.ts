/** R4's own form over real HTTP: criteria, payloads, headers, order, and what it takes to be active. */
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { encounter, observation, patient } from '../consent/resources.ts'
import { active, plain, put, setting, statusOf, subscribe } from './setting.ts'

const held = setting()

test('a resource that meets the criteria is put at the endpoint, one that does not is not', async () => {
  const header = ['Authorization: Bearer secret-1', 'X-Own: a, b']
  const id = await active(held, plain(held, 'Observation?code=urn:test|hit', '/hook/put', { header }))
  await put(held, observation('miss-1', 'open', 'other'), observation('hit-1', 'open', 'hit'))
  await put(held, observation('hit-1', 'open', 'hit', { status: 'amended' }))
  await held.receiver.until(() => held.receiver.at('/hook/put').length >= 2)
  const got = held.receiver.at('/hook/put')
  expect(got.map(({ method, path }) => [method, path])).toEqual([
    ['PUT', '/hook/put/Observation/hit-1'],
    ['PUT', '/hook/put/Observation/hit-1'],
  ])
  expect(got.map(({ json }) => [json.meta.versionId, json.status])).toEqual([
    ['1', 'final'],
    ['2', 'amended'],
  ])
  expect(got[0]?.headers).toMatchObject({ 'content-type': 'application/fhir+json', authorization: 'Bearer secret-1', 'x-own': 'a, b' })
  expect((await statusOf(held, id, 'active')).json.error).toBeUndefined()
})

test('without a payload nothing is said but that there is something', async () => {
  await active(held, plain(held, 'Observation?code=urn:test|empty', '/exact', { payload: undefined }))
  await put(held, observation('empty-1', 'open', 'empty'))
  await held.receiver.until(() => held.receiver.at('/exact').length >= 1)
  expect(held.receiver.at('/exact').map(({ method, path, body }) => [method, path, body])).toEqual([['POST', '/exact', '']])
})

test('XML is the same resource in the other format', async () => {
  await active(held, plain(held, 'Observation?code=urn:test|xml', '/hook/xml', { payload: 'application/fhir+xml' }))
  await put(held, observation('xml-1', 'open', 'xml'))
  await held.receiver.until(() => held.receiver.at('/hook/xml').length >= 1)
  const [got] = held.receiver.at('/hook/xml')
  expect([got?.path, got?.headers['content-type']]).toEqual(['/hook/xml/Observation/xml-1', 'application/fhir+xml'])
  expect(got?.body).toContain('<Observation xmlns="http://hl7.org/fhir"><id value="xml-1"/>')
})

test('while a search parameter of its criteria is built anew, its events wait, and none is missed', async () => {
  const about = { url: 'urn:test:remark', name: 'x', status: 'active', description: 'x', base: ['Observation'], type: 'string' }
  const define = (expression: string) => put(held, { resourceType: 'SearchParameter', id: 'remark', ...about, code: 'remark', expression })
  const note = (id: string, text: string) => put(held, observation(id, 'open', 'x', { note: [{ text }] }))
  const names = () => held.receiver.at('/hook/remark').map(({ path }) => path.split('/').pop())
  await define('Observation.note.text')
  const subscription = plain(held, 'Observation?remark=yes', '/hook/remark')
  let made = await subscribe(held, subscription)
  for (; made.status === 422; made = await subscribe(held, subscription)) await setTimeout(50)
  expect((await statusOf(held, made.json.id, 'active')).json.status).toBe('active')
  await note('remark-1', 'yes')
  await held.receiver.until(() => names().length >= 1)
  await define('Observation.note.text | Observation.method.text')
  for (const [id, text] of Object.entries({ 'remark-2': 'yes', 'remark-3': 'no', 'remark-4': 'yes' })) await note(id, text)
  await held.receiver.until(() => names().includes('remark-4'))
  expect(names()).toEqual(['remark-1', 'remark-2', 'remark-4'])
  expect((await statusOf(held, made.json.id, 'active')).json.status).toBe('active')
})

test('criteria with a chain are followed, and compared with the version that was committed', async () => {
  const named = patient('named', { name: [{ text: '欧阳娜娜' }] })
  await put(held, named, encounter('visit-named', 'named', 'H2', 'Practitioner/doc-2'))
  await active(held, plain(held, 'Observation?subject:Patient.name=欧阳&status=final', '/hook/chain'))
  await put(held, observation('chain-1', 'named', 'x'), observation('chain-2', 'open', 'x'))
  await put(held, observation('chain-1', 'named', 'x', { status: 'amended' }))
  await put(held, observation('chain-1', 'named', 'y'))
  await held.receiver.until(() => held.receiver.at('/hook/chain').length >= 2)
  expect(held.receiver.at('/hook/chain').map(({ path, json }) => [path.split('/').pop(), json.meta.versionId])).toEqual([
    ['chain-1', '1'],
    ['chain-1', '3'],
  ])
})

test('criteria on text, and those that lead into contained resources, are compared with what was committed', async () => {
  await active(held, plain(held, 'Observation?_content=肺栓塞', '/hook/words'))
  await active(held, plain(held, 'Observation?_text=咯血&status=final', '/hook/narrative'))
  await active(held, plain(held, 'Observation?specimen:Specimen.type=urn:test|serum', '/hook/within'))
  const narrative = { text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">咯血三天</div>' } }
  const within = (code: string) => ({
    contained: [{ resourceType: 'Specimen', id: 's', type: { coding: [{ system: 'urn:test', code }] } }],
    specimen: { reference: '#s' },
  })
  await put(
    held,
    observation('words-1', 'open', 'x', { note: [{ text: '疑似肺栓塞' }] }),
    observation('words-2', 'open', 'x', { note: [{ text: '肺炎' }] }),
    observation('words-3', 'open', 'x', narrative),
    observation('within-1', 'open', 'x', within('serum')),
    observation('within-2', 'open', 'x', within('urine')),
    // After it nothing is on its way any more.
    observation('words-9', 'open', 'x', { ...within('serum'), ...narrative, note: [{ text: '肺栓塞' }] }),
  )
  const names = (path: string) => held.receiver.at(path).map(({ path: at }) => at.split('/').pop())
  for (const path of ['/hook/words', '/hook/narrative', '/hook/within']) await held.receiver.until(() => names(path).includes('words-9'))
  expect(names('/hook/words')).toEqual(['words-1', 'words-9'])
  expect(names('/hook/narrative')).toEqual(['words-3', 'words-9'])
  expect(names('/hook/within')).toEqual(['within-1', 'words-9'])
})

describe('an endpoint that fails', () => {
  const dead = async () => (await held.server.call('GET', '/fhir/Subscription/$dead-letters', { token: held.loader })).json.parameter ?? []

  test('is asked again, in order, and what follows waits', async () => {
    await active(held, plain(held, 'Observation?code=urn:test|retry', '/hook/retry'))
    held.receiver.answers = ({ path }) => (path.startsWith('/hook/retry') && held.receiver.at('/hook/retry').length === 1 ? 503 : 200)
    await put(held, observation('retry-1', 'open', 'retry'), observation('retry-2', 'open', 'retry'))
    await held.receiver.until(() => held.receiver.at('/hook/retry').length >= 3)
    expect(held.receiver.at('/hook/retry').map(({ path }) => path.split('/').pop())).toEqual(['retry-1', 'retry-1', 'retry-2'])
    expect(await dead()).toEqual([])
  })

  test('after the last attempt there is a dead letter, which an operator sends again; others go on meanwhile', async () => {
    const broken = await active(held, plain(held, 'Observation?code=urn:test|dead', '/hook/dead'))
    await active(held, plain(held, 'Observation?code=urn:test|dead', '/hook/alive'))
    // Also: a redirect is no answer, and is not followed.
    held.receiver.answers = ({ path }) => (path.startsWith('/hook/dead') ? 307 : 200)
    await put(held, observation('dead-1', 'open', 'dead'))
    expect((await statusOf(held, broken, 'error')).json).toMatchObject({ status: 'error', error: expect.stringContaining('(307)') })
    expect(held.receiver.at('/hook/alive')).toHaveLength(1)
    expect([held.receiver.at('/hook/dead').length, held.receiver.at('/elsewhere').length]).toEqual([2, 0])
    const [letter, ...others] = await dead()
    expect(others).toEqual([])
    expect(letter.part).toEqual([
      { name: 'subscription', valueReference: { reference: `${held.server.url}/fhir/Subscription/${broken}` } },
      { name: 'event-number', valueString: '1' },
      { name: 'noted', valueInstant: expect.any(String) },
      { name: 'attempts', valueInteger: 2 },
      { name: 'error', valueString: expect.stringContaining('307') },
    ])
    const ask = (token: string) => held.server.call('POST', `/fhir/Subscription/${broken}/$redeliver`, { token })
    expect((await ask(held.engine)).status).toBe(403)
    held.receiver.answers = () => 200
    expect((await ask(held.loader)).json.parameter).toEqual([{ name: 'count', valueInteger: 1 }])
    await held.receiver.until(() => held.receiver.at('/hook/dead').length >= 3)
    expect((await statusOf(held, broken, 'active')).json.error).toBeUndefined()
    expect(await dead()).toEqual([])
  })

  test('what could not be sent goes with its Subscription: nobody could have it sent again', async () => {
    const id = await active(held, plain(held, 'Observation?code=urn:test|with', '/hook/with'))
    held.receiver.answers = ({ path }) => (path.startsWith('/hook/with') ? 500 : 200)
    await put(held, observation('with-1', 'open', 'with'))
    await statusOf(held, id, 'error')
    expect(await dead()).toHaveLength(1)
    expect((await held.server.call('DELETE', `/fhir/Subscription/${id}`, { token: held.engine })).status).toBe(204)
    for (let tries = 0; tries < 200 && (await dead()).length > 0; tries++) await setTimeout(25)
    expect(await dead()).toEqual([])
    expect((await held.server.call('POST', `/fhir/Subscription/${id}/$redeliver`, { token: held.loader })).status).toBe(404)
    // The same id again is another one, and knows nothing of what was.
    held.receiver.answers = () => 200
    const body = { ...plain(held, 'Observation?code=urn:test|with', '/hook/with'), id }
    expect((await held.server.call('PUT', `/fhir/Subscription/${id}`, { token: held.engine, body })).status).toBe(201)
    await statusOf(held, id, 'active')
    const before = held.receiver.at('/hook/with').length
    await put(held, observation('with-2', 'open', 'with'))
    await held.receiver.until(() => held.receiver.at('/hook/with').length > before)
    expect(
      held.receiver
        .at('/hook/with')
        .slice(before)
        .map(({ path }) => path),
    ).toEqual(['/hook/with/Observation/with-2'])
  })

  test('one that is slow holds up nobody but itself', async () => {
    await active(held, plain(held, 'Observation?code=urn:test|slow', '/hook/slow'))
    await active(held, plain(held, 'Observation?code=urn:test|slow', '/hook/quick'))
    let release = (_status: number): void => undefined
    held.receiver.answers = ({ path }) => (path.startsWith('/hook/slow') ? new Promise((resolve) => (release = resolve)) : 200)
    await put(held, observation('slow-1', 'open', 'slow'), observation('slow-2', 'open', 'slow'))
    await held.receiver.until(() => held.receiver.at('/hook/quick').length >= 2)
    expect([held.receiver.at('/hook/quick').length, held.receiver.at('/hook/slow').length]).toEqual([2, 1])
    held.receiver.answers = () => 200
    release(200)
    await held.receiver.until(() => held.receiver.at('/hook/slow').length >= 2)
    expect(held.receiver.at('/hook/slow').map(({ path }) => path.split('/').pop())).toEqual(['slow-1', 'slow-2'])
  })
})

describe('its client', () => {
  test('stops it and starts it again; what happened between is not sent', async () => {
    const body = plain(held, 'Observation?code=urn:test|stop', '/hook/stop')
    const id = await active(held, body)
    const change = (status: string) =>
      held.server.call('PUT', `/fhir/Subscription/${id}`, { token: held.engine, body: { ...body, id, status } })
    await active(held, plain(held, 'Observation?code=urn:test|stop', '/hook/never-off'))
    expect((await change('off')).json.status).toBe('off')
    await put(held, observation('stop-1', 'open', 'stop'))
    await held.receiver.until(() => held.receiver.at('/hook/never-off').length >= 1)
    expect((await change('active')).json.status).toBe('requested')
    await statusOf(held, id, 'active')
    await put(held, observation('stop-2', 'open', 'stop'))
    await held.receiver.until(() => held.receiver.at('/hook/stop').length >= 1)
    expect(held.receiver.at('/hook/stop').map(({ path }) => path.split('/').pop())).toEqual(['stop-2'])
  })

  test('deletes it: nothing is sent any more', async () => {
    const id = await active(held, plain(held, 'Observation?code=urn:test|gone', '/hook/gone'))
    expect((await held.server.call('DELETE', `/fhir/Subscription/${id}`, { token: held.engine })).status).toBe(204)
    await active(held, plain(held, 'Observation?code=urn:test|gone', '/hook/witness'))
    await put(held, observation('gone-1', 'open', 'gone'))
    await held.receiver.until(() => held.receiver.at('/hook/witness').length >= 1)
    expect(held.receiver.at('/hook/gone')).toEqual([])
  })

  test('what it says of an error is not kept, nor taken away what the server says', async () => {
    const id = await active(held, plain(held, 'Observation?code=urn:test|forged', '/hook/forged'))
    const read = () => held.server.call('GET', `/fhir/Subscription/${id}`, { token: held.engine })
    const send = async (more: object) =>
      held.server.call('PUT', `/fhir/Subscription/${id}`, { token: held.engine, body: { ...(await read()).json, ...more } })
    const forged = await send({ error: 'all is well' })
    expect([forged.status, forged.json.status, forged.json.error]).toEqual([200, 'active', undefined])
    held.receiver.answers = ({ path }) => (path.startsWith('/hook/forged') ? 500 : 200)
    await put(held, observation('forged-1', 'open', 'forged'))
    const failed = await statusOf(held, id, 'error')
    expect(failed.json.error).toContain('500')
    const taken = await send({ error: undefined })
    expect([taken.json.status, taken.json.error, taken.headers.get('etag')]).toEqual([
      'error',
      failed.json.error,
      failed.headers.get('etag'),
    ])
    held.receiver.answers = () => 200
  })

  test('patches it, and it begins anew', async () => {
    const id = await active(held, plain(held, 'Observation?code=urn:test|patched', '/hook/old'))
    const body = [{ op: 'replace', path: '/channel/endpoint', value: `${held.receiver.url}/hook/new` }]
    const headers = { 'Content-Type': 'application/json-patch+json' }
    const answer = await held.server.call('PATCH', `/fhir/Subscription/${id}`, { token: held.engine, body, headers })
    expect([answer.status, answer.json.status]).toEqual([200, 'requested'])
    await statusOf(held, id, 'active')
    await put(held, observation('patched-1', 'open', 'patched'))
    await held.receiver.until(() => held.receiver.at('/hook/new').length >= 1)
    expect([held.receiver.at('/hook/old').length, held.receiver.at('/hook/new').length]).toEqual([0, 1])
  })
})
