/** Leak catalogue L40, by the content itself: what is hidden is as what is absent, whatever is asked for and however it is sent. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { custody, give, NO_SHARING, putAll, relabelled } from '../consent/resources.ts'
import type { CallOptions } from '../support/server.ts'
import { asAbsent, codeOf, setting } from './worlds.ts'

const held = setting(() => [])
const CONTENT = '张三，HIV 阳性'
const binary = (id: string, context?: string) => ({
  resourceType: 'Binary',
  id,
  meta: custody('H1'),
  contentType: 'text/plain',
  data: Buffer.from(CONTENT).toString('base64'),
  ...(context ? { securityContext: { reference: context } } : {}),
})
const HIDDEN = ['bin-hid', 'bin-own']
const TEXT = { Accept: 'text/plain' }

beforeAll(async () => {
  await putAll(held.server, held.loader, [binary('bin-open', 'Patient/p1-a'), binary('bin-hid', 'Patient/p2-a'), binary('bin-own')])
  await relabelled(held.server)
})

const read = (path: string, { headers = TEXT, token = held.doctor }: CallOptions = {}) =>
  held.server.call('GET', `/fhir/${path}`, { token, headers })

describe('read', () => {
  test('who may see it gets it', async () => {
    const answer = await read('Binary/bin-open')
    expect([answer.status, answer.headers.get('content-type'), answer.text]).toEqual([200, 'text/plain', CONTENT])
  })

  test.each(HIDDEN)('%s is as absent, by every Accept and condition', async (hidden) => {
    const conditions: Record<string, string>[] = [{}, { 'If-None-Match': 'W/"1"' }, { 'If-None-Match': '*' }, { 'If-Match': 'W/"7"' }]
    for (const accept of ['text/plain', 'text/*', 'image/png', '*/*', 'application/fhir+xml'])
      for (const condition of conditions)
        for (const method of ['GET', 'HEAD'])
          for (const rest of ['', '/_history/1', '/_history/2']) {
            const call = { method, headers: { Accept: accept, ...condition } }
            const answer = await asAbsent(held, (id) => `/fhir/Binary/${id}${rest}`, { hidden, absent: 'bin-zzz' }, call)
            expect([answer.status, answer.headers.get('content-disposition')]).toEqual([404, null])
          }
  })

  test('without a token, and without the scope, there is none', async () => {
    expect((await held.server.call('GET', '/fhir/Binary/bin-open', { headers: TEXT })).status).toBe(401)
    const token = await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope: 'system/Patient.rs' })
    expect((await read('Binary/bin-open', { token })).status).toBe(403)
  })

  test('in a masked form there is no content', async () => {
    const answer = await read('Binary/bin-open', { token: held.researcher })
    for (const accept of ['text/plain, */*;q=0.1', '*/*', 'text/html, */*;q=0.8', 'application/fhir+json']) {
      const whatever = await read('Binary/bin-open', { token: held.researcher, headers: { Accept: accept } })
      expect([whatever.status, whatever.text.includes('张三')]).toEqual([404, false])
    }
    expect(answer.text).not.toContain('张三')
    expect([403, 404, 406]).toContain(answer.status)
  })

  test('each look stands in the account of who it is about', async () => {
    const own = await held.server.token('patient-app', { patient: 'p1-a' })
    const account = async (kind: string): Promise<number> =>
      (await read(`AuditEvent?subtype=${kind}&entity=Binary/bin-open&_summary=count`, { token: own, headers: { Accept: '*/*' } })).json
        .total
    const before = [await account('read'), await account('vread')]
    await read('Binary/bin-open')
    await read('Binary/bin-open', { headers: { Accept: 'image/png' } })
    await read('Binary/bin-open/_history/1')
    expect([await account('read'), await account('vread')]).toEqual([(before[0] ?? 0) + 2, (before[1] ?? 0) + 1])
  })
})

describe('write', () => {
  const send = (method: string, path: string, token: string, headers: Record<string, string> = {}) =>
    held.server.call(method, `/fhir/${path}`, { token, body: Buffer.from(CONTENT), headers: { 'Content-Type': 'text/plain', ...headers } })

  test('a hospital stores what is about its patient, and others see it by his consent', async () => {
    const engine = await held.server.token('h1-engine')
    await putAll(held.server, held.loader, [{ resourceType: 'Patient', id: 'p3-a', meta: custody('H1') }])
    const about = await send('POST', 'Binary', engine, { 'X-Security-Context': 'Patient/p3-a' })
    const aboutNobody = await send('POST', 'Binary', engine)
    expect([about.status, aboutNobody.status]).toEqual([201, 201])
    await relabelled(held.server)
    expect((await read(`Binary/${about.json.id}`, { token: engine })).text).toBe(CONTENT)
    const absent = 'bin-zzz'
    await asAbsent(held, (id) => `/fhir/Binary/${id}`, { hidden: aboutNobody.json.id, absent }, { headers: TEXT })
    await give(held.server, 'p3-a', NO_SHARING)
    await asAbsent(held, (id) => `/fhir/Binary/${id}`, { hidden: about.json.id, absent }, { headers: TEXT })
  })

  test.each(HIDDEN)('%s is not overwritten, and answers as what is absent', async (hidden) => {
    const call = { method: 'PUT', body: CONTENT, headers: { 'Content-Type': 'text/plain' } }
    const named = { hidden, absent: 'bin-zzz' }
    for (const headers of [{}, { 'If-Match': 'W/"1"' }, { 'If-None-Match': '*' }, { 'X-Security-Context': 'Patient/p1-a' }]) {
      const path = (id: string) => `/fhir/Binary/${id}`
      const [stored, missing] = [named.hidden, named.absent].map((id) =>
        held.server.call('PUT', path(id), { token: held.doctor, body: Buffer.from(CONTENT), headers: { ...call.headers, ...headers } }),
      )
      expect([(await stored)?.status, codeOf((await stored) as never)]).toEqual([(await missing)?.status, codeOf((await missing) as never)])
      expect((await stored)?.status).toBeGreaterThanOrEqual(403)
    }
    const asResource = { token: await held.server.token('h1-engine'), headers: { Accept: 'application/fhir+json' } }
    expect((await read(`Binary/${hidden}`, asResource)).json.meta.versionId).toBe('1')
  })

  test('what is refused says nothing of the content', async () => {
    const token = await held.server.token('h1-engine')
    const refusals = [
      await send('POST', 'Binary', token, { 'Content-Type': 'text' }),
      await send('POST', 'Binary', token, { 'X-Security-Context': 'Nobody' }),
      await send('PUT', 'Binary/bin-zzz', held.doctor),
    ]
    for (const { status, text } of refusals)
      expect([status >= 400, text.includes('张三') || text.includes('Nobody')]).toEqual([true, false])
  })
})
