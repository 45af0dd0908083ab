/** The tree keeps its rules, and the checker finds each kind of breach. */
import { describe, expect, test } from '@jest/globals'
import { breaches, type SourceFile, sourceFiles } from './check.ts'

const file = (path: string, imports: string[] = [], text = ''): SourceFile => ({ path, imports, text })

describe('the checker', () => {
  test.each([
    [
      'a folder that imports what is behind it',
      [file('server/search/a.ts', ['server/store/types.ts'])],
      'may not import server/store/types.ts',
    ],
    ['the driver outside the store', [file('server/http/a.ts', ['mongodb'])], 'may not import the package mongodb'],
    ['a decision made elsewhere', [file('server/http/a.ts', [], 'makeDecision({})')], 'may not use makeDecision'],
    ['a forged decision', [file('server/http/a.ts', [], 'const d = {} as Decision')], 'may not use as Decision'],
    ['a cycle', [file('tests/a.ts', ['tests/b.ts']), file('tests/b.ts', ['tests/a.ts'])], 'import cycle'],
    ['a long file', [file('server/http/a.ts', [], '\n'.repeat(401))], 'more than 400'],
    ['a focused test', [file('tests/a.test.ts', [], `test.${'only'}('x')`)], 'skips or focuses'],
  ])('finds %s', (_name, files, message) => {
    expect(breaches(files).join('\n')).toContain(message)
  })

  test('accepts what the rules permit', () => {
    expect(breaches([file('server/store/a.ts', ['mongodb', 'server/access/decision.ts'])])).toEqual([])
  })
})

test('the tree keeps the rules', () => {
  const files = sourceFiles()
  expect(files.length).toBeGreaterThan(50)
  expect(breaches(files)).toEqual([])
})
