/** `_filter` (R4 search_filter.html): its grammar, and each operator by the table of 3.1.3.2. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DecimalTexts } from '../../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../../server/fhir/types.ts'
import { OutcomeError } from '../../../server/outcome/outcome-error.ts'
import { finds, parse, search } from '../ask.ts'
import { matches, type World } from '../naive.ts'

const LOINC = 'http://loinc.org'
const UCUM = 'http://unitsofmeasure.org'
const concept = (code: string, system = LOINC) => ({ coding: [{ system, code }] })
const patient = {
  resourceType: 'Patient',
  id: 'p',
  active: true,
  gender: 'male',
  birthDate: '1958-03',
  name: [{ family: '王', given: ['Peter', '建国'] }],
  address: [{ city: 'Änderung', text: '北京市海淀区中关村1号' }],
  identifier: [{ system: 'urn:oid:1.2', value: 'A|1' }],
  managingOrganization: { reference: 'Organization/o1' },
} as FhirResource
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
const condition = {
  resourceType: 'Condition',
  code: concept('A01.0', 'urn:oid:2.16.156.10011.2.3.3.11.3'),
  clinicalStatus: concept('active', 'http://terminology.hl7.org/CodeSystem/condition-clinical'),
  subject: { reference: 'Patient/p' },
} as FhirResource
const risk = { resourceType: 'RiskAssessment', status: 'final', prediction: [{ probabilityDecimal: 0.5 }] } as FhirResource
const group = {
  resourceType: 'Group',
  characteristic: [
    { code: concept('sex', 'urn:s'), valueCodeableConcept: concept('F', 'urn:s') },
    { code: concept('smoker', 'urn:s'), valueBoolean: true },
  ],
} as FhirResource
const document = {
  resourceType: 'DocumentReference',
  relatesTo: [
    { code: 'replaces', target: { reference: 'DocumentReference/1' } },
    { code: 'appends', target: { reference: 'DocumentReference/2' } },
  ],
} as FhirResource
const library = { resourceType: 'Library', url: 'http://x.example/Library/a' } as FhirResource

const answers = (resource: FhirResource, rows: Record<string, boolean>) =>
  expect(Object.fromEntries(Object.keys(rows).map((text) => [text, finds(resource, `_filter=${text}`)]))).toEqual(rows)

describe('operators', () => {
  test('of strings', () => {
    answers(patient, {
      'family eq "王"': true,
      'given eq peter': true,
      'given eq "PETER"': true,
      'given eq pete': false,
      'name eq "王"': true,
      'name eq "王Peter"': false,
      'address-city eq änderung': true,
      'address-city eq ÄNDERUNG': true,
      'address-city eq anderung': false,
      'given ne peter': true,
      'family ne "王"': false,
      'family ne "李"': true,
      'phone ne x': false,
      'name co "ete"': true,
      'name co "国"': true,
      'name co x': false,
      'address co "中关村"': true,
      'name sw Pet': true,
      'name sw eter': false,
      'given ew ETER': true,
      'given ew "国"': true,
      'given ew pet': false,
      // By the first character alone: `p`, and of the other given name `建` and `j`.
      'given gt pz': true,
      'given gt "建"': false,
      'given ge P': true,
      'given lt p': true,
      'given lt j': false,
      'given le ja': true,
    })
  })

  test('of numbers and quantities: those of the prefixes', () => {
    answers(risk, {
      'probability eq 0.5': true,
      'probability eq 0.50': true,
      'probability ne 0.5': false,
      'probability gt 0.4': true,
      'probability le 0.4': false,
      'probability ap 0.52': true,
      'probability sa 0.5': false,
      'probability eb 0.6': true,
    })
    answers(observation, {
      'value-quantity eq 5.4': true,
      'value-quantity eq 5': true,
      'value-quantity eq 5.4||mg': true,
      [`value-quantity eq 5.4|${UCUM}|mg`]: true,
      'value-quantity eq 5.4|ucum|mg': true,
      'value-quantity gt 5|ucum|g': false,
      'value-quantity ge 5.4': true,
      'value-quantity ne 5.4': false,
      'value-quantity lt 5.4': false,
    })
  })

  test('of dates', () => {
    answers(observation, {
      'date eq 2024-05': true,
      'date eq 2024-05-01': false,
      'date ne 2024-05-01': true,
      'date ge 2024-05-01T08:00:00+08:00': true,
      'date gt 2024-05-02': true,
      'date sa 2024-05-01': false,
      'date eb 2024-06-01': true,
      'date po 2024-05-02': true,
      'date po 2024-05-03T08:00:00+08:00': true,
      'date po 2024-05-04': false,
      'date po 2024': true,
      'date co 2024-05-02': true,
      'date co 2024-05-03': false,
    })
  })

  test('of tokens', () => {
    answers(observation, {
      'code eq http://loinc.org|1234-5': true,
      'code eq "http://loinc.org|1234-5"': true,
      'code eq loinc|1234-5': true,
      'code eq 1234-5': true,
      'code eq |own': true,
      'code eq |1234-5': false,
      'code eq loinc|': true,
      'code eq snomed|1234-5': false,
      'code ne 1234-5': true,
      'code ne loinc|1234-5': true,
      'code ne loinc|': true,
      'status ne final': false,
      'status ne amended': true,
      'status eq http://hl7.org/fhir/observation-status|final': true,
      'category ne x': false,
      'status in http://hl7.org/fhir/ValueSet/observation-status': true,
      'status ni http://hl7.org/fhir/ValueSet/observation-status': false,
      'category ni http://hl7.org/fhir/ValueSet/observation-status': true,
    })
    answers(patient, {
      'active eq true': true,
      'active ne true': false,
      'identifier eq urn:oid:1.2|A\\|1': true,
      'identifier eq A,1': false,
    })
    const icd = 'urn:oid:2.16.156.10011.2.3.3.11.3'
    answers(condition, {
      [`code ss ${icd}|A01`]: true,
      [`code ss ${icd}|A00-B99`]: true,
      [`code ss ${icd}|A02`]: false,
      [`code sb ${icd}|A01.001`]: true,
      [`code sb ${icd}|A01`]: false,
    })
  })

  test('of references, addresses and what is the resource itself', () => {
    answers(observation, {
      'subject re Patient/p': true,
      'patient re p': true,
      'subject re https://yilian.example/fhir/Patient/p': true,
      'subject re Patient/q': false,
      'performer re https://elsewhere.example/fhir/Practitioner/9': true,
      '_id eq o': true,
      '_id ne o': false,
      '_id eq x,o': false,
      '_lastUpdated ge 2024-07-01': true,
      '_lastUpdated lt 2024-07-01': false,
      '_lastUpdated pr true': true,
    })
    answers(library, {
      'url eq http://x.example/Library/a': true,
      'url eq http://x.example/Library': false,
      'url ne http://x.example/Library/a': false,
      'url ne http://x.example/Library': true,
      'url co Library': true,
    })
  })

  test('pr: of every kind', () => {
    answers(observation, {
      'code pr true': true,
      'code pr false': false,
      'category pr true': false,
      'category pr FALSE': true,
      'value-quantity pr true': true,
      'date pr true': true,
      'subject pr true': true,
      'code-value-quantity pr true': true,
      'component-code-value-concept pr true': false,
      'component-code-value-concept pr false': true,
    })
  })
})

describe('composites', () => {
  test('as a whole, and by their parts within one repetition', () => {
    answers(observation, {
      'component-code-value-quantity eq 8480-6$120': true,
      'component-code-value-quantity eq 8480-6$80': false,
      'component-code-value-quantity eq 8480-6$gt100': true,
      'component-code-value-quantity[component-code eq 8480-6].component-value-quantity gt 100': true,
      'component-code-value-quantity[component-code eq 8462-4].component-value-quantity gt 100': false,
      'component-code-value-quantity[not (component-code eq 8480-6)].component-value-quantity lt 100': true,
      'component-code-value-quantity[component-code eq 8480-6 or component-code eq 8462-4].component-value-quantity lt 90': true,
      'component-code-value-quantity[component-code eq x].component-value-quantity pr true': false,
      'component-code-value-quantity[component-code eq x].component-value-quantity pr false': true,
      'component-code-value-quantity.component-value-quantity eq 80': true,
      'code-value-quantity[code eq loinc|1234-5].value-quantity gt 5': true,
      'combo-code-value-quantity[combo-code eq 1234-5].combo-value-quantity gt 100': false,
      'combo-code-value-quantity[combo-code eq 8480-6].combo-value-quantity gt 100': true,
    })
  })

  test('with the names that R4 gives them here', () => {
    answers(group, {
      'characteristic eq sex': true,
      'characteristic[code eq sex].value eq F': true,
      'characteristic[code eq urn:s|smoker].value eq true': true,
      'characteristic[code eq sex].value eq true': false,
    })
    answers(document, {
      'relatesTo[code eq replaces].target re DocumentReference/1': true,
      'relatesTo[code eq replaces].target re DocumentReference/2': false,
      'relatesTo[code eq appends].target pr true': true,
      'relatesTo[code eq signs].target pr false': true,
    })
  })
})

describe('chains', () => {
  const organizations = [
    { resourceType: 'Organization', id: 'o1', name: '人民医院', active: true, partOf: { reference: 'Organization/o2' } },
    { resourceType: 'Organization', id: 'o2', name: '集团', active: false },
  ] as FhirResource[]
  const all: Record<string, FhirResource[]> = { Organization: organizations, Patient: [patient] }
  const documents = (resources: readonly FhirResource[]) =>
    resources.map((one) => ({ id: one.id ?? '', at: new Date(0), entry: search.index(one, new DecimalTexts()) }))
  const world: World = (type) => documents(all[type] ?? [])
  const holds = (resource: FhirResource, text: string): boolean => {
    const [doc] = documents([resource])
    return doc !== undefined && matches(parse(resource.resourceType, `_filter=${text}`).plan, doc, world)
  }

  test.each<[string, boolean]>([
    ['subject.name co "ete"', true],
    ['subject.name co "x"', false],
    ['patient.organization.name eq "人民医院"', true],
    ['patient.organization.partof.name eq "集团"', true],
    ['patient.organization[active eq true].name sw "人"', true],
    ['patient.organization[active eq false].name sw "人"', false],
    ['patient[gender eq male and birthdate lt 1960].name sw wang', true],
    ['patient[gender eq male].organization[name eq "集团"].active pr true', false],
    ['patient.organization[partof.name eq "集团"].active eq true', true],
    ['patient.phone pr true', false],
    ['patient.phone pr false', true],
    ['not (patient.name co "x") and status eq final', true],
  ])('%s: %s', (text, expected) => {
    expect(holds(observation, text)).toBe(expected)
  })
})

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
    ['', 'filter-syntax', '1'],
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
