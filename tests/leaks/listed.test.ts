/** `_list` (L07-L11, L13): a List opens nothing that is hidden, a hidden one answers as one that is absent, and its use is told. */
import { describe, expect, test } from '@jest/globals'
import { custody, idsIn, observation } from '../consent/resources.ts'
import { asAbsent, codeOf, sameInBoth, setting, type World } from './worlds.ts'

const list = (id: string, of: string, items: string[], extra: object = {}): object => ({
  resourceType: 'List',
  id,
  meta: custody('H1'),
  status: 'current',
  mode: 'working',
  subject: { reference: `Patient/${of}` },
  entry: items.map((reference) => ({ item: { reference } })),
  ...extra,
})
const dropped = (reference: string) => ({ deleted: true, item: { reference } })

const held = setting(
  (w) => [
    ...[1, 2, 3].map((n) => observation(`o${n}-${w}`, `p1-${w}`, `lab-${w}`)),
    list(`l1-${w}`, `p1-${w}`, [`Observation/o1-${w}`, `Observation/o2-${w}`, `Patient/p1-${w}`]),
    list(`l2-${w}`, `p1-${w}`, [], {
      mode: 'changes',
      entry: [dropped(`Observation/o1-${w}`), { item: { reference: `Observation/o3-${w}` } }],
    }),
  ],
  // Of the other person, and about what the asker may see otherwise.
  (w) => [list(`h1-${w}`, `p2-${w}`, [`Observation/o1-${w}`, `Patient/p2-${w}`]), observation(`h2-${w}`, `p2-${w}`, `lab-${w}`)],
)

const search = (query: string) => sameInBoth(held, (w: World) => `/fhir/${query.replaceAll('{w}', w)}`)

test.each<[string, string[]]>([
  ['Observation?_list=l1-{w}', ['Observation/o1-a', 'Observation/o2-a']],
  ['Observation?_list=l2-{w}', ['Observation/o3-a']],
  ['Observation?_list=l1-{w},l2-{w}&_sort=-_id&_total=accurate', ['Observation/o1-a', 'Observation/o2-a', 'Observation/o3-a']],
  ['Observation?_list=l1-{w}&code=lab-{w}&_count=1&_sort=_id', ['Observation/o1-a']],
  ['Observation?patient._list=l1-{w}&_id=o3-{w}', ['Observation/o3-a']],
  ['?_list=l1-{w}', ['Observation/o1-a', 'Observation/o2-a', 'Patient/p1-a']],
  ['?_list=l1-{w}&_type=Patient,Observation&_sort=_lastUpdated', ['Observation/o1-a', 'Observation/o2-a', 'Patient/p1-a']],
  ['Patient/p1-{w}/Observation?_list=l2-{w}', ['Observation/o3-a']],
  ['Observation?_list=h1-{w}', []],
  ['Observation?_list=h1-{w}&_summary=count', []],
  ['Observation?_list=l2-{w},h1-{w}', ['Observation/o3-a']],
  ['Patient?_list=h1-{w}', []],
  ['Observation?patient._list=h1-{w}', []],
  ['?_list=h1-{w}', []],
])('%s finds %j, whatever is hidden', async (query, ids) => {
  const answer = await search(query)
  expect([answer.status, idsIn(answer).sort()]).toEqual([200, ids])
})

test('a hidden List is one that is absent', async () => {
  for (const form of ['', '&_total=accurate', '&_summary=count', '&_include=Observation:subject'])
    await asAbsent(held, (id) => `/fhir/Observation?_list=${id}${form}`, { hidden: 'h1-a', absent: 'h9-a' })
  await asAbsent(held, (id) => `/fhir?_list=${id}`, { hidden: 'h1-a', absent: 'h9-a' })
})

test('a functional list is refused, and so is one in a batch', async () => {
  expect(codeOf(await search('Observation?_list=$current-problems'))).toBe('list-functional')
  const entry = [{ request: { method: 'GET', url: 'Observation?_list=$current-problems' } }]
  const batch = await held.server.call('POST', '/fhir', { token: held.doctor, body: { resourceType: 'Bundle', type: 'batch', entry } })
  expect(batch.json.entry[0].response.status).toMatch(/^400/)
})

describe('who may not search Lists', () => {
  test.each(['Observation?_list=l1-a', 'Observation?patient._list=l1-a', '?_type=Observation&_list=l1-a'])(
    'may not ask %s',
    async (query) => {
      const token = await held.server.token('h1-engine', { scope: 'system/Observation.rs system/Patient.rs system/List.r' })
      const answer = await held.server.call('GET', `/fhir/${query}`, { token })
      expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
    },
  )

  test('nor may who sees a masked form', async () => {
    const answer = await held.server.call('GET', '/fhir/Observation?_list=l1-a', { token: held.researcher })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
  })
})

test('that a List was asked stands in the account of whom it is about, once', async () => {
  expect((await held.server.call('GET', '/fhir/Practitioner?_list=l1-b', { token: held.doctor })).status).toBe(200)
  expect((await held.server.call('GET', '/fhir/Observation?_list=l2-b&_id=nothing', { token: held.doctor })).status).toBe(200)
  const token = await held.server.token('patient-app', { patient: 'p1-b' })
  const { json } = await held.server.call('GET', '/fhir/AuditEvent?entity=List/l2-b&_sort=-date', { token })
  const named = JSON.stringify(json.entry[0].resource).match(/List\/l2-b/g)
  expect(named).toHaveLength(1)
})
