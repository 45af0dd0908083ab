/** Stored code systems and value sets in the bindings of profiles: over HTTP, in two processes, and without a database. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'
import { icd10Clinical } from '../../server/terminology-kept/formats/icd-10.ts'
import { keptTables } from '../../server/terminology-kept/tables.ts'
import type { StoredCodes } from '../../server/validation/stored-codes.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { loadText } from '../terminology/loaded.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

const TYPES = 'https://fhir-cn.example/ValueSet/cn-location-type'
const PLACES = 'urn:test:places'
const ICD = 'urn:oid:2.16.156.10011.2.3.3.11.3'

let server: TestServer
let second: TestServer
let loader: string

beforeAll(async () => {
  server = await startTestServer()
  second = await startTestServer({ beside: server })
  loader = await server.token('loader')
}, 60_000)
afterAll(async () => {
  await second.stop()
  await server.stop()
})

const place = (code: string, system = PLACES): object => ({
  resourceType: 'Location',
  meta: { profile: ['https://fhir-cn.example/StructureDefinition/cn-location'] },
  identifier: [{ system: 'urn:test', value: '1' }],
  name: '一号楼',
  physicalType: { coding: [{ system, code }] },
  managingOrganization: { reference: 'Organization/H1' },
})

const put = async (resource: { resourceType: string; id: string }): Promise<void> => {
  const answer = await server.call('PUT', `/fhir/${resource.resourceType}/${resource.id}`, { token: loader, body: resource })
  expect(answer.status).toBeLessThan(300)
}
const codeSystem = (concept: string[], more: object = {}) => ({
  resourceType: 'CodeSystem',
  id: 'places',
  url: PLACES,
  name: 'x',
  status: 'active',
  content: 'complete',
  concept: concept.map((code) => ({ code })),
  ...more,
})
const valueSet = (more: object = {}, id = 'types') => ({
  resourceType: 'ValueSet',
  id,
  url: TYPES,
  status: 'active',
  compose: { include: [{ system: PLACES }] },
  ...more,
})

/** severity and code of what is said of the type */
const said = (answer: Answer): string[] =>
  (answer.json.issue as { severity: string; details: { coding: { code: string }[] }; expression?: string[] }[])
    .filter(({ expression }) => expression?.[0]?.startsWith('Location.physicalType'))
    .map(({ severity, details }) => `${severity} ${details.coding[0]?.code}`)
const validated = async (resource: object, on = server): Promise<string[]> =>
  said(await on.call('POST', '/fhir/Location/$validate', { token: await on.token('loader'), body: resource }))
const created = async (resource: object, on = server): Promise<number> =>
  (await on.call('POST', '/fhir/Location', { token: await on.token('loader'), body: resource })).status

describe('a value set that is stored', () => {
  test('counts from the answer to its write on, in every process', async () => {
    expect([await validated(place('hut')), await created(place('hut'), second)]).toEqual([['error binding'], 422])
    await put(codeSystem(['hut', 'tent']))
    await put(valueSet())
    for (const on of [server, second]) {
      expect([await created(place('hut'), on), await created(place('yurt'), on)]).toEqual([201, 422])
      expect([await validated(place('hut'), on), await validated(place('yurt'), on)]).toEqual([[], ['error binding']])
      // The set takes the place of the one that comes with the server.
      expect(await validated(place('wa', 'http://terminology.hl7.org/CodeSystem/location-physical-type'), on)).toEqual(['error binding'])
    }
  })

  test('is followed by what it is made of', async () => {
    await put(codeSystem(['yurt']))
    for (const on of [server, second]) expect([await created(place('hut'), on), await created(place('yurt'), on)]).toEqual([422, 201])
  })

  test('of a fragment an unknown code is a warning', async () => {
    await put(codeSystem(['hut'], { content: 'fragment' }))
    expect([await validated(place('yurt')), await created(place('yurt'))]).toEqual([['warning binding'], 201])
  })

  test('that cannot be worked out refuses nothing, and it is said', async () => {
    await put(valueSet({ compose: { include: [{ valueSet: [TYPES] }] } }))
    expect([await validated(place('yurt')), await created(place('yurt'))]).toEqual([['warning binding-unchecked'], 201])
  })

  test('that is not active, and one that is taken away, does not count', async () => {
    await put(valueSet({ status: 'draft' }))
    expect([await validated(place('hut')), await created(place('hut'), second)]).toEqual([['error binding'], 422])
    await put(valueSet())
    expect(await validated(place('hut'), second)).toEqual([])
    const gone = await server.call('DELETE', '/fhir/ValueSet/types', { token: loader })
    expect(gone.status).toBe(204)
    expect([await validated(place('hut')), await validated(place('hut'), second)]).toEqual([['error binding'], ['error binding']])
  })

  test('is no other R4: what R4 itself requires stays', async () => {
    const genders = 'http://hl7.org/fhir/ValueSet/administrative-gender'
    await put(valueSet({ url: genders, compose: { include: [{ system: PLACES, concept: [{ code: 'hut' }] }] } }, 'genders'))
    const patient = (gender: string) => ({ resourceType: 'Patient', gender })
    const statuses = []
    for (const gender of ['hut', 'male'])
      statuses.push((await server.call('POST', '/fhir/Patient', { token: loader, body: patient(gender) })).status)
    expect(statuses).toEqual([422, 201])
  })
})

describe('a code system', () => {
  const coded = (code: string) => ({ resourceType: 'Basic', code: { coding: [{ system: PLACES, code }] } })
  const saidOf = async (code: string): Promise<unknown> => {
    const answer = await server.call('POST', '/fhir/Basic/$validate', { token: loader, body: coded(code) })
    return answer.json.issue.map(({ details }: { details: { coding: { code: string }[] } }) => details.coding[0]?.code)
  }

  test('that is stored as a whole says which codes it does not have', async () => {
    await put(codeSystem(['hut']))
    expect([await saidOf('hut'), await saidOf('palace')]).toEqual([['valid'], ['code-unknown']])
    await put(codeSystem(['hut'], { content: 'fragment' }))
    expect(await saidOf('palace')).toEqual(['valid'])
  })

  test('that was loaded counts in every process once it is in force', async () => {
    const diagnosis = (code: string, version?: string) => ({ ...place('x'), physicalType: { coding: [{ system: ICD, version, code }] } })
    const edition = 'clinical-2.0'
    await put(valueSet({ compose: { include: [{ system: ICD }] } }))
    expect(await created(diagnosis('Z99.999x099', edition), second)).toBe(201)
    const tables = keptTables(server.running.store)
    const done = await loadText(tables, icd10Clinical, '主要编码,附加编码,疾病名称\r\nA01.000x001,,伤寒\r\n')
    expect(done.status).toBe('ready')
    for (const on of [server, second])
      expect([await created(diagnosis('A01.000x001', edition), on), await created(diagnosis('Z99.999x099', edition), on)]).toEqual([
        201, 422,
      ])
    // Of the other edition a part comes with the server: a code that names none may be one of it.
    expect(await validated(diagnosis('Z99.999x099'))).toEqual(['warning binding'])
  })
})

describe('the validator alone', () => {
  const stored = (more: Partial<StoredCodes>): StoredCodes => ({
    answer: () => undefined,
    settle: async () => false,
    refresh: async () => undefined,
    state: {},
    ...more,
  })
  const resource = place('hut') as { resourceType: string }

  test('nothing is judged where the stored codes cannot be read', async () => {
    const validator = createValidator({ stored: stored({ settle: () => Promise.reject(new OutcomeError('unavailable')) }) })
    await expect(validator.judge(resource, { mode: 'create' })).rejects.toThrow('unavailable')
  })

  const member = {
    resourceType: 'StructureDefinition' as const,
    url: 'urn:test:member',
    type: 'Basic',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Basic',
    snapshot: {
      element: [
        {
          id: 'Basic',
          path: 'Basic',
          min: 0,
          max: '*',
          base: { path: 'Basic', min: 0, max: '*' },
          constraint: [{ key: 't-1', severity: 'error' as const, expression: "code.memberOf('urn:test:set')", source: 'urn:test:member' }],
        },
      ],
    },
    differential: { element: [{ id: 'Basic' }] },
  }

  test('what was judged by codes that turn out to have been changed is judged anew', async () => {
    const before = {}
    let state: object = before
    const validator = createValidator({
      definitions: [member],
      stored: {
        answer: (canonical) => (canonical !== 'urn:test:set' ? undefined : state === before ? 'in' : 'out'),
        settle: async () => false,
        refresh: async () => undefined,
        get state() {
          return state
        },
      },
    })
    const basic = { resourceType: 'Basic', code: { coding: [{ system: 'urn:x', code: 'a' }] } }
    const options = { mode: 'create', profiles: ['urn:test:member'] } as const
    const rulesOf = (issues: readonly { rule?: string }[]) => issues.map(({ rule }) => rule)
    const first = validator.judgement(basic, options)
    expect([rulesOf(first.found), rulesOf(await first.confirmed)]).toEqual([[], []])
    const wait = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      state = {}
    })
    const { found, confirmed } = validator.judgement(basic, options, wait)
    expect([rulesOf(found), rulesOf(await confirmed)]).toEqual([[], ['t-1']])
    await expect(validator.judgement(basic, options, Promise.reject(new OutcomeError('unavailable'))).confirmed).rejects.toThrow(
      'unavailable',
    )
  })

  test('memberOf() asks the same', async () => {
    const open: string[] = []
    const known = new Map<string, 'in' | 'out'>()
    const validator = createValidator({
      definitions: [member],
      stored: stored({
        answer(canonical, { code }) {
          if (canonical === 'urn:test:set' && !known.has(code)) open.push(code)
          return canonical === 'urn:test:set' ? known.get(code) : undefined
        },
        async settle() {
          for (const code of open) known.set(code, code === 'a' ? 'in' : 'out')
          return open.splice(0).length > 0
        },
      }),
    })
    const rules = async (code: string) => {
      const basic = { resourceType: 'Basic', code: { coding: [{ system: 'urn:x', code }] } }
      return (await validator.judge(basic, { mode: 'create', profiles: ['urn:test:member'] })).map(({ rule }) => rule)
    }
    expect([await rules('a'), await rules('b')]).toEqual([[], ['t-1']])
  })
})
