/** `_filter` is under the same decision, the same form of the data and the same account as ordinary parameters (L01, L07-L11, L19-L21). */
import { describe, expect, test } from '@jest/globals'
import { BROAD, condition, custody, encounter, give, idsIn, observation } from '../consent/resources.ts'
import { asAbsent, codeOf, sameInBoth, setting, type World } from './worlds.ts'

const LOCAL = 'https://fhir-cn.example/sid/H1/lab-item'
const value = (of: number): object => ({ valueQuantity: { value: of, unit: 'g', system: 'http://unitsofmeasure.org', code: 'g' } })
const held = setting(
  (w) => [
    ...[1, 3, 5].map((of) => observation(`o${of}-${w}`, `p1-${w}`, `lab-${w}`, value(of))),
    observation(`x1-${w}`, `p1-${w}`, `lab-${w}`, { encounter: { reference: `Encounter/secret-${w}` } }),
    observation(`l1-${w}`, `p1-${w}`, 'x', {
      code: {
        coding: [
          { system: 'urn:test', code: `own-${w}` },
          { system: LOCAL, code: 'L77' },
        ],
      },
    }),
  ],
  (w) => [
    encounter(`secret-${w}`, `p2-${w}`, 'H1', 'Practitioner/doc-1'),
    ...[2, 4, 6].map((of) => observation(`h${of}-${w}`, `p2-${w}`, `lab-${w}`, value(of))),
    condition(`h1-${w}`, `p2-${w}`, `diagnosis-${w}`, { meta: custody('H1', 'HIV') }),
  ],
)

const asked = (text: string, more = '') => `_filter=${encodeURIComponent(text)}${more}`
const search = (text: string, more = '', type = 'Observation') =>
  sameInBoth(held, (w: World) => `/fhir/${type}?${asked(text.replaceAll('{w}', w), more.replaceAll('{w}', w))}`)

describe('what is hidden is not found', () => {
  test.each<[string, string, number]>([
    ['code eq lab-{w}', '', 4],
    ['code eq lab-{w}', '&_summary=count', 4],
    ['code eq lab-{w}', '&_total=accurate&_count=1&_sort=-value-quantity', 4],
    ['code eq lab-{w} and value-quantity gt 3', '', 1],
    ['code eq lab-{w} and not (value-quantity eq 5)', '', 3],
    ['code ne nothing and code eq lab-{w}', '', 4],
    ['patient re p2-{w} or _id eq o1-{w}', '', 1],
    ['patient.name co "名p2-{w}"', '', 0],
    ['encounter.practitioner re Practitioner/doc-1', '', 0],
    ['code eq lab-{w} and encounter.status pr false', '', 4],
    ['code eq lab-{w} and encounter.status pr true', '', 0],
    ['not (encounter.status pr false)', '&code=lab-{w}', 0],
    ['encounter[practitioner re Practitioner/doc-1].status ne x', '&code=lab-{w}', 0],
  ])('%s%s', async (text, more, total) => {
    expect((await search(text, more)).json.total).toBe(total)
  })

  test('bisected, answer alike', async () => {
    for (let [low, high] = [0, 64]; high - low > 1; ) {
      const middle = (low + high) / 2
      const found = (await search(`code eq lab-{w} and value-quantity gt ${middle}`)).json.total
      if (found > 0) low = middle
      else high = middle
    }
  })

  test('by its id it is one that is absent', async () => {
    for (const text of ['_id eq {name}', '_id eq {name} or _id eq o1-a', 'not (_id eq {name}) and _id eq o1-a'])
      await asAbsent(held, (id) => `/fhir/Observation?${asked(text.replace('{name}', id))}`, { hidden: 'h2-a', absent: 'h9-a' })
  })

  test('in a search of several types', async () => {
    const answer = await sameInBoth(
      held,
      (w) => `/fhir?_type=Observation,Condition&${asked(`_id eq o1-${w} or _id eq h1-${w} or _id eq h2-${w}`)}`,
    )
    expect(idsIn(answer)).toEqual(['Observation/o1-a'])
  })
})

describe('the masked form', () => {
  const masked = (query: string) => held.server.call('GET', `/fhir/${query}`, { token: held.researcher })

  test.each([
    'date ge 2024',
    'patient re p1-a',
    '_id eq o1-a',
    '_lastUpdated ge 2024',
    'code eq x or date pr true',
    'not (value-string eq x)',
    'patient.gender eq male',
    'code-value-date eq x$2024',
    'code-value-date[code eq x].value-date ge 2024',
    // The value that is another one may be a code which the form leaves out.
    'code ne own-a',
  ])('%s is refused', async (text) => {
    const answer = await masked(`Observation?${asked(text)}`)
    expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
  })

  test('nor is a Group searched', async () => {
    expect(codeOf(await masked(`Group?${asked('characteristic[code eq x].value eq y')}`))).toBe('parameter-forbidden')
  })

  test('finds by public codes, and not by those of organisations', async () => {
    await give(held.server, 'p1-a', BROAD)
    const totals = []
    for (const text of ['code eq own-a', 'code eq L77', `code eq ${LOCAL}|L77`, `code eq ${LOCAL}|`, 'code eq own-a and not (code eq L77)'])
      totals.push((await masked(`Observation?${asked(text)}`)).json.total)
    expect(totals).toEqual([1, 0, 0, 0, 1])
  })
})

test.each([
  ['system/Observation.rs', 'patient.name co x'],
  ['system/Observation.rs system/Encounter.r', 'encounter.status eq finished'],
  ['system/Observation.rs system/Encounter.rs', 'encounter[subject.name co x].status eq finished'],
])('who may not search a type may not ask through it: %s, %s', async (scope, text) => {
  const token = await held.server.token('h1-engine', { scope })
  const answer = await held.server.call('GET', `/fhir/Observation?${asked(text)}`, { token })
  expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
})

describe('the account of uses', () => {
  const account = async (): Promise<{ text: string; queries: string }> => {
    const token = await held.server.token('patient-app', { patient: 'p1-b' })
    const { json } = await held.server.call('GET', '/fhir/AuditEvent?_sort=-date&_count=1', { token })
    const text = JSON.stringify(json.entry[0].resource)
    const query = /"query":"([^"]+)"/.exec(text)?.[1] ?? ''
    return { text, queries: Buffer.from(query, 'base64').toString() }
  }

  test('has what a chain led to, and not the text, which may name somebody', async () => {
    await held.server.call('GET', `/fhir/Encounter?${asked('patient.name eq "名p1-b"')}&status=nothing`, { token: held.doctor })
    const { text, queries } = await account()
    expect(text).toContain('Patient/p1-b')
    expect(queries).toMatch(/_filter=~[\w-]{22}/)
  })

  test('has a count of what is bound to the patient', async () => {
    await held.server.call('GET', `/fhir/Observation?${asked('patient re p1-b and code eq lab-b')}&_summary=count`, { token: held.doctor })
    const { text } = await account()
    expect(text).toContain('Observation/o1-b')
  })
})
