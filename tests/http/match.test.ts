/** Patient/$match: who may be the person described, how likely, and what is refused. Scores are added up by hand from weights.ts. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { custody, patient, putAll } from '../consent/resources.ts'
import { codeOf } from '../leaks/worlds.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const ID = 'urn:oid:2.16.156.10011.1.3'
const WANG = '110100195803120019'
const LI = '310100196511080248'

let server: TestServer
let loader: string
let engine: string

const at = { meta: custody('H1') }
const wang = {
  name: [{ text: '王建国' }],
  gender: 'male',
  birthDate: '1958-03-12',
  telecom: [{ system: 'phone', value: '13800000001' }],
  address: [{ text: '北京市朝阳区示例街道1号', city: '北京市', district: '朝阳区' }],
}

beforeAll(async () => {
  server = await startTestServer()
  loader = await server.token('loader')
  engine = await server.token('h1-engine')
  await putAll(server, loader, [
    patient('wang', { ...at, ...wang, identifier: [{ system: ID, value: WANG }] }),
    patient('wang-card', { ...at, ...wang, identifier: [{ system: 'urn:card', value: 'C1' }] }),
    patient('namesake', { ...at, name: [{ text: '王建国' }], gender: 'male', birthDate: '1990-01-01' }),
    patient('li', {
      ...at,
      name: [{ text: '李秀兰' }],
      gender: 'female',
      birthDate: '1965-11-08',
      identifier: [{ system: ID, value: LI }],
    }),
    patient('newborn', { ...at, name: [{ text: '欧阳娜娜' }], birthDate: '2026-02-03' }),
  ])
}, 60_000)
afterAll(() => server.stop())

const parameters = (resource: object | undefined, more: Record<string, unknown> = {}) => ({
  resourceType: 'Parameters',
  parameter: [
    ...(resource ? [{ name: 'resource', resource: { resourceType: 'Patient', ...resource } }] : []),
    ...Object.entries(more).map(([name, value]) => ({ name, [typeof value === 'boolean' ? 'valueBoolean' : 'valueInteger']: value })),
  ],
})
const withText = (name: string, valueString: string) => {
  const { resourceType, parameter } = parameters(wang)
  return { resourceType, parameter: [...parameter, { name, valueString }] }
}
const post = (body: object, token = engine, path = 'Patient/$match'): Promise<Answer> =>
  server.call('POST', `/fhir/${path}`, { token, body })

interface Entry {
  fullUrl: string
  resource: { id: string; name: unknown }
  search: { mode: string; score: number; extension: { url: string; valueCode: string }[] }
}

/** id → score and grade, in the order of the answer */
async function matches(resource: object, more = {}): Promise<[string, number, string | undefined][]> {
  const answer = await post(parameters(resource, more))
  expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, ''])
  return ((answer.json.entry ?? []) as Entry[]).map(({ resource: { id }, search }) => [id, search.score, search.extension[0]?.valueCode])
}

test('an identity number with the rest is certain; the same person without it probable by the rest; a namesake of another day is not told', async () => {
  // 60 + 20 + 20 + 4 + 12 + 8, at most 100; 20 + 20 + 4 + 12 + 8
  expect(await matches({ ...wang, identifier: [{ system: ID, value: WANG }] })).toEqual([
    ['wang', 1, 'certain'],
    ['wang-card', 0.64, 'probable'],
  ])
})

test.each<[string, object, [string, number, string][]]>([
  ['the number alone', { identifier: [{ system: ID, value: WANG }] }, [['wang', 0.6, 'probable']]],
  ['the number as it is typed', { identifier: [{ system: ID, value: WANG.replace(/^(.{6})/, '$1 ') }] }, [['wang', 0.6, 'probable']]],
  ['another card', { identifier: [{ system: 'urn:card', value: 'C1' }], name: [{ text: '王建国' }] }, [['wang-card', 0.5, 'probable']]],
  ['the same value of another system', { identifier: [{ system: 'urn:other', value: 'C1' }] }, []],
  // 20 + 20 + 4
  [
    'traditional characters and parts',
    { name: [{ family: '歐陽', given: ['娜娜'] }], birthDate: '2026-02-03' },
    [['newborn', 0.4, 'possible']],
  ],
  // 14 + 20
  ['pinyin', { name: [{ text: 'Ouyang Nana' }], birthDate: '2026-02-03' }, [['newborn', 0.34, 'possible']]],
  [
    'pinyin, the family name last',
    { name: [{ family: 'Ouyang', given: ['Nana'] }], birthDate: '2026-02-03' },
    [['newborn', 0.34, 'possible']],
  ],
  // 20 + 6: below what is told
  ['day and month exchanged', { name: [{ text: '欧阳娜娜' }], birthDate: '2026-03-02' }, []],
  // 20 + 10
  ['a year of birth', { name: [{ text: '欧阳娜娜' }], birthDate: '2026' }, [['newborn', 0.3, 'possible']]],
  // 60 - 20 + 0: one number, two names
  [
    'the number of one and the name of another',
    { identifier: [{ system: ID, value: LI }], name: [{ text: '王建国' }] },
    [['li', 0.4, 'possible']],
  ],
  // 60 + 20 + 20 - 10
  [
    'another sex',
    { identifier: [{ system: ID, value: LI }], name: [{ text: '李秀兰' }], birthDate: '1965-11-08', gender: 'male' },
    [['li', 0.9, 'certain']],
  ],
  ['a masked name', { identifier: [{ system: ID, value: LI }], name: [{ text: '李**' }] }, [['li', 0.6, 'probable']]],
  ['somebody else', { name: [{ text: '赵铁柱' }], birthDate: '1970-07-07', gender: 'male' }, []],
])('%s', async (_, asked, expected) => {
  expect(await matches(asked)).toEqual(expected)
})

test('of two persons with different identity numbers nothing else makes one', async () => {
  // With LI's: 60 - 20 - 20 - 10, below what is told.
  const twin = { ...wang, identifier: [{ system: ID, value: LI }] }
  expect((await matches(twin)).map(([id]) => id)).toEqual(['wang-card'])
})

describe('onlyCertainMatches and count', () => {
  const all = {
    ...wang,
    identifier: [
      { system: ID, value: WANG },
      { system: 'urn:card', value: 'C1' },
    ],
  }

  test('several are in the order of their scores, and cut', async () => {
    expect((await matches(all)).map(([id]) => id)).toEqual(['wang', 'wang-card'])
    const answer = await post(parameters(all, { count: 1 }))
    expect([answer.json.total, answer.json.entry.length, answer.json.entry[0].resource.id]).toEqual([2, 1, 'wang'])
  })

  test('in the address, beside a Patient alone or Parameters', async () => {
    const bare = { resourceType: 'Patient', ...all }
    const asked = (query: string, body: object = bare) => post(body, engine, `Patient/$match?${query}`)
    const cut = await asked('count=1')
    expect([cut.json.total, cut.json.entry.length]).toEqual([2, 1])
    expect((await asked('onlyCertainMatches=true')).json.total).toBe(0)
    expect((await asked('onlyCertainMatches=true', parameters(all))).json.total).toBe(0)
    const refused: [string, object, string, string][] = [
      ['onlyCertainMatches=yes', bare, 'parameter-invalid', 'onlyCertainMatches'],
      ['count=0', bare, 'parameter-invalid', 'count'],
      ['count=x', bare, 'parameter-invalid', 'count'],
      ['count=1&count=2', bare, 'parameter-repeated', 'count'],
      ['count=1', parameters(all, { count: 2 }), 'parameter-repeated', 'count'],
    ]
    for (const [query, body, code, name] of refused) {
      const { status, json } = await asked(query, body)
      const [{ details, expression }] = json.issue
      expect([query, status, details.coding[0].code, expression]).toEqual([query, 400, code, [name]])
    }
  })

  test('one certain person is told, several are not', async () => {
    expect(await matches({ ...wang, identifier: [{ system: ID, value: WANG }] }, { onlyCertainMatches: true })).toEqual([
      ['wang', 1, 'certain'],
    ])
    // wang-card: 30 + 64
    expect(await matches(all)).toEqual([
      ['wang', 1, 'certain'],
      ['wang-card', 0.94, 'certain'],
    ])
    expect(await matches(all, { onlyCertainMatches: true })).toEqual([])
  })
})

test('more than 20 names are refused: each is compared with all the names of everybody', async () => {
  const names = (count: number) => ({ ...wang, name: Array.from({ length: count }, (_, n) => ({ text: `王建${n}` })) })
  const many = await post(parameters(names(21)))
  expect([many.status, many.json.issue[0].details.coding[0].code, many.json.issue[0].expression]).toEqual([
    400,
    'parameter-values',
    ['Patient.name'],
  ])
  expect((await post(parameters(names(20)))).status).toBe(200)
})

test('the answer is a searchset of whole Patients with addresses; a Patient alone may be sent', async () => {
  const answer = await post({ resourceType: 'Patient', identifier: [{ system: ID, value: WANG }], name: [{ text: '王建国' }] })
  expect([answer.status, answer.json.resourceType, answer.json.type, answer.json.total]).toEqual([200, 'Bundle', 'searchset', 1])
  const [entry] = answer.json.entry as Entry[]
  expect(entry).toMatchObject({ fullUrl: `${server.url}/fhir/Patient/wang`, resource: { id: 'wang', name: wang.name } })
  expect(entry?.search).toEqual({
    mode: 'match',
    score: 0.8,
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/match-grade', valueCode: 'certain' }],
  })
  const xml = await server.call('POST', '/fhir/Patient/$match', {
    token: engine,
    body: parameters({ identifier: [{ system: ID, value: WANG }] }),
    headers: { Accept: 'application/fhir+xml' },
  })
  expect(xml.text).toMatch(
    /<search><extension url="[^"]+match-grade"><valueCode value="probable"\/><\/extension><mode value="match"\/><score value="0.6"\/><\/search>/,
  )
})

test.each<[string, object, number, string]>([
  ['nothing to match by', parameters({ active: true }), 400, 'parameter-invalid'],
  ['no resource', parameters(undefined), 400, 'parameter-invalid'],
  [
    'another type',
    { resourceType: 'Parameters', parameter: [{ name: 'resource', resource: { resourceType: 'Group' } }] },
    400,
    'resource-type-mismatch',
  ],
  ['what is no Patient', parameters({ name: 'x', birthDate: '1958' }), 400, 'type'],
  ['a count of none', parameters(wang, { count: 0 }), 400, 'parameter-invalid'],
  ['a count that is a text', withText('count', '1'), 400, 'parameter-invalid'],
  ['onlyCertainMatches that is a text', withText('onlyCertainMatches', 'true'), 400, 'parameter-invalid'],
  ['another parameter', parameters(wang, { most: 1 }), 400, 'parameter-unknown'],
])('%s is refused', async (_, body, status, code) => {
  const answer = await post(body)
  expect([answer.status, codeOf(answer)]).toEqual([status, code])
})

test('who may not search Patients may not match them; an operator meets nobody', async () => {
  const body = parameters({ identifier: [{ system: ID, value: WANG }] })
  const narrow = await server.token('h1-engine', { scope: 'system/Observation.rs' })
  expect((await post(body, narrow)).status).toBe(403)
  const answer = await post(body, loader)
  expect([answer.status, answer.json.total, answer.json.entry]).toEqual([200, 0, undefined])
})
