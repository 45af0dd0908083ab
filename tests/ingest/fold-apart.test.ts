/** Folding of what is taken back by itself: words that are kept apart, verdicts over sets. By hand. */
import { describe, expect, test } from '@jest/globals'
import { keptText, statementsIn } from '../../server/ingest/fold/kept.ts'
import { besides, isOfLists, listParts, listsVia } from '../../server/ingest/fold/lists-apart.ts'
import { newestOf } from '../../server/ingest/fold/stored.ts'
import { joinStatements } from '../../server/ingest/fold/statement.ts'
import type { Statement } from '../../server/ingest/fold/types.ts'
import { foldAll, type Said, say, T1, T2 } from './fold-support.ts'

describe('what is said apart', () => {
  const T3 = '2026-03-12T00:00:00.000Z'
  const apart = (type: string, via: string, said: Said) => ({ ...say({ resourceType: type, status: 'active' }, said), via })
  const status = (type: string, ...said: Statement[]) => foldAll(type, said).status

  test.each(['Claim', 'Procedure'])('%s: one of two is enough, whoever of the sources took the other back', (type) => {
    const [first, second] = [apart(type, 'S1', { statedAt: T1 }), apart(type, 'S2', { statedAt: T2 })]
    const gone = apart(type, 'S2', { statedAt: T3, source: 'other', withdrawn: true })
    expect(status(type, first, second, gone)).toBe('active')
    expect(status(type, second, gone)).toBe('entered-in-error')
    expect(status(type, { ...gone, via: 'S1' }, first, gone, second)).toBe('entered-in-error')
  })

  test('a plain word: of a claim it is no settlement, of other things it stands by itself', () => {
    const plain = (type: string) => say({ resourceType: type, status: 'active' }, { statedAt: T1 })
    for (const [type, expected] of [
      ['Claim', 'entered-in-error'],
      ['Procedure', 'active'],
    ] as const) {
      const [said, gone] = [apart(type, 'S1', { statedAt: T2 }), apart(type, 'S1', { statedAt: T3, withdrawn: true })]
      expect(status(type, plain(type), joinStatements(said, gone))).toBe(expected)
    }
  })
})

describe('lists of a visit that are taken back with what named them', () => {
  const T3 = '2026-03-12T00:00:00.000Z'
  const member = (id: string) => ({ condition: { reference: `Condition/${id}` } })
  const visit = (said: Said, ...diagnosis: string[]) =>
    say({ resourceType: 'Encounter', status: 'finished', ...(diagnosis.length > 0 && { diagnosis: diagnosis.map(member) }) }, said)
  const listed = (at: string, said: Said, ...diagnosis: string[]): Statement => ({
    ...besides(say({ resourceType: 'Encounter', ...(diagnosis.length > 0 && { diagnosis: diagnosis.map(member) }) }, said)),
    via: listsVia('D1', at),
  })
  const back = (at: string, statedAt: string) => listed(at, { statedAt, withdrawn: true })

  test('what an earlier version named goes with it, what a later one or another source names stays', () => {
    const [first, second] = [listed(T1, { statedAt: T1 }, 'a', 'b'), listed(T2, { statedAt: T2 }, 'a')]
    expect(foldAll('Encounter', [visit({}), first, second]).diagnosis).toEqual([member('a'), member('b')])
    expect(foldAll('Encounter', [visit({}), first, second, back(T1, T2)]).diagnosis).toEqual([member('a')])
    expect(foldAll('Encounter', [visit({ source: 'his' }, 'b'), first, second, back(T1, T2)]).diagnosis).toHaveLength(2)
    expect(foldAll('Encounter', [visit({}), first, back(T1, T2)])).toMatchObject({ status: 'finished' })
    expect(foldAll('Encounter', [visit({}), first, back(T1, T2)])).not.toHaveProperty('diagnosis')
  })

  test('they say nothing of whether the visit stands, nor when it was told of', () => {
    const cancelled = visit({ source: 'his', statedAt: T2, withdrawn: true })
    const later = listed(T3, { statedAt: T3 }, 'a')
    expect(foldAll('Encounter', [visit({}), cancelled, later]).status).toBe('entered-in-error')
    expect(foldAll('Encounter', [visit({}), later, back(T3, '2026-03-13T00:00:00.000Z')]).status).toBe('finished')
  })

  test('one version has one word, whenever it is said again', () => {
    const { whole, lists } = listParts({
      ...{ key: { type: 'Encounter', scope: 'H1', parts: ['V1'] }, state: 'current', statedAt: T1 },
      resource: { resourceType: 'Encounter', status: 'finished', diagnosis: [member('a')] },
      listsApart: { of: { type: 'x', scope: 'H1', parts: ['D1'] }, names: ['diagnosis'] },
    })
    expect(whole.resource).toEqual({ resourceType: 'Encounter', status: 'finished' })
    expect(lists?.resource).toEqual({ resourceType: 'Encounter', diagnosis: [member('a')] })
    expect([isOfLists(listsVia('D1', T1)), isOfLists('D1'), isOfLists(undefined)]).toEqual([true, false, false])
  })
})

test('of ever new words the last ones are kept, of a visit all', () => {
  const day = (at: number) => new Date(Date.parse(T1) + at * 86_400_000).toISOString()
  const words = Array.from({ length: 203 }, (_, at) => ({
    ...say({ resourceType: 'Condition' }, { statedAt: day((at * 5) % 203) }),
    via: `D${(at * 5) % 203}`,
  }))
  const plain = say({ resourceType: 'Condition' }, { statedAt: day(-1) })
  const kept = newestOf('Condition', [plain, ...words])
  expect(kept).toHaveLength(201)
  expect(kept).toContain(plain)
  expect(['D0', 'D1', 'D2', 'D3'].map((via) => kept.some((one) => one.via === via))).toEqual([false, false, false, true])
  expect(newestOf('Encounter', words)).toHaveLength(203)
  const versions = words.map((one) => ({ ...one, via: listsVia(one.via, T1) }))
  expect(newestOf('Encounter', [plain, ...versions])).toHaveLength(201)
})

describe('a verdict over sets', () => {
  const line = say({ resourceType: 'ChargeItem', status: 'billable' }, { statedAt: T1 })
  const verdict = (version: string, withdrawn: boolean, source = 'h1'): Statement => {
    const { patient: _, ...said } = say({ resourceType: 'ChargeItem' }, { statedAt: T2, source, withdrawn })
    return { ...said, verdict: `${new Date(T1).toISOString()}|${version}` }
  }
  const status = (...said: Statement[]) => foldAll('ChargeItem', said).status

  test('the one that knows more counts, whatever came first and whoever brought it', () => {
    for (const [known, more] of [
      [verdict('1', true), verdict('2', false, 'other')],
      [verdict('1', false), verdict('2', true, 'other')],
    ] as const) {
      const expected = more.state.withdrawn ? 'entered-in-error' : 'billable'
      expect(status(line, known, more)).toBe(expected)
      expect(status(more, known, line)).toBe(expected)
    }
  })

  test('what is stated behind it stands, and what it lets stand may be void for another reason', () => {
    expect(
      status(verdict('1', true), say({ resourceType: 'ChargeItem', status: 'billable' }, { statedAt: '2026-03-07T00:00:00.000Z' })),
    ).toBe('billable')
    expect(status(verdict('1', false), line, say({ resourceType: 'ChargeItem' }, { statedAt: T2, withdrawn: true }))).toBe(
      'entered-in-error',
    )
  })

  test('of a line that was stated anew it is none, though it goes before', () => {
    const anew = say({ resourceType: 'ChargeItem', status: 'billable' }, { statedAt: new Date(Date.parse(T2) - 1).toISOString() })
    expect(status(verdict('1', true), line)).toBe('entered-in-error')
    expect(status(verdict('1', true), line, anew)).toBe('billable')
  })

  test('it is kept as it is', () => {
    const all = [line, verdict('1|2', true)]
    expect(statementsIn(keptText(all))).toEqual(all)
  })
})
