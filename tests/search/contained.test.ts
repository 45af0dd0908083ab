/**
 * `_contained` against the database: a container is found where one of the resources that it contains would be found if it stood by
 * itself, which the naive evaluator says of each of them, and only then (R4 search.html#contained).
 */
import { beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DecimalTexts } from '../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { CONTAINED } from '../../server/search/keys.ts'
import { planMatches } from '../../server/search/matches.ts'
import { allOf, type PlanNode } from '../../server/search/plan.ts'
import { opened, put, SYSTEM } from '../store/fixture.ts'
import { arbitraryCode, arbitraryDate, arbitraryDecimal, arbitrarySystem, arbitraryUnit, DATE_PREFIXES } from './arbitrary.ts'
import { parse, search } from './ask.ts'
import { matches } from './naive.ts'

const SEED = 20_261_127
const context = opened()
const index = (resource: FhirResource) => search.index(resource, new DecimalTexts())

const coding = fc
  .record({ system: arbitrarySystem, code: arbitraryCode })
  .map(({ system, code }) => (system === '' ? { code } : { system, code }))
const quantity = fc.record({ value: arbitraryDecimal.map(Number), system: fc.constant('http://unitsofmeasure.org'), code: arbitraryUnit })
const observation = fc.record(
  {
    resourceType: fc.constant('Observation'),
    id: fc.constantFrom('a', 'b', 'c'),
    status: fc.constantFrom('final', 'amended'),
    code: fc.record({ coding: fc.array(coding, { maxLength: 2 }) }),
    subject: fc.constantFrom('Patient/1', 'Patient/2', 'Device/1', '#p').map((reference) => ({ reference })),
    effectiveDateTime: arbitraryDate,
    valueQuantity: quantity,
    component: fc.array(
      fc.record({ code: fc.record({ coding: fc.array(coding, { minLength: 1, maxLength: 1 }) }), valueQuantity: quantity }),
      {
        maxLength: 2,
      },
    ),
  },
  { requiredKeys: ['resourceType', 'id'] },
)
const organization = fc
  .constantFrom('王', '集团', 'Müller', '单家')
  .map((name) => ({ resourceType: 'Organization', id: 'o', name, active: true }))
const container = fc.array(fc.oneof({ weight: 4, arbitrary: observation }, { weight: 1, arbitrary: organization }), { maxLength: 4 }).map(
  // What it says itself is nothing that it contains.
  (contained) => ({ resourceType: 'DiagnosticReport', status: 'final', code: { coding: [{ code: 'a' }] }, contained }),
)

const escaped = (code: string): string => code.replaceAll(/[\\,$|]/g, '\\$&')
const token = fc.tuple(arbitrarySystem, arbitraryCode).map(([system, code]) => (system === '' ? '' : `${system}|`) + escaped(code))
const prefix = fc.constantFrom('', ...DATE_PREFIXES)
const query = fc.oneof(
  fc.tuple(fc.constantFrom('code', 'code:not', 'combo-code'), token).map(([name, value]) => `${name}=${value}`),
  fc.tuple(prefix, arbitraryDate).map(([p, date]) => `date=${p}${date}`),
  fc.tuple(prefix, arbitraryDecimal, arbitraryUnit).map(([p, n, u]) => `value-quantity=${p}${n}|http://unitsofmeasure.org|${u}`),
  fc.tuple(token, prefix, arbitraryDecimal).map(([code, p, n]) => `component-code-value-quantity=${code}$${p}${n}`),
  fc.constantFrom('subject=Patient/1', 'patient=2', 'subject:missing=true', 'status=final', 'status:not=final', '_id=a', '_id=b,c'),
  fc.constantFrom('date:missing=true', '_filter=status eq final and not (subject re Patient/1)', 'code:missing=false'),
)

let containers: (FhirResource & { contained: FhirResource[] })[]
beforeAll(async () => {
  containers = fc.sample(container, { numRuns: 150, seed: SEED }) as unknown as typeof containers
  const writes = containers.map((one, n) => put(`r${n}`, '{}', { type: 'DiagnosticReport', index: index(one) }))
  expect((await context.store.commit({ writes })).ok).toBe(true)
})

const planOf = (type: string, node: PlanNode): PlanNode =>
  allOf([
    { kind: 'keys', keys: [CONTAINED + type] },
    { kind: 'contained', type, node },
  ])

async function compare(type: string, text: string): Promise<number> {
  const { plan } = parse(type, text)
  const whole = planOf(type, plan)
  const page = await context.store.search(SYSTEM, {
    type: 'DiagnosticReport',
    plan: whole,
    sort: [{ by: 'id', param: '_id', descending: false }],
    count: 500,
    total: 'accurate',
  })
  const isFound = (one: FhirResource): boolean => matches(plan, { id: one.id ?? '', at: new Date(0), entry: index(one) })
  const expected = containers.flatMap(({ contained }, n) =>
    contained.some((one) => one.resourceType === type && isFound(one)) ? [`r${n}`] : [],
  )
  expect([text, page.rows.map(({ id }) => id).sort()]).toEqual([text, expected.sort()])
  // As a version that has just been committed is asked, without the database.
  const oneByOne = containers.flatMap((one, n) =>
    planMatches(whole, { id: `r${n}`, at: new Date(0), index: index(one) }) ? [`r${n}`] : [],
  )
  expect([text, oneByOne.sort()]).toEqual([text, expected])
  return expected.length
}

test('a container is found by what one of its resources is found by', async () => {
  const queries = fc.sample(fc.array(query, { minLength: 1, maxLength: 2 }), { numRuns: 250, seed: SEED }).map((parts) => parts.join('&'))
  let nonEmpty = 0
  for (const text of new Set(queries)) if ((await compare('Observation', text)) > 0) nonEmpty++
  expect(nonEmpty).toBeGreaterThan(60)
  for (const text of ['name=王', 'name=muller', 'name:contains=团', 'name=shan', 'active=true', 'name:missing=true', ''])
    await compare('Organization', text)
  expect(await compare('Organization', 'name=jituan')).toBeGreaterThan(0)
})

test('two criteria hold for the same contained resource, not for two of them', () => {
  const contained = [
    { resourceType: 'Observation', id: 'a', status: 'final', code: { coding: [{ code: 'x' }] } },
    { resourceType: 'Observation', id: 'b', status: 'amended', code: { coding: [{ code: 'y' }] } },
  ]
  const entry = index({ resourceType: 'DiagnosticReport', contained })
  const finds = (text: string) =>
    planMatches(planOf('Observation', parse('Observation', text).plan), { id: 'r', at: new Date(0), index: entry })
  expect([finds('code=x&status=final'), finds('code=x&status=amended'), finds('code=z')]).toEqual([true, false, false])
  expect(finds('status=final') && finds('status:not=final')).toBe(true)
})

test('a reference to what stands beside it has its type', () => {
  const contained = [
    { resourceType: 'Observation', id: 'a', status: 'final', code: {}, subject: { reference: '#p' } },
    { resourceType: 'Patient', id: 'p', name: [{ text: '王' }] },
  ]
  const [entry, patient] = search.contained({ resourceType: 'DiagnosticReport', contained })
  expect(entry?.keys).toContain('subject>Patient/')
  expect(patient).toMatchObject({ type: 'Patient', _id: 'p' })
})

test('what is no resource is passed over, and a container is indexed as a whole or not at all', () => {
  expect(search.contained({ resourceType: 'Basic', contained: [null, 5, { resourceType: 'Nothing' }, { id: 'x' }] })).toEqual(
    Array(4).fill(undefined),
  )
  const one = (n: number) => ({
    resourceType: 'Basic',
    id: `b${n}`,
    identifier: Array.from({ length: 100 }, (_, m) => ({ value: `v${n}-${m}` })),
  })
  const many = (count: number) => ({ resourceType: 'Basic', contained: Array.from({ length: count }, (_, n) => one(n)) })
  expect(() => index(many(10))).not.toThrow()
  expect(() => index(many(250))).toThrow(expect.objectContaining({ issues: [expect.objectContaining({ code: 'too-many-keys' })] }))
})
