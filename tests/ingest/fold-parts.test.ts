/** An element of which each part is said by itself: the same whatever came first. Expected by hand. */
import { describe, expect, test } from '@jest/globals'
import { reviseCodings } from '../../server/ingest/fold/revise-codings.ts'
import { joinStatements } from '../../server/ingest/fold/statement.ts'
import type { Statement } from '../../server/ingest/fold/types.ts'
import { permutations } from '../support/permutations.ts'
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

describe('who and what an appointment is with', () => {
  const participant = (...names: string[]) =>
    names.map((name) => ({ actor: name.includes('/') ? { reference: name } : { display: name }, status: 'accepted' }))
  const at = (day: number): string => `2026-03-0${day}T00:00:00.000Z`
  const appointment = (day: number, names: string[], said: Said = {}) =>
    say({ resourceType: 'Appointment', ...(names.length > 0 && { participant: participant(...names) }) }, { statedAt: at(day), ...said })
  const [staff, others] = [{ whole: { participant: ['Practitioner'] } }, { whole: { participant: [''] } }]
  const without = (day: number, name: string): Said => ({ unlisted: { statedAt: at(day), lists: { participant: participant(name) } } })
  /** As servers kept it before each of them stood by itself. */
  const kept = (day: number, ...names: string[]): Statement => {
    const statement = appointment(day, [])
    const unit = { at: statement.state.at, members: { participant: JSON.stringify(participant(...names)) } }
    return { ...statement, units: { ...statement.units, participant: unit } }
  }
  const [zhao, qian, room] = ['Practitioner/zhao', 'Practitioner/qian', '彩超一室']

  test.each<[string, Statement[], string[] | undefined]>([
    ['one comes to it', [appointment(1, [zhao, room]), appointment(2, [qian])], [zhao, room, qian]],
    ['all of a kind, and the other kind stays', [appointment(1, [zhao, room]), appointment(2, [qian], staff)], [room, qian]],
    ['all of each kind', [appointment(1, [zhao, room]), appointment(2, [qian], staff), appointment(3, ['二室'], others)], [qian, '二室']],
    ['all of a kind, said before', [appointment(1, [qian], staff), appointment(2, [zhao, room])], [qian, zhao, room]],
    ['all of a kind, among them one that was there', [appointment(1, [zhao, qian]), appointment(2, [qian], staff)], [qian]],
    ['one leaves it', [appointment(1, [zhao, room]), appointment(2, [], without(2, zhao))], [room]],
    ['one leaves it and comes back', [appointment(1, [zhao]), appointment(2, [], without(2, zhao)), appointment(3, [zhao])], [zhao]],
    ['the last leaves it', [appointment(1, [zhao]), appointment(2, [], without(2, zhao))], undefined],
    [
      'another source says that one leaves it',
      [appointment(1, [zhao, room]), appointment(2, [], { ...without(2, zhao), source: 'h2' })],
      [room],
    ],
    ['kept whole before, and one comes to it', [kept(1, zhao, room), appointment(2, [qian])], [zhao, room, qian]],
    ['kept whole before, and one leaves it', [kept(1, zhao, room), appointment(2, [], without(2, zhao))], [room]],
    ['kept whole before, and all of a kind', [kept(1, zhao, room), appointment(2, [qian], staff)], [room, qian]],
    ['kept whole before, and nothing since', [kept(1, zhao, room)], [zhao, room]],
  ])('%s, in any order', (_, statements, expected) => {
    for (const order of permutations(statements.length)) {
      const ordered = order.map((place) => statements[place] as Statement)
      expect(foldAll('Appointment', ordered).participant).toEqual(expected && participant(...expected))
    }
  })

  test('a service that left stays away when what it is translated to changes', () => {
    const source = { system: 'urn:local', code: 'US01' }
    const service = (code: string) => ({ coding: [{ system: 'urn:local', code }] })
    const both = say({ resourceType: 'Appointment', serviceType: [service('US01'), service('US02')] }, { statedAt: at(1) })
    const gone = appointment(2, [], { unlisted: { statedAt: at(2), lists: { serviceType: [service('US02')] } } })
    const change = { source, former: [], target: { system: 'urn:national', code: 'N1' } }
    const revised = reviseCodings('Appointment', joinStatements(both, gone), change)
    expect(foldAll('Appointment', [revised]).serviceType).toEqual([{ coding: [change.target, source] }])
  })

  test('what is no list of such members is refused', () => {
    expect(() => appointment(1, [], { whole: { reasonCode: [''] } })).toThrow('reasonCode')
  })
})
