/** Folding of what is taken back by itself: words that are kept apart, verdicts over sets. By hand. */
import { describe, expect, test } from '@jest/globals'
import { keptText, statementsIn } from '../../server/ingest/fold/kept.ts'
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
})

describe('a verdict over sets', () => {
  const line = say({ resourceType: 'ChargeItem', status: 'billable' }, { statedAt: T1 })
  const verdict = (version: string, withdrawn: boolean, source = 'h1'): Statement => {
    const { patient: _, ...said } = say({ resourceType: 'ChargeItem' }, { statedAt: T2, source, withdrawn })
    return { ...said, verdict: version }
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

  test('it is kept as it is', () => {
    const all = [line, verdict('1|2', true)]
    expect(statementsIn(keptText(all))).toEqual(all)
  })
})
