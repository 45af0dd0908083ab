/** Points that new servers get wrong, 19 and 20: the export, and every way around a hidden resource (peers' faults). One test each. */
import { expect, test } from '@jest/globals'
import { setTimeout } from 'node:timers/promises'
import { condition, custody, encounter, observation } from '../consent/resources.ts'
import { asAbsent, sameInBoth, setting, type World } from '../leaks/worlds.ts'

const held = setting(
  (w) => [
    encounter(`shared-${w}`, `p1-${w}`, 'H1', 'Practitioner/doc-1'),
    observation(`o1-${w}`, `p1-${w}`, `lab-${w}`, { encounter: { reference: `Encounter/shared-${w}` } }),
    {
      resourceType: 'DiagnosticReport',
      id: `report-${w}`,
      meta: custody('H1'),
      status: 'final',
      code: { text: '报告' },
      subject: { reference: `Patient/p1-${w}` },
      result: [{ reference: `Observation/h1-${w}` }, { reference: `Observation/o1-${w}` }],
    },
  ],
  (w) => [
    observation(`h1-${w}`, `p2-${w}`, `secret-${w}`, { encounter: { reference: `Encounter/shared-${w}` } }),
    condition(`h2-${w}`, `p2-${w}`, `diagnosis-${w}`, { evidence: [{ detail: [{ reference: `Observation/o1-${w}` }] }] }),
  ],
)

test('19: an export is accepted, told of, listed by type without an empty line, for its caller only, and gone when it is deleted', async () => {
  const token = await held.server.token('loader')
  const ask = (method: string, path: string, headers: Record<string, string> = {}, who = token) =>
    held.server.call(method, path, { token: who, headers })
  const async = { Prefer: 'respond-async', Accept: 'application/fhir+json' }
  expect((await ask('GET', '/fhir/$export?_type=Nonsense', async)).status).toBe(400)
  const begun = await ask('GET', '/fhir/$export?_type=Practitioner,Organization', async)
  const status = (begun.headers.get('content-location') ?? '').slice(held.server.url.length)
  expect([begun.status, status.startsWith('/fhir/')]).toEqual([202, true])
  expect((await ask('GET', status, {}, held.doctor)).status).toBe(404)
  let told = await ask('GET', status)
  for (let tries = 0; told.status === 202 && tries < 100; tries++, told = await ask('GET', status)) {
    expect(told.headers.get('x-progress')).not.toBe(null)
    await setTimeout(100)
  }
  expect([told.status, told.json.requiresAccessToken]).toEqual([200, true])
  expect(Date.parse(told.json.transactionTime)).toBeLessThanOrEqual(Date.now())
  for (const { type, url, count } of told.json.output) {
    const file = await ask('GET', url.slice(held.server.url.length))
    expect(file.headers.get('content-type')).toContain('application/fhir+ndjson')
    const lines = file.text.replace(/\n$/, '').split('\n')
    expect(lines.map((line) => JSON.parse(line).resourceType)).toEqual(Array(lines.length).fill(type))
    if (count !== undefined) expect(lines).toHaveLength(count)
  }
  expect((await ask('DELETE', status)).status).toBe(202)
  expect((await ask('GET', status)).status).toBe(404)
}, 30_000)

test('20: what is hidden is found by no way, and missed by none', async () => {
  const same = (path: string) => sameInBoth(held, (w: World) => path.replaceAll('{w}', w))
  for (const path of [
    '/fhir/Observation?encounter=shared-{w}&_total=accurate',
    '/fhir/Observation?code=secret-{w}&_summary=count',
    '/fhir/Observation?code=lab-{w},secret-{w}&_sort=code&_count=1',
    '/fhir/DiagnosticReport?result.code=secret-{w}',
    '/fhir/Patient?_has:Observation:patient:code=secret-{w}',
    '/fhir/DiagnosticReport?_id=report-{w}&_include=DiagnosticReport:result&_include:iterate=Observation:subject',
    '/fhir/Observation?_id=o1-{w}&_revinclude=Condition:evidence-detail&_elements=status',
    '/fhir/Encounter/shared-{w}/Observation',
    '/fhir/Encounter/shared-{w}/$everything',
    '/fhir/Patient/p2-{w}/Observation',
    '/fhir/Observation/_history?_count=3',
    '/fhir?_type=Observation,Condition&_lastUpdated=gt2020',
    '/fhir/Observation?_filter=code eq secret-{w}',
    '/fhir/Observation?_content=secret-{w}',
  ])
    await same(path)
  const names = { hidden: 'h1-a', absent: 'h9-a' }
  for (const [method, path, more] of [
    ['GET', '', {}],
    ['HEAD', '', {}],
    ['GET', '', { headers: { 'If-None-Match': 'W/"1"' } }],
    ['GET', '/_history', {}],
    ['GET', '/_history/1', {}],
    ['GET', '/$meta', {}],
    ['GET', '/$validate', {}],
    ['PATCH', '', { headers: { 'Content-Type': 'application/json-patch+json' }, body: [{ op: 'test', path: '/status', value: 'final' }] }],
    ['DELETE', '', {}],
  ] as const)
    await asAbsent(held, (name) => `/fhir/Observation/${name}${path}`, names, { method, ...more })
  const batch = { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: 'Observation/{name}' } }] }
  await asAbsent(held, () => '/fhir', names, { method: 'POST', body: batch })
}, 30_000)
