import { beforeAll, describe, expect, test } from '@jest/globals'
import type { PlanNode } from '../../server/search/plan.ts'
import { planFilter } from '../../server/store/plan-filter.ts'
import { index, opened, put, SYSTEM } from './fixture.ts'

const context = opened()
const day = (n: number) => new Date(Date.UTC(2026, 0, n))
const days = (from: number, to: number) => [{ lo: day(from), hi: day(to) }]

beforeAll(async () => {
  const docs = [
    put('a', 'a', { index: index({ keys: ['code:X', 'code=S|X', 'name~zhang san', 'name!Zhang San'], dates: { date: days(1, 2) } }) }),
    put('b', 'b', {
      index: index({
        keys: ['code:Y', 'name~li (si).*', 'name-2~zhang', 'text!Long\u0001beef', 'text$its end'],
        dates: { date: [...days(1, 2), ...days(10, 11)] },
      }),
    }),
    put('c', 'c', {
      index: index({
        keys: ['code:X', 'code:Y', 'name~wang\nwu'],
        nums: {
          'value-quantity': [
            { lo: 5, hi: 6, v: 5.5, u: ['mg', 'ucum|mg'] },
            { lo: 50, hi: 60, v: 55, u: ['g'] },
          ],
        },
      }),
    }),
    put('d', 'd', {
      index: index({
        groups: {
          pair: [
            { keys: ['a:X'], nums: { b: [{ lo: 1, hi: 1, v: 1 }] } },
            { keys: ['a:Y'], dates: { b: days(3, 4) } },
          ],
        },
      }),
    }),
  ]
  await context.store.commit({ writes: docs })
  await context.store.commit({ writes: [put('gone', 'x', { index: index({ keys: ['code:X'] }) })] })
  const { body: _, index: __, ...removal } = put('gone', '', { method: 'DELETE' })
  await context.store.commit({ writes: [removal] })
})

async function found(plan: PlanNode): Promise<string> {
  const page = await context.store.search(SYSTEM, {
    type: 'Basic',
    plan,
    sort: [{ by: 'id', param: '', descending: false }],
    count: 50,
    total: 'accurate',
  })
  expect(page.total).toBe(page.rows.length)
  expect(await context.store.count(SYSTEM, 'Basic', plan)).toBe(page.rows.length)
  return page.rows.map(({ id }) => id).join('')
}

test('a key that ends in a digest does not end as its value does', async () => {
  const ends = (prefix: string, text: string): PlanNode => ({ kind: 'keyLike', prefix, text, begins: false, ends: true })
  expect(await found(ends('text!', 'beef'))).toBe('')
  expect(await found(ends('text!', 'f'))).toBe('')
  expect(await found(ends('text$', 'END'))).toBe('b')
  expect(await found(ends('name!', 'SAN'))).toBe('a')
  const contains = (text: string): PlanNode => ({ kind: 'keyContains', prefix: 'text!', text })
  expect([await found(contains('ong')), await found(contains('bee'))]).toEqual(['b', ''])
})

const keys = (...list: string[]): PlanNode => ({ kind: 'keys', keys: list })
const group = (...nodes: PlanNode[]): PlanNode => ({ kind: 'group', param: 'pair', node: { kind: 'and', nodes } })
const interval = (
  field: 'dates' | 'nums',
  param: string,
  where: Extract<PlanNode, { kind: 'interval' }>['where'],
  unit?: string,
): PlanNode => ({
  kind: 'interval',
  field,
  param,
  where,
  ...(unit === undefined ? {} : { unit }),
})

describe('every kind of node', () => {
  const cases: [string, PlanNode, string][] = [
    ['everything without deleted ones', { kind: 'everything' }, 'abcd'],
    ['nothing', { kind: 'nothing' }, ''],
    ['a key', keys('code:X'), 'ac'],
    ['any of keys', keys('code:X', 'code:Y'), 'abc'],
    ['no key at all', keys(), ''],
    ['and', { kind: 'and', nodes: [keys('code:X'), keys('code:Y')] }, 'c'],
    ['empty and', { kind: 'and', nodes: [] }, 'abcd'],
    ['or', { kind: 'or', nodes: [keys('code=S|X'), keys('code:Y')] }, 'abc'],
    ['empty or', { kind: 'or', nodes: [] }, ''],
    ['not', { kind: 'not', node: keys('code:X') }, 'bd'],
    ['a range of keys', { kind: 'keyRange', from: 'name~z', to: 'name~{' }, 'a'],
    // `b` has a key below and one above the range, but none in it.
    ['a range is met by one key, not by two', { kind: 'keyRange', from: 'd', to: 'e' }, ''],
    ['contains', { kind: 'keyContains', prefix: 'name~', text: 'ang' }, 'ac'],
    ['contains takes signs as they are', { kind: 'keyContains', prefix: 'name~', text: '(si).*' }, 'b'],
    ['contains does not take a pattern', { kind: 'keyContains', prefix: 'name~', text: '.*' }, 'b'],
    ['contains reaches over a line break', { kind: 'keyContains', prefix: 'name~', text: 'wu' }, 'c'],
    ['contains stays in its parameter', { kind: 'keyContains', prefix: 'name-2~', text: 'zhang' }, 'b'],
    ['ids', { kind: 'ids', ids: ['b', 'd', 'gone', 'none'] }, 'bd'],
    ['a date interval', interval('dates', 'date', [{ end: 'lo', op: '$gte', value: day(9) }]), 'b'],
    [
      'both ends are of one interval',
      interval('dates', 'date', [
        { end: 'lo', op: '$gte', value: day(2) },
        { end: 'hi', op: '$lte', value: day(9) },
      ]),
      '',
    ],
    [
      'two bounds on one end',
      interval('dates', 'date', [
        { end: 'lo', op: '$gte', value: day(1) },
        { end: 'lo', op: '$gte', value: day(5) },
        { end: 'lo', op: '$lt', value: day(30) },
      ]),
      'b',
    ],
    ['a number with its unit', interval('nums', 'value-quantity', [{ end: 'hi', op: '$gt', value: 5 }], 'ucum|mg'), 'c'],
    ['a number with the unit of another repetition', interval('nums', 'value-quantity', [{ end: 'lo', op: '$gte', value: 50 }], 'mg'), ''],
    ['a group', group(keys('a:X')), 'd'],
    ['a group with a number of its own', group(keys('a:X'), interval('nums', 'b', [{ end: 'lo', op: '$gte', value: 1 }])), 'd'],
    ['a group with a date of its own', group(keys('a:Y'), interval('dates', 'b', [{ end: 'lo', op: '$gte', value: day(3) }])), 'd'],
    ['a group with the date of another', group(keys('a:X'), interval('dates', 'b', [{ end: 'lo', op: '$gte', value: day(1) }])), ''],
    ['a group that is without a key', group({ kind: 'not', node: keys('a:X') }), 'd'],
    ['no group is without either', group({ kind: 'not', node: keys('a:X', 'a:Y') }), ''],
    ['a present group', { kind: 'missing', field: 'groups', param: 'pair', separators: [], missing: false }, 'd'],
    ['a missing group', { kind: 'missing', field: 'groups', param: 'pair', separators: [], missing: true }, 'abc'],
    ['last updated', { kind: 'lastUpdated', where: [{ op: '$gt', value: day(1) }] }, 'abcd'],
    ['last updated before', { kind: 'lastUpdated', where: [{ op: '$lt', value: day(1) }] }, ''],
    ['last updated without bounds', { kind: 'lastUpdated', where: [] }, 'abcd'],
    ['missing key', { kind: 'missing', field: 'keys', param: 'name', separators: ['~', '!'], missing: true }, 'd'],
    ['present key', { kind: 'missing', field: 'keys', param: 'name', separators: ['~', '!'], missing: false }, 'abc'],
    ['missing date', { kind: 'missing', field: 'dates', param: 'date', separators: [], missing: true }, 'cd'],
    ['present number', { kind: 'missing', field: 'nums', param: 'value-quantity', separators: [], missing: false }, 'c'],
  ]
  test.each(cases)('%s', async (_name, plan, expected) => {
    expect(await found(plan)).toBe(expected)
  })
})

describe('nothing from outside becomes an operator, a pattern or a path', () => {
  const hostile = ['$ne', '{"$gt":""}', '.*', '^', '\\', '[a-', '\u0000', 'a\u0000b', '(?i)x', "'; return true; //", '𠮷', '\ud800']
  test.each(hostile)('the value %j is only text', async (value) => {
    expect(await found(keys(value))).toBe('')
    expect(await found({ kind: 'keyContains', prefix: 'name~', text: value === '.*' || value === '\\' ? `${value}${value}` : value })).toBe(
      '',
    )
    expect(await found({ kind: 'ids', ids: [value] })).toBe('')
  })

  test('an object instead of a text is refused', () => {
    const object = { $ne: '' } as unknown as string
    expect(() => planFilter(keys(object))).toThrow(TypeError)
    expect(() => planFilter({ kind: 'ids', ids: [object] })).toThrow(TypeError)
    expect(() => planFilter({ kind: 'keyContains', prefix: 'name~', text: object })).toThrow(TypeError)
    expect(() => planFilter({ kind: 'lastUpdated', where: [{ op: '$gt', value: object as never }] })).toThrow(TypeError)
    expect(() => planFilter(interval('dates', 'date', [{ end: 'lo', op: '$where' as never, value: 1 }]))).toThrow(TypeError)
    expect(() => planFilter({ kind: 'other' } as never)).toThrow(TypeError)
  })

  test.each(['a.b', '$where', '', '__proto__.x', 'a b'])('the parameter name %j is no path', (param) => {
    expect(() => planFilter({ kind: 'missing', field: 'dates', param, separators: [], missing: true })).toThrow(TypeError)
    expect(() => planFilter(interval('nums', param, [{ end: 'lo', op: '$gt', value: 1 }]))).toThrow(TypeError)
  })

  test('conditions on own tables compare and nothing else', async () => {
    const table = context.store.table(SYSTEM, 'plain')
    await table.insert({ _id: 'x', n: 1 })
    await expect(table.find({ $where: 'true' })).rejects.toThrow(TypeError)
    await expect(table.find({ n: { $regex: '.*' } })).rejects.toThrow(TypeError)
    await expect(table.update({ _id: 'x' }, {})).rejects.toThrow(TypeError)
    expect(await table.find({ n: { $gte: 1 } })).toEqual([{ _id: 'x', n: 1 }])
  })
})
