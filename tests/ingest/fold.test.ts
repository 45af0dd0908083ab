/** Folding: the same resource whatever came first, and who goes before whom. Expected texts by hand. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Decimal } from '../../mappings/engine/values/decimal.ts'
import { fold } from '../../server/ingest/fold/fold.ts'
import { keptText, keptTextOf, statementsIn, statementsOfEach } from '../../server/ingest/fold/kept.ts'
import type { SourceKind } from '../../mappings/engine/types.ts'
import { joinStatements } from '../../server/ingest/fold/statement.ts'
import type { Statement } from '../../server/ingest/fold/types.ts'
import { foldAll, persons, type Said, say, T1, T2 } from './fold-support.ts'

const value = (text: string): unknown => ({ value: new Decimal(text), unit: '10*9/L' })

describe('the end of a visit, said alone', () => {
  const visit = (fields: Record<string, unknown>, said: Said) => say({ resourceType: 'Encounter', ...fields }, said)
  const admitted = visit({ status: 'in-progress', period: { start: '2026-03-06' } }, { statedAt: '2026-03-06T00:00:00.000Z' })
  const discharged = visit({ status: 'finished', period: { end: '2026-03-10' } }, { statedAt: '2026-03-10T00:00:00.000Z' })
  const takenBack = visit({ status: 'in-progress' }, { statedAt: '2026-03-11T00:00:00.000Z', without: ['period.end'] })
  const again = visit({ status: 'finished', period: { end: '2026-03-12' } }, { statedAt: '2026-03-12T00:00:00.000Z' })
  const orders = <T>(list: T[]): T[][] =>
    list.length < 2 ? [list] : list.flatMap((one, at) => orders(list.toSpliced(at, 1)).map((rest) => [one, ...rest]))

  test.each([
    ['it is put to the start', [admitted, discharged], { start: '2026-03-06', end: '2026-03-10' }],
    ['without a start it stands alone', [discharged], { end: '2026-03-10' }],
    ['taken back it is gone', [admitted, discharged, takenBack], { start: '2026-03-06' }],
    ['nothing is left of it without a start', [discharged, takenBack], undefined],
    ['a later one counts', [admitted, discharged, takenBack, again], { start: '2026-03-06', end: '2026-03-12' }],
  ])('%s, in any order', (_, list, period) => {
    for (const order of orders(list)) expect(foldAll('Encounter', order).period).toEqual(period)
  })

  test('a beginning that leaves the end as it is does not take it away, in any order', () => {
    const left = ['2026-03-11', '2026-03-09'].map((day) =>
      visit({ period: { start: '2026-03-05' } }, { statedAt: `${day}T00:00:00.000Z`, leaves: ['period.end'] }),
    )
    const whole = visit(
      { status: 'finished', period: { start: '2026-03-06', end: '2026-03-10' } },
      { statedAt: '2026-03-10T00:00:00.000Z' },
    )
    const expected = ['2026-03-05', '2026-03-06']
    for (const [at, one] of left.entries())
      for (const order of orders([admitted, whole, one]))
        expect(foldAll('Encounter', order).period).toEqual({ start: expected[at], end: '2026-03-10' })
    expect(foldAll('Encounter', [left[0] as Statement]).period).toEqual({ start: '2026-03-05' })
    for (const order of orders([left[0] as Statement, takenBack, whole]))
      expect(foldAll('Encounter', order).period).toEqual({ start: '2026-03-05' })
  })

  test('a whole period that is said later goes before it', () => {
    const whole = visit({ period: { start: '2026-03-05', end: '2026-03-09' } }, { statedAt: '2026-03-13T00:00:00.000Z' })
    for (const order of orders([admitted, discharged, whole]))
      expect(foldAll('Encounter', order).period).toEqual({ start: '2026-03-05', end: '2026-03-09' })
  })
})

describe('one source', () => {
  test('the newest statement of an element counts, not the latest arrival', () => {
    const corrected = say({ status: 'corrected', valueQuantity: value('10.90') }, { statedAt: T2, receivedAt: T1 })
    const first = say({ status: 'final', valueQuantity: value('11.20') }, { statedAt: T1, receivedAt: T2 })
    const folded = fold('Observation', 'id', [joinStatements(corrected, first)], persons)
    expect(folded.text).toContain('"value":10.90')
    expect(JSON.parse(folded.text).status).toBe('corrected')
  })

  test('of one instant the one counts that the source puts after the other, not the latest arrival', () => {
    const corrected = say({ status: 'corrected', valueQuantity: value('5.2') }, { order: '2026-03-06T09:00:00Z|8', receivedAt: T1 })
    const again = say({ status: 'final', valueQuantity: value('4.1') }, { order: '2026-03-06T08:30:00Z|7', receivedAt: T2 })
    for (const order of [
      [corrected, again],
      [again, corrected],
    ])
      expect(foldAll('Observation', order)).toMatchObject({ status: 'corrected', valueQuantity: { value: 5.2 } })
  })

  test('what a statement knows no better than any other yields to it, whichever is later', () => {
    const whole = say({ status: 'final', issued: '2026-03-06T08:00:00+08:00' }, { statedAt: T1 })
    const state = say({ status: 'amended', issued: '2026-03-06T11:00:00+08:00' }, { statedAt: T2, yielding: ['issued'] })
    for (const order of [
      [whole, state],
      [state, whole],
    ])
      expect(foldAll('Observation', order)).toMatchObject({ status: 'amended', issued: '2026-03-06T08:00:00+08:00' })
    expect(foldAll('Observation', [state])).toMatchObject({ issued: '2026-03-06T11:00:00+08:00' })
  })

  test('what one message says of a scheme stays beside what another says of it', () => {
    const scheme = (extension: object[], statedAt: string) => say({ resourceType: 'Coverage', extension }, { kind: 'miis', statedAt })
    const [area, moved, person] = [
      { url: 'area', valueString: '1' },
      { url: 'area', valueString: '2' },
      { url: 'person', valueString: 'x' },
    ]
    expect(foldAll('Coverage', [scheme([area, person], T1), scheme([moved], T2)]).extension).toEqual([moved, person])
  })

  test('what an admission says in extensions stays beside what a home page says', () => {
    const stay = (extension: object[], statedAt: string) => say({ resourceType: 'Encounter', extension }, { kind: 'miis', statedAt })
    const [kind, first, second] = [
      { url: 'med-type', valueString: '21' },
      { url: 'icu', valueString: 'a' },
      { url: 'icu', valueString: 'b' },
    ]
    expect(foldAll('Encounter', [stay([kind], T1), stay([first, second], T2)]).extension).toEqual([kind, first, second])
  })

  test('a diagnosis that is no longer the one to be paid for does not stand twice', () => {
    const visit = (diagnosis: object[], statedAt: string) => say({ resourceType: 'Encounter', diagnosis }, { kind: 'miis', statedAt })
    const use = (code: string) => ({ use: { coding: [{ system: 'roles', code }] } })
    const [a, b] = [{ condition: { reference: 'Condition/a' } }, { condition: { reference: 'Condition/b' } }]
    const [first, corrected] = [
      [
        { ...a, ...use('billing'), rank: 1 },
        { ...b, rank: 2 },
      ],
      [
        { ...b, ...use('billing'), rank: 1 },
        { ...a, rank: 2 },
      ],
    ]
    expect(foldAll('Encounter', [visit(first, T1), visit(corrected, T2)]).diagnosis).toEqual([corrected[1], corrected[0]])
    const roles = [
      { ...a, ...use('AD') },
      { ...a, ...use('DD') },
    ]
    expect(foldAll('Encounter', [visit(roles, T1)]).diagnosis).toEqual(roles)
  })

  test('a corrected value takes the flag of the wrong one away', () => {
    const first = say({ valueQuantity: value('11.20'), interpretation: [{ text: 'H' }] })
    const corrected = say({ valueQuantity: value('9.10') }, { statedAt: T2 })
    expect(foldAll('Observation', [first, corrected])).not.toHaveProperty('interpretation')
  })

  test('a text result takes the place of a quantity', () => {
    const folded = foldAll('Observation', [say({ valueQuantity: value('1') }), say({ valueString: '标本溶血' }, { statedAt: T2 })])
    expect(folded).toMatchObject({ valueString: '标本溶血' })
    expect(folded).not.toHaveProperty('valueQuantity')
  })

  test('a correction with one result keeps the other results, in their first order', () => {
    const refs = (...ids: string[]) => ids.map((id) => ({ reference: `Observation/${id}` }))
    const folded = foldAll('DiagnosticReport', [say({ result: refs('wbc', 'rbc', 'crp') }), say({ result: refs('wbc') }, { statedAt: T2 })])
    expect(folded.result).toEqual(refs('wbc', 'rbc', 'crp'))
  })

  test('a corrected code does not stand beside the wrong one of its system', () => {
    const code = (c: string) => ({ coding: [{ system: 'urn:icd', code: c }], text: c })
    const folded = foldAll('Condition', [say({ code: code('I20') }), say({ code: code('I21') }, { statedAt: T2 })])
    expect(folded.code).toEqual({ coding: [{ system: 'urn:icd', code: 'I21' }], text: 'I21' })
  })
})

describe('several sources', () => {
  test('clinical facts: hospital, then platform, then insurance; money: insurance first', () => {
    const of = (type: string) =>
      foldAll(type, [
        say({ note: 'm' }, { source: 'm1', kind: 'miis', statedAt: T2 }),
        say({ note: 'r' }, { source: 'r1', kind: 'rhip', statedAt: T2 }),
        say({ note: 'h' }, { source: 'h1', kind: 'hospital' }),
      ]).note
    expect(of('Observation')).toBe('h')
    expect(of('ChargeItem')).toBe('m')
  })

  test('elements that only a later source gives are added; identifiers and codes are united', () => {
    const hospital = say({ identifier: [{ system: 'a', value: '1' }], code: { coding: [{ system: 'local', code: 'WBC' }] } })
    const platform = say(
      {
        identifier: [
          { system: 'a', value: '1' },
          { system: 'b', value: '2' },
        ],
        code: { coding: [{ system: 'rhip', code: 'W' }] },
        method: { text: 'm' },
      },
      { source: 'r1', kind: 'rhip' },
    )
    expect(foldAll('Observation', [platform, hospital])).toMatchObject({
      identifier: [{ value: '1' }, { value: '2' }],
      code: {
        coding: [
          { system: 'local', code: 'WBC' },
          { system: 'rhip', code: 'W' },
        ],
      },
      method: { text: 'm' },
    })
  })

  test('a performer known by name only gives way to the same one with a reference', () => {
    const performer = [{ reference: 'Practitioner/1', display: '钱检验' }]
    const folded = foldAll('Observation', [say({ performer: [{ display: '钱检验' }] }), say({ performer }, { source: 'r1', kind: 'rhip' })])
    expect(folded.performer).toEqual(performer)
  })

  test('a mention yields to any statement, even of a source that goes behind', () => {
    const mention = say({ status: 'unknown', class: { code: 'IMP' } }, { placeholder: true })
    const about = say({ status: 'finished' }, { source: 'm1', kind: 'miis' })
    expect(foldAll('Encounter', [mention, about])).toMatchObject({ status: 'finished', class: { code: 'IMP' } })
  })

  test('the patient is the person behind the record of the source that speaks', () => {
    const subject = { reference: 'Patient/~' }
    const folded = fold(
      'Observation',
      'id',
      [say({ subject }, { patient: 'a' }), say({ subject, method: { text: 'r1' } }, { source: 'r1', kind: 'rhip', patient: 'b' })],
      persons,
    )
    expect(JSON.parse(folded.text).subject).toEqual({ reference: 'Patient/person-of-a' })
    // What is said of somebody else does not speak, until the two are one person.
    expect([folded.persons, folded.apart, folded.text.includes('r1')]).toEqual([['person-of-a'], ['r1|b'], false])
    const joined = fold(
      'Observation',
      'id',
      [say({ subject }, { patient: 'a' }), say({ method: { text: 'r1' } }, { source: 'r1', kind: 'rhip', patient: 'b' })],
      () => 'one',
    )
    expect([joined.persons, joined.apart, joined.text.includes('r1')]).toEqual([['one'], [], true])
  })
})

describe('withdrawal', () => {
  const subject = { reference: 'Patient/~' }
  const report = {
    identifier: [{ system: 'a', value: 'BG1' }],
    status: 'final',
    code: { text: 'HbA1c' },
    subject,
    encounter: { reference: 'Encounter/1' },
    conclusion: 'x',
    result: [subject],
  }

  test('what is left says that it is void and names nobody, yet stays under the access rules of its patient', () => {
    const folded = fold('DiagnosticReport', 'id', [say(report, { withdrawn: true })], persons)
    expect(JSON.parse(folded.text)).toEqual({
      resourceType: 'DiagnosticReport',
      id: 'id',
      identifier: [{ system: 'a', value: 'BG1' }],
      status: 'entered-in-error',
      code: { text: 'HbA1c' },
    })
    expect(folded).toMatchObject({ withdrawn: true, persons: ['person-of-local'] })
  })

  test('claims no profile, though what it withdraws claimed one; its security labels stay', () => {
    const meta = { profile: ['https://fhir-cn.example/StructureDefinition/p'], security: [{ system: 's', code: 'R' }] }
    const folded = foldAll('Encounter', [say({ meta, subject }), say({ meta, subject }, { withdrawn: true, statedAt: T2 })])
    expect(folded.meta).toEqual({ security: [{ system: 's', code: 'R' }] })
  })

  test('before the thing withdrawn: the later arrival of the older statement changes nothing', () => {
    expect(foldAll('DiagnosticReport', [say(report, { withdrawn: true, statedAt: T2 }), say(report, { statedAt: T1 })])).not.toHaveProperty(
      'subject',
    )
  })

  test('of the same instant, the withdrawal counts', () => {
    expect(foldAll('DiagnosticReport', [say(report, { withdrawn: true, receivedAt: T1 }), say(report, { receivedAt: T2 })]).status).toBe(
      'entered-in-error',
    )
  })

  test('by a source that goes behind: its word is left out, the hospital’s stands', () => {
    const folded = foldAll('DiagnosticReport', [
      say(report),
      say({ ...report, conclusion: 'y' }, { source: 'r1', kind: 'rhip', withdrawn: true }),
    ])
    expect(folded).toMatchObject({ status: 'final', conclusion: 'x' })
  })

  test('types that must have a subject keep an element that says nothing', () => {
    const folded = foldAll('Condition', [say({ subject, code: { text: 'c' } }, { withdrawn: true })])
    expect(JSON.stringify(folded.subject)).toContain('masked')
    expect(folded).not.toHaveProperty('clinicalStatus')
  })
})

describe('order', () => {
  const statements = fc.array(
    fc.record({
      source: fc.constantFrom('h1', 'h2', 'r1', 'm1'),
      statedAt: fc.constantFrom(T1, T2, '2026-03-07T00:00:00Z'),
      receivedAt: fc.constantFrom(T1, T2),
      withdrawn: fc.boolean(),
      placeholder: fc.boolean(),
      patient: fc.constantFrom('a', 'b'),
      status: fc.constantFrom('final', 'corrected', undefined),
      number: fc.constantFrom('1.0', '1.00', '2', undefined),
      flag: fc.option(fc.constantFrom('H', 'L'), { nil: undefined }),
      codes: fc.array(fc.record({ system: fc.constantFrom('s1', 's2'), code: fc.constantFrom('A', 'B') }), { maxLength: 3 }),
      results: fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  type Said = typeof statements extends fc.Arbitrary<(infer One)[]> ? One : never
  const kinds: Record<string, SourceKind> = { h1: 'hospital', h2: 'hospital', r1: 'rhip', m1: 'miis' }

  const stated = (s: Said): Statement => {
    const { status, number, flag, codes, results, placeholder, ...said } = s
    return say(
      {
        status,
        ...(number !== undefined && { valueQuantity: value(number) }),
        ...(flag && { interpretation: [{ text: flag }] }),
        code: { coding: codes, text: 't' },
        result: results.map((id) => ({ reference: `Observation/${id}` })),
        subject: { reference: 'Patient/~' },
      },
      { ...said, kind: kinds[s.source] as SourceKind, ...(placeholder && { placeholder }) },
    )
  }

  test('any order of any statements folds to the same text', () => {
    const samples = statements.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
    )
    fc.assert(
      fc.property(samples, fc.constantFrom('Observation', 'ChargeItem'), ([list, shuffled], type) => {
        const texts = [list, shuffled].map((order) => foldText(type, order.map(stated)))
        expect(texts[1]).toBe(texts[0])
      }),
      { numRuns: 300 },
    )
  })

  test('what is kept of statements reads back as they were said, also where it was kept before stamps stood apart', () => {
    fc.assert(
      fc.property(statements, (list) => {
        const said = list.map(stated)
        expect(statementsIn(keptText(said))).toEqual(said)
        expect(statementsIn(JSON.stringify(said))).toEqual(said)
      }),
      { numRuns: 300 },
    )
    const one = say({ status: 'final', code: { coding: [{ system: '__proto__', code: 'A' }] } })
    expect(Object.entries(statementsIn(keptText([one]))[0]?.lists['code.coding'] ?? {})).toEqual(
      Object.entries(one.lists['code.coding'] ?? {}),
    )
    expect(fold('Observation', 'id', [one], persons).text).toContain('"system":"__proto__"')
  })

  test('what is kept together of several things reads back of each', () => {
    fc.assert(
      fc.property(fc.array(statements, { minLength: 1, maxLength: 4 }), (lists) => {
        const said = lists.map((list) => list.map(stated))
        expect(statementsOfEach(keptTextOf(said), said.length)).toEqual(said)
      }),
      { numRuns: 100 },
    )
    const one = say({ status: 'final' })
    expect(() => statementsOfEach(keptTextOf([[one], [one]]), 1)).toThrow(TypeError)
  })

  test('the same statement twice is the same as once', () => {
    const one = say({ status: 'final', result: [{ reference: 'Observation/x' }], code: { text: 'c' } })
    expect(joinStatements(one, structuredClone(one))).toEqual(one)
  })

  function foldText(type: string, list: Statement[]): string {
    const bySource = new Map<string, Statement>()
    for (const s of list) {
      const known = bySource.get(s.source)
      bySource.set(s.source, known ? joinStatements(known, s) : s)
    }
    return fold(type, 'id', [...bySource.values()], persons).text
  }
})
