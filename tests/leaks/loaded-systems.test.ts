/** What a site has loaded may be licensed: who may not search code systems learns nothing of it, and supplements that are hidden add nothing. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { insuranceDrugs } from '../../server/terminology-kept/formats/insurance.ts'
import { condition, custody } from '../consent/resources.ts'
import { csv, type Loading, loadingInto, loadText } from '../terminology/loaded.ts'
import { asAbsent, codeOf, neutral, sameInBoth, setting, WORLDS } from './worlds.ts'

const held = setting(
  (w) => [
    {
      resourceType: 'ValueSet',
      id: `of-loaded-${w}`,
      url: `urn:test:of-loaded-${w}`,
      status: 'active',
      compose: { include: [{ system: `urn:test:loaded-${w}` }] },
    },
    condition(`c-${w}`, `p1-${w}`, 'I10', { meta: custody('H2'), code: { coding: [{ system: `urn:test:loaded-${w}`, code: 'A' }] } }),
  ],
  (w) => [
    {
      resourceType: 'CodeSystem',
      id: `more-${w}`,
      url: `urn:test:more-${w}`,
      name: 'x',
      status: 'active',
      content: 'supplement',
      language: 'en',
      meta: custody('H1'),
      extension: [{ url: 'urn:test:about', valueReference: { reference: `Patient/p2-${w}` } }],
      supplements: `urn:test:shared-${w}`,
      concept: [
        {
          code: 'A',
          display: 'secret',
          designation: [{ language: 'en', value: 'hidden word' }],
          property: [{ code: 'kind', valueString: 'x' }],
        },
      ],
    },
  ],
)

let other: Loading
beforeAll(async () => {
  other = await loadingInto(held.server.database)
  const load = (url: string) =>
    loadText(
      other.tables,
      insuranceDrugs,
      csv('药品代码,注册名称', [
        ['A', '甲'],
        ['B', '乙'],
      ]),
      { url },
    )
  // In world `b` nothing was loaded under that address.
  await load('urn:test:loaded-a')
  for (const w of WORLDS) await load(`urn:test:shared-${w}`)
}, 60_000)
afterAll(() => other.stop())

test.each<[string, number]>([
  ['ValueSet/$expand?url=urn:test:loaded-{w}', 404],
  ['ValueSet/$expand?url=urn:test:of-loaded-{w}', 404],
  ['ValueSet/$validate-code?url=urn:test:of-loaded-{w}&system=urn:test:loaded-{w}&code=A', 200],
  ['ValueSet/$validate-code?url=urn:test:loaded-{w}&system=urn:test:loaded-{w}&code=A', 404],
  ['CodeSystem/$lookup?system=urn:test:loaded-{w}&code=A', 403],
  ['CodeSystem/$validate-code?url=urn:test:loaded-{w}&code=A', 403],
  ['CodeSystem/$subsumes?system=urn:test:loaded-{w}&codeA=A&codeB=B', 403],
  ['Condition?code:below=urn:test:loaded-{w}|A', 400],
  ['Condition?code:above=urn:test:loaded-{w}|A', 400],
])('without the scope for code systems %s is %i in both worlds', async (path, status) => {
  const scope = 'system/ValueSet.rs system/Condition.rs system/Patient.rs'
  const token = await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope })
  const answer = await sameInBoth(
    held,
    (w) => `/fhir/${path.replaceAll('{w}', w)}`,
    () => ({ token }),
  )
  expect(answer.status).toBe(status)
})

test('with it the same is answered', async () => {
  const get = (path: string) => held.server.call('GET', `/fhir/${path}`, { token: held.doctor })
  expect((await get('ValueSet/$expand?url=urn:test:of-loaded-a')).json.expansion.total).toBe(2)
  expect((await get('CodeSystem/$lookup?system=urn:test:loaded-a&code=A')).status).toBe(200)
  expect(codeOf(await get('CodeSystem/$lookup?system=urn:test:loaded-b&code=A'))).toBe('definition-unknown')
})

test.each<[string, number]>([
  ['CodeSystem/$lookup?system=urn:test:shared-{w}&code=A&displayLanguage=en', 200],
  ['CodeSystem/$lookup?system=urn:test:shared-{w}&code=A&useSupplement=urn:test:more-{w}', 404],
  ['CodeSystem/$validate-code?url=urn:test:shared-{w}&code=A&display=secret', 200],
  ['ValueSet/$expand?url=urn:test:shared-{w}&displayLanguage=en&includeDesignations=true', 200],
  ['ValueSet/$expand?url=urn:test:shared-{w}&filter=hidden', 200],
  ['ValueSet/$expand?url=urn:test:shared-{w}&filter=secret&count=1', 200],
  ['ValueSet/$expand?url=urn:test:shared-{w}&useSupplement=urn:test:more-{w}', 404],
])('L01 a hidden supplement: %s is %i in both worlds', async (path, status) => {
  const answer = await sameInBoth(held, (w) => `/fhir/${path.replaceAll('{w}', w)}`)
  expect(answer.status).toBe(status)
  expect(JSON.stringify(answer.json.expansion?.contains ?? '')).not.toMatch(/secret|hidden/)
})

test('who may see the supplement has it, at the same moment as others have not', async () => {
  const token = await held.server.token('auditor')
  const path = '/fhir/CodeSystem/$lookup?system=urn:test:shared-a&code=A&displayLanguage=en'
  const ask = (one: string) => held.server.call('GET', path, { token: one })
  const answers = await Promise.all([token, held.doctor, token, held.doctor, held.doctor, token].map(ask))
  expect(answers.map(({ text }) => text.includes('secret'))).toEqual([true, false, true, false, false, true])
})

test('a question that used a stored supplement is on record, with it', async () => {
  const found = await held.server.call('GET', '/fhir/AuditEvent?entity=CodeSystem/more-a', { token: held.loader })
  expect(found.json.total ?? found.json.entry?.length).toBeGreaterThan(0)
})

test('the job of a load is for operators; to others it is as one that never was, and no answer names a path', async () => {
  const parameter = [
    { name: 'system', valueString: 'atc' },
    { name: 'version', valueString: '1' },
    { name: 'url', valueString: 'urn:test:job' },
    { name: 'file', valueAttachment: { data: Buffer.from('x,y\n1,2\n').toString('base64') } },
  ]
  const body = { resourceType: 'Parameters', parameter }
  const begun = await held.server.call('POST', '/fhir/$terminology-load', { token: held.loader, body })
  const id = new URL(begun.headers.get('content-location') ?? '').pathname.split('/').at(-1) ?? ''
  const absent = '00000000-0000-4000-8000-000000000000'
  const hidden = await asAbsent(held, (name) => `/fhir/$terminology-load-status/${name}`, { hidden: id, absent })
  expect(hidden.status).toBe(403)
  for (;;) {
    const ended = await held.server.call('GET', `/fhir/$terminology-load-status/${id}`, { token: held.loader })
    if (ended.status === 202) continue
    expect(JSON.parse(ended.text).parameter[0]).toEqual({ name: 'status', valueCode: 'failed' })
    expect(neutral(ended)).not.toMatch(/\/tmp|\/work|\/home|file:|\.ts\b|node_modules/)
    break
  }
})

test('what is listed of loaded systems is the same for everybody', async () => {
  const statement = await held.server.call('GET', '/fhir/metadata?mode=terminology')
  const asDoctor = await held.server.call('GET', '/fhir/metadata?mode=terminology', { token: held.doctor })
  expect(asDoctor.text).toBe(statement.text)
})
