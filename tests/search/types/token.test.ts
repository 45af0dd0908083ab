import { describe, expect, test } from '@jest/globals'
import { finds, refusal } from '../ask.ts'

const LOINC = 'http://loinc.org'
const SNOMED = 'http://snomed.info/sct'
const observation = {
  resourceType: 'Observation',
  status: 'final',
  identifier: [{ system: 'urn:oid:1.2.3', value: 'Ab|1' }, { value: 'NoSystem' }],
  code: {
    coding: [
      { system: LOINC, code: '718-7', display: 'Hemoglobin [Mass/volume] in Blood' },
      { system: SNOMED, code: '38082009' },
      { code: 'HGB' },
    ],
    text: '血红蛋白',
  },
}

describe('token', () => {
  // R4 search.html 3.1.1.4.10, the four forms, each against codings of two systems and of none.
  test.each([
    ['code=718-7', true],
    ['code=HGB', true],
    ['code=hgb', false],
    [`code=${LOINC}|718-7`, true],
    [`code=${SNOMED}|38082009`, true],
    [`code=${LOINC}|38082009`, false],
    ['code=|HGB', true],
    ['code=|718-7', false],
    [`code=${LOINC}|`, true],
    ['code=http://loinc|', false],
    ['code=http://other.example|', false],
    ['code=none,718-7', true],
    ['code=718-7&code=HGB', true],
    ['code=718-7&code=none', false],
    ['code:not=718-7', false],
    ['code:not=none', true],
    ['code:not=none,718-7', false],
    ['category:not=vital-signs', true],
    ['code:missing=false', true],
    ['code:missing=true', false],
    ['category:missing=true', true],
    ['code:text=血红', true],
    ['code:text=hemoglobin [mass', true],
    ['code:text=蛋白', false],
    ['combo-code=718-7', true],
    ['combo-code:not=718-7', false],
    ['status=final', true],
    ['status=Final', false],
    ['status=|final', true],
    ['status=http://hl7.org/fhir/observation-status|final', true],
    ['status=http://hl7.org/fhir/observation-status|', true],
    ['status=http://hl7.org/fhir/other|final', false],
    ['identifier=urn:oid:1.2.3|Ab\\|1', true],
    ['identifier=Ab\\|1', true],
    ['identifier=ab\\|1', false],
    ['identifier=|NoSystem', true],
    ['identifier=|Ab\\|1', false],
  ])('%s: %s', (query, expected) => {
    expect(finds(observation, query)).toBe(expected)
  })

  test('system and code must stand in one coding', () => {
    const crossed = {
      resourceType: 'Observation',
      code: {
        coding: [
          { system: LOINC, code: 'A' },
          { system: SNOMED, code: 'B' },
        ],
      },
    }
    expect(finds(crossed, `code=${LOINC}|B`)).toBe(false)
    expect(finds(crossed, `code=${SNOMED}|B`)).toBe(true)
  })

  test('a concept in words only, and a coding of a system only, are values', () => {
    expect(finds({ resourceType: 'Observation', code: { text: '血压' } }, 'code:missing=false')).toBe(true)
    expect(finds({ resourceType: 'Observation', code: { coding: [{ system: LOINC }] } }, `code=${LOINC}|`)).toBe(true)
    expect(finds({ resourceType: 'Observation', code: {} }, 'code=x')).toBe(false)
  })

  test('boolean and ContactPoint', () => {
    const patient = {
      resourceType: 'Patient',
      active: false,
      telecom: [
        { system: 'phone', value: '13800138000' },
        { system: 'email', value: 'a@b.cn' },
      ],
    }
    expect(finds(patient, 'active=false')).toBe(true)
    expect(finds(patient, 'active=true')).toBe(false)
    expect(finds(patient, 'active=http://terminology.hl7.org/CodeSystem/special-values|false')).toBe(true)
    expect(finds(patient, 'phone=13800138000')).toBe(true)
    expect(finds(patient, 'phone=a@b.cn')).toBe(false)
    expect(finds(patient, 'telecom=a@b.cn')).toBe(true)
    expect(finds(patient, 'deceased=false')).toBe(true)
  })

  test('_tag and _security on meta', () => {
    const tagged = { resourceType: 'Patient', meta: { tag: [{ system: 'urn:t', code: 'T' }], security: [{ system: 'urn:s', code: 'R' }] } }
    expect(finds(tagged, '_tag=urn:t|T')).toBe(true)
    expect(finds(tagged, '_tag=R')).toBe(false)
    expect(finds(tagged, '_security=R')).toBe(true)
  })

  // R4 search.html#token: "If the underlying data type is string then the search is not case sensitive."
  test('plain strings are compared whatever their case; codes and identifiers as they are', () => {
    const set = { resourceType: 'ValueSet', version: '1.0-Draft', status: 'draft', identifier: [{ value: 'AbC' }] }
    for (const value of ['1.0-Draft', '1.0-draft', '1.0-DRAFT', 'x,1.0-dRaft', '|1.0-draft'])
      expect([value, finds(set, `version=${value}`)]).toEqual([value, true])
    expect(finds(set, 'version=1.0')).toBe(false)
    expect(finds(set, 'version:not=1.0-DRAFT')).toBe(false)
    expect(finds(set, '_filter=version eq "1.0-DRAFT"')).toBe(true)
    expect(finds(set, '_filter=version ne "1.0-DRAFT"')).toBe(false)
    expect(finds({ resourceType: 'Coverage', subscriberId: 'Nr-7' }, 'subscriber-id=nR-7')).toBe(true)
    for (const query of ['status=DRAFT', 'identifier=abc', 'identifier=ABC']) expect([query, finds(set, query)]).toEqual([query, false])
  })

  test('codes longer than a key keep apart', () => {
    const long = 'x'.repeat(1000)
    const resource = { resourceType: 'Observation', identifier: [{ system: 'urn:s', value: `${long}1` }] }
    expect(finds(resource, `identifier=${long}1`)).toBe(true)
    expect(finds(resource, `identifier=urn:s|${long}1`)).toBe(true)
    expect(finds(resource, `identifier=${long}2`)).toBe(false)
  })

  test.each([
    ['code=|', 'parameter-invalid'],
    ['code=a|b|c', 'parameter-invalid'],
    ['code=a,,b', 'parameter-invalid'],
    ['code:missing=yes', 'parameter-invalid'],
    ['status:text=x', 'modifier-unsupported'],
    ['category:text=·', 'parameter-invalid'],
    ['code:exact=x', 'modifier-unsupported'],
  ])('%s is refused as %s in both handlings', (query, code) => {
    expect(refusal('Observation', query, true)).toBe(code)
    expect(refusal('Observation', query, false)).toBe(code)
  })
})
