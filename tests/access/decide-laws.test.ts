/** Laws of the decision, over random consents, askers and resources. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ConsentRule, Criteria, Effect, Preference, Provision, Span } from '../../server/access/consent-model.ts'
import { decide } from '../../server/access/decide.ts'
import { isAdmissible } from '../../server/access/purposes.ts'
import { DEFAULT_POLICY, type Question } from '../../server/access/question.ts'
import type { ResourceFacts } from '../../server/access/resource-class.ts'
import { onlyPermits } from '../../server/access/relabel-entries.ts'
import { resolveRules } from '../../server/access/resolve.ts'
import { DATA_FORMS, PARTIES } from '../../server/auth/actor.ts'

const NOW = Date.parse('2025-06-01T00:00:00Z')
const PURPOSES = [
  'TREAT',
  'ETREAT',
  'BTG',
  'HPAYMT',
  'HOPERAT',
  'HQUALIMP',
  'HRESCH',
  'DSRCH',
  'HMARKT',
  'PUBHLTH',
  'PATRQT',
  'FAMRQT',
  'HLEGAL',
  'FRAUD',
]
const TYPES = ['Condition', 'Observation', 'Claim']
const LABELS = ['HIV', 'PSY', 'SUD', 'GDIS']

const some = (values: readonly string[]) =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }), { nil: undefined })

const criteria: fc.Arbitrary<Criteria> = fc
  .record({
    purpose: some(PURPOSES),
    role: some(['hospital', 'researcher', 'pharma']),
    actor: some(['H1', 'H2', 'PH']),
    class: fc.option(
      fc.constantFrom(...TYPES).map((code) => [{ code }]),
      { nil: undefined },
    ),
    label: some(LABELS),
    study: some(['S1', 'S2']),
    form: some([...DATA_FORMS]),
    unknown: fc.option(fc.constant(true as const), { nil: undefined, freq: 8 }),
  })
  .map((found) => Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Criteria)

const provision = (effects: readonly Effect[], depth: number): fc.Arbitrary<Provision> =>
  fc.record({
    effect: fc.constantFrom(...effects),
    criteria,
    nested: depth === 0 ? fc.constant([]) : fc.array(provision(effects, depth - 1), { maxLength: 2 }),
  })

const rule = (effects: readonly Effect[]): fc.Arbitrary<Omit<ConsentRule, 'series'>> =>
  fc.record({ rank: fc.integer({ min: 1, max: 4 }), root: provision(effects, 2) })

const numbered = (rules: Omit<ConsentRule, 'series'>[]): ConsentRule[] => rules.map((one, series) => ({ series, ...one }))

const facts = fc.record({ type: fc.constantFrom(...TYPES), labels: fc.uniqueArray(fc.constantFrom(...LABELS), { maxLength: 2 }) }).map(
  ({ type, labels }): ResourceFacts => ({
    type,
    id: 'R1',
    targets: [],
    docType: '',
    labels: labels.sort(),
    profiles: [],
    codes: [],
    ownCodes: [],
    dates: [],
    references: [],
  }),
)

const question = fc.record({
  party: fc.constantFrom(...PARTIES),
  purpose: fc.constantFrom(...PURPOSES),
  organization: fc.constantFrom('H1', 'H2', 'PH', 'U1'),
  form: fc.constantFrom(...DATA_FORMS),
  study: fc.constantFrom('S1', undefined),
  ethics: fc.constantFrom('approved' as const, 'waiver' as const, undefined),
  custodian: fc.constantFrom('own' as const, 'other' as const),
  treating: fc.boolean(),
  kin: fc.boolean(),
  byDefault: fc.boolean(),
})

type Drawn = typeof question extends fc.Arbitrary<infer T> ? T : never

function asked(drawn: Drawn, resource: ResourceFacts): Question {
  const { party, organization, purpose, form, study, ethics, custodian, treating, kin } = drawn
  return {
    asker: {
      party,
      organization,
      role: 'clinician',
      purpose,
      action: 'access',
      form,
      names: [organization],
      breakGlassReason: 'x',
      ...(study ? { study } : {}),
      ...(ethics ? { ethics } : {}),
    },
    policy: { ...DEFAULT_POLICY, crossHospitalTreat: drawn.byDefault, researchPseudonymisedByDefault: drawn.byDefault },
    now: NOW,
    relation: { treating, primary: treating, self: kin, kinship: kin, deceased: kin, ...(kin ? { ward: 'child' as const } : {}) },
    custodian,
    resource: {
      type: resource.type,
      targets: [],
      docType: '',
      labels: resource.labels,
      insured: true,
      fromInsurance: false,
      notifiable: false,
    },
  }
}

const decided = (rules: ConsentRule[], drawn: Drawn, resource: ResourceFacts) =>
  decide(resolveRules(rules, resource), asked(drawn, resource))
const RUNS = { numRuns: 1_500 }
const ANY = ['permit', 'deny', 'emergency'] as const

describe('laws', () => {
  test('adding a deny never turns deny into permit', () => {
    fc.assert(
      fc.property(fc.array(rule(ANY), { maxLength: 4 }), rule(['deny']), question, facts, (rules, deny, drawn, resource) => {
        if (decided(numbered(rules), drawn, resource).decision === 'permit') return
        expect(decided(numbered([...rules, deny]), drawn, resource).decision).toBe('deny')
      }),
      RUNS,
    )
  })

  test('first consents that can only permit take nothing away: their documents need not be hidden while they are relabelled', () => {
    const frame = fc.record(
      {
        noPermit: fc.constant(true as const),
        recorder: fc.constantFrom('H1', 'U1'),
        permitsFrom: fc.constantFrom(NOW - 1, NOW + 1),
        notBefore: fc.constantFrom(NOW - 1, NOW + 1),
        period: fc.constantFrom<Span>({ until: NOW - 1 }, { from: NOW - 1 }, { from: NOW + 1 }),
        refusal: fc.constant(true as const),
        silent: fc.constant(true as const),
        preferences: fc.constant<Preference[]>([{ model: 'blanket-deny', criteria: {} }]),
      },
      { requiredKeys: [] },
    )
    const framed = fc.tuple(rule(ANY), frame).map(([one, more]) => ({ ...one, ...more }))
    const opening = fc.tuple(rule(['permit']), frame).map(([one, more]) => {
      const { refusal: _, preferences: __, ...rest } = more
      return { ...one, ...rest }
    })
    let permitted = 0
    const series = fc.array(fc.constantFrom(0, 1), { minLength: 3, maxLength: 3 })
    const drawnRules = fc.array(fc.oneof({ weight: 5, arbitrary: opening }, { weight: 1, arbitrary: framed }), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(drawnRules, series, question, facts, (drawnOnes, numbers, drawn, resource) => {
        const rules = drawnOnes.map((one, at): ConsentRule => ({ ...one, series: numbers[at] ?? 0 }))
        if (!onlyPermits(rules) || decided([], drawn, resource).decision !== 'permit') return
        permitted++
        expect(decided(rules, drawn, resource).decision).toBe('permit')
      }),
      { numRuns: 3_000 },
    )
    expect(permitted).toBeGreaterThan(100)
  })

  test('no consent changes what a patient sees of himself, or a guardian of a minor: they need not wait until it is applied', () => {
    let met = 0
    fc.assert(
      fc.property(
        fc.array(rule(ANY), { maxLength: 4 }),
        question,
        fc.constantFrom('patient', 'guardian'),
        facts,
        (rules, drawn, party, resource) => {
          const of = { ...drawn, party, kin: true } as Drawn
          if (rules.length > 0) met++
          expect(decided(numbered(rules), of, resource)).toEqual(decided([], of, resource))
        },
      ),
      RUNS,
    )
    expect(met).toBeGreaterThan(500)
  })

  test('what could take something away is not taken for a permit', () => {
    const permit: Provision = { effect: 'permit', criteria: {}, nested: [] }
    const one = (more: Partial<ConsentRule>): ConsentRule[] => [{ series: 0, rank: 0, root: permit, ...more }]
    expect([onlyPermits([]), onlyPermits(one({})), onlyPermits(one({ root: { ...permit, nested: [permit] } }))]).toEqual([true, true, true])
    const deny: Provision = { effect: 'deny', criteria: {}, nested: [] }
    const others: Partial<ConsentRule>[] = [
      { root: deny },
      { root: { ...permit, nested: [permit, deny] } },
      { root: { ...permit, nested: [{ ...permit, nested: [deny] }] } },
      { root: { ...permit, effect: 'emergency' } },
      { refusal: true },
      { preferences: [{ model: 'blanket-permit', criteria: {} }] },
    ]
    expect(others.map((more) => onlyPermits(one(more)))).toEqual(others.map(() => false))
    expect(onlyPermits([...one({}), ...one({ root: deny })])).toBe(false)
    expect(onlyPermits([{ series: 0, rank: 0 }])).toBe(false)
  })

  test('adding an older general permit never lifts a denial by consent', () => {
    fc.assert(
      fc.property(fc.array(rule(ANY), { maxLength: 4 }), question, facts, (rules, drawn, resource) => {
        const before = decided(numbered(rules), drawn, resource)
        if (before.decision === 'permit' || before.reason !== 'consent') return
        const general: Omit<ConsentRule, 'series'> = { rank: 0, root: { effect: 'permit', criteria: {}, nested: [] } }
        expect(decided(numbered([...rules, general]), drawn, resource).decision).toBe('deny')
      }),
      RUNS,
    )
  })

  test('nobody is permitted for a purpose that is not his', () => {
    fc.assert(
      fc.property(fc.array(rule(ANY), { maxLength: 3 }), question, facts, (rules, drawn, resource) => {
        if (isAdmissible(drawn.party, drawn.purpose)) return
        expect(decided(numbered(rules), drawn, resource)).toEqual({ decision: 'deny', reason: 'purpose-not-admissible', obligations: [] })
      }),
      RUNS,
    )
  })

  test('a withdrawn series says nothing', () => {
    fc.assert(
      fc.property(rule(ANY), question, facts, (only, drawn, resource) => {
        const withdrawn: ConsentRule[] = [
          { series: 0, ...only },
          { series: 0, rank: 9, silent: true },
        ]
        expect(decided(withdrawn, drawn, resource)).toEqual(decided([], drawn, resource))
      }),
      RUNS,
    )
  })

  test('hard labels are opened to research only by permits that name them', () => {
    fc.assert(
      fc.property(fc.array(rule(ANY), { maxLength: 4 }), question, facts, (rules, drawn, resource) => {
        if (!['HRESCH', 'DSRCH'].includes(drawn.purpose) || !resource.labels.includes('HIV')) return
        if (decided(numbered(rules), drawn, resource).decision === 'deny') return
        expect(JSON.stringify(rules)).toContain('"HIV"')
      }),
      RUNS,
    )
  })

  test('who shares the effective rules shares the class', () => {
    fc.assert(
      fc.property(fc.array(rule(ANY), { maxLength: 4 }), facts, (rules, resource) => {
        const shuffled = numbered([...rules].reverse()).map((one) => ({ ...one, rank: one.rank * 10 }))
        expect(resolveRules(shuffled, resource)).toEqual(resolveRules(numbered(rules), resource))
      }),
      { numRuns: 1_000 },
    )
  })
})
