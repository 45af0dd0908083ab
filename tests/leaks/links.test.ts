/** Leak catalogue L07-L11: what a chain or `_has` finds at the other end tells no more than a search there would. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { BOUNDS } from '../../server/config/bounds.ts'
import { condition, custody, encounter, idsIn, observation } from '../consent/resources.ts'
import { codeOf, sameInBoth, setting, type World } from './worlds.ts'

const by = (practitioner: string): object => ({ performer: [{ reference: `Practitioner/${practitioner}` }] })
const provenance = (id: string, target: string): object => ({
  resourceType: 'Provenance',
  id,
  target: [{ reference: target }],
  recorded: '2024-05-01T00:00:00Z',
  agent: [{ who: { reference: 'Practitioner/doc-1' } }],
})

const held = setting(
  (w) => [
    observation(`o1-${w}`, `p1-${w}`, `lab-${w}`, by('doc-2')),
    // In both worlds they point to what stands in one of them alone.
    observation(`o2-${w}`, `p1-${w}`, `lab-${w}`, { encounter: { reference: `Encounter/secret-${w}` } }),
    observation(`o3-${w}`, `p1-${w}`, `lab-${w}`, { derivedFrom: [{ reference: `Observation/h1-${w}` }] }),
    condition(`c1-${w}`, `p1-${w}`, `diagnosis-${w}`),
    provenance(`v1-${w}`, `Observation/o1-${w}`),
  ],
  (w) => [
    encounter(`secret-${w}`, `p2-${w}`, 'H1', 'Practitioner/doc-1'),
    observation(`h1-${w}`, `p2-${w}`, `secret-${w}`, {
      ...by('doc-1'),
      meta: custody('H1', 'HIV'),
      encounter: { reference: `Encounter/secret-${w}` },
    }),
    observation(`h2-${w}`, `p2-${w}`, `lab-${w}`, { ...by('doc-1'), meta: custody('H1') }),
    condition(`h3-${w}`, `p2-${w}`, `diagnosis-${w}`, { meta: custody('H1') }),
    provenance(`h4-${w}`, `Observation/h1-${w}`),
  ],
)

const search = (query: string) => sameInBoth(held, (w: World) => `/fhir/${query.replaceAll('{w}', w)}`)
const found = async (query: string): Promise<string[]> => idsIn(await search(query))

describe.each([2000, 0])('with lists of %i', (most) => {
  const bounds = BOUNDS as { linkedDocs: number }
  const usual = bounds.linkedDocs
  beforeAll(() => {
    bounds.linkedDocs = most
  })
  afterAll(() => {
    bounds.linkedDocs = usual
  })

  describe('links to what is visible find it', () => {
    test.each<[string, string[]]>([
      ['Patient?_has:Observation:patient:code=lab-{w}', ['Patient/p1-a']],
      ['Patient?_has:Condition:patient:code=diagnosis-{w}', ['Patient/p1-a']],
      ['Practitioner?_has:Observation:performer:code=lab-{w}', ['Practitioner/doc-2']],
      ['Observation?_has:Provenance:target:agent=Practitioner/doc-1&code=lab-{w}', ['Observation/o1-a']],
      ['Patient?_has:Observation:patient:_has:Provenance:target:agent=Practitioner/doc-1&_id=p1-{w},p2-{w}', ['Patient/p1-a']],
      ['Observation?patient.name=名p1&code=lab-{w}', ['Observation/o1-a', 'Observation/o2-a', 'Observation/o3-a']],
      ['Observation?performer:Practitioner._id=doc-2&code=lab-{w}', ['Observation/o1-a']],
    ])('%s', async (query, ids) => {
      expect((await found(query)).sort()).toEqual(ids)
    })
  })

  describe('links to what is hidden find nothing, however they are counted or ordered', () => {
    test.each([
      'Patient?_has:Observation:patient:code=secret-{w}',
      'Patient?_has:Observation:patient:code=secret-{w}&_summary=count',
      'Patient?_has:Observation:subject:code=secret-{w}&_total=accurate&_count=0',
      'Practitioner?_has:Observation:performer:code=secret-{w}',
      'Practitioner?_has:Observation:performer:patient=p2-{w}',
      'Practitioner?_has:Encounter:practitioner:_id=secret-{w}',
      'Observation?encounter._id=secret-{w}',
      'Observation?encounter.status:missing=false&code=lab-{w}',
      'Observation?encounter.practitioner=Practitioner/doc-1&code=lab-{w}',
      'Observation?derived-from:Observation.code=secret-{w}',
      'Observation?derived-from:Observation.subject:Patient._id=p2-{w}',
      'Observation?derived-from:Observation.encounter.status:not=cancelled',
      'Encounter?_has:Observation:encounter:code=secret-{w}',
      'Patient?_has:Observation:patient:_has:Provenance:target:recorded=2024-05-01&_id=p2-{w}',
      'Patient?_has:Observation:patient:_has:Observation:derived-from:code=lab-{w}',
    ])('%s', async (query) => {
      const answer = await search(query)
      expect([answer.status, answer.json.total]).toEqual([200, 0])
    })

    test.each([
      'Patient?_has:Condition:patient:code=diagnosis-{w}&_sort=-_id',
      'Patient?_has:Observation:patient:code=lab-{w}&_summary=count',
      'Practitioner?_has:Observation:performer:code=lab-{w}&_revinclude=Observation:performer&_has:Observation:performer:patient=p1-{w}',
      'Observation?patient._has:Condition:patient:code=diagnosis-{w}&code=lab-{w}&_count=1&_total=accurate',
    ])('%s counts what is visible', async (query) => {
      expect((await search(query)).json.total).toBeGreaterThan(0)
    })
  })

  describe('what a link led to is a use of it', () => {
    const account = async (person: string): Promise<string> => {
      const token = await held.server.token('patient-app', { patient: person })
      const answer = await held.server.call('GET', '/fhir/AuditEvent?_sort=-date&_count=3', { token })
      return JSON.stringify(answer.json.entry.map(({ resource }: { resource: object }) => resource))
    }

    test.each([
      ['GET', 'Practitioner?_has:Observation:performer:code=lab-a&_has:Observation:performer:patient=p1-a', 'o1-a'],
      ['GET', 'Practitioner?_has:Observation:performer:patient=p1-a&_summary=count', 'o1-a'],
      ['GET', 'Practitioner?_has:Observation:performer:patient=p1-a&_id=nobody', 'o1-a'],
      ['GET', 'Location?_has:Encounter:location:patient.name=名p1-a', 'Patient/p1-a'],
    ])('%s %s', async (method, query, id) => {
      const before = (await account('p1-a')).length
      expect(before).toBeGreaterThan(0)
      expect((await held.server.call(method, `/fhir/${query}`, { token: held.doctor })).status).toBe(200)
      const told = await account('p1-a')
      expect(told).toContain(id)
      expect(told).toContain(encodeURIComponent(query.split('?')[0] ?? ''))
      expect(told).not.toMatch(/\bp1-b|\bp2-/)
    })
  })
})

describe('who may not search a type may not ask through it', () => {
  test.each([
    ['system/Patient.rs', 'Patient?_has:Observation:patient:code=lab-a'],
    ['system/Observation.rs', 'Observation?patient.name=x'],
    ['system/Observation.rs system/Encounter.r', 'Observation?encounter.status=finished'],
    ['system/Observation.rs system/Patient.rs', 'Patient?_has:Observation:patient:_has:Provenance:target:recorded=2024'],
    ['system/Observation.rs system/Encounter.rs', 'Observation?encounter.subject:Patient.name=x'],
  ])('%s: %s', async (scope, query) => {
    const token = await held.server.token('h1-engine', { scope })
    const answer = await held.server.call('GET', `/fhir/${query}`, { token })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
  })

  test('a chain without a type is asked of the types that are left', async () => {
    const token = await held.server.token('h1-engine', { scope: 'system/Observation.rs system/Group.rs' })
    const answer = await held.server.call('GET', '/fhir/Observation?subject.identifier=x', { token })
    expect([answer.status, answer.json.total]).toEqual([200, 0])
  })
})

test.each([
  'Observation?patient.name=x',
  'Observation?subject:Patient.birthdate=1958',
  'Patient?_has:Observation:patient:code=lab-a',
  'Patient?_has:Observation:subject:date=2024-05-01',
  'Practitioner?_has:Observation:performer:code=lab-a',
  'Observation?performer:Practitioner.name=x',
])('L19 the masked form does not follow what it does not show: %s', async (query) => {
  const answer = await held.server.call('GET', `/fhir/${query}`, { token: held.researcher })
  expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
})

test('links that lead to many are looked up for each candidate, and not more of them than a search may cost', async () => {
  const bounds = BOUNDS as { linkedDocs: number }
  const usual = bounds.linkedDocs
  bounds.linkedDocs = 0
  try {
    const link = '_has:Observation:patient:code=lab-{w}'
    const answers = [4, 5].map((count) => search(`Patient?${Array(count).fill(link).join('&')}`))
    const inside = search(`Patient?${'_has:Observation:patient:patient:Patient.'.repeat(3)}name=名p`)
    expect((await Promise.all([...answers, inside])).map((answer) => codeOf(answer))).toEqual(['', 'too-costly', 'too-costly'])
  } finally {
    bounds.linkedDocs = usual
  }
})
