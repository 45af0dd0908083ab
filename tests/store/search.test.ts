import { beforeAll, describe, expect, test } from '@jest/globals'
import type { SortTerm } from '../../server/search/plan.ts'
import type { PageMark, SearchQuery } from '../../server/store/types.ts'
import { index, opened, put, SYSTEM } from './fixture.ts'

const context = opened()
const day = (n: number) => new Date(Date.UTC(2026, 0, n))

beforeAll(async () => {
  // Ids do not follow the values, some values are missing, some repeat.
  const entries: [string, Parameters<typeof index>[0]][] = [
    [
      'e',
      {
        keys: ['k', 'name~b', 'name!B'],
        sd: day(3),
        dates: { date: [{ lo: day(3), hi: day(4) }] },
        nums: { size: [{ lo: 3, hi: 3, v: 3 }], open: [{ lo: 9, hi: Number.POSITIVE_INFINITY, v: 9 }] },
      },
    ],
    [
      'a',
      {
        keys: ['k', 'name~c', 'name~a'],
        sd: day(5),
        dates: {
          date: [
            { lo: day(5), hi: day(6) },
            { lo: day(1), hi: day(2) },
          ],
        },
        nums: { open: [{ lo: Number.NEGATIVE_INFINITY, hi: 7, v: 7 }] },
      },
    ],
    ['d', { keys: ['k', 'code:x', 'code=S|y'], nums: { size: [{ lo: 1, hi: 9, v: 5 }] } }],
    [
      'b',
      {
        keys: ['k', 'name~b'],
        sd: day(3),
        dates: { date: [{ lo: day(4), hi: day(9) }] },
        nums: { size: [{ lo: 2, hi: 2, v: 2 }], open: [{ lo: 5, hi: 5, v: 5 }] },
      },
    ],
    ['c', { keys: ['k', 'code:w'], sd: day(4) }],
  ]
  for (const [id, entry] of entries) await context.store.commit({ writes: [put(id, id, { index: index(entry) })] })
})

const query = (sort: SortTerm[], count: number, after?: PageMark): SearchQuery => ({
  type: 'Basic',
  plan: { kind: 'keys', keys: ['k'] },
  sort,
  count,
  total: 'accurate',
  ...(after ? { after } : {}),
})

/** All ids in order, fetched with pages of the given size; marks pass through JSON as in a page link. */
async function paged(sort: SortTerm[], size: number): Promise<string> {
  let ids = ''
  let after: PageMark | undefined
  for (let guard = 0; guard < 20; guard++) {
    const page = await context.store.search(SYSTEM, query(sort, size, after))
    expect(page.total).toBe(5)
    ids += page.rows.map(({ id }) => id).join('')
    if (!page.next) return ids
    after = JSON.parse(JSON.stringify(page.next))
  }
  throw new Error('pages do not end')
}

const by = (by: SortTerm['by'], descending = false, param = '', separator = '~'): SortTerm => {
  const prefix = param + separator
  return { by, param, descending, ...(by === 'keys' ? { places: [{ prefix, range: [prefix, `${prefix}\uffff`] }] } : {}) }
}

describe('orders', () => {
  // Equal values: by id, against the direction of the first term. Missing values: always last.
  const cases: [string, SortTerm[], string][] = [
    ['id', [by('id')], 'abcde'],
    ['id down', [by('id', true)], 'edcba'],
    ['last updated', [by('lastUpdated')], 'eadbc'],
    ['last updated down', [by('lastUpdated', true)], 'cbdae'],
    ['main date', [by('mainDate')], 'ebcad'],
    ['main date down', [by('mainDate', true)], 'acbed'],
    ['none: main date down, as the index has it', [], 'acbed'],
    ['earliest date', [by('dates', false, 'date')], 'aebdc'],
    ['latest date down', [by('dates', true, 'date')], 'baecd'],
    ['lowest number', [by('nums', false, 'size')], 'dbeca'],
    ['highest number down', [by('nums', true, 'size')], 'debac'],
    ['lowest string', [by('keys', false, 'name')], 'aebdc'],
    ['highest string down', [by('keys', true, 'name')], 'abecd'],
    ['an open end is the value', [by('nums', false, 'open')], 'baedc'],
    ['an open end is the value, down', [by('nums', true, 'open')], 'eabcd'],
    ['of two parameters', [{ ...by('nums', false, 'size'), more: ['open'] }], 'dbeac'],
    ['token, by code', [by('keys', false, 'code', ':')], 'cdeba'],
    ['string, then main date', [by('keys', false, 'name'), by('mainDate', true)], 'aebcd'],
    ['main date, then id down', [by('mainDate'), by('id', true)], 'ebcad'],
    ['main date, then id', [by('mainDate'), by('id')], 'becad'],
  ]
  test.each(cases)('%s', async (_name, sort, expected) => {
    for (const size of [1, 2, 5, 50]) expect(await paged(sort, size)).toBe(expected)
  })
})

describe('pages', () => {
  test('count 0 has only the total', async () => {
    const page = await context.store.search(SYSTEM, query([], 0))
    expect(page).toEqual({ rows: [], total: 5 })
  })

  test('a full last page has no next one', async () => {
    expect((await context.store.search(SYSTEM, query([by('id')], 5))).next).toBeUndefined()
  })

  test('a mark of another order is refused', async () => {
    for (const after of [[], ['a', 'b', 'c'], [null], [true as never], [{ $gt: '' } as never]] as PageMark[]) {
      const refused = context.store.search(SYSTEM, query([by('mainDate', true)], 2, after))
      await expect(refused).rejects.toMatchObject({ issues: [{ code: 'page-invalid' }] })
    }
  })

  test('what is written meanwhile neither repeats nor hides a row', async () => {
    const type = 'Flag'
    const make = (id: string, n: number) => put(id, id, { type, index: index({ keys: ['k'], sd: day(n) }) })
    for (let i = 0; i < 20; i++) await context.store.commit({ writes: [make(`r${String(i).padStart(2, '0')}`, i)] })
    for (const sort of [[by('mainDate', true)], [by('keys', false, 'none'), by('mainDate')], [by('id')]]) {
      const seen: string[] = []
      let after: PageMark | undefined
      let extra = 0
      do {
        const page = await context.store.search(SYSTEM, { ...query(sort, 3, after), type })
        seen.push(...page.rows.map(({ id }) => id).filter((id) => id.startsWith('r')))
        after = page.next
        // Fewer than a page holds, or the reader would never come to the end.
        const n = [-5, 10, 40][extra % 3] as number
        await context.store.commit({ writes: [make(`n${n}.${sort[0]?.by}.${extra++}`, n)] })
      } while (after && extra < 100)
      expect([...seen].sort()).toEqual(Array.from({ length: 20 }, (_, i) => `r${String(i).padStart(2, '0')}`))
    }
  })
})

describe('streams', () => {
  test('come in id order, resume behind an id and keep to a period', async () => {
    const ids = async (options: Parameters<typeof context.store.stream>[3]) => {
      const all: string[] = []
      for await (const batch of context.store.stream(SYSTEM, 'Basic', { kind: 'everything' }, options))
        all.push(...batch.map(({ id }) => id))
      return all.join('')
    }
    expect(await ids({})).toBe('abcde')
    expect(await ids({ afterId: 'b' })).toBe('cde')
    const at = (await context.store.read(SYSTEM, 'Basic', 'd'))?.at as Date
    expect(await ids({ since: at })).toBe('bcd')
    expect(await ids({ until: at })).toBe('ae')
  })

  test('batches are bounded by number and bytes, and leave nothing out', async () => {
    const type = 'Media'
    const big = 'x'.repeat(1024 * 1024)
    await context.store.commit({ writes: Array.from({ length: 11 }, (_, i) => put(`m${i + 10}`, big, { type })) })
    await context.store.commit({ writes: Array.from({ length: 600 }, (_, i) => put(`s${i + 1000}`, 'y', { type })) })
    const sizes: number[] = []
    for await (const batch of context.store.stream(SYSTEM, type, { kind: 'everything' })) sizes.push(batch.length)
    expect(sizes).toEqual([4, 4, 500, 103])
  })
})
