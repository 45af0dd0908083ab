/** Tokens by value sets, hierarchies and types of identifiers; addresses by their parts (R4 search.html 3.1.1.4.10, 3.1.1.4.13). */
import { describe, expect, test } from '@jest/globals'
import { terminologyOf } from '../../../server/terminology-service/terminology.ts'
import { readValueSets, wholeSets } from '../../../server/terminology-service/value-sets.ts'
import { PREFIX_LENGTH_MAX, VALUE_SET_CODES_MAX } from '../../../server/search/limits.ts'
import { createSearch } from '../../../server/search/search.ts'
import { finds, refusal } from '../ask.ts'

const ICD = 'urn:oid:2.16.156.10011.2.3.3.11.3'
const condition = (...codes: string[]) => ({ resourceType: 'Condition', code: { coding: codes.map((code) => ({ system: ICD, code })) } })

describe(':in and :not-in', () => {
  const GENDER = 'http://hl7.org/fhir/ValueSet/administrative-gender'
  const GB = 'https://fhir-cn.example/ValueSet/cn-gender-gb'
  const gender = (code: string | undefined) => ({ resourceType: 'Patient', ...(code === undefined ? {} : { gender: code }) })

  test('codes that are listed', () => {
    expect(finds(gender('male'), `gender:in=${GENDER}`)).toBe(true)
    expect(finds(gender('male'), `gender:not-in=${GENDER}`)).toBe(false)
    expect(finds(gender('männlich'), `gender:in=${GENDER}`)).toBe(false)
    expect(finds(gender('männlich'), `gender:not-in=${GENDER}`)).toBe(true)
    expect(finds(gender(undefined), `gender:in=${GENDER}`)).toBe(false)
    expect(finds(gender(undefined), `gender:not-in=${GENDER}`)).toBe(true)
  })

  test('every code of a system; the code alone is not enough', () => {
    const coded = (system: string) => ({ resourceType: 'Observation', code: { coding: [{ system, code: '1' }] } })
    expect(finds(coded('urn:oid:2.16.156.10011.2.3.3.4'), `code:in=${GB}`)).toBe(true)
    expect(finds(coded('urn:other'), `code:in=${GB}`)).toBe(false)
    expect(finds(coded('urn:other'), `code:in=${GB},${GENDER}`)).toBe(false)
    expect(finds(coded('urn:other'), `code:not-in=${GB}`)).toBe(true)
  })

  test.each(['http://nowhere.example/ValueSet/1', 'ValueSet/1', 'http://loinc.org', '__proto__'])(
    '%s is no value set that is known',
    (url) => {
      for (const modifier of ['in', 'not-in']) expect(refusal('Condition', `code:${modifier}=${url}`, false)).toBe('value-set-unknown')
    },
  )

  test('a set with a part that is not known is not known', () => {
    const system = 'urn:s'
    const sets = wholeSets([
      { url: 'whole', compose: { include: [{ system, concept: [{ code: 'a' }] }, { valueSet: ['other|1'] }] } },
      { url: 'other', compose: { include: [{ system: 'urn:t' }] } },
      { url: 'filtered', compose: { include: [{ system }, { system, filter: [] }] } },
      { url: 'without', compose: { include: [{ system }], exclude: [] } },
      { url: 'far', compose: { include: [{ valueSet: ['nowhere'] }] } },
      { url: 'round', compose: { include: [{ valueSet: ['round'] }] } },
      { url: 'common', compose: { include: [{ system, valueSet: ['other'] }] } },
      { url: 'empty' },
    ])
    expect(sets).toEqual([
      { url: 'whole', include: [{ system, codes: ['a'] }, { system: 'urn:t' }] },
      { url: 'other', include: [{ system: 'urn:t' }] },
    ])
    expect(readValueSets().length).toBeGreaterThan(150)
  })

  test('a set of too many codes is refused', () => {
    const codes = Array.from({ length: VALUE_SET_CODES_MAX + 1 }, (_, i) => String(i))
    const codeSets = terminologyOf({ systems: [], maps: [] }, [{ url: 'large', include: [{ system: 'urn:s', codes }] }])
    const search = createSearch({ timezone: 'Asia/Shanghai', publicUrl: '', codeSets })
    const ask = () => search.parse('Condition', [['code:in', 'large']], { strict: true, countDefault: 20, countMax: 100 })
    expect(ask).toThrow(expect.objectContaining({ issues: [expect.objectContaining({ code: 'too-costly' })] }))
  })
})

describe(':below and :above', () => {
  test.each([
    ['B20', 'B20.100', true],
    ['B20', 'B20', true],
    ['B20', 'B21.1', false],
    ['B20.1', 'B20.100x001', true],
    ['B20.1', 'B20', false],
    ['A00-B99', 'B20.100', true],
    ['A00-B99', 'B99.9', true],
    ['A00-B99', 'A00-B99', true],
    ['A00-B99', 'A15-A19', true],
    ['A00-B99', 'C00.0', false],
    ['A15-A19', 'A20.0', false],
  ])('below %s is %s: %s', (over, code, expected) => {
    expect(finds(condition(code), `code:below=${ICD}|${over}`)).toBe(expected)
    expect(finds(condition('Z00', code), `code:below=${ICD}|${over}`)).toBe(expected)
    expect(finds({ resourceType: 'Condition', code: { coding: [{ system: 'urn:other', code }] } }, `code:below=${ICD}|${over}`)).toBe(false)
  })

  test.each([
    ['B20.100x001', 'B20', true],
    ['B20.100x001', 'B20.1', true],
    ['B20.100x001', 'B20.100x001', true],
    ['B20.100x001', 'A00-B99', true],
    ['B20.100x001', 'C00-D48', false],
    ['B20.1', 'B20.100x001', false],
    ['A15-A19', 'A00-B99', true],
    ['A15-A19', 'A15', false],
  ])('above %s is %s: %s', (under, code, expected) => {
    expect(finds(condition(code), `code:above=${ICD}|${under}`)).toBe(expected)
  })

  test('operations: categories of two digits', () => {
    const procedure = (code: string) => ({
      resourceType: 'Procedure',
      code: { coding: [{ system: 'urn:oid:2.16.156.10011.2.3.3.12', code }] },
    })
    expect(finds(procedure('36.0700x004'), 'code:below=urn:oid:2.16.156.10011.2.3.3.12|36.07')).toBe(true)
    expect(finds(procedure('36.0700x004'), 'code:below=urn:oid:2.16.156.10011.2.3.3.12|35')).toBe(false)
  })

  test.each([
    ['B20', 'parameter-invalid'],
    [`${ICD}|`, 'parameter-invalid'],
    [`${ICD}|B2`, 'parameter-invalid'],
    ['|B20', 'parameter-invalid'],
    [`${ICD}|B20|x`, 'parameter-invalid'],
    [`${ICD}|${'9'.repeat(PREFIX_LENGTH_MAX)}`, 'parameter-invalid'],
    ['http://loinc.org|718-7', 'code-system-flat'],
    ['urn:unknown|1', 'code-system-flat'],
  ])('%s: %s', (value, code) => {
    for (const modifier of ['above', 'below']) expect(refusal('Condition', `code:${modifier}=${value}`, false)).toBe(code)
  })
})

describe(':of-type', () => {
  const V2 = 'http://terminology.hl7.org/CodeSystem/v2-0203'
  const patient = {
    resourceType: 'Patient',
    identifier: [
      { type: { coding: [{ system: V2, code: 'MR' }] }, system: 'urn:h1', value: '1' },
      { type: { coding: [{ system: V2, code: 'SS' }] }, value: '2|x' },
    ],
  }

  test.each([
    [`${V2}|MR|1`, true],
    [`${V2}|SS|2\\|x`, true],
    [`${V2}|MR|2\\|x`, false],
    [`${V2}|SS|1`, false],
    ['urn:other|MR|1', false],
    [`${V2}|MR|9,${V2}|MR|1`, true],
  ])('%s: %s', (value, expected) => {
    expect(finds(patient, `identifier:of-type=${value}`)).toBe(expected)
  })

  test.each([`${V2}|MR`, `|MR|1`, `${V2}||1`, `${V2}|MR|`, '1', `${V2}|MR|1|2`])('%s is invalid: all three are needed', (value) => {
    expect(refusal('Patient', `identifier:of-type=${value}`)).toBe('parameter-invalid')
  })
})

describe('addresses', () => {
  const set = (url: string) => ({ resourceType: 'ValueSet', url })
  test.each([
    ['url:below=http://acme.org/fhir/', 'http://acme.org/fhir/ValueSet/123', true],
    ['url:below=http://acme.org/fhir', 'http://acme.org/fhir', true],
    ['url:below=http://acme.org/fhir/', 'http://acme.org/other', false],
    ['url:above=http://acme.org/fhir/ValueSet/123/_history/5', 'http://acme.org/fhir/ValueSet/123', true],
    ['url:above=http://acme.org/fhir/ValueSet/123/_history/5', 'http://acme.org/fhir/ValueSet/123/_history/5', true],
    ['url:above=http://acme.org/fhir/ValueSet/123/_history/5', 'http://acme.org/fhir/', true],
    ['url:above=http://acme.org/fhir/ValueSet/123/_history/5', 'http://acme.org', true],
    ['url:above=http://acme.org/fhir/ValueSet/123', 'http://acme.org/fhir/ValueSet/12', false],
    ['url:above=http://acme.org/fhir/ValueSet/123', 'http://acme.org/fhir/ValueSet/123/4', false],
    ['url:contains=fhir/Value', 'http://acme.org/fhir/ValueSet/123', true],
    ['url:contains=FHIR', 'http://acme.org/fhir/ValueSet/123', false],
    ['url:contains=.*', 'http://acme.org/fhir/ValueSet/123', false],
    ['url:contains=1.2', 'urn:oid:1.2.3', true],
  ])('%s, %s: %s', (query, url, expected) => {
    expect(finds(set(url), query)).toBe(expected)
  })

  test.each([
    'url:below=urn:oid:1.2',
    'url:above=urn:oid:1.2',
    'url:below=acme',
    'url:below=http://',
    `url:contains=${'a'.repeat(PREFIX_LENGTH_MAX + 1)}`,
  ])('%s is invalid', (query) => {
    expect(refusal('ValueSet', query)).toBe('parameter-invalid')
  })
})
