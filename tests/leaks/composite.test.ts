/** Composite criteria are under the same decision as all others (L01, L10), and under the same form of the data (L20). */
import { describe, expect, test } from '@jest/globals'
import { isOpenParameter } from '../../server/access/deidentify-elements.ts'
import { r4Definitions } from '../../server/search/definitions.ts'
import { BROAD, give, observation } from '../consent/resources.ts'
import { codeOf, sameInBoth, setting, type World } from './worlds.ts'

const LOCAL = 'https://fhir-cn.example/sid/H1/lab-item'
const quantity = (value: number): object => ({ value, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' })
const part = (code: string, value: number): object => ({ code: { coding: [{ system: 'urn:test', code }] }, valueQuantity: quantity(value) })
const local = (code: string, value: number): object => ({ code: { coding: [{ system: LOCAL, code }] }, valueQuantity: quantity(value) })
const pressure = (id: string, of: string, w: World, high: number, low: number): object =>
  observation(id, of, `bp-${w}`, { component: [part(`sys-${w}`, high), part(`dia-${w}`, low), local(`own-${w}`, high)] })

const held = setting(
  (w) => [
    pressure(`v1-${w}`, `p1-${w}`, w, 120, 80),
    pressure(`v2-${w}`, `p1-${w}`, w, 90, 60),
    observation(`q1-${w}`, `p1-${w}`, `lab-${w}`, { valueQuantity: quantity(5) }),
  ],
  (w) => [pressure(`h1-${w}`, `p2-${w}`, w, 180, 110), observation(`h2-${w}`, `p2-${w}`, `lab-${w}`, { valueQuantity: quantity(7) })],
)

const total = async (query: string): Promise<number> =>
  (await sameInBoth(held, (w) => `/fhir/Observation?${query.replaceAll('{w}', w)}`)).json.total

describe('values of hidden resources', () => {
  test.each([
    ['component-code-value-quantity=sys-{w}$gt100', 1],
    ['component-code-value-quantity=sys-{w}$gt150', 0],
    ['component-code-value-quantity=sys-{w}$120||mm[Hg]', 1],
    ['component-code-value-quantity=dia-{w}$gt100', 0],
    // In another unit: 180 mm[Hg], which is hidden, is 24 kPa, and 7 are 0.93.
    ['component-code-value-quantity=sys-{w}$gt15|http://unitsofmeasure.org|kPa', 1],
    ['component-code-value-quantity=sys-{w}$gt20|http://unitsofmeasure.org|kPa', 0],
    ['value-quantity=gt0.8|http://unitsofmeasure.org|kPa&code=lab-{w}', 0],
    ['value-quantity=lt0.8|http://unitsofmeasure.org|kPa&code=lab-{w}&_sort=-value-quantity', 1],
    ['component-code-value-quantity=sys-{w}$80', 0],
    ['combo-code-value-quantity=lab-{w}$gt4,dia-{w}$lt70', 2],
    ['code-value-quantity=lab-{w}$gt6', 0],
    ['component-code-value-quantity:missing=false&code=bp-{w}&_summary=count', 2],
    ['component-code-value-quantity=sys-{w}$gt0&_sort=-date&_count=1', 2],
  ])('%s finds %i, whatever is hidden', async (query, expected) => {
    expect(await total(query)).toBe(expected)
  })

  test('bisected, answer alike', async () => {
    for (let [low, high] = [0, 256]; high - low > 1; ) {
      const middle = (low + high) / 2
      const found = await total(`component-code-value-quantity=sys-{w}$gt${middle}`)
      if (found > 0) low = middle
      else high = middle
    }
  })
})

describe('the masked form', () => {
  const masked = (query: string) => held.server.call('GET', `/fhir/Observation?${query}`, { token: held.researcher })

  test.each(['code-value-string=lab-a$x', 'code-value-date=lab-a$2024', 'code-value-date:missing=true'])('refuses %s', async (query) => {
    const answer = await masked(query)
    expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
  })

  test('finds by public codes, and not by those of organisations', async () => {
    await give(held.server, 'p1-a', BROAD)
    const totals = []
    for (const code of ['sys-a', 'own-a', `${LOCAL}|own-a`, `${LOCAL}|`])
      totals.push((await masked(`component-code-value-quantity=${code}$gt100`)).json.total)
    expect(totals).toEqual([1, 0, 0, 0])
  })

  test('a composite is open only where each of its parts is', () => {
    const open = r4Definitions().parameters.flatMap((p) =>
      p.base.filter((type) => p.type === 'composite' && isOpenParameter(type, p.code)).map((type) => ({ type, p })),
    )
    expect(open.map(({ p }) => p.code)).toContain('code-value-quantity')
    const closed = open.flatMap(({ type, p }) => (p.component ?? []).filter(({ code }) => !isOpenParameter(type, code)))
    expect(closed).toEqual([])
  })
})
