/** A sample of the mutants of the profiles (all of them: `npm run check:mutants`). */
import { expect, test } from '@jest/globals'
import { type ProfileDefinition, readGenerated } from '../../server/validation/profile-definitions.ts'
import { profile } from './cases/case.ts'
import { allMutants, isKilled } from './mutants.ts'

/** No divisor of the number of changes of one element, so that the sample has all kinds. */
const EVERY = 23

test('examples tell mutants from profiles', () => {
  const sample = allMutants().filter((_, index) => index % EVERY === 0)
  const verdicts = sample.map((mutant) => [mutant.name, isKilled(mutant)] as const).filter(([, killed]) => killed !== undefined)
  const alive = verdicts.filter(([, killed]) => !killed).map(([name]) => name)
  expect(verdicts.length).toBeGreaterThan(50)
  expect(alive.length / verdicts.length).toBeLessThan(0.05)
})

test('a profile as it is differs from no example', () => {
  const url = profile('cn-procedure')
  const definition = readGenerated().find((each) => each.url === url) as ProfileDefinition
  expect(isKilled({ name: 'unchanged', url, definition })).toBe(false)
})
