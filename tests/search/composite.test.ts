/** Composite parameters (R4 search.html 3.1.1.4.15): the parts hold within one repetition of the element. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DecimalTexts } from '../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { r4Definitions } from '../../server/search/definitions.ts'
import { KEYS_MAX } from '../../server/search/limits.ts'
import { arbitraryCode, arbitraryDecimal, arbitraryUnit, madeOf, wholeIn } from './arbitrary.ts'
import { finds, parse, refusal, search } from './ask.ts'
import { matches } from './naive.ts'
import { officialExamples } from './official-examples.ts'

const UCUM = 'http://unitsofmeasure.org'
const concept = (code: string, system = 'http://loinc.org') => ({ coding: [{ system, code }] })
const quantity = (value: number, code: string) => ({ value, code, system: UCUM })
const answers = (resource: FhirResource, rows: Record<string, boolean>) =>
  expect(Object.fromEntries(Object.keys(rows).map((query) => [query, finds(resource, query)]))).toEqual(rows)

const pressure: FhirResource = {
  resourceType: 'Observation',
  code: concept('85354-9'),
  component: [
    { code: concept('8480-6'), valueQuantity: quantity(120, 'mm[Hg]') },
    { code: concept('8462-4'), valueQuantity: quantity(80, 'mm[Hg]') },
  ],
}

describe('a repeated element', () => {
  test('component-code-value-quantity: never the code of one with the value of another', () => {
    answers(pressure, {
      'component-code-value-quantity=8480-6$120': true,
      'component-code-value-quantity=http://loinc.org|8480-6$120|http://unitsofmeasure.org|mm[Hg]': true,
      'component-code-value-quantity=http://loinc.org|$lt81||mm[Hg]': true,
      'component-code-value-quantity=8480-6$80': false,
      'component-code-value-quantity=8480-6$lt100': false,
      'component-code-value-quantity=8462-4$lt100': true,
      'component-code-value-quantity=|8480-6$120': false,
      'component-code-value-quantity=8480-6$120||kPa': false,
      'component-code-value-quantity=85354-9$120': false,
    })
  })

  test('lists of values are alternatives, repetition asks for all', () => {
    answers(pressure, {
      'component-code-value-quantity=8480-6$80,8462-4$80': true,
      'component-code-value-quantity=8480-6$80,8462-4$120': false,
      'component-code-value-quantity=8480-6$gt100&component-code-value-quantity=8462-4$lt90': true,
      'component-code-value-quantity=8480-6$gt100&component-code-value-quantity=8462-4$lt80': false,
    })
  })

  test('combo: the Observation itself, or one of its components', () => {
    const result = {
      resourceType: 'Observation',
      code: concept('718-7'),
      valueQuantity: quantity(130, 'g/L'),
      component: pressure.component,
    }
    answers(result, {
      'combo-code-value-quantity=718-7$130': true,
      'combo-code-value-quantity=8480-6$ge120': true,
      'combo-code-value-quantity=718-7$120': false,
      'combo-code-value-quantity=8480-6$130': false,
      'combo-code-value-quantity=718-7$120,8462-4$80': true,
      'code-value-quantity=8480-6$120': false,
      'component-code-value-quantity=718-7$130': false,
    })
  })

  test('component-code-value-concept', () => {
    const component = [
      { code: concept('883-9'), valueCodeableConcept: concept('2', 'urn:oid:2.16.156.10011.2.3.1.85') },
      { code: concept('10331-7'), valueCodeableConcept: concept('1', 'urn:oid:2.16.156.10011.2.3.1.250') },
      { code: concept('words'), valueCodeableConcept: { text: '阳性' } },
    ]
    answers(
      { resourceType: 'Observation', component },
      {
        'component-code-value-concept=883-9$2': true,
        'component-code-value-concept=883-9$urn:oid:2.16.156.10011.2.3.1.85|2': true,
        'component-code-value-concept=883-9$1': false,
        'component-code-value-concept=883-9$urn:oid:2.16.156.10011.2.3.1.250|': false,
        'combo-code-value-concept=10331-7$1': true,
        'component-code-value-concept=words$1': false,
        'component-code-value-concept:missing=true': false,
        'component-code-value-quantity:missing=true': true,
      },
    )
  })

  test('relationship: a code and a reference', () => {
    const relatesTo = [
      { code: 'replaces', target: { reference: 'DocumentReference/1' } },
      { code: 'appends', target: { reference: 'DocumentReference/2' } },
    ]
    answers(
      { resourceType: 'DocumentReference', relatesTo },
      {
        'relationship=replaces$DocumentReference/1': true,
        'relationship=replaces$1': true,
        'relationship=http://hl7.org/fhir/document-relationship-type|replaces$1': true,
        'relationship=replaces$DocumentReference/2': false,
        'relationship=appends$2': true,
      },
    )
  })

  test('characteristic-value: a concept or a boolean', () => {
    const characteristic = [
      { code: concept('sex'), valueCodeableConcept: concept('F', 'urn:s') },
      { code: concept('smoker'), valueBoolean: true },
    ]
    answers(
      { resourceType: 'Group', characteristic },
      {
        'characteristic-value=sex$F': true,
        'characteristic-value=smoker$true': true,
        'characteristic-value=sex$true': false,
        'characteristic-value=smoker$F': false,
      },
    )
  })

  test('context-type-value and context-type-quantity', () => {
    const useContext = [
      { code: { system: 'urn:c', code: 'focus' }, valueCodeableConcept: concept('I10', 'urn:icd') },
      { code: { system: 'urn:c', code: 'age' }, valueRange: { low: { value: 18, code: 'a', system: UCUM } } },
      { code: { system: 'urn:c', code: 'dose' }, valueQuantity: quantity(5, 'mg') },
    ]
    for (const resourceType of ['ValueSet', 'ActivityDefinition', 'Questionnaire'])
      answers(
        { resourceType, useContext },
        {
          'context-type-value=focus$I10': true,
          'context-type-value=urn:c|focus$urn:icd|I10': true,
          'context-type-value=age$I10': false,
          'context-type-quantity=age$gt60': true,
          'context-type-quantity=age$lt18': false,
          'context-type-quantity=dose$5||mg': true,
          'context-type-quantity=dose$gt60': false,
        },
      )
  })
})

describe('MolecularSequence: three parts', () => {
  const sequence: FhirResource = {
    resourceType: 'MolecularSequence',
    referenceSeq: {
      chromosome: concept('1', 'urn:chr'),
      referenceSeqId: concept('NC_000001', 'urn:seq'),
      windowStart: 100,
      windowEnd: 200,
    },
    variant: [
      { start: 110, end: 120 },
      { start: 150, end: 160 },
    ],
  }

  test('start and end of one variant, the chromosome of the resource', () => {
    answers(sequence, {
      'chromosome-variant-coordinate=1$110$120': true,
      'chromosome-variant-coordinate=1$ge110$le130': true,
      'chromosome-variant-coordinate=1$110$160': false,
      'chromosome-variant-coordinate=2$110$120': false,
      'referenceseqid-variant-coordinate=urn:seq|NC_000001$gt140$lt170': true,
      'referenceseqid-variant-coordinate=urn:seq|NC_000001$gt140$lt155': false,
      'chromosome-window-coordinate=1$lt120$gt130': true,
      'referenceseqid-window-coordinate=NC_000001$100$200': true,
      'referenceseqid-window-coordinate=NC_000001$101$200': false,
    })
  })

  test('two parts are not enough', () => {
    expect(refusal('MolecularSequence', 'chromosome-variant-coordinate=1$110')).toBe('parameter-invalid')
  })
})

describe('the resource itself', () => {
  test('code-value-quantity: of the Observation, not of its components', () => {
    const result = { resourceType: 'Observation', code: concept('718-7'), valueQuantity: { ...quantity(5, 'g/L'), comparator: '<' } }
    answers(result, {
      'code-value-quantity=718-7$lt6': true,
      'code-value-quantity=718-7$sa5': false,
      'code-value-quantity=718-7$lt6||g/L': true,
      'code-value-quantity=718-7$lt6||mg/L': false,
      'code-value-quantity=789-8$lt6': false,
    })
  })

  test('code-value-quantity leaves SampledData out, which value-quantity has', () => {
    const sampled = {
      resourceType: 'Observation',
      code: concept('11'),
      valueSampledData: { origin: { value: 0 }, period: 1, dimensions: 1, data: '1 2 3' },
    }
    answers(sampled, {
      'value-quantity=gt0': true,
      'code-value-quantity=11$gt0': false,
      'combo-code-value-quantity=11$gt0': false,
      'code-value-quantity:missing=true': true,
    })
  })

  test('code-value-string: a string, not the text of a concept', () => {
    answers(
      { resourceType: 'Observation', code: concept('5778-6'), valueString: '淡黄色' },
      { 'code-value-string=5778-6$淡黃': true, 'code-value-string=5778-6$黄色': false, 'code-value-string=1$淡黄': false },
    )
    answers(
      { resourceType: 'Observation', code: concept('5778-6'), valueCodeableConcept: { text: '淡黄色' } },
      { 'value-string=淡黄': true, 'code-value-string=5778-6$淡黄': false, 'code-value-string:missing=true': true },
    )
  })

  test('code-value-date: a day or a period', () => {
    answers(
      { resourceType: 'Observation', code: concept('11778-8'), valueDateTime: '2024-05-06' },
      { 'code-value-date=11778-8$2024-05': true, 'code-value-date=11778-8$gt2024-05-06': false, 'code-value-date=x$2024-05': false },
    )
    answers(
      { resourceType: 'Observation', code: concept('p'), valuePeriod: { start: '2024-05-01', end: '2024-05-03' } },
      { 'code-value-date=p$2024-05': true, 'code-value-date=p$sa2024-04': true, 'code-value-date=p$2024-05-02': false },
    )
  })

  test('code-value-concept', () => {
    const result = { resourceType: 'Observation', code: concept('5802-4'), valueCodeableConcept: concept('NEG', 'urn:v') }
    answers(result, {
      'code-value-concept=5802-4$urn:v|NEG': true,
      'code-value-concept=5802-4$POS': false,
      'code-value-concept=x$NEG': false,
    })
  })
})

describe('values', () => {
  test('escapes reach the parts', () => {
    const component = [{ code: concept('a$b,c'), valueCodeableConcept: concept('x|y\\z', 'urn:v') }]
    answers(
      { resourceType: 'Observation', component },
      {
        'component-code-value-concept=a\\$b\\,c$urn:v|x\\|y\\\\z': true,
        'component-code-value-concept=a\\$b\\,c$x\\|y\\\\z': true,
        'component-code-value-concept=a\\$b$x\\|y\\\\z': false,
      },
    )
  })

  test.each([
    'component-code-value-quantity=8480-6',
    'component-code-value-quantity=8480-6$',
    'component-code-value-quantity=$120',
    'component-code-value-quantity=8480-6$120$1',
    'component-code-value-quantity=8480-6$high',
    'component-code-value-quantity=|$120',
    'component-code-value-quantity=8480-6$120,',
    'component-code-value-quantity:missing=1',
    'code-value-date=a$gt2024-13',
  ])('%s is invalid', (query) => {
    for (const strict of [true, false]) expect(refusal('Observation', query, strict)).toBe('parameter-invalid')
  })

  test.each(['not', 'text', 'exact', 'in', 'Patient'])('no modifier :%s', (modifier) => {
    expect(refusal('Observation', `code-value-quantity:${modifier}=a$1`, false)).toBe('modifier-unsupported')
  })

  test('the order by a composite is not defined', () => {
    expect(refusal('Observation', '_sort=code-value-quantity')).toBe('sort-composite')
  })

  test('codes that stand in local systems alone stay unfound where they are not shown', () => {
    const local = 'https://fhir-cn.example/sid/h1/lab'
    const entry = (...codings: object[]) =>
      search.index(
        { resourceType: 'Observation', component: [{ code: { coding: codings }, valueQuantity: quantity(1, 'g') }] },
        new DecimalTexts(),
      )
    const asked = (query: [string, string][]) =>
      search.parse('Observation', query, { strict: true, countDefault: 20, countMax: 100, localCodes: () => false }).plan
    const plan = asked([['component-code-value-quantity', 'X$1']])
    const found = (...codings: object[]) => matches(plan, { id: 'x', at: new Date(), entry: entry(...codings) })
    expect(found({ system: local, code: 'X' })).toBe(false)
    expect(found({ system: local, code: 'X' }, { system: 'http://loinc.org', code: 'X' })).toBe(true)
    const two = [
      { code: concept('X', local), valueQuantity: quantity(2, 'g') },
      { code: concept('X'), valueQuantity: quantity(1, 'g') },
    ]
    const both = search.index({ resourceType: 'Observation', component: two }, new DecimalTexts())
    expect(matches(plan, { id: 'x', at: new Date(), entry: both })).toBe(true)
    expect(matches(asked([['component-code-value-quantity', 'X$2']]), { id: 'x', at: new Date(), entry: both })).toBe(false)
  })
})

describe('what is stored', () => {
  const index = (resource: FhirResource) => search.index(resource, new DecimalTexts())

  test('nothing for an Observation without components', () => {
    const { keys, groups } = index({ resourceType: 'Observation', code: concept('718-7'), valueQuantity: quantity(130, 'g/L') })
    expect(keys.sort()).toEqual(['code:718-7', 'code=http://loinc.org|718-7'])
    expect(groups).toBeUndefined()
  })

  test('one entry for each repetition that has all parts, once for the parameters that share it', () => {
    const component = [{ code: concept('8480-6'), valueQuantity: quantity(120, 'mm[Hg]') }, { code: concept('only') }]
    expect(index({ resourceType: 'Observation', component }).groups).toEqual({
      'component-code-value-quantity': [
        {
          keys: ['a:8480-6', 'a=http://loinc.org|8480-6'],
          nums: {
            b: [{ lo: 120, hi: 120, v: 120, u: [`${UCUM}|mm[Hg]`, 'mm[Hg]'], c: { lo: 15_998_640, hi: 15_998_640, u: 'g.m-1.s-2' } }],
          },
        },
      ],
    })
  })

  test('counts towards the bound of a resource', () => {
    const component = Array.from({ length: KEYS_MAX / 4 }, () => ({ code: concept('same'), valueQuantity: quantity(1, 'g') }))
    expect(() => index({ resourceType: 'Observation', component })).not.toThrow()
    expect(() => index({ resourceType: 'Observation', component: [...component, ...component] })).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ code: 'too-many-keys' })] }),
    )
  })

  test('every composite of R4, and the one of the Chinese profiles, is built for each of its types', () => {
    const composites = r4Definitions().parameters.filter((p) => p.type === 'composite')
    expect(composites).toHaveLength(46 + 1)
    const missing = composites.flatMap((p) => p.base.filter((type) => !search.parameters(type).some((known) => known.url === p.url)))
    expect(missing).toEqual([])
  })
})

test('each part lies within the parameter that describes it', () => {
  const { parameters } = r4Definitions()
  const bare = (path: string) => path.replace(/[() ]/g, '').replace(/\.?as([A-Z]\w*|boolean|dateTime|string)$/, '')
  const outside = parameters.flatMap((p) =>
    p.base.flatMap((type) =>
      (p.component ?? []).flatMap(({ code, expression }) => {
        const simple = parameters.find((other) => other.code === code && other.base.includes(type))
        const paths = (simple?.expression.split(' | ') ?? []).map(bare)
        const foci = p.expression.split(' | ').filter((focus) => focus.split('.')[0] === type)
        const parts = expression
          .split(' | ')
          .flatMap((part) => foci.map((f) => (part.startsWith('%') ? part.replace('%resource', type) : `${f}.${part}`)))
        return parts.filter((part) => !paths.includes(bare(part))).map((part) => `${p.code} ${part}`)
      }),
    ),
  )
  expect(outside).toEqual([])
})

test('on the official examples whatever a composite has its simple parameters have too', () => {
  const composites = r4Definitions().parameters.filter((p) => p.type === 'composite')
  const present = (type: string, code: string) => parse(type, `${code}:missing=false`).plan
  let found = 0
  for (const { resource } of officialExamples(1)) {
    const type = resource.resourceType
    const own = composites.filter((p) => p.base.includes(type))
    if (own.length === 0) continue
    const doc = { id: 'x', at: new Date(), entry: search.index(resource, new DecimalTexts()) }
    for (const p of own) {
      if (!matches(present(type, p.code), doc)) continue
      found++
      for (const { code } of p.component ?? []) expect([p.code, code, matches(present(type, code), doc)]).toEqual([p.code, code, true])
    }
  }
  expect(found).toBeGreaterThan(150)
})

test('code and value of one component, over generated components', () => {
  const part = fc.record({ code: arbitraryCode, value: arbitraryDecimal, unit: arbitraryUnit })
  const escaped = (text: string) => text.replace(/[\\,|$]/g, '\\$&')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), part, fc.constantFrom('gt', 'lt', 'ge', 'le'), (parts, asked, prefix) => {
      const component = parts.map((p) => ({ code: { coding: [{ code: p.code }] }, valueQuantity: quantity(Number(p.value), p.unit) }))
      const bound = wholeIn(asked.value, asked.unit)
      const holds = (value: bigint) =>
        prefix === 'gt' ? value > bound : prefix === 'lt' ? value < bound : prefix === 'ge' ? value >= bound : value <= bound
      const alike = parts.filter((p) => p.code === asked.code && madeOf(p.unit).of === madeOf(asked.unit).of)
      const expected = alike.some((p) => holds(wholeIn(p.value, p.unit)))
      const value = `${escaped(asked.code)}$${prefix}${asked.value}|${UCUM}|${asked.unit}`
      expect(finds({ resourceType: 'Observation', component }, `component-code-value-quantity=${value}`)).toBe(expected)
      expect(finds({ resourceType: 'Observation', component }, `combo-code-value-quantity=${value}`)).toBe(expected)
    }),
    { numRuns: 2000 },
  )
})
