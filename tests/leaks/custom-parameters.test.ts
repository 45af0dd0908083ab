/** Search parameters of operators under consent, and in masked forms, where what they look into is not known (L01, L20, L21). */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { BROAD, custody, give, observation } from '../consent/resources.ts'
import { codeOf, sameInBoth, setting } from './worlds.ts'
import { parametersReady } from '../support/parameters.ts'

const tag = (w: string) => ({ ...custody('H1'), tag: [{ system: 'urn:w', code: `t-${w}` }] })
const seen = (w: string, text: string) => ({ meta: tag(w), note: [{ text, authorReference: { reference: `Practitioner/doc-1` } }] })

const held = setting(
  (w) => [observation(`o1-${w}`, `p1-${w}`, 'x', seen(w, '甲'))],
  (w) => [observation(`h1-${w}`, `p2-${w}`, 'x', seen(w, '乙'))],
)

const PARAMETERS = [
  ['note', 'string', 'Observation', 'Observation.note.text'],
  ['noted-by', 'reference', 'Observation', 'Observation.note.author.as(Reference)'],
  // A name by which the masked form lets codes of other types be searched.
  ['outcome', 'token', 'Procedure', 'Procedure.identifier'],
  ['outcome', 'string', 'Observation', 'Observation.note.text'],
] as const

beforeAll(async () => {
  for (const [at, [code, type, base, expression]] of PARAMETERS.entries()) {
    const id = `leak-${at}`
    const resource = {
      resourceType: 'SearchParameter',
      id,
      url: `urn:test:${id}`,
      name: 'x',
      status: 'active',
      description: 'x',
      code,
      base: [base],
      type,
      expression,
    }
    const answer = await held.server.call('PUT', `/fhir/SearchParameter/${id}`, { token: held.loader, body: resource })
    expect([answer.status, answer.status === 201 ? '' : answer.text]).toEqual([201, ''])
  }
  await parametersReady(held.server, held.loader)
}, 60_000)

test.each([
  ['note=甲', 1],
  ['note=乙', 0],
  ['note:missing=false', 1],
  ['note:missing=true', 0],
  ['noted-by=Practitioner/doc-1', 1],
  ['_sort=note', 1],
  ['_sort=-note&_total=accurate', 1],
  ['_summary=count&note=乙', 0],
])('L01 Observation?%s finds %i in both worlds', async (query, total) => {
  const answer = await sameInBoth(held, (w) => `/fhir/Observation?_tag=urn:w|t-${w}&${encodeURI(query)}`)
  expect([answer.status, answer.json.total]).toEqual([200, total])
})

test.each([
  (w: string) => `/fhir/Practitioner?_id=doc-1&_has:Observation:noted-by:_tag=urn:w|t-${w}`,
  (w: string) => `/fhir/Practitioner?_id=doc-1&_has:Observation:noted-by:_id=h1-${w}`,
])('L05 what refers by it and is hidden is not there', async (path) => {
  expect((await sameInBoth(held, path)).status).toBe(200)
})

/** Those of operators, and those of the Chinese profiles that look into what the form leaves out. */
describe('the masked form', () => {
  beforeAll(() => give(held.server, 'p1-a', BROAD).then(() => undefined))
  const get = (path: string) => held.server.call('GET', `/fhir/${path}`, { token: held.researcher })

  test.each([
    'Observation?note=x',
    'Observation?note:missing=true',
    'Observation?outcome=x',
    'Procedure?outcome=x',
    'Observation?_sort=note',
    'Observation?_include=Observation:noted-by',
    'Observation?_include:iterate=Observation:noted-by:Practitioner',
    'Practitioner?_revinclude=Observation:noted-by',
    'Patient?_has:Observation:subject:note=x',
    'Practitioner?_has:Observation:noted-by:code=x',
    'Patient?ethnicity=01',
    'Patient?household=rural',
    'Coverage?subscriber-id=1',
    'Patient?_has:Coverage:beneficiary:subscriber-id=1',
    'Composition?template-id=urn:oid:1.2',
    'Encounter?subject:Patient._has:Observation:patient:note=x',
  ])('L20 %s is refused', async (path) => {
    const answer = await get(path)
    expect([path, answer.status, codeOf(answer)]).toEqual([path, 403, 'parameter-forbidden'])
  })

  test.each(['Observation?_include=*', 'Observation?_include=Observation:*', 'Observation?_include:iterate=*'])(
    'L21 %s does not follow it',
    async (path) => {
      const answer = await get(path)
      expect(answer.status).toBe(200)
      const types = answer.json.entry.map(({ resource }: { resource: { resourceType: string } }) => resource.resourceType)
      expect([types.includes('Observation'), types.includes('Practitioner')]).toEqual([true, false])
    },
  )
})

test('keys, labels and bodies of the hidden are not in what a refusal says', async () => {
  const body = {
    resourceType: 'SearchParameter',
    url: 'urn:x',
    name: 'x',
    status: 'active',
    description: 'x',
    code: 'note',
    base: ['Observation'],
    type: 'string',
    expression: 'Observation.note.text',
  }
  const answer = await held.server.call('POST', '/fhir/SearchParameter', { token: held.loader, body })
  expect([answer.status, codeOf(answer)]).toEqual([422, 'search-parameter-code'])
  expect(answer.text).not.toMatch(/甲|乙|p2-a|h1-a/)
})

describe('$reindex', () => {
  test.each(['$reindex', 'Observation/$reindex', 'Observation/h1-a/$reindex', 'Observation/none/$reindex'])(
    '%s is for operators',
    async (path) => {
      for (const token of [held.doctor, held.researcher]) {
        const answer = await held.server.call('POST', `/fhir/${path}`, { token })
        expect([answer.status, ['forbidden', 'not-permitted'].includes(codeOf(answer))]).toEqual([403, true])
      }
    },
  )

  test('nor is what it tells', async () => {
    const { headers } = await held.server.call('POST', '/fhir/Observation/$reindex', { token: held.loader })
    const job = (headers.get('content-location') ?? '').replace(/^.*(?=\/fhir\/)/, '')
    for (const path of ['/fhir/$reindex-status', job])
      expect((await held.server.call('GET', path, { token: held.doctor })).status).toBe(403)
  })
})
