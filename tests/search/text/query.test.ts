/** The grammar of text queries (R4 search.html 3.1.1.4.2), against a naive reading of the same query. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { OutcomeError } from '../../../server/outcome/outcome-error.ts'
import { finds, parse, refusal, search } from '../ask.ts'

const about = (...words: string[]) => ({ resourceType: 'Condition', text: { status: 'generated', div: `<div>${words.join('，')}</div>` } })
const text = about('bone', 'metastases', '高血压', '糖尿病')

describe('a query', () => {
  test.each([
    ['(bone OR liver) and metastases', true],
    ['bone OR liver and nothing', true],
    ['(bone OR liver) and nothing', false],
    ['liver, bone', true],
    ['高血压 糖尿病', true],
    ['高血压 冠心病', false],
    ['高血压 OR 冠心病', true],
    ['高血压 or 冠心病', true],
    ['高血压 ＯＲ 冠心病', true],
    ['高血压 -冠心病', true],
    ['高血压 -糖尿病', false],
    ['高血压 NOT 糖尿病', false],
    ['-冠心病', true],
    ['-高血压', false],
    ['NOT (冠心病 OR 糖尿病)', false],
    ['-(冠心病 糖尿病)', true],
    ['--高血压', true],
    ['NOT NOT 高血压', true],
    ['（冠心病 or 糖尿病）and －肿瘤', true],
    ['高血压　糖尿病', true],
    ['冠心病,高血压 糖尿病', true],
    ['冠心病,高血压 肿瘤', false],
    ['android', false],
    ['oral', false],
  ])('%s: %s', (query, expected) => {
    expect(finds(text, `_text=${query}`)).toBe(expected)
  })

  test.each([
    ['OR', 1],
    ['a OR', 5],
    ['OR a', 1],
    ['a OR OR b', 6],
    ['and', 1],
    ['a and', 6],
    ['NOT', 4],
    ['-', 1],
    ['a - b', 3],
    ['(', 2],
    ['()', 2],
    ['(a', 3],
    ['a)', 2],
    ['a (b', 5],
    ['"a b"', 1],
    ['a "b"', 3],
    ['“高血压”', 1],
    ['...', 1],
    ['a ...', 3],
    ['·', 1],
  ])('%s is wrong at character %i', (query, at) => {
    for (const name of ['_text', '_content']) {
      let issue: unknown
      try {
        parse('Condition', `${name}=${query}`)
      } catch (error) {
        issue = error instanceof OutcomeError ? error.issues[0] : error
      }
      expect(issue).toMatchObject({ code: 'text-query', params: { name, at: String(at) } })
    }
  })

  test.each([
    ['_text=a,', 'parameter-invalid'],
    ['_text:missing=true', 'modifier-unsupported'],
    ['_content:exact=a', 'modifier-unsupported'],
    [`_text=${'a '.repeat(60)}`, 'parameter-values'],
    [`_text=${'高血压糖尿病'.repeat(40)}`, 'parameter-values'],
    [`_text=${'('.repeat(20)}a${')'.repeat(20)}`, 'text-query'],
    [`_text=${'-'.repeat(40)}a`, 'text-query'],
    ['_sort=_text', 'parameter-unsupported'],
    ['_sort=_content', 'parameter-unsupported'],
  ])('%s is refused as %s in both handlings', (query, code) => {
    expect([refusal('Condition', query), refusal('Condition', query, false)]).toEqual([code, code])
  })

  test('without a value it is no criterion, and refused where handling is strict', () => {
    expect([refusal('Condition', '_text='), refusal('Condition', '_text=', false)]).toEqual(['parameter-invalid', undefined])
  })

  test('AuditEvents have no text', () => {
    expect([refusal('AuditEvent', '_text=a'), refusal('AuditEvent', '_content=a', false)]).toEqual(Array(2).fill('parameter-unsupported'))
    expect(search.parameters('AuditEvent').map(({ code }) => code)).not.toContain('_text')
    expect(search.parameters('Observation').map(({ code }) => code)).toEqual(expect.arrayContaining(['_text', '_content']))
  })
})

/** A query as it is written, and whether it holds of a set of words, each decided apart from the server. */
interface Query {
  written: string
  holds: (words: ReadonlySet<string>) => boolean
}

const WORDS = ['高血压', '糖尿病', '肺栓塞', 'pain', 'covid-19', '2型糖尿病']
type Words = ReadonlySet<string>
const word: fc.Arbitrary<Query> = fc.constantFrom(...WORDS).map((w) => ({ written: w, holds: (words: Words) => words.has(w) }))
const { query } = fc.letrec<{ query: Query; one: Query }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3 },
    tie('one'),
    fc.tuple(tie('one'), fc.constantFrom(' ', ' AND ', ' and '), tie('one')).map(([a, and, b]) => both(a, and, b)),
    fc.tuple(tie('one'), fc.constantFrom(' OR ', ' or '), tie('one')).map(([a, or, b]) => ({
      written: a.written + or + b.written,
      holds: (words: Words) => a.holds(words) || b.holds(words),
    })),
  ),
  one: fc.oneof(
    { maxDepth: 3 },
    word,
    tie('query').map(({ written, holds }) => ({ written: `(${written})`, holds })),
    fc
      .tuple(fc.constantFrom('-', 'NOT ', 'not '), word)
      .map(([not, w]) => ({ written: not + w.written, holds: (words: Words) => !w.holds(words) })),
    tie('query').map(({ written, holds }) => ({ written: `-(${written})`, holds: (words: Words) => !holds(words) })),
  ),
}))
const both = (a: Query, and: string, b: Query): Query => ({
  written: a.written + and + b.written,
  holds: (words: Words) => a.holds(words) && b.holds(words),
})

test('generated queries hold of what a reader says that they hold of', () => {
  fc.assert(
    fc.property(query, fc.subarray(WORDS), ({ written, holds }, present) => {
      // 2型糖尿病 has the word 糖尿病 in it.
      const words = new Set(present.includes('2型糖尿病') ? [...present, '糖尿病'] : present)
      expect([written, present, finds(about(...present), `_text=${written}`)]).toEqual([written, present, holds(words)])
    }),
    { seed: 5, numRuns: 1500 },
  )
})
