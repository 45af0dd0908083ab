/** Leak catalogue L41 and L82: what a link in a resource opens, and doors for those who run the server. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { custody, give, NO_SHARING, putAll, relabelled } from '../consent/resources.ts'
import { startTestServer } from '../support/server.ts'
import { asAbsent, sameInBoth, setting } from './worlds.ts'

const held = setting(
  (w) => [document(w, 'p1')],
  (w) => [document(w, 'p2')],
)

function document(w: string, of: string): object {
  return {
    resourceType: 'DocumentReference',
    id: `doc-${of}-${w}`,
    meta: custody('H1'),
    status: 'current',
    subject: { reference: `Patient/${of}-${w}` },
    content: [{ attachment: { contentType: 'application/pdf', url: `Binary/file-${of}-${w}` } }],
  }
}

describe('L41 addresses of attachments', () => {
  beforeAll(async () => {
    const file = (of: string) => ({
      resourceType: 'Binary',
      id: `file-${of}-a`,
      meta: custody('H1'),
      contentType: 'application/pdf',
      securityContext: { reference: `Patient/${of}-a` },
      data: 'QQ==',
    })
    await putAll(held.server, held.loader, [file('p1'), file('p2')])
    await relabelled(held.server)
  })
  const get = (path: string, token?: string) => held.server.call('GET', path, token === undefined ? {} : { token })

  test('no search tells of a hidden one', async () => {
    await asAbsent(held, (id) => `/fhir/DocumentReference/${id}`, { hidden: 'doc-p2-a', absent: 'doc-p9-a' })
    await asAbsent(held, (id) => `/fhir/Binary/${id}`, { hidden: 'file-p2-a', absent: 'file-p9-a' })
    await sameInBoth(held, (w) => `/fhir/DocumentReference?patient=p2-${w}`)
  })

  test('the address is answered as it was sent: it is none that opens by itself', async () => {
    const { json } = await get('/fhir/DocumentReference/doc-p1-a', held.doctor)
    expect(json.content[0].attachment.url).toBe('Binary/file-p1-a')
    expect((await get('/fhir/Binary/file-p1-a', held.doctor)).status).toBe(200)
    for (const query of ['', `?access_token=${held.doctor}`, `?token=${held.doctor}`, '?sig=x&expires=9999999999'])
      expect([query.slice(0, 8), (await get(`/fhir/Binary/file-p1-a${query}`)).status]).toEqual([query.slice(0, 8), 401])
  })

  test('used again after the withdrawal it leads where nothing is', async () => {
    await give(held.server, 'p1-a', NO_SHARING)
    for (const path of ['/fhir/Binary/{id}', '/fhir/Binary/{id}/_history/1', '/fhir/Binary/{id}/_history'])
      await asAbsent(held, (id) => path.replace('{id}', id), { hidden: 'file-p1-a', absent: 'file-p9-a' })
  })
})

describe('L82 doors for operators', () => {
  const get = (path: string, token?: string) => held.server.call('GET', path, token === undefined ? {} : { token })

  test('/metrics: nobody without a token, and of the others operators alone', async () => {
    expect((await get('/metrics')).status).toBe(401)
    expect((await get('/metrics', 'x'.repeat(40))).status).toBe(401)
    for (const client of ['doctor', 'researcher'] as const) {
      const answer = await get('/metrics', held[client])
      expect([answer.status, answer.text.includes('process_')]).toEqual([403, false])
    }
    const { status, headers, text } = await get('/metrics', held.loader)
    expect([status, headers.get('content-type')?.startsWith('text/plain'), text.includes('process_cpu')]).toEqual([200, true, true])
  })

  test('/metrics with a token of its own, which opens nothing else', async () => {
    const secret = 'scrape-'.repeat(6)
    const beside = await startTestServer({ beside: held.server, environment: { METRICS_TOKEN: secret } })
    const ask = (path: string, token: string) => beside.call('GET', path, { token })
    expect((await ask('/metrics', secret)).status).toBe(200)
    expect((await ask('/metrics', `${secret}x`)).status).toBe(401)
    expect((await ask('/fhir/Patient', secret)).status).toBe(401)
    expect((await ask('/ingest/quarantine', secret)).status).toBe(401)
    await beside.stop()
  })

  test.each(['explain=true', '_explain=true', '_includeHidden=true', '_debug=true', '_trace=true', 'x-debug=1'])(
    '%s is a parameter that does not exist',
    async (query) => {
      for (const token of [held.doctor, held.researcher]) {
        const [asked, other] = [await get(`/fhir/Observation?${query}`, token), await get('/fhir/Observation?nonsense=true', token)]
        const name = query.split('=')[0] ?? ''
        expect(asked.text.replaceAll(name, 'nonsense').replace(/"id":"[0-9a-f-]{36}"|"lastUpdated":"[^"]*"/g, '')).toBe(
          other.text.replace(/"id":"[0-9a-f-]{36}"|"lastUpdated":"[^"]*"/g, ''),
        )
      }
    },
  )

  test.each([
    '/fhir/$reindex-status',
    '/fhir/$reindex-status/00000000-0000-4000-8000-000000000000',
    '/fhir/$expunge-status',
    '/fhir/$expunge-status/00000000-0000-4000-8000-000000000000',
    '/fhir/Subscription/$dead-letters',
    '/ingest/conflicts',
  ])('%s is refused, whatever stands behind it', async (path) => {
    for (const token of [held.doctor, held.researcher, await held.server.token('h1-engine')])
      expect((await get(path, token)).status).toBe(403)
    expect((await get(path)).status).toBe(401)
  })

  test.each([
    '/debug',
    '/debug/pprof',
    '/console',
    '/admin',
    '/server/main.ts',
    '/server/main.js.map',
    '/.git/config',
    '/.env',
    '/package.json',
    '/status',
    '/trace',
  ])('%s is no door', async (path) => {
    const [answer, absent] = [await get(path, held.loader), await get('/nowhere', held.loader)]
    expect([answer.status, answer.text]).toEqual([404, absent.text])
  })

  test('an error tells nothing of how the server is made', async () => {
    for (const path of ['/fhir/Patient?_page=x', '/fhir/Nothing', '/fhir/Patient/%00', '/fhir/Observation?_sort=nonsense', '/%E0%A4%A'])
      expect((await get(path, held.doctor)).text).not.toMatch(/node_modules|\.ts\b|mongo|\bexpress\b|\bat \w+ \(/i)
    const { headers } = await get('/fhir/metadata')
    expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null])
  })
})
