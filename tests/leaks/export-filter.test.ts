/** Leak catalogue L24, by `_typeFilter`: a query of an export tells no more than a search of the same asker, in what it finds and in what it refuses. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { exportAll, linesOf } from '../consent/export.ts'
import { BROAD, condition, custody, give, idsIn, observation, putAll, relabelled } from '../consent/resources.ts'
import type { Answer } from '../support/server.ts'
import { setting, WORLDS, type World } from './worlds.ts'

/** In world `a` only: what p2 shares with nobody, and a label of p1 that the asker does not see. */
const held = setting(
  (w) => [
    observation(`o1-${w}`, `p1-${w}`, `lab-${w}`),
    observation(`o2-${w}`, `p1-${w}`, `other-${w}`),
    condition(`c1-${w}`, `p1-${w}`, `shown-${w}`),
  ],
  (w) => [
    observation(`h1-${w}`, `p2-${w}`, `lab-${w}`),
    condition(`hiv-${w}`, `p1-${w}`, `sealed-${w}`, { meta: custody('H1', 'HIV') }),
    condition(`hid-${w}`, `p2-${w}`, `sealed-${w}`),
    {
      resourceType: 'List',
      id: `list-${w}`,
      meta: custody('H1', 'HIV'),
      status: 'current',
      mode: 'working',
      subject: { reference: `Patient/p1-${w}` },
      entry: [{ item: { reference: `Observation/o1-${w}` } }],
    },
  ],
)
/** That doctor, for a system of the hospital. */
let ward: string
beforeAll(async () => {
  ward = await held.server.token('h2-ward', { purpose_of_use: 'TREAT', user: 'Practitioner/doc-2', scope: 'system/*.rs' })
})

const filter = (query: string): string => `_typeFilter=${encodeURIComponent(query)}`
async function exported(token: string, query: string): Promise<string[]> {
  const type = query.slice(0, query.indexOf('?'))
  const run = await exportAll(held.server, token, `/fhir/$export?_type=${type}&${filter(query)}`)
  return (await linesOf(held.server, token, run)).map((line) => `${type}/${(JSON.parse(line) as { id: string }).id}`).sort()
}
const bothWays = (of: (w: World) => string): string[] => WORLDS.map(of)

describe('of who sees a part', () => {
  test.each<[string, string[]]>([
    ['Observation?code=lab-{w}', ['o1']],
    ['Observation?patient=p1-{w}', ['o1', 'o2']],
    ['Observation?patient=p2-{w}', []],
    ['Observation?code=lab-{w},Observation?code=other-{w}', ['o1', 'o2']],
    ['Observation?patient:Patient._has:Condition:patient:code=shown-{w}', ['o1', 'o2']],
    ['Observation?patient:Patient._has:Condition:patient:code=sealed-{w}', []],
    ['Observation?code=lab-{w}&patient:Patient._has:Condition:patient:code=sealed-{w}', []],
    ['Observation?_filter=patient[_id eq p2-{w}].name co "p2"', []],
    ['Observation?_list=list-{w}', []],
    ['Condition?code=sealed-{w}', []],
    ['Condition?code:not=shown-{w}&patient=p1-{w}', []],
  ])('%s', async (query, found) => {
    const [a = '', b = ''] = bothWays((w) => query.replaceAll('{w}', w))
    const type = query.slice(0, query.indexOf('?'))
    const names = (w: World) => found.map((id) => `${type}/${id}-${w}`)
    expect([await exported(ward, a), await exported(ward, b)]).toEqual([names('a'), names('b')])
    if (a.includes(',Observation?')) return
    // As a search of the same asker.
    expect(idsIn(await held.server.call('GET', `/fhir/${a}`, { token: ward }), 'match').sort()).toEqual(names('a'))
  })
})

describe('in a masked form', () => {
  const ask = (query: string, prefer = 'respond-async') =>
    held.server.call('GET', `/fhir/$export?_type=Observation,Patient&${filter(query)}`, {
      token: held.researcher,
      headers: { Prefer: prefer },
    })

  test.each([
    'Patient?name=x',
    'Patient?identifier=x',
    'Patient?_id=p1-a',
    'Observation?_id=o1-a',
    'Observation?patient=p1-a',
    'Observation?subject:Patient.name=x',
    'Observation?_lastUpdated=gt2020-01-01',
    'Observation?_filter=patient re Patient/p1-a',
    'Observation?code:text=x',
    'Observation?_text=x',
  ])('%s is refused as a search is, whatever the handling', async (query) => {
    const search = await held.server.call('GET', `/fhir/${query}`, { token: held.researcher })
    expect(search.status).toBeGreaterThanOrEqual(400)
    for (const prefer of ['respond-async', 'respond-async, handling=lenient']) {
      const answer = await ask(query, prefer)
      expect([answer.status, answer.json.issue]).toEqual([search.status, search.json.issue])
    }
  })

  test('what may be asked finds who consented', async () => {
    await give(held.server, 'p1-a', BROAD)
    await relabelled(held.server)
    expect(await exported(held.researcher, 'Observation?code=lab-a')).toHaveLength(1)
    expect(await exported(held.researcher, 'Observation?code=lab-b')).toHaveLength(0)
  })
})

test('what a query led to is in the account of whom it tells of', async () => {
  await putAll(held.server, held.loader, [condition('told', 'p1-a', 'told')])
  await relabelled(held.server)
  const own = await held.server.token('patient-app', { patient: 'p1-a' })
  const account = async (more: string): Promise<Answer> =>
    held.server.call('GET', `/fhir/AuditEvent?subtype=export&entity=Condition/told${more}`, { token: own })
  expect((await account('&_summary=count')).json.total).toBe(0)
  // Nothing is found, and that is said of p1.
  expect(await exported(ward, 'Observation?code=absent&patient:Patient._has:Condition:patient:code=told')).toEqual([])
  const { total, entry } = (await account('')).json
  expect(total).toBe(1)
  const { query } = entry[0].resource.entity.find((one: { query?: string }) => one.query !== undefined)
  // In the form in which those may read it of whom it tells.
  expect(Buffer.from(query, 'base64').toString()).toMatch(/^code=absent&patient%3APatient\._has%3ACondition%3Apatient%3Acode=~[\w-]{22}$/)
})
