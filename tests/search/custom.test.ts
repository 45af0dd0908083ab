/** Which search parameters of operators may take effect, and what a search by one that is not ready is told. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { DecimalTexts } from '../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { OutcomeError } from '../../server/outcome/outcome-error.ts'
import { parameterOf, type ParameterResource } from '../../server/search/parameter-resource.ts'
import type { CustomParameter, SearchParameter } from '../../server/search/types.ts'
import { finds, refusal, search } from './ask.ts'

afterEach(() => search.setCustom([]))

const codes = (others: readonly SearchParameter[]) => (url: string) => [...search.builtIn, ...others].find((one) => one.url === url)?.code
const of = (
  code: string,
  type: string,
  base: string | string[],
  expression: string,
  more: Partial<ParameterResource> = {},
  others: readonly SearchParameter[] = [],
) => parameterOf({ url: `urn:${code}`, code, type: type as 'token', base: [base].flat(), expression, ...more }, codes(others))

/** Code and place of the refusal; undefined: it may take effect. */
function verdict(parameter: SearchParameter, others: CustomParameter[] = []): string | undefined {
  try {
    search.check(parameter, others)
    return undefined
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    const [{ code, expression = [] } = { code: '' }] = error.issues
    return `${code.replace('search-parameter-', '')} ${expression.join()}`.replace('SearchParameter.', '')
  }
}

const inForce = (parameter: SearchParameter, ready = true): CustomParameter => ({ ...parameter, ready })
const NICK = of('nick', 'string', 'Patient', 'Patient.photo.title')

test.each([
  ['a code that R4 has', of('gender', 'token', 'Patient', 'Patient.gender'), 'code code'],
  ['a code that R4 has in another case', of('Gender', 'token', 'Patient', 'Patient.active'), 'code code'],
  ['a code that says whose data are looked for, in another case', of('Patient', 'reference', 'Slot', 'Slot.schedule'), 'code code'],
  [
    'a code that R4 has on one of the types',
    of('vaccine-code', 'token', ['Condition', 'Immunization'], 'Condition.code | Immunization.site'),
    'code code',
  ],
  ['a code that R4 has on every type', of('_tag', 'token', 'Patient', 'Patient.gender'), 'code code'],
  ['a code that is R4’s for some type, on all', of('gender', 'token', 'DomainResource', 'DomainResource.language'), 'code code'],
  ['a code that says whose data are looked for', of('subject', 'reference', 'Slot', 'Slot.schedule'), 'code code'],
  ['a code that every object has', of('constructor', 'token', 'Patient', 'Patient.active'), 'code code'],
  ['a code with a dot', of('a.b', 'token', 'Patient', 'Patient.gender'), 'code code'],
  ['a code with a colon', of('a:b', 'token', 'Patient', 'Patient.gender'), 'code code'],
  ['a type that is none', of('x', 'token', 'Patinet', 'Patinet.gender'), 'base base'],
  ['the account of uses', of('x', 'token', 'AuditEvent', 'AuditEvent.outcome'), 'base base'],
  ['a path of another type', of('x', 'token', 'Patient', 'Patient.gender | Person.gender'), 'base expression'],
  ['a type without a path', of('x', 'token', ['Patient', 'Person'], 'Patient.gender'), 'base expression'],
  ['no expression', of('x', 'token', 'Patient', ''), 'expression expression'],
  ['an element that R4 has not', of('x', 'token', 'Patient', 'Patient.nmae'), 'expression expression'],
  [
    'a choice of an element that R4 has not',
    of('x', 'string', 'Patient', "Patient.name.where(nature='x').family"),
    'expression expression',
  ],
  ['a choice by its JSON name', of('x', 'quantity', 'Observation', 'Observation.valueQuantity'), 'expression expression'],
  ['something that is no FHIRPath', of('x', 'token', 'Patient', 'Patient.name.('), 'expression expression'],
  ['more than 2,000 characters', of('x', 'token', 'Patient', Array(200).fill('Patient.gender').join(' | ')), 'expression expression'],
  ['a token of names', of('x', 'token', 'Patient', 'Patient.name'), 'type type'],
  ['a date of text', of('x', 'date', 'Patient', 'Patient.name.family'), 'type type'],
  ['a reference of codes', of('x', 'reference', 'Patient', 'Patient.gender'), 'type type'],
  ['a special one', of('x', 'special', 'Location', 'Location.position'), 'type type'],
  ['a target that is no type', of('x', 'reference', 'Patient', 'Patient.managingOrganization', { target: ['Nothing'] }), 'type target'],
  [
    'a composite of one part',
    of('x', 'composite', 'Observation', 'Observation', {
      component: [{ definition: 'http://hl7.org/fhir/SearchParameter/clinical-code', expression: 'code' }],
    }),
    'component component',
  ],
  [
    'a composite of unknown parts',
    of('x', 'composite', 'Observation', 'Observation', {
      component: [
        { definition: 'urn:a', expression: 'code' },
        { definition: 'urn:b', expression: 'value' },
      ],
    }),
    'component component',
  ],
])('%s is refused', (_, parameter, expected) => {
  expect(verdict(parameter)).toBe(expected)
})

test.each([
  ['resolve()', 'Patient.managingOrganization.resolve().name'],
  ['a regular expression', "Patient.name.where(family.matches('(a+)+$')).given"],
  ['the clock', 'Patient.where(birthDate < today()).name.family'],
  ['a variable', 'Patient.name.where(%resource.active = true).family'],
  ['something that grows', 'Patient.name.select(given | family)'],
  ['addition', "Patient.name.where(family + 'x' = 'ax').family"],
  ['repeat', "Patient.contained.repeat(contained).where(id = 'x').id"],
  ['descendants', 'Patient.descendants().where($this is string)'],
  ['replace', "Patient.name.family.replace('a', 'aaaa')"],
  ['an element that no type has', "Patient.name.where(nmae = 'x' or use = 'usual').family"],
  ['a property of every object', "Patient.name.where(constructor.exists() or use = 'usual').family"],
])('an expression with %s is refused', (_, expression) => {
  expect(verdict(of('x', 'string', 'Patient', expression))).toBe('expression expression')
})

test('what is beyond the compiled subset and safe may take effect', () => {
  const expressions = [
    "Patient.name.where(use = 'old' and period.exists()).family",
    'Patient.name.where(given.exists()).first().family',
    "Patient.birthDate.extension('urn:x').value.ofType(string)",
    "Patient.name.where(family.startsWith('a')).given",
  ]
  expect(expressions.map((one) => verdict(of('x', 'string', 'Patient', one)))).toEqual(expressions.map(() => undefined))
})

test('two of one code are refused where they share a type', () => {
  expect(verdict(of('NICK', 'string', 'Patient', 'Patient.language'), [inForce(NICK)])).toBe('code code')
  expect(verdict(of('nick', 'string', 'Patient', 'Patient.language'), [inForce(NICK)])).toBe('code code')
  expect(verdict(of('nick', 'string', 'DomainResource', 'DomainResource.language'), [inForce(NICK)])).toBe('code code')
  expect(verdict(of('nick', 'string', 'Person', 'Person.photo.title'), [inForce(NICK)])).toBeUndefined()
})

const PERSON: FhirResource = {
  resourceType: 'Patient',
  id: 'p',
  photo: [{ title: '王小明' }],
  _birthDate: { extension: [{ url: 'urn:x', valueString: 'about noon' }] },
}

describe('a parameter in force', () => {
  test('finds as its type of search does, and nothing of it is there before', () => {
    expect(refusal('Patient', 'nick=a')).toBe('parameter-unknown')
    search.setCustom([inForce(NICK), inForce(of('noon', 'string', 'Patient', "Patient.birthDate.extension('urn:x').value.ofType(string)"))])
    expect([
      finds(PERSON, 'nick=王'),
      finds(PERSON, 'nick:contains=小'),
      finds(PERSON, 'nick:exact=王'),
      finds(PERSON, 'nick:missing=true'),
    ]).toEqual([true, true, false, false])
    expect(finds(PERSON, 'noon=about')).toBe(true)
    expect(search.parameters('Patient').some(({ code }) => code === 'nick')).toBe(true)
  })

  test('of two types is each type’s', () => {
    search.setCustom([inForce(of('tongue', 'token', 'DomainResource', 'DomainResource.language'))])
    expect(finds({ resourceType: 'Group', id: 'g', language: 'zh' }, 'tongue=zh')).toBe(true)
    expect(refusal('AuditEvent', 'tongue=zh')).toBe('parameter-unknown')
  })

  test('an evaluation that fails leaves the resource without a value', () => {
    search.setCustom([inForce(of('part', 'string', 'Patient', 'Patient.name.given.substring(0, 2)'))])
    const names = (...given: string[]) => ({ resourceType: 'Patient', id: 'p', name: [{ given }] })
    expect(finds(names('Maria'), 'part:exact=Ma')).toBe(true)
    expect(finds(names('Maria', 'Anna'), 'part:missing=true')).toBe(true)
  })

  test('where() is equal as in FHIRPath: of what repeats the one value, of a choice whichever type', () => {
    search.setCustom([
      inForce(of('called', 'string', 'Patient', "Patient.name.where(given='三').family")),
      inForce(of('valued', 'uri', 'Patient', "Patient.extension.where(value='x').url")),
    ])
    const person = {
      resourceType: 'Patient',
      id: 'p',
      name: [
        { family: '李', given: ['三'] },
        { family: '王', given: ['三', '四'] },
      ],
    }
    expect([finds(person, 'called=李'), finds(person, 'called=王')]).toEqual([true, false])
    const extended = {
      ...person,
      extension: [
        { url: 'urn:a', valueString: 'x' },
        { url: 'urn:b', valueCode: 'x' },
        { url: 'urn:c', valueString: 'y' },
      ],
    }
    expect(['urn:a', 'urn:b', 'urn:c'].map((url) => finds(extended, `valued=${url}`))).toEqual([true, true, false])
  })

  test('a token of a string is found whatever its case, and one of a code as it is', () => {
    search.setCustom([
      inForce(of('ward', 'token', 'Patient', "Patient.extension('urn:ward').value.as(string)")),
      inForce(of('ward-code', 'token', 'Patient', "Patient.extension('urn:ward').value.as(code)")),
    ])
    const person = {
      resourceType: 'Patient',
      id: 'p',
      extension: [
        { url: 'urn:ward', valueString: 'ICU-a' },
        { url: 'urn:ward', valueCode: 'Er' },
      ],
    }
    for (const query of ['ward=ICU-a', 'ward=icu-A', 'ward=|icu-a', 'ward=er', 'ward-code=Er'])
      expect([query, finds(person, query)]).toEqual([query, true])
    for (const query of ['ward=icu', 'ward-code=er', 'ward:not=icu-a']) expect([query, finds(person, query)]).toEqual([query, false])
  })

  test('does not change the keys of others', () => {
    const before = search.index(PERSON, new DecimalTexts())
    search.setCustom([
      inForce(of('tongue', 'token', 'Patient', 'Patient.language')),
      inForce(of('sex', 'token', 'Patient', 'Patient.gender')),
    ])
    expect(search.index(PERSON, new DecimalTexts())).toEqual(before)
    const male = search.index({ ...PERSON, gender: 'male' }, new DecimalTexts())
    expect(male.keys.filter((key) => /^(gender|sex)/.test(key)).sort()).toEqual(['gender:male', 'sex:male'])
  })

  test('changes what tells one index from another, of its types alone, also where only the definition changed', () => {
    const all = () => ['Patient', 'Person'].map((type) => search.indexedAs(type))
    const none = all()
    search.setCustom([inForce(NICK)])
    const one = all()
    search.setCustom([inForce({ ...NICK, expression: 'Patient.photo.url' })])
    const other = all()
    expect([one[0] === none[0], one[1] === none[1], other[0] === one[0]]).toEqual([false, true, false])
    search.setCustom([inForce(NICK, false)])
    expect(all()).toEqual(one)
  })
})

describe('a composite', () => {
  const code = of('range-kind', 'token', 'Observation', 'Observation.referenceRange.type')
  const low = of('range-low', 'quantity', 'Observation', 'Observation.referenceRange.low')
  const parts = [
    { definition: code.url, expression: 'type' },
    { definition: low.url, expression: 'low' },
  ]
  const both = of('range', 'composite', 'Observation', 'Observation.referenceRange', { component: parts }, [code, low])
  const observation: FhirResource = {
    resourceType: 'Observation',
    id: 'o',
    referenceRange: [
      { type: { coding: [{ code: 'normal' }] }, low: { value: 5 } },
      { type: { coding: [{ code: 'therapeutic' }] }, low: { value: 9 } },
    ],
  }

  test('finds its parts within one repetition', () => {
    expect(verdict(both, [inForce(code), inForce(low)])).toBeUndefined()
    search.setCustom([code, low, both].map((one) => inForce(one)))
    expect([finds(observation, 'range=normal$5'), finds(observation, 'range=normal$9')]).toEqual([true, false])
  })

  test('has parts that others in force hold', () => {
    expect(verdict(both, [inForce(code)])).toBe('component component')
    const elsewhere = { ...low, expression: 'Observation.value.as(Quantity)' }
    expect(verdict(both, [inForce(code), inForce(elsewhere)])).toBe('component component')
  })
})

test.each([
  'nick=a',
  'nick:missing=true',
  '_sort=nick',
  '_include=Patient:doc',
  '_has:Patient:doc:gender=x',
  'link.nick=a',
  'doc.gender=male',
])('a search by %s is told that it is being built, in either handling', (query) => {
  search.setCustom([
    inForce(NICK, false),
    inForce(of('doc', 'reference', 'Patient', 'Patient.generalPractitioner', { target: ['Patient', 'Practitioner'] }), false),
  ])
  expect([refusal('Patient', query, false), refusal('Patient', query, true)]).toEqual(['parameter-building', 'parameter-building'])
  expect(search.parameters('Patient').filter(({ code }) => code === 'nick' || code === 'doc')).toEqual([])
  expect(refusal('Patient', '_include=*')).toBeUndefined()
})
