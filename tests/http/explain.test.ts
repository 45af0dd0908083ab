/** `explain=true`: to operators how a search is run, without a word of what is stored; to everybody else a parameter that does not exist. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { systemDecision } from '../../server/access/decision.ts'
import { custody, observation, patient, putAll, relabelled } from '../consent/resources.ts'
import { type Answer, startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let operator: string
let auditor: string

beforeAll(async () => {
  server = await startTestServer()
  operator = await server.token('loader')
  auditor = await server.token('auditor', { purpose_of_use: 'HQUALIMP' })
  const all = Array.from({ length: 30 }, (_, n) => [
    patient(`p${n}`, {
      meta: custody('H1'),
      name: [{ text: n === 7 ? '独孤求败' : '王建国' }],
      identifier: [{ system: 'urn:test', value: `number-${n}` }],
    }),
    observation(`o${n}`, `p${n}`, 'x', { valueQuantity: { value: n, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' } }),
  ])
  await putAll(server, operator, all.flat())
  await relabelled(server)
}, 60_000)
afterAll(() => server.stop())

const ask = (path: string, token = operator, headers: Record<string, string> = {}): Promise<Answer> =>
  server.call('GET', `/fhir/${path}`, { token, headers })

type Command = Record<string, unknown> & { index: string[] }

interface Part {
  name: string
  [value: string]: unknown
}

function commandsOf({ status, json }: Answer): Command[] {
  expect([status, json.resourceType]).toEqual([200, 'Parameters'])
  return (json.parameter as { part: Part[] }[]).map(({ part }) => {
    const values = part.map(({ name, ...value }): [string, unknown] => [name, Object.values(value)[0]])
    return { ...Object.fromEntries(values), index: values.filter(([name]) => name === 'index').map(([, value]) => String(value)) }
  })
}

test('each command with its index, and what it looked at, to the power of ten', async () => {
  const [page] = commandsOf(await ask('Observation?code=x&_total=none&explain=true'))
  expect(page).toEqual({
    collection: 'Observation',
    command: 'find',
    index: ['keys'],
    collectionScan: false,
    sortInMemory: false,
    keysAtMost: 100,
    documentsAtMost: 100,
  })
})

test('a chain, an order of its own, includes, a count', async () => {
  const seen = async (path: string) => commandsOf(await ask(path)).map(({ collection, command }) => `${command} ${collection}`)
  expect(await seen('Observation?subject:Patient.name=王&_total=none&explain=true')).toEqual(['find Patient', 'find Observation'])
  expect(await seen('Observation?code=x&_summary=count&explain=true')).toContain('count Observation')
  const [sorted] = commandsOf(await ask('Observation?code=x&_sort=status&_total=none&explain=true'))
  expect(sorted).toMatchObject({ command: 'aggregate', sortInMemory: true, sortKeeps: 21 })
})

test('the page of a chain that leads to few comes in the order of the index, although what is contained is looked into', async () => {
  for (const chain of ['subject:Patient.name=王', 'patient.identifier=number-3', '_filter=subject.name sw "独"']) {
    const page = commandsOf(await ask(`Observation?${chain}&_total=none&explain=true`)).at(-1)
    expect([chain, page]).toMatchObject([chain, { collection: 'Observation', index: ['keys'], collectionScan: false, sortInMemory: false }])
  }
})

test('of several types and by form too', async () => {
  const collections = commandsOf(await ask('?_type=Patient,Observation&_lastUpdated=ge2024&explain=true')).map(
    ({ collection }) => collection,
  )
  expect(collections).toContain('Observation')
  const form = await server.call('POST', '/fhir/Patient/_search', {
    token: operator,
    body: 'identifier=number-3&explain=true',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  expect(commandsOf(form)[0]).toMatchObject({ collection: 'Patient', index: ['keys'] })
})

describe('tells nothing of anybody', () => {
  test.each([
    ['Patient?identifier={}', '_revinclude=Observation:subject'],
    ['Patient?identifier={}', '_include=Patient:organization&_include:iterate=*'],
    ['Observation?subject:Patient.identifier={}', ''],
    ['Observation?subject:Patient.identifier={}', 'status=final&_sort=status'],
    ['Patient?_has:Observation:subject:subject:Patient.identifier={}', '_sort=name'],
    ['Observation?_filter=patient.identifier eq "{}"', ''],
    ['?_type=Patient,Observation&_id={}', '_count=1'],
    ['Observation?patient={}', ''],
  ])('what comes after what is found, as %s&%s', async (path, more) => {
    const [there, absent] = path.includes('identifier') ? ['number-3', 'number-x'] : ['linked', 'nobody']
    await putAll(server, operator, [patient('linked', { link: [{ other: { reference: 'Patient/p1' }, type: 'seealso' }] })])
    const answers = await Promise.all([there, absent].map((name) => ask(`${encodeURI(path.replace('{}', name))}&${more}&explain=true`)))
    expect(answers[0]?.text).toBe(answers[1]?.text)
    expect(commandsOf(answers[0] as Answer).length).toBeGreaterThan(0)
  })

  test.each(['name=%E7%8B%AC%E5%AD%A4', 'identifier=number-3', 'name:contains=%E5%AD%A4', '_id=p3', 'identifier:not=number-3'])(
    '%s',
    async (query) => {
      const there = await ask(`Patient?${query}&explain=true`)
      const absent = await ask(
        `Patient?${query.replace('number-3', 'number-x').replace('p3', 'px').replaceAll('%AD%A4', '%AD%A6')}&explain=true`,
      )
      expect(there.text).toBe(absent.text)
      expect(commandsOf(there).length).toBeGreaterThan(0)
      expect(there.text).not.toMatch(/number-3|独|p3|urn:test|王/)
    },
  )
})

test('to anybody else it is an unknown parameter', async () => {
  const neutral = ({ status, text }: Answer) => [status, text.replaceAll('explain', 'explian').replace(/"id":"[^"]+"|_page=[\w%.-]+/g, '')]
  for (const headers of [{}, { Prefer: 'handling=strict' }]) {
    const answers = await Promise.all(
      ['explain', 'explian'].map((name) => ask(`Patient?name=wang&${name}=true&_count=2`, auditor, headers as Record<string, string>)),
    )
    expect(neutral(answers[0] as Answer)).toEqual(neutral(answers[1] as Answer))
  }
  expect((await ask('Patient?name=wang&explain=true', auditor, { Prefer: 'handling=strict' })).json.issue[0].details.coding[0].code).toBe(
    'parameter-unknown',
  )
})

test('false is the search itself, anything else is refused', async () => {
  expect((await ask('Patient?name=wang&explain=false')).json).toMatchObject({ resourceType: 'Bundle', type: 'searchset' })
  const refused = await ask('Patient?name=wang&explain=please')
  expect([refused.status, refused.json.issue[0].expression, refused.json.issue[0].details.coding[0].code]).toEqual([
    400,
    ['explain'],
    'parameter-invalid',
  ])
})

test('what a search refuses is refused, and it stands in the account of uses as one', async () => {
  expect((await ask('Patient?name:missing=maybe&explain=true')).status).toBe(400)
  const { store } = server.running
  const count = () => store.count(systemDecision('test'), 'AuditEvent', { kind: 'everything' })
  const before = await count()
  await ask('Patient?name=wang&explain=true')
  expect(await count()).toBe(before + 1)
})
