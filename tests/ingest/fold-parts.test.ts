/** An element of which each part is said by itself: the same whatever came first. Expected by hand. */
import { describe, expect, test } from '@jest/globals'
import type { Statement } from '../../server/ingest/fold/types.ts'
import { foldAll, type Said, say } from './fold-support.ts'

describe('how a patient came and left', () => {
  const visit = (hospitalization: Record<string, unknown> | undefined, day: number, said: Said = {}) =>
    say(
      { resourceType: 'Encounter', ...(hospitalization && { hospitalization }) },
      { statedAt: `2026-03-${String(day).padStart(2, '0')}T00:00:00.000Z`, ...said },
    )
  const [came, left] = [{ admitSource: { text: 'came' } }, { dischargeDisposition: { text: 'left' } }]
  /** As servers kept it before each part stood by itself. */
  const inOne = (hospitalization: Record<string, unknown>, day: number): Statement => {
    const statement = visit(undefined, day)
    const unit = { at: statement.state.at, members: { hospitalization: JSON.stringify(hospitalization) } }
    return { ...statement, units: { ...statement.units, hospitalization: unit } }
  }
  const hospitalizationOf = (statements: Statement[]) => foldAll('Encounter', statements).hospitalization

  test.each<[string, Statement[], Record<string, unknown> | undefined]>([
    [
      'each part as it was said last',
      [visit(came, 1), visit({ admitSource: { text: 'else' } }, 2), visit(left, 3)],
      { admitSource: { text: 'else' }, ...left },
    ],
    ['another source says the other part', [visit(came, 1), visit(left, 2, { source: 'mi', kind: 'miis' })], { ...came, ...left }],
    [
      'one part taken back',
      [visit({ ...came, ...left }, 1), visit(undefined, 2, { without: ['hospitalization.dischargeDisposition'] })],
      came,
    ],
    ['all taken back', [visit({ ...came, ...left }, 1), visit(undefined, 2, { without: ['hospitalization'] })], undefined],
    ['said again behind that', [visit(undefined, 2, { without: ['hospitalization'] }), visit(came, 1), visit(left, 3)], left],
    [
      'kept in one before, and a part of it is said anew',
      [inOne({ ...came, ...left }, 1), visit({ admitSource: { text: 'else' } }, 2)],
      { admitSource: { text: 'else' }, ...left },
    ],
    [
      'a part that is older than what was kept in one',
      [inOne({ ...came, ...left }, 2), visit({ admitSource: { text: 'else' } }, 1)],
      { ...came, ...left },
    ],
    ['a part that was not in what was kept in one', [inOne(left, 2), visit(came, 1)], { ...came, ...left }],
  ])('%s, in any order', (_, statements, expected) => {
    expect(hospitalizationOf(statements)).toEqual(expected)
    expect(hospitalizationOf(statements.toReversed())).toEqual(expected)
  })
})
