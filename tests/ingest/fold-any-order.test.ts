/**
 * Properties of what sources say of a visit and of a settlement, in whatever order and however often it comes: what is said in passing, in parts, apart
 * and taken back, also where an earlier server kept it.
 */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MappedResource, SourceKind } from '../../mappings/engine/types.ts'
import { fold } from '../../server/ingest/fold/fold.ts'
import { keptText, statementsIn } from '../../server/ingest/fold/kept.ts'
import { besides, listParts, listsVia } from '../../server/ingest/fold/lists-apart.ts'
import { joinStatements, statementOf } from '../../server/ingest/fold/statement.ts'
import { type Statement, voiceOf } from '../../server/ingest/fold/types.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { persons } from './fold-support.ts'

const DAYS = ['2026-03-01T08:00:00.000Z', '2026-03-01T09:00:00.000Z', '2026-03-02T00:00:00.000Z', '2026-03-03T00:00:00.000Z']
const KINDS: Record<string, SourceKind> = { h1: 'hospital', h2: 'hospital', m1: 'miis' }
const RUNS = { numRuns: 1500 }

const day = fc.constantFrom(...DAYS)
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })
const who = {
  source: fc.constantFrom('h1', 'h1', 'h1', 'h2', 'm1'),
  statedAt: day,
  receivedAt: day,
  order: maybe(fc.constantFrom('1', '2')),
  patient: fc.constantFrom('a', 'a', 'a', 'b'),
  withdrawn: fc.constantFrom(false, false, false, true),
}
const ends = { admitSource: maybe(fc.constantFrom('x', 'y')), dischargeDisposition: maybe(fc.constantFrom('x', 'y')) }
type Way = 'plain' | 'placeholder' | 'inPassing'
const visitSaid = fc.record({
  ...who,
  way: fc.constantFrom<Way>('plain', 'plain', 'placeholder', 'inPassing'),
  hospitalization: maybe(fc.record(ends)),
  period: maybe(fc.record({ start: maybe(day), end: maybe(day) })),
  leaves: fc.boolean(),
  without: fc.subarray(['hospitalization', 'hospitalization.admitSource', 'period.end', 'period']),
  yielding: fc.subarray(['status', 'class']),
  diagnosis: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 2 }),
  listsOf: maybe(fc.constantFrom('D1', 'D2')),
  unlisted: fc.constantFrom(false, false, true),
  isOld: fc.boolean(),
})
const settlementSaid = fc.record({
  ...who,
  outcome: maybe(fc.constantFrom('complete', 'partial')),
  via: maybe(fc.constantFrom('s1', 's2')),
})
const ACTORS = ['Practitioner/a', 'Practitioner/b', '一室', '二室']
const appointmentSaid = fc.record({
  ...who,
  actors: fc.subarray(ACTORS),
  gone: fc.subarray(ACTORS),
  whole: fc.subarray(['Practitioner', '']),
  isOld: fc.boolean(),
})

const member = (id: string) => ({ condition: { reference: `Condition/${id}` } })
const defined = (of: Record<string, unknown>) => Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined))

type Who = { [K in keyof typeof who]: (typeof who)[K] extends fc.Arbitrary<infer T> ? T : never }

function spoken(resource: Record<string, unknown>, said: Who, more: Partial<MappedResource> = {}): Statement {
  const { source, statedAt, receivedAt, order, patient, withdrawn } = said
  const mapped: MappedResource = {
    ...{ key: { type: 'x', scope: 'x', parts: [] }, resource: resource as FhirResource, statedAt },
    ...{ state: withdrawn ? 'withdrawn' : 'current', ...(order && { order }) },
    ...more,
  }
  const origin = { source, kind: KINDS[source] as SourceKind, organization: source, patient, receivedAt, generation: 0 }
  return statementOf(mapped, origin, (value) => JSON.stringify(value))
}

type VisitSaid = typeof visitSaid extends fc.Arbitrary<infer T> ? T : never

/** As `prepare` makes it: of a visit, and of what a document says of its lists. */
function ofVisit(said: VisitSaid): Statement[] {
  const parts = said.hospitalization && defined(said.hospitalization)
  const resource = defined({
    ...{ resourceType: 'Encounter', status: 'finished', class: { code: 'IMP' }, period: said.period && defined(said.period) },
    ...{ hospitalization: parts, ...(said.diagnosis.length > 0 && { diagnosis: said.diagnosis.map(member) }) },
  })
  const more: Partial<MappedResource> = {
    ...{ without: said.without, yielding: said.yielding, ...(said.leaves && { leaves: ['period.end'] }) },
    ...(said.way !== 'plain' && { [said.way]: true }),
    ...(said.unlisted && { unlisted: { statedAt: said.statedAt, lists: { diagnosis: [member('a')] } } }),
  }
  const { whole, lists } = listParts({
    ...{ key: { type: 'x', scope: 'x', parts: [] }, resource: resource as FhirResource, state: 'current', statedAt: said.statedAt },
    ...(said.listsOf && { listsApart: { of: { type: 'x', scope: 'x', parts: [said.listsOf] }, names: ['diagnosis'] } }),
  })
  const plain = spoken(whole.resource, said, more)
  const statement = said.isOld && parts ? inOne(plain, parts) : plain
  if (!lists || !said.listsOf) return [statement]
  const apart = spoken(lists.resource, said, {})
  return [statement, { ...besides(apart), via: listsVia(said.listsOf, said.statedAt) }]
}

/** As servers kept it before each part stood by itself. */
function inOne(statement: Statement, parts: object): Statement {
  const units = Object.fromEntries(Object.entries(statement.units).filter(([name]) => !name.startsWith('hospitalization.')))
  return {
    ...statement,
    units: { ...units, hospitalization: { at: statement.state.at, members: { hospitalization: JSON.stringify(parts) } } },
  }
}

/** As they are kept when they come one after the other, and read again each time. */
function keptOf(statements: readonly Statement[]): Statement[] {
  let kept: Statement[] = []
  for (const one of statements) {
    const byVoice = new Map(kept.map((statement) => [voiceOf(statement), statement]))
    const same = byVoice.get(voiceOf(one))
    byVoice.set(voiceOf(one), same ? joinStatements(same, one) : one)
    kept = statementsIn(keptText([...byVoice.values()].sort((a, b) => (voiceOf(a) < voiceOf(b) ? -1 : 1))))
  }
  return kept
}

/** A list, and the same in another order with some of it again, at the end or between. */
const twice = <T>(one: fc.Arbitrary<T>) =>
  fc
    .array(one, { minLength: 1, maxLength: 7 })
    .chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length, maxLength: 2 * list.length })),
    )
    .map(([list, other]) => [list, [...other, ...list.filter((said) => !other.includes(said))]] as const)

function expectSame(type: string, one: readonly Statement[], other: readonly Statement[], same = persons): void {
  const [a, b] = [one, other].map((said) => fold(type, 'id', keptOf(said), persons, {}, same))
  expect(b).toEqual(a)
}

describe('in any order, and however often', () => {
  test('a visit ends the same', () => {
    fc.assert(
      fc.property(twice(visitSaid), ([list, other]) => expectSame('Encounter', list.flatMap(ofVisit), other.flatMap(ofVisit))),
      RUNS,
    )
  })

  test.each(['ExplanationOfBenefit', 'Claim'])('%s: a settlement of two persons ends the same', (type) => {
    const of = (said: typeof settlementSaid extends fc.Arbitrary<infer T> ? T : never): Statement[] => {
      const { via, outcome } = said
      const statement = spoken(defined({ resourceType: type, status: 'active', outcome }), said)
      return [via === undefined ? statement : { ...statement, via }]
    }
    fc.assert(
      fc.property(twice(settlementSaid), fc.boolean(), ([list, other], isOne) =>
        expectSame(type, list.flatMap(of), other.flatMap(of), isOne ? () => 'one' : persons),
      ),
      RUNS,
    )
  })

  test('who and what an appointment is with, some of it kept whole by an earlier server, ends the same', () => {
    const participant = (names: readonly string[]) =>
      names.map((name) => ({ actor: name.includes('/') ? { reference: name } : { display: name } }))
    const of = ({ actors, gone, whole, isOld, ...said }: typeof appointmentSaid extends fc.Arbitrary<infer T> ? T : never): Statement[] => {
      const resource = { resourceType: 'Appointment', status: 'booked' }
      if (isOld && !said.withdrawn) {
        const statement = spoken(resource, said)
        const unit = { at: statement.state.at, members: { participant: JSON.stringify(participant(actors)) } }
        return [{ ...statement, units: { ...statement.units, participant: unit } }]
      }
      const unlisted = { statedAt: said.statedAt, lists: { participant: participant(gone) } }
      return [spoken({ ...resource, participant: participant(actors) }, said, { unlisted, whole: { participant: whole } })]
    }
    fc.assert(
      fc.property(twice(appointmentSaid), ([list, other]) => expectSame('Appointment', list.flatMap(of), other.flatMap(of))),
      RUNS,
    )
  })

  test('what is said in passing of one day is the same whenever it came and whatever hour it names', () => {
    fc.assert(
      fc.property(visitSaid, fc.constantFrom(...DAYS.slice(0, 2)), day, (said, statedAt, receivedAt) => {
        const passing: VisitSaid = {
          ...said,
          way: 'inPassing',
          period: undefined,
          listsOf: undefined,
          unlisted: false,
          diagnosis: [],
          withdrawn: false,
        }
        const [first] = ofVisit({ ...passing, statedAt: DAYS[0] as string })
        const [again] = ofVisit({ ...passing, statedAt, receivedAt })
        expect(again?.state).toEqual(first?.state)
        expect(again?.units).toEqual(first?.units)
      }),
      RUNS,
    )
  })
})
