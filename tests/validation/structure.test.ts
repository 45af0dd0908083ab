/** The JSON of resources: https://hl7.org/fhir/R4/json.html, one case per rule. */
import { describe, expect, test } from '@jest/globals'
import { parseResource } from '../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { createValidator } from '../../server/validation/validator.ts'

const validator = createValidator()

const check = (resource: unknown): string[] =>
  validator.validate(resource as FhirResource, { mode: 'create' }).map(({ code, expression, rule }) => `${code} ${expression} ${rule}`)

const patient = (more: object): object => ({ resourceType: 'Patient', ...more })
const observation = (more: object): object => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...more })

const REFUSED: [string, object, string[]][] = [
  ['an unknown type', { resourceType: 'Person2' }, ['type Person2.resourceType resource type']],
  ['an abstract type', { resourceType: 'DomainResource' }, ['type DomainResource.resourceType resource type']],
  ['an unknown member', patient({ nickname: 'x' }), ['unknown-element Patient.nickname additionalProperties']],
  ['an unknown member inside', patient({ name: [{ nick: 'x' }] }), ['unknown-element Patient.name[0].nick additionalProperties']],
  [
    'a choice of a type that it has not',
    observation({ valueDecimal: 1 }),
    ['unknown-element Observation.valueDecimal additionalProperties'],
  ],
  ['one thing where a list stands', patient({ name: { text: 'x' } }), ['type Patient.name array']],
  ['a list where one thing stands', patient({ gender: ['male'] }), ['type Patient.gender string']],
  ['a number as text', observation({ valueQuantity: { value: '1.0' } }), ['type Observation.value.value number']],
  [
    'a number beyond the doubles',
    JSON.parse(JSON.stringify(observation({ valueQuantity: { value: 7 } })).replace(':7', ':1e999999999')),
    ['number-range Observation.value.value number'],
  ],
  ['a boolean as text', patient({ active: 'true' }), ['type Patient.active boolean']],
  ['an empty list', patient({ name: [] }), ['structure Patient.name not empty']],
  ['an empty object', patient({ name: [{}] }), ['structure Patient.name[0] not empty']],
  ['an object with an id only', patient({ name: [{ id: 'a' }] }), ['structure Patient.name[0] ele-1']],
  ['an id of a primitive without a value', patient({ _birthDate: { id: 'a' } }), ['structure Patient.birthDate ele-1']],
  ['an empty text', patient({ name: [{ text: '' }] }), ['value-format Patient.name[0].text string']],
  ['a control character', patient({ name: [{ text: 'a\u0007b' }] }), ['value-format Patient.name[0].text string']],
  ['null', patient({ gender: null }), ['type Patient.gender string']],
  ['a day that does not exist', patient({ birthDate: '2026-02-29' }), ['value-format Patient.birthDate date']],
  ['a date in another form', patient({ birthDate: '20260228' }), ['value-format Patient.birthDate date']],
  ['a time without a zone', observation({ effectiveDateTime: '2026-03-06T06:30:00' }), ['value-format Observation.effective dateTime']],
  ['a time without seconds', observation({ effectiveDateTime: '2026-03-06T06:30+08:00' }), ['value-format Observation.effective dateTime']],
  ['an instant that is only a date', observation({ issued: '2026-03-06' }), ['value-format Observation.issued instant']],
  ['an id with a slash', patient({ id: 'a/b' }), ['value-format Patient.id id']],
  ['an id of 65 characters', patient({ id: 'a'.repeat(65) }), ['value-format Patient.id id']],
  [
    'a uri with a space',
    patient({ identifier: [{ system: 'a b' }] }),
    ['value-format Patient.identifier[0].system uri', 'identifier-uri Patient.identifier[0] system'],
  ],
  ['a code with two spaces', patient({ language: 'zh  CN' }), ['value-format Patient.language code']],
  [
    'base64 of the wrong length',
    patient({ photo: [{ contentType: 'image/png', data: 'abc' }] }),
    ['value-format Patient.photo[0].data base64Binary'],
  ],
  ['a positive number that is 0', patient({ telecom: [{ rank: 0 }] }), ['value-format Patient.telecom[0].rank >= 1']],
  ['a whole number with a fraction', patient({ multipleBirthInteger: 1.5 }), ['type Patient.multipleBirth integer']],
  ['two of one choice', patient({ deceasedBoolean: true, deceasedDateTime: '2026' }), ['cardinality Patient.deceased max 1']],
  ['a mandatory element missing', { resourceType: 'Observation', status: 'final' }, ['required Observation.code min 1']],
  ['a place in a list with nothing', patient({ name: [{ given: [null] }] }), ['structure Patient.name[0].given[0] not empty']],
  [
    'a place with neither value nor extension',
    patient({ name: [{ given: ['a', null], _given: [{ id: 'x', extension: [{ url: 'urn:x', valueString: 'y' }] }, null] }] }),
    ['structure Patient.name[0].given[1] not empty'],
  ],
  [
    'an extension with a value and extensions',
    patient({ extension: [{ url: 'urn:x', valueString: 'a', extension: [{ url: 'urn:y', valueString: 'b' }] }] }),
    ['invariant Patient.extension[0] ext-1'],
  ],
  ['an extension without a url', patient({ extension: [{ valueString: 'a' }] }), ['required Patient.extension[0].url min 1']],
  [
    'a contained resource of no type',
    patient({ contained: [{ id: 'a' }] }),
    ['required Patient.contained[0].resourceType required', 'invariant Patient.contained[0] dom-3'],
  ],
  [
    'a contained resource that is wrong',
    patient({
      managingOrganization: { reference: '#o' },
      contained: [{ resourceType: 'Organization', id: 'o', name: 'x', colour: 'red' }],
    }),
    ['unknown-element Patient.contained[0].colour additionalProperties'],
  ],
  [
    'a contained resource that nobody refers to',
    patient({ contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }] }),
    ['invariant Patient.contained[0] dom-3'],
  ],
  [
    'a local reference to nothing',
    patient({ managingOrganization: { reference: '#o' } }),
    ['invariant Patient.managingOrganization ref-1'],
  ],
  [
    'a resource in a bundle that is wrong',
    {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: { resourceType: 'Observation', status: 'done', code: { text: 'x' } } }],
    },
    ['full-url Bundle.entry[0] fullUrl', 'binding Bundle.entry[0].resource.status http://hl7.org/fhir/ValueSet/observation-status'],
  ],
  [
    'a wrong identity number in a bundle',
    {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: patient({ identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: '110105194912310021' }] }) }],
    },
    ['full-url Bundle.entry[0] fullUrl', 'check-digit Bundle.entry[0].resource.identifier[0].value cn-pat-2'],
  ],
  [
    'a narrative with a script',
    patient({ text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>' } }),
    ['invariant Patient.text.div txt-1', 'invariant Patient.text.div txt-2'],
  ],
  [
    'a narrative in which a language stands twice',
    patient({ text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="zh" xml:lang="en">x</div>' } }),
    ['invariant Patient.text.div txt-1', 'invariant Patient.text.div txt-2'],
  ],
]

describe('refused', () => {
  test.each(REFUSED)('%s', (_what, resource, expected) => {
    const found = check(resource).filter((line) => !line.startsWith('type Patient.contained[0].resourceType'))
    expect(found).toEqual(expected)
  })
})

const TAKEN: [string, object][] = [
  ['a text of a full-width space', patient({ name: [{ text: '\u3000' }] })],
  ['a year, a month, a leap day', patient({ birthDate: '2024-02-29', deceasedDateTime: '2024-03' })],
  ['a leap second and fractions', observation({ issued: '2026-03-06T23:59:60.123456+14:00' })],
  ['a primitive that has only an extension', patient({ _birthDate: { extension: [{ url: 'urn:x', valueCode: 'unknown' }] } })],
  [
    'a mandatory primitive that has only an extension',
    { resourceType: 'Observation', _status: { extension: [{ url: 'urn:x', valueCode: 'unknown' }] }, code: { text: 'x' } },
  ],
  [
    'values and extensions side by side',
    patient({ name: [{ given: ['a', null], _given: [null, { extension: [{ url: 'urn:x', valueString: 'y' }] }] }] }),
  ],
  [
    'comments of a choice primitive',
    patient({ deceasedBoolean: true, _deceasedBoolean: { id: 'a', extension: [{ url: 'urn:x', valueString: 'y' }] } }),
  ],
  [
    'a contained resource that is referred to',
    patient({ managingOrganization: { reference: '#o' }, contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }] }),
  ],
  [
    'a contained resource that refers to its container',
    patient({ contained: [{ resourceType: 'RelatedPerson', id: 'r', patient: { reference: '#' } }] }),
  ],
  ['a profile of base R4', patient({ meta: { profile: ['http://hl7.org/fhir/StructureDefinition/Patient'] } })],
  [
    "a narrative with xml:lang, as HL7's tools write it",
    patient({
      text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en"><p xml:lang='zh'>x</p></div>` },
    }),
  ],
  ['20 digits', observation({ valueQuantity: JSON.parse('{"value":12345678901234567890.10}') })],
]

describe('taken', () => {
  test.each(TAKEN)('%s', (_what, resource) => {
    expect(check(resource)).toEqual([])
  })
})

test('an unknown profile is a warning', () => {
  const found = validator.validate({ resourceType: 'Patient', meta: { profile: ['urn:x', 'urn:y|1'] } }, { mode: 'create' })
  expect(found.map(({ severity, code, expression }) => [severity, code, expression])).toEqual([
    ['warning', 'profile-unknown', 'Patient.meta.profile[0]'],
    ['warning', 'profile-unknown', 'Patient.meta.profile[1]'],
  ])
})

test('a profile of another type is an error', () => {
  const canonical = 'https://fhir-cn.example/StructureDefinition/cn-claim'
  const found = validator.validate({ resourceType: 'Patient', active: true }, { mode: 'create', profiles: [canonical] })
  expect(found).toEqual([{ severity: 'error', code: 'type', expression: 'Patient', rule: 'Claim', profile: canonical, kind: 'profile' }])
})

test('the number of issues is bounded', () => {
  const name = Array.from({ length: 5000 }, () => ({ nick: 'x' }))
  expect(check(patient({ name })).length).toBe(200)
})

describe('an integer is written as one (R4 datatypes.html#integer)', () => {
  const literals = (text: string): string[] => {
    const { resource, decimals } = parseResource(text)
    return validator.validate(resource, { mode: 'create', decimals }).map(({ code, expression, rule }) => `${code} ${expression} ${rule}`)
  }
  const valued = (text: string) => `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueInteger":${text}}`

  test.each(['1.0', '1e2', '-0.0', '1E0', '10.00'])('%s is refused', (text) => {
    expect(literals(valued(text))).toEqual(['value-format Observation.value integer'])
  })
  test.each(['0', '-1', '100', '2147483647', '-0'])('%s is taken', (text) => {
    expect(literals(valued(text))).toEqual([])
  })
  test('in lists and in what is nested too; a decimal keeps its freedom', () => {
    const text =
      '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueSampledData":{"origin":{"value":1.0},"period":1e2,"dimensions":1.0,"data":"1"},"extension":[{"url":"urn:x","valueUnsignedInt":2.0}]}'
    expect(literals(text).sort()).toEqual([
      'value-format Observation.extension[0].value unsignedInt',
      'value-format Observation.value.dimensions positiveInt',
    ])
  })
})

test('an id beside a value is enough (ele-1)', () => {
  expect(check(patient({ birthDate: '1970-03-30', _birthDate: { id: 'a' } }))).toEqual([])
  expect(check(patient({ name: [{ given: ['a', 'b'], _given: [{ id: 'x' }, null] }] }))).toEqual([])
})
