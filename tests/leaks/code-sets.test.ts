/** Criteria by value set and by hierarchy tell nothing of what is hidden (L01), nor of codes that the masked form leaves out (L20). */
import { describe, expect, test } from '@jest/globals'
import { BROAD, condition, custody, give } from '../consent/resources.ts'
import { codeOf, sameInBoth, setting } from './worlds.ts'

const ICD = 'urn:oid:2.16.156.10011.2.3.3.11.3'
const SEXES = 'https://fhir-cn.example/ValueSet/cn-gender-gb'
const coded = (system: string, code: string): object => ({ code: { coding: [{ system, code }] } })
const LOCAL = 'https://fhir-cn.example/sid/H1/diagnosis'

const held = setting(
  (w) => [
    condition(`c1-${w}`, `p1-${w}`, 'x', {
      ...coded(ICD, 'E11.900'),
      meta: { ...custody('H1'), tag: [{ system: 'urn:w', code: `t-${w}` }] },
    }),
    condition(`c2-${w}`, `p1-${w}`, 'x', {
      ...coded(LOCAL, 'E11.9'),
      meta: { ...custody('H1'), tag: [{ system: 'urn:w', code: `t-${w}` }] },
    }),
  ],
  (w) => [
    condition(`h1-${w}`, `p2-${w}`, 'x', {
      ...coded(ICD, 'E11.200'),
      meta: { ...custody('H1'), tag: [{ system: 'urn:w', code: `t-${w}` }] },
    }),
    condition(`h2-${w}`, `p2-${w}`, 'x', {
      ...coded('urn:oid:2.16.156.10011.2.3.3.4', '1'),
      meta: { ...custody('H1'), tag: [{ system: 'urn:w', code: `t-${w}` }] },
    }),
  ],
)

test.each([
  [`code:below=${ICD}|E11`, 1],
  [`code:below=${ICD}|E11.2`, 0],
  [`code:below=${ICD}|E00-E90`, 1],
  [`code:above=${ICD}|E11.900x001`, 1],
  [`code:above=${ICD}|E11.200x001`, 0],
  [`code:in=${SEXES}`, 0],
  [`code:not-in=${SEXES}`, 2],
  ['code:in=http://nowhere.example/ValueSet/x', undefined],
])('L01 %s finds %s in both worlds', async (criterion, total) => {
  const answer = await sameInBoth(held, (w) => `/fhir/Condition?_tag=urn:w|t-${w}&${criterion}`)
  expect(answer.json.total).toBe(total)
})

test('what is not known is refused with where and why', async () => {
  const answer = await held.server.call('GET', '/fhir/Condition?code:in=http://nowhere.example/ValueSet/x', { token: held.doctor })
  expect([answer.status, codeOf(answer), answer.json.issue[0].expression]).toEqual([400, 'value-set-unknown', ['code']])
})

describe('the masked form', () => {
  test.each([
    [`code:below=${ICD}|E11`, 1],
    [`code:in=${SEXES}`, 0],
  ])('L20 %s finds %i', async (criterion, total) => {
    await give(held.server, 'p1-a', BROAD)
    const answer = await held.server.call('GET', `/fhir/Condition?${criterion}`, { token: held.researcher })
    expect([answer.status, answer.json.total]).toEqual([200, total])
  })

  test('L20 numbers with their type are not searched by', async () => {
    const answer = await held.server.call('GET', '/fhir/Patient?identifier:of-type=urn:t|MR|1', { token: held.researcher })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'parameter-forbidden'])
  })
})
