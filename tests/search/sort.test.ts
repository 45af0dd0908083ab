/**
 * `_sort` by any parameter (R4 search.html 3.1.1.5.3), page by page, against an order that is told here in plain words on the
 * resources themselves: of several values the one that comes first in the direction asked for, missing values at the end,
 * equal ones by id against the direction of the first term.
 */
import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DecimalTexts } from '../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import type { PageMark } from '../../server/store/types.ts'
import { opened, put, SYSTEM } from '../store/fixture.ts'
import { parse, refusal, search } from './ask.ts'

const SEED = 20_240_702
const context = opened()
const UCUM = 'http://unitsofmeasure.org'

interface Person extends FhirResource {
  id: string
  active?: boolean
  birthDate?: string
  name?: { family: string }[]
  address?: { city: string }[]
  managingOrganization?: { reference?: string; display?: string; identifier?: object }
  meta?: { tag?: { code: string }[]; profile?: string[] }
}
interface Result extends FhirResource {
  id: string
  code?: { coding?: { system?: string; code: string; display?: string }[]; text?: string }
  subject?: { reference: string }
  effectivePeriod?: { start: string; end: string }
  issued?: string
  valueQuantity?: { value: number; comparator?: '<' | '>'; unit?: string; system?: string; code?: string }
  component?: { code: object; valueQuantity: { value: number } }[]
}

const day = fc.integer({ min: 1, max: 9 }).map((n) => `2024-01-0${n}`)
const code = fc.constantFrom('a', 'B', 'b', 'c1', '甲')
const person = fc.record(
  {
    resourceType: fc.constant('Patient'),
    active: fc.boolean(),
    birthDate: fc.oneof(day, fc.constantFrom('2024', '2024-01')),
    name: fc.array(fc.record({ family: fc.constantFrom('王', '张', '李', '欧', 'Smith', 'Émile') }), { minLength: 1, maxLength: 2 }),
    address: fc.array(fc.record({ city: fc.constantFrom('北京', '上海', 'Berlin', 'aachen') }), { minLength: 1, maxLength: 2 }),
    managingOrganization: fc.constantFrom<object>(
      { reference: 'Organization/1' },
      { reference: 'Organization/2', identifier: { system: 'urn:x', value: 'A' } },
      { reference: 'https://elsewhere.example/fhir/Organization/1' },
      { display: '某医院' },
      { identifier: { system: 'urn:x', value: 'B' } },
    ),
    meta: fc.record({
      tag: fc.array(fc.record({ code }), { minLength: 1, maxLength: 2 }),
      profile: fc.array(fc.constantFrom('http://x.example/a', 'http://x.example/b'), { minLength: 1, maxLength: 2 }),
    }),
  },
  { requiredKeys: ['resourceType'] },
)
const result = fc.record(
  {
    resourceType: fc.constant('Observation'),
    code: fc.oneof(
      fc.record({
        coding: fc.array(fc.record({ system: fc.constantFrom('urn:z', 'urn:a'), code, display: fc.constantFrom('血', 'x') }), {
          minLength: 1,
          maxLength: 2,
        }),
      }),
      fc.constant({ text: '只有文字' }),
    ),
    subject: fc.constantFrom('Patient/1', 'Patient/2', 'Group/1', 'Device/9').map((reference) => ({ reference })),
    effectivePeriod: fc
      .tuple(day, day)
      .map((two) => two.sort())
      .map(([start, end]) => ({ start, end })),
    valueQuantity: fc.record(
      {
        value: fc.integer({ min: -3, max: 3 }),
        comparator: fc.constantFrom('<' as const, '>' as const),
        system: fc.constant(UCUM),
        code: fc.constantFrom('mg', 'g'),
      },
      { requiredKeys: ['value', 'system', 'code'] },
    ),
    component: fc.array(
      fc.record({
        code: fc.constant({ coding: [{ code: 'part' }] }),
        valueQuantity: fc.record({ value: fc.integer({ min: -3, max: 3 }) }),
      }),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
  },
  { requiredKeys: ['resourceType'] },
)

type Value = string | number
/** What a resource sorts by: all values of the parameter, up, and down where that is something else. */
type Values = (resource: never) => readonly Value[] | { up: readonly Value[]; down: readonly Value[] }
const PINYIN: Record<string, string> = { 王: 'wang', 张: 'zhang', 李: 'li', 欧: 'ou', 北京: 'beijing', 上海: 'shanghai' }
const FOLDED: Record<string, string> = { Smith: 'smith', Émile: 'emile', Berlin: 'berlin', aachen: 'aachen' }
/** Chinese by pinyin, others folded. */
const read = (values: readonly string[]): string[] => values.map((value) => PINYIN[value] ?? FOLDED[value] ?? '')
const time = (text: string): number => Date.parse(`${text}T00:00:00+08:00`)
const days = (text: string): { lo: number; hi: number } =>
  text === '2024'
    ? { lo: time('2024-01-01'), hi: time('2025-01-01') }
    : text === '2024-01'
      ? { lo: time('2024-01-01'), hi: time('2024-02-01') }
      : { lo: time(text), hi: time(text) + 86_400_000 }
const ends = (list: readonly { lo: number; hi: number }[]) => ({ up: list.map(({ lo }) => lo), down: list.map(({ hi }) => hi) })
const codes = ({ code: concept }: Result): string[] => (concept?.coding ?? []).map((one) => one.code)
const numbers = ({ component }: Result): number[] => (component ?? []).map(({ valueQuantity }) => valueQuantity.value)
/** The base unit of mass. */
const inGrams = ({ value, code: unit }: { value: number; code?: string }): number => (unit === 'mg' ? value / 1000 : value)
/** `>3` is a little more than 3 and `<3` a little less, which is also where their open ends sort. */
const own = ({ valueQuantity: q }: Result): number[] =>
  q ? [inGrams(q) + (q.comparator ? { '>': 1e-9, '<': -1e-9 }[q.comparator] : 0)] : []

const PARAMETERS: Record<string, Record<string, Values>> = {
  Patient: {
    _id: (p: Person) => [p.id],
    active: (p: Person) => (p.active === undefined ? [] : [String(p.active)]),
    birthdate: (p: Person) => ends(p.birthDate === undefined ? [] : [days(p.birthDate)]),
    family: (p: Person) => read((p.name ?? []).map(({ family }) => family)),
    'address-city': (p: Person) => read((p.address ?? []).map(({ city }) => city)),
    organization: (p: Person) => (p.managingOrganization?.reference === undefined ? [] : [p.managingOrganization.reference]),
    _tag: (p: Person) => (p.meta?.tag ?? []).map((tag) => tag.code),
    _profile: (p: Person) => p.meta?.profile ?? [],
  },
  Observation: {
    _id: (o: Result) => [o.id],
    code: codes,
    'combo-code': (o: Result) => [...codes(o), ...numbers(o).map(() => 'part')],
    subject: (o: Result) => (o.subject ? [o.subject.reference] : []),
    patient: (o: Result) => (o.subject?.reference.startsWith('Patient/') ? [o.subject.reference.slice('Patient/'.length)] : []),
    date: (o: Result) => (o.effectivePeriod ? [days(o.effectivePeriod.start).lo] : []),
    'value-quantity': own,
    'component-value-quantity': numbers,
    'combo-value-quantity': (o: Result) => [...own(o), ...numbers(o)],
  },
}

/** As UTF-8 bytes. */
const inOrder = (a: Value, b: Value): number =>
  typeof a === 'string' && typeof b === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : Number(a) - Number(b)

function first(resource: FhirResource, of: Values, down: boolean): Value | undefined {
  const found = of(resource as never)
  const values = [...('up' in found ? found[down ? 'down' : 'up'] : found)].sort(inOrder)
  return down ? values.at(-1) : values[0]
}

function expected(resources: readonly (FhirResource & { id: string })[], terms: readonly { of: Values; down: boolean }[]): string[] {
  const compared = (a: FhirResource & { id: string }, b: FhirResource & { id: string }): number => {
    for (const { of, down } of terms) {
      const [x, y] = [first(a, of, down), first(b, of, down)]
      if (x === undefined && y === undefined) continue
      if (x === undefined || y === undefined) return x === undefined ? 1 : -1
      const order = inOrder(x, y)
      if (order !== 0) return down ? -order : order
    }
    return terms[0]?.down ? inOrder(a.id, b.id) : -inOrder(a.id, b.id)
  }
  return [...resources].sort(compared).map(({ id }) => id)
}

const stored: Record<string, (FhirResource & { id: string })[]> = {}

beforeAll(async () => {
  for (const [type, arbitrary] of [
    ['Patient', person],
    ['Observation', result],
  ] as const) {
    const samples = fc.sample(arbitrary as fc.Arbitrary<object>, { numRuns: 60, seed: SEED })
    const resources = samples.map((one, n) => ({ ...one, id: `r${n}` }) as FhirResource & { id: string })
    stored[type] = resources
    const writes = resources.map((one) => put(one.id, '{}', { type, index: search.index(one, new DecimalTexts()) }))
    expect((await context.store.commit({ writes })).ok).toBe(true)
  }
})

async function paged(type: string, sort: string, count: number): Promise<string[]> {
  const parsed = parse(type, `_sort=${sort}`)
  const ids: string[] = []
  let after: PageMark | undefined
  do {
    const { rows, next } = await context.store.search(SYSTEM, {
      type,
      plan: parsed.plan,
      sort: parsed.sort,
      count,
      total: 'none',
      ...(after ? { after } : {}),
    })
    ids.push(...rows.map(({ id }) => id))
    after = next && (JSON.parse(JSON.stringify(next)) as PageMark)
  } while (after && ids.length <= 60)
  return ids
}

describe.each(Object.keys(PARAMETERS))('%s', (type) => {
  const parameters = Object.entries(PARAMETERS[type] ?? {})

  test.each(parameters.flatMap(([name, of]) => [false, true].map((down) => [`${down ? '-' : ''}${name}`, of, down] as const)))(
    'by %s',
    async (sort, of, down) => {
      for (const count of [7, 100]) expect(await paged(type, sort, count)).toEqual(expected(stored[type] ?? [], [{ of, down }]))
    },
  )

  test('by several, in any directions', async () => {
    const term = fc.record({ at: fc.nat(parameters.length - 1), down: fc.boolean() })
    const lists = fc.sample(fc.uniqueArray(term, { minLength: 2, maxLength: 4, selector: ({ at }) => at }), { numRuns: 25, seed: SEED })
    for (const list of lists) {
      const terms = list.map(({ at, down }) => ({ name: parameters[at]?.[0] ?? '', of: parameters[at]?.[1] as Values, down }))
      const sort = terms.map(({ name, down }) => (down ? `-${name}` : name)).join(',')
      expect([sort, await paged(type, sort, 11)]).toEqual([sort, expected(stored[type] ?? [], terms)])
    }
  })
})

test('every parameter of every type has an order, or is refused with the reason', () => {
  const refused = new Set<string>()
  for (const type of ['Patient', 'Observation', 'MolecularSequence', 'Location', 'ActivityDefinition', 'Task', 'MedicationRequest'])
    for (const { code: name, type: kind } of search.parameters(type)) {
      const reason = refusal(type, `_sort=-${name}`)
      if (reason !== undefined) refused.add(`${kind} ${reason}`)
      if (kind === 'string' && reason !== undefined) expect(['_text', '_content']).toContain(name)
    }
  expect([...refused].sort()).toEqual(['composite sort-composite', 'special parameter-unsupported', 'string parameter-unsupported'])
})
