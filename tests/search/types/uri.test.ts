import { describe, expect, test } from '@jest/globals'
import { finds, refusal } from '../ask.ts'

describe('uri', () => {
  const valueSet = {
    resourceType: 'ValueSet',
    url: 'http://Acme.example/fhir/ValueSet/123',
    meta: { profile: ['http://p.example/SD/a|1.0'], source: 'urn:hospital:h1' },
  }
  test.each([
    ['url=http://Acme.example/fhir/ValueSet/123', true],
    ['url=http://acme.example/fhir/ValueSet/123', false],
    ['url=http://Acme.example/fhir/', false],
    ['url=x,http://Acme.example/fhir/ValueSet/123', true],
    ['url:missing=false', true],
    ['_profile=http://p.example/SD/a|1.0', true],
    ['_profile=http://p.example/SD/a', true],
    ['_profile=http://p.example/SD/a|2.0', false],
    ['_source=urn:hospital:h1', true],
    ['_source=urn:hospital:h2', false],
  ])('%s: %s', (query, expected) => {
    expect(finds(valueSet, query)).toBe(expected)
  })

  // R4 search.html#uri: servers should detect a `|[version]` and interpret it as a search on the version.
  test.each([
    ['url=http://Acme.example/fhir/ValueSet/123|3.0-A', true],
    ['url=x,http://Acme.example/fhir/ValueSet/123|3.0-A', true],
    ['url=http://Acme.example/fhir/ValueSet/123|3.0', false],
    ['url=http://Acme.example/fhir/ValueSet/1234|3.0-A', false],
    ['url=http://Acme.example/fhir/ValueSet/123\\|3.0-A', false],
    ['url=http://Acme.example/fhir/ValueSet/123|3.0-A|x', false],
  ])('a canonical address with its version, %s: %s', (query, expected) => {
    expect(finds({ ...valueSet, version: '3.0-A' }, query)).toBe(expected)
    expect(finds(valueSet, query)).toBe(false)
  })

  test('modifiers that are not built are refused', () => {
    expect(refusal('ValueSet', 'url:exact=http://x', false)).toBe('modifier-unsupported')
    expect(refusal('ValueSet', 'url:not=http://x', false)).toBe('modifier-unsupported')
  })
})
