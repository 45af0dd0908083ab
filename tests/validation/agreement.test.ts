/**
 * Agreement with HL7's validation engine for Java, whose verdicts are kept in tests/fixtures/java-verdicts.json
 * (`npm run record:verdicts`). Element by element: has it an error for both?
 */
import { describe, expect, test } from '@jest/globals'
import { createValidator } from '../../server/validation/validator.ts'
import { agreementOf, compare } from './agreement/compare.ts'
import { corpus } from './agreement/corpus.ts'
import { readFixture } from './agreement/fixture.ts'
import { judgementOf } from './agreement/judgements.ts'
import { CLASSES, SEEDED } from './agreement/seeds.ts'

/** Definitions are as many again and take as long as all others: every twentieth, and those with a verdict. */
const EVERY = 20

const validator = createValidator()
const kept = readFixture()
const asked = (await corpus()).filter(
  ({ group, name }, index) => group !== 'definition' || index % EVERY === 0 || kept.get(name)?.[1] !== undefined,
)
const comparison = compare(asked, kept, validator)

describe("agreement with HL7's engine", () => {
  test('is at least 97 % of the elements with an error', () => {
    expect(agreementOf(comparison.counts)).toBeGreaterThanOrEqual(0.97)
  })

  test('is so of the official examples alone', () => {
    const { official } = comparison.counts
    expect(agreementOf(official ? { official } : {})).toBeGreaterThanOrEqual(0.97)
  })

  test('is so of the examples of this project', () => {
    const { own } = comparison.counts
    expect(agreementOf(own ? { own } : {})).toBeGreaterThanOrEqual(0.97)
  })

  test('is so of the definitions, where the engine goes by rules that R4 has', () => {
    const { definition } = comparison.counts
    const others = comparison.differences.filter(({ group, by, kinds }) => group === 'definition' && judgementOf(by, kinds)?.notR4)
    expect(others.length).toBeLessThanOrEqual(6)
    expect(
      agreementOf(definition ? { definition: { ...definition, theirs: definition.theirs - others.length } } : {}),
    ).toBeGreaterThanOrEqual(0.97)
  })

  test('is about enough of them', () => {
    const { official, own, mutant } = comparison.counts
    expect(official?.same).toBeGreaterThan(200)
    expect(own?.same).toBeGreaterThan(600)
    expect(mutant?.same).toBeGreaterThan(1500)
    expect(comparison.sound).toBeGreaterThan(700)
  })

  test('leaves no difference unjudged', () => {
    expect(comparison.differences.filter(({ by, kinds }) => judgementOf(by, kinds) === undefined)).toEqual([])
  })

  test('is about what the engine saw', () => {
    // Cases of profiles may be younger than the verdicts; the rest may not.
    const others = comparison.stale.filter((name) => /\.json/.test(name) || name.startsWith('seed '))
    expect(others).toEqual([])
  })
})

describe.each(CLASSES)('seeded: %s', (seedClass) => {
  test.each(SEEDED.filter((seed) => seed.seedClass === seedClass))('$name', ({ resource, at }) => {
    const found = validator.validate(resource, { mode: 'create' }).filter(({ severity }) => severity === 'error')
    expect(found.map(({ expression }) => expression)).toContain(at)
  })
})
