/** Every search parameter of every type is answered by an index; what no index narrows is answered in bounded memory, or refused. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import { BOUNDS } from '../../server/config/bounds.ts'
import { DecimalTexts } from '../../server/fhir/resource-text.ts'
import { RESOURCE_TYPES } from '../../server/fhir/resource-types.ts'
import type { SearchParameter } from '../../server/search/types.ts'
import type { CommandPlan } from '../../server/store/explain.ts'
import type { SearchQuery } from '../../server/store/types.ts'
import { opened, put, SYSTEM } from '../store/fixture.ts'
import { parse, search } from './ask.ts'
import { officialExamples } from './official-examples.ts'

const context = opened()

/** All in one collection, which has the indexes of every other: the keys of a parameter say whose they are. */
const STORED = 'Basic'
const COUNT = 20

beforeAll(async () => {
  const writes = [...officialExamples(12)].map(({ resource }, at) =>
    put(`r${at}`, '{}', { type: STORED, index: search.index(resource, new DecimalTexts()) }),
  )
  expect(writes.length).toBeGreaterThan(400)
  expect((await context.store.commit({ writes })).ok).toBe(true)
}, 60_000)

async function explained(query: Partial<SearchQuery> & Pick<SearchQuery, 'plan'>): Promise<CommandPlan[]> {
  const { calls, plans } = context.store.explaining()
  await calls.search(SYSTEM, { type: STORED, sort: [], count: COUNT, total: 'none', ...query })
  return plans()
}

const VALUES: Record<string, string> = {
  token: 'active',
  string: 'peter',
  date: '2013-04',
  number: '0.5',
  quantity: 'gt5||mg',
  uri: 'http://hl7.org/fhir/x',
  reference: 'Patient/example',
  special: '39.9|116.4',
}

/** A value of the type's own form; of a composite one for each part. */
function askedValue(type: string, parameter: SearchParameter): string {
  const byCode = new Map(search.parameters(type).map((p) => [p.code, p]))
  const parts = parameter.component?.map(({ code }) => VALUES[byCode.get(code)?.type ?? ''] ?? 'x')
  if (parts) return parts.join('$')
  if (parameter.type === 'reference' && parameter.target && !parameter.target.includes('Patient') && parameter.target[0] !== 'Resource')
    return `${parameter.target[0]}/example`
  return VALUES[parameter.type] ?? 'x'
}

/** By keys where it has some; numbers, and a date that is not rare, are looked for in the order of ids until the page is full. */
const INDEXES: Record<string, readonly string[]> = {
  token: ['keys'],
  string: ['keys', '_id_'],
  uri: ['keys'],
  reference: ['keys'],
  composite: ['keys', '_id_', 'dates'],
  date: ['dates', '_id_'],
  number: ['_id_'],
  quantity: ['_id_'],
  special: ['_id_'],
}

test('every search parameter of every type', async () => {
  const problems: string[] = []
  const asked = new Set<string>()
  let parameters = 0
  for (const type of RESOURCE_TYPES) {
    for (const parameter of search.parameters(type)) {
      const value = parameter.code === '_id' ? 'r1' : askedValue(type, parameter)
      const { plan } = parse(type, `${parameter.code}=${value}`)
      // A code that its binding does not know, AuditEvents by what they have in common: nothing is asked of the collection, or of another one.
      if (plan.kind === 'nothing' || plan.kind === 'shape') continue
      const wanted =
        parameter.code === '_id'
          ? ['_id_']
          : parameter.code === '_text' || parameter.code === '_content'
            ? ['words']
            : parameter.code === '_lastUpdated' || plan.kind === 'lastUpdated'
              ? ['at', '_id_']
              : (INDEXES[parameter.type] ?? [])
      parameters++
      // The same keys in another type are the same question.
      const question = JSON.stringify(plan)
      if (asked.has(question)) continue
      asked.add(question)
      for (const { indexes, scanned } of await explained({ plan }))
        if (scanned || indexes.length === 0 || indexes.some((index) => !wanted.includes(index)))
          problems.push(`${type} ${parameter.code}: ${indexes} ${scanned}`)
    }
  }
  expect(problems).toEqual([])
  expect(parameters).toBeGreaterThan(2000)
  expect(asked.size).toBeGreaterThan(500)
}, 120_000)

describe('what no index narrows', () => {
  test.each(['gender:not=male', 'name:missing=true', 'value-quantity=gt5', 'birthdate:missing=true'])(
    '%s is looked for by id until the page is full',
    async (query) => {
      const [plan, ...others] = await explained({ plan: parse(query.startsWith('value') ? 'Observation' : 'Patient', query).plan })
      expect(others).toEqual([])
      expect(plan).toMatchObject({ scanned: false, sorted: false, command: 'find' })
      expect(plan?.indexes.every((index) => index === '_id_' || index === 'keys')).toBe(true)
    },
  )

  test('a page in an order of its own keeps no more than the page', async () => {
    const { plan, sort } = parse('Patient', 'gender:not=male&_sort=name')
    const [found] = await explained({ plan, sort })
    expect(found).toMatchObject({ sorted: true, kept: COUNT + 1 })
  })

  test('what takes too long is refused with advice', async () => {
    const bounds = BOUNDS as { searchMs: number }
    const usual = bounds.searchMs
    bounds.searchMs = 1
    try {
      const { plan, sort } = parse('Patient', 'name:contains=q&gender:not=male&_sort=-name,birthdate,family,given')
      const asked = Array.from({ length: 20 }, () =>
        context.store.search(SYSTEM, {
          type: STORED,
          plan: { kind: 'or', nodes: [plan, { kind: 'not', node: plan }] },
          sort,
          count: 1000,
          total: 'accurate',
        }),
      )
      await expect(Promise.all(asked)).rejects.toMatchObject({ issues: [{ code: 'too-costly' }] })
    } finally {
      bounds.searchMs = usual
    }
  })
})
