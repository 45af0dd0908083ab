/** Each profile: a resource that follows it, and one per rule that does not, with the issue that must come of it. */
import { describe, expect, test } from '@jest/globals'
import { readGenerated } from '../../server/validation/profile-definitions.ts'
import { createValidator, type ValidationIssue } from '../../server/validation/validator.ts'
import { ALL } from './cases/all.ts'
import { EXTENSIONS } from './cases/extensions.ts'
import { type Expected, profile } from './cases/case.ts'

const validator = createValidator()

/** A code of another system beside an extensible set. */
const isOfOtherTable = ({ code }: ValidationIssue): boolean => code === 'binding-extensible'

/** The issue without what the case does not name; how a code leaves an extensible binding is not told apart. */
function comparable(issue: ValidationIssue, expected: Expected): unknown {
  const { expression, severity } = issue
  const code = isOfOtherTable(issue) ? 'binding' : issue.code
  return { code, expression, severity, profile: issue.profile ?? null, ...(expected.rule === undefined ? {} : { rule: issue.rule }) }
}

describe.each([...ALL, ...EXTENSIONS].map((cases) => [cases.id, cases] as const))('%s', (id, cases) => {
  test('a sound resource has no issue', () => {
    expect(validator.validate(cases.valid, { mode: 'create' })).toEqual([])
  })

  test.each(cases.broken)('%s', (_what, change, expected) => {
    const resource = structuredClone(cases.valid)
    change(resource)
    const wanted = {
      code: expected.code,
      expression: expected.expression,
      severity: expected.severity ?? 'error',
      profile: expected.profile === undefined ? profile(id) : expected.profile,
      ...(expected.rule === undefined ? {} : { rule: expected.rule }),
    }
    const found = validator.validate(resource, { mode: 'create' }).map((issue) => comparable(issue, expected))
    expect(found).toContainEqual(wanted)
  })
})

test('every profile has cases', () => {
  const types = [...new Set(ALL.map((cases) => cases.valid.resourceType))]
  const generated = types.flatMap((type) => validator.profilesFor(type)).sort()
  expect(generated).toEqual([...new Set(ALL.map((cases) => profile(cases.id)))].sort())
})

test('every extension has cases', () => {
  const extensions = readGenerated().filter((each) => each.resourceType === 'StructureDefinition' && each.type === 'Extension')
  expect(extensions.map((each) => each.url).sort()).toEqual(EXTENSIONS.map((cases) => profile(cases.id)).sort())
})
