/** The text of `_filter` (R4 search_filter.html 3.1.3.1): how it is read, and how it is refused. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { FhirResource } from '../../../server/fhir/types.ts'
import { OutcomeError } from '../../../server/outcome/outcome-error.ts'
import { finds, parse } from '../ask.ts'

const LOINC = 'http://loinc.org'
const UCUM = 'http://unitsofmeasure.org'
const concept = (code: string, system = LOINC) => ({ coding: [{ system, code }] })
const observation = {
  resourceType: 'Observation',
  id: 'o',
  status: 'final',
  code: { coding: [{ system: LOINC, code: '1234-5' }, { code: 'own' }] },
  subject: { reference: 'Patient/p' },
  performer: [{ reference: 'https://elsewhere.example/fhir/Practitioner/9' }],
  effectivePeriod: { start: '2024-05-01T08:00:00+08:00', end: '2024-05-03T08:00:00+08:00' },
  valueQuantity: { value: 5.4, system: UCUM, code: 'mg' },
  component: [
    { code: concept('8480-6'), valueQuantity: { value: 120, system: UCUM, code: 'mm[Hg]' } },
    { code: concept('8462-4'), valueQuantity: { value: 80, system: UCUM, code: 'mm[Hg]' } },
  ],
} as FhirResource

const answers = (resource: FhirResource, rows: Record<string, boolean>) =>
  expect(Object.fromEntries(Object.keys(rows).map((text) => [text, finds(resource, `_filter=${text}`)]))).toEqual(rows)

/** Comparisons, and the ordinary search that says the same: the words between them are truth tables. */
const SAME: readonly (readonly [filter: string, query: string])[] = [
  ['code eq loinc|1234-5', `code=${LOINC}|1234-5`],
  ['status eq amended', 'status=amended'],
  ['date ge 2024-05-02', 'date=ge2024-05-02'],
  ['value-quantity gt 6', 'value-quantity=gt6'],
  ['subject re Patient/p', 'subject=Patient/p'],
  ['category pr true', 'category:missing=false'],
  ['component-code eq 8480-6', 'component-code=8480-6'],
]

test('and, or, not and parentheses: from left to right', () => {
  type Tree = readonly ['test', number] | readonly ['not', Tree] | readonly ['all', Tree, readonly (readonly ['and' | 'or', Tree])[]]
  const { tree } = fc.letrec<{ tree: Tree; leaf: Tree; not: Tree; all: Tree }>((tie) => ({
    leaf: fc.tuple(fc.constant('test' as const), fc.nat(SAME.length - 1)),
    not: fc.tuple(fc.constant('not' as const), tie('tree')),
    all: fc.tuple(
      fc.constant('all' as const),
      tie('tree'),
      fc.array(fc.tuple(fc.constantFrom('and' as const, 'or' as const), tie('tree')), { minLength: 1, maxLength: 3 }),
    ),
    tree: fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('not'), tie('all')),
  }))
  const truth = SAME.map(([, query]) => finds(observation, query))
  expect(new Set(truth)).toEqual(new Set([true, false]))
  const text = (t: Tree, inside: boolean): string => {
    if (t[0] === 'test') return SAME[t[1]]?.[0] ?? ''
    if (t[0] === 'not') return `not (${text(t[1], false)})`
    const words = t[2].map(([word, part]) => ` ${word} ${text(part, true)}`).join('')
    return inside ? `(${text(t[1], true)}${words})` : text(t[1], true) + words
  }
  const value = (t: Tree): boolean => {
    if (t[0] === 'test') return truth[t[1]] === true
    if (t[0] === 'not') return !value(t[1])
    return t[2].reduce((left, [word, part]) => (word === 'and' ? left && value(part) : left || value(part)), value(t[1]))
  }
  fc.assert(
    fc.property(tree, (t) => {
      expect([text(t, false), finds(observation, `_filter=${text(t, false)}`)]).toEqual([text(t, false), value(t)])
    }),
    { numRuns: 400 },
  )
})

test('words in any case, and space wherever it may be', () => {
  answers(observation, {
    'status eq amended OR status EQ final': true,
    '  ( status  eq final )and( code eq 1234-5 ) ': true,
    'not(status eq final)': false,
    'NOT (status eq amended)': true,
    'status eq amended or status eq final and code eq x': false,
    'status eq amended or (status eq final and code eq 1234-5)': true,
    'status eq "fin\\u0061l"': true,
  })
})

describe('what is wrong is named by its place', () => {
  const refused = (type: string, text: string): [string, unknown] => {
    try {
      parse(type, `_filter=${text}`)
    } catch (error) {
      if (error instanceof OutcomeError) return [error.issues[0]?.code ?? '', error.issues[0]?.params?.position]
      throw error
    }
    return ['', undefined]
  }

  test.each([
    [' ', 'filter-syntax', '2'],
    ['status', 'filter-syntax', '7'],
    ['status eq', 'filter-syntax', '10'],
    ['status is final', 'filter-syntax', '8'],
    ['status eq final code eq x', 'filter-syntax', '17'],
    ['(status eq final', 'filter-syntax', '17'],
    ['status eq final)', 'filter-syntax', '16'],
    ['not status eq final', 'filter-syntax', '5'],
    ['status eq final and', 'filter-syntax', '20'],
    ['status eq "final', 'filter-syntax', '11'],
    ['status eq "a\\x"', 'filter-syntax', '11'],
    ['status eq ""', 'filter-syntax', '11'],
    ['subject[active eq true] eq x', 'filter-syntax', '24'],
    ['subject[active eq true.name eq x', 'filter-syntax', '29'],
    ['9status eq x', 'filter-syntax', '1'],
    ['subject:Patient.name eq x', 'filter-syntax', '8'],
    ['code eq "甲" and nonsense eq x', 'filter-parameter', '17'],
    ['subject.nonsense eq x', 'filter-parameter', '9'],
    ['code.name eq x', 'filter-parameter', '6'],
    ['related[type eq x].target pr true', 'filter-parameter', '1'],
    ['component-code-value-quantity[status eq x].component-code eq y', 'filter-parameter', '31'],
    ['component-code-value-quantity.component-code.x eq y', 'filter-parameter', '46'],
    ['_filter eq x', 'filter-parameter', '1'],
    ['__proto__ eq x', 'filter-parameter', '1'],
    ['code gt x', 'filter-operator', '6'],
    ['code co x', 'filter-operator', '6'],
    ['date sw 2024', 'filter-operator', '6'],
    ['subject eq Patient/p', 'filter-operator', '9'],
    ['value-quantity co 5', 'filter-operator', '16'],
    ['code-value-quantity gt 1$2', 'filter-operator', '21'],
    ['_lastUpdated co 2024', 'filter-operator', '14'],
    ['date eq x', 'filter-value', '9'],
    ['date ge ge2024', 'filter-value', '9'],
    ['value-quantity gt x', 'filter-value', '19'],
    ['code pr maybe', 'filter-value', '9'],
    [`code eq ${'x'.repeat(2001)}`, 'filter-value', '9'],
    ['subject re {"$ne":1}', 'filter-value', '12'],
    ['component-code-value-quantity eq x', 'filter-value', '34'],
    [`${'('.repeat(21)}status eq final${')'.repeat(21)}`, 'filter-large', '22'],
    [Array(101).fill('status eq final').join(' or '), 'filter-large', String(100 * 19 + 1)],
  ])('%s', (text, code, position) => {
    expect(refused('Observation', text)).toEqual([code, position])
  })

  test.each([
    ['status in http://nowhere.example/ValueSet/x', 'value-set-unknown'],
    ['code ss loinc|1234-5', 'code-system-flat'],
    [`${'derived-from.'.repeat(11)}status eq final`, 'chain-long'],
  ])('%s', (text, code) => {
    expect(refused('Observation', text)[0]).toBe(code)
  })
})

test('what AuditEvents share is asked of their shapes, and their date of the time of writing', () => {
  const plan = (text: string) => parse('AuditEvent', `_filter=${text}`).plan
  expect(plan('action eq R')).toEqual({ kind: 'shape', node: { kind: 'keys', keys: ['action:R'] } })
  expect(plan('action ne R')).toMatchObject({ kind: 'shape', node: { kind: 'or' } })
  expect(plan('date ge 2024')).toMatchObject({ kind: 'or', nodes: [{ kind: 'lastUpdated' }, { kind: 'lastUpdated' }] })
  expect(plan('date pr true')).toEqual({ kind: 'everything' })
})

test('whose data are looked for is known', () => {
  const bound = (type: string, text: string) => parse(type, `_filter=${text}`).patients
  expect(bound('Observation', 'patient re Patient/p and code eq x')).toEqual(['p'])
  expect(bound('Observation', 'patient re p or patient re q')).toEqual(['p', 'q'])
  expect(bound('Observation', 'patient re p or code eq x')).toEqual([])
  expect(bound('Observation', 'not (patient re p)')).toEqual([])
  expect(bound('Patient', '_id eq p')).toEqual(['p'])
  const { patientKeys } = parse('Observation', '_filter=not (subject re Patient/p) or performer re Patient/q')
  expect([...patientKeys.values()]).toEqual(['p', 'q'])
})
