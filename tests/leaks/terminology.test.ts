/** Definitions that somebody may not see are none for him, whatever is asked of them (L01, L46). */
import { expect, test } from '@jest/globals'
import { custody, putAll } from '../consent/resources.ts'
import { asAbsent, codeOf, sameInBoth, setting, type World } from './worlds.ts'

/** About a patient who does not share, by an extension: hidden as any record of him is. */
const about = (w: World) => ({
  meta: custody('H1'),
  extension: [{ url: 'urn:test:about', valueReference: { reference: `Patient/p2-${w}` } }],
})
const system = (w: World, id: string, more: object) => ({
  resourceType: 'CodeSystem',
  id: `${id}-${w}`,
  url: `urn:test:${id}-${w}`,
  name: 'x',
  status: 'active',
  content: 'complete',
  concept: [{ code: 'a', display: 'A', concept: [{ code: 'b', display: 'B' }] }],
  ...more,
})
const set = (w: World, id: string, of: string, more: object = {}) => ({
  resourceType: 'ValueSet',
  id: `${id}-${w}`,
  url: `urn:test:${id}-${w}`,
  status: 'active',
  compose: { include: [{ system: `urn:test:${of}-${w}` }] },
  ...more,
})

const held = setting(
  (w) => [
    system(w, 'open', {}),
    set(w, 'open-set', 'open'),
    // Made of a system that is hidden in world `a` and absent in world `b`.
    set(w, 'on-hidden', 'hidden'),
  ],
  (w) => [
    system(w, 'hidden', about(w)),
    system(w, 'later', { ...about(w), url: `urn:test:open-${w}`, version: '9', concept: [{ code: 'z' }] }),
    system(w, 'more', {
      ...about(w),
      content: 'supplement',
      supplements: `urn:test:open-${w}`,
      concept: [{ code: 'a', designation: [{ value: 'secret' }] }],
    }),
    set(w, 'hidden-set', 'open', about(w)),
    {
      resourceType: 'ConceptMap',
      id: `map-${w}`,
      url: `urn:test:map-${w}`,
      status: 'active',
      ...about(w),
      group: [{ source: `urn:test:open-${w}`, target: 'urn:t', element: [{ code: 'a', target: [{ code: 'x', equivalence: 'equal' }] }] }],
    },
  ],
)

test.each<[string, number]>([
  ['CodeSystem/$lookup?system=urn:test:hidden-{w}&code=a', 404],
  ['CodeSystem/$lookup?system=urn:test:open-{w}&code=a', 200],
  ['CodeSystem/$lookup?system=urn:test:open-{w}&code=z', 404],
  ['CodeSystem/$validate-code?url=urn:test:hidden-{w}&code=a', 404],
  ['CodeSystem/$validate-code?url=urn:test:open-{w}&code=z', 200],
  ['CodeSystem/$subsumes?system=urn:test:hidden-{w}&codeA=a&codeB=b', 404],
  ['ValueSet/$expand?url=urn:test:hidden-set-{w}', 404],
  ['ValueSet/$expand?url=urn:test:on-hidden-{w}', 404],
  ['ValueSet/$expand?url=urn:test:open-set-{w}&includeDesignations=true', 200],
  ['ValueSet/$validate-code?url=urn:test:on-hidden-{w}&system=urn:test:hidden-{w}&code=a', 200],
  ['ConceptMap/$translate?url=urn:test:map-{w}&system=urn:test:open-{w}&code=a', 404],
  ['ConceptMap/$translate?system=urn:test:open-{w}&code=a', 200],
])('L01 %s is %i in both worlds', async (path, status) => {
  const answer = await sameInBoth(held, (w) => `/fhir/${path.replaceAll('{w}', w)}`)
  expect(answer.status).toBe(status)
  expect(answer.text).not.toMatch(/secret|"z"/)
})

test.each<[string, number]>([
  ['Condition?code:in=urn:test:hidden-set-{w}', 400],
  // Of a system that is included whole every code is meant, whether or not it is known here.
  ['Condition?code:not-in=urn:test:on-hidden-{w}', 200],
  ['Condition?code:below=urn:test:hidden-{w}|a', 400],
  ['Condition?code:in=urn:test:open-set-{w}', 200],
  ['Condition?code:above=urn:test:open-{w}|b', 200],
])('L01 %s is %i in both worlds', async (path, status) => {
  const answer = await sameInBoth(held, (w) => `/fhir/${path.replaceAll('{w}', w)}`)
  expect(answer.status).toBe(status)
})

test('L01 POST of $find-matches and $closure', async () => {
  const parameter = (w: World) => [
    { name: 'system', valueUri: `urn:test:hidden-${w}` },
    {
      name: 'property',
      part: [
        { name: 'code', valueCode: 'display' },
        { name: 'value', valueString: 'A' },
      ],
    },
  ]
  const find = (w: World) => ({ method: 'POST', body: { resourceType: 'Parameters', parameter: parameter(w) } })
  expect((await sameInBoth(held, () => '/fhir/CodeSystem/$find-matches', find)).status).toBe(404)
  const closure = (w: World, ...codes: string[]) => ({
    method: 'POST',
    body: {
      resourceType: 'Parameters',
      parameter: [
        { name: 'name', valueString: `table-${w}` },
        ...codes.map((code) => ({ name: 'concept', valueCoding: { system: `urn:test:hidden-${w}`, code } })),
      ],
    },
  })
  await sameInBoth(
    held,
    () => '/fhir/$closure',
    (w) => closure(w),
  )
  const answer = await sameInBoth(
    held,
    () => '/fhir/$closure',
    (w) => closure(w, 'a', 'b'),
  )
  expect([answer.status, answer.json.group]).toEqual([200, undefined])
})

test.each(['CodeSystem/{name}/$subsumes?codeA=a&codeB=b', 'CodeSystem/{name}/$validate-code?code=a'])(
  'L01 %s of an instance',
  async (path) => {
    const answer = await asAbsent(held, (name) => `/fhir/${path.replace('{name}', name)}`, { hidden: 'hidden-a', absent: 'absent-a' })
    expect(answer.status).toBe(404)
  },
)

test('L46 needs the scope of a search, or of a read; what may not be searched is not used', async () => {
  const token = (scope: string) => held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope })
  const get = async (path: string, scope: string) => held.server.call('GET', `/fhir/${path}`, { token: await token(scope) })
  expect(codeOf(await get('ValueSet/$expand?url=urn:test:open-set-a', 'system/CodeSystem.rs'))).toBe('forbidden')
  expect(codeOf(await get('ValueSet/open-set-a/$expand', 'system/ValueSet.s'))).toBe('forbidden')
  expect((await get('ValueSet/open-set-a/$expand', 'system/ValueSet.r system/CodeSystem.s')).status).toBe(200)
  expect(codeOf(await get('ValueSet/open-set-a/$expand', 'system/ValueSet.r'))).toBe('definition-unknown')
})

test('a closure table is its client’s own', async () => {
  const body = { resourceType: 'Parameters', parameter: [{ name: 'name', valueString: 'mine' }] }
  const since = { ...body, parameter: [...body.parameter, { name: 'version', valueString: '0' }] }
  await held.server.call('POST', '/fhir/$closure', { token: held.doctor, body })
  expect((await held.server.call('POST', '/fhir/$closure', { token: held.doctor, body: since })).status).toBe(200)
  expect(codeOf(await held.server.call('POST', '/fhir/$closure', { token: held.loader, body: since }))).toBe('closure-unknown')
})

test('the use is on record before the answer leaves, with what was used', async () => {
  await putAll(held.server, held.loader, [set('a', 'recorded', 'open')])
  await held.server.call('GET', '/fhir/ValueSet/$expand?url=urn:test:recorded-a', { token: held.doctor })
  const found = await held.server.call('GET', '/fhir/AuditEvent?entity=ValueSet/recorded-a', { token: held.loader })
  const named = (found.json.entry ?? []).map(
    ({ resource }: { resource: { subtype: { code: string }[]; entity: { what?: { reference?: string } }[] } }) => [
      resource.subtype[0]?.code,
      ...resource.entity.flatMap(({ what }) => what?.reference ?? []),
    ],
  )
  expect(named).toContainEqual(expect.arrayContaining(['operation', 'ValueSet/recorded-a', 'CodeSystem/open-a']))
})

test('who may see what is hidden from others is answered', async () => {
  const token = await held.server.token('auditor')
  const answer = await held.server.call('GET', '/fhir/CodeSystem/$lookup?system=urn:test:open-a&code=z', { token })
  expect(answer.status).toBe(200)
})
