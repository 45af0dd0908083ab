/** Official examples: all of the clinical and administrative ones, and every 60th definition (`npm run check:examples` takes all). */
import { describe, expect, test } from '@jest/globals'
import { createValidator } from '../../server/validation/validator.ts'
import { errorsOf, exampleFiles, expectedErrors, INVALID, LARGE, readExample } from './official-examples.ts'

const DEFINITIONS = /^(?:StructureDefinition|SearchParameter|ValueSet|CodeSystem|ConceptMap|OperationDefinition)-/
const EVERY = 60

const files = exampleFiles().filter((file) => !LARGE.test(file))
const sample = files.filter((file, index) => !DEFINITIONS.test(file) || index % EVERY === 0 || file in INVALID)

describe('official R4 examples', () => {
  const validator = createValidator()

  test('there are enough of them', () => {
    expect(sample.length).toBeGreaterThan(700)
  })

  test('have exactly the errors that are known', () => {
    const surprises = sample
      .map((file) => ({ file, found: errorsOf(validator, readExample(file)), expected: expectedErrors(file) }))
      .filter(({ found, expected }) => found.join('\n') !== expected.join('\n'))
    expect(surprises).toEqual([])
  })
})
