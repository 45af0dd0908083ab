/** What the pseudonymised form hides is not found by either, and the time at which a record came is not told (L20, L21, L49). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { custody, observation, patient, practitioner, putAll } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'
import { codeOf } from './worlds.ts'

const LOCAL = 'https://fhir-cn.example/sid/H1/lab-item'
const codings = [
  { system: 'http://loinc.org', code: '718-7', display: '张三的血红蛋白' },
  { system: LOCAL, code: 'L77', display: '本院编码' },
]
let server: TestServer
let authority: string
let engine: string
beforeAll(async () => {
  server = await startTestServer()
  await putAll(server, await server.token('loader'), [
    { ...practitioner('doctor-m'), gender: 'female' },
    patient('person-m', { meta: custody('H1') }),
    // The hospital's number is the public code too: that one is shown.
    observation('both', 'person-m', 'x', {
      code: { coding: [codings[1], { system: 'urn:public', code: 'L77' }].map((one) => ({ ...one, code: 'L79' })) },
    }),
    observation('coded', 'person-m', 'x', { code: { coding: codings, text: '李四的检查' }, valueCodeableConcept: { text: '王五' } }),
    observation('other', 'person-m', 'x', { code: { coding: [codings[0], { system: LOCAL, code: 'L78' }] } }),
  ])
  authority = await server.token('ha', { purpose_of_use: 'PUBHLTH', data_form: 'PSEUD' })
  engine = await server.token('h1-engine')
})
afterAll(() => server.stop())

const get = (path: string, token = authority, headers = {}): Promise<Answer> => server.call('GET', `/fhir/${path}`, { token, headers })

describe('a search', () => {
  test.each([
    'Observation?code:text=李四',
    'Observation?code:text=无人',
    'Observation?value-concept:text=王五',
    'Observation?category:text=x',
    'Observation?code:code-text=L7',
    'Observation?status:code-text=f',
    'Observation?_sort=code',
    'Observation?_sort=-code',
    'Practitioner?gender=female',
    'Group?code=x',
    'Group?type=person',
    'Group?characteristic=x',
  ])('by %s is refused', async (query) => {
    const answer = await get(encodeURI(query))
    expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
  })

  test.each([`code=${LOCAL}|L77`, `code=${LOCAL}|`, 'code=L77', `code=718-7&code=L77`, `code=nothing,L77`])(
    'by %s, a code of the hospital, finds nothing for who does not see it',
    async (query) => {
      const [masked, seen] = [await get(`Observation?${query}`), await get(`Observation?${query}`, engine)]
      expect([masked.status, masked.json.total]).toEqual([200, 0])
      expect(seen.json.total).toBe(query.endsWith('|') ? 3 : 1)
    },
  )

  test('by a public code finds as ever, and what is not such a code is all', async () => {
    const total = async (query: string, token = authority) => (await get(`Observation?${query}`, token)).json.total
    for (const query of ['code=718-7', 'code=http://loinc.org|718-7']) expect([query, await total(query)]).toEqual([query, 2])
    for (const query of ['code:not=L77', `code:not=${LOCAL}|L77`]) expect([query, await total(query)]).toEqual([query, 3])
    expect([await total('code=L79'), await total('code=L79', engine), await total('code:not=L77', engine)]).toEqual([1, 1, 2])
    expect((await get('Observation?code:text=%E6%9D%8E%E5%9B%9B', engine)).json.total).toBe(1)
  })
})

describe('_since', () => {
  const PATHS = ['Observation/coded/_history', 'Patient/person-m/$everything', '$export', 'Patient/$export']
  const headers = { Prefer: 'respond-async' }

  test.each(PATHS)('of %s is refused, whatever it says', async (path) => {
    for (const since of ['2020-01-01', '2030-01-01T00:00:00Z', 'x']) {
      const answer = await get(`${path}?_since=${since}`, authority, headers)
      expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([403, 'parameter-forbidden', ['_since']])
    }
    expect([200, 202]).toContain((await get(path, authority, headers)).status)
  })

  test('nor is _at', async () => {
    for (const at of ['2020', 'x']) {
      const answer = await get(`Observation/coded/_history?_at=${at}`)
      expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([403, 'parameter-forbidden', ['_at']])
    }
  })

  test.each(PATHS)('of %s is understood in the identified form', async (path) => {
    expect([200, 202]).toContain((await get(`${path}?_since=2020-01-01T00:00:00Z`, engine, headers)).status)
    expect((await get(`${path}?_since=x`, engine, headers)).status).toBe(400)
  })
})
