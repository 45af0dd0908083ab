import { describe, expect, test } from '@jest/globals'
import { DecimalTexts } from '../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { r4Definitions } from '../../server/search/definitions.ts'
import { exactKey, prefixEnd, withoutPrefixes } from '../../server/search/keys.ts'
import { splitEscaped, unescapeValue } from '../../server/search/escape.ts'
import { search } from './ask.ts'

const index = (resource: FhirResource) => search.index(resource, new DecimalTexts())
const shanghai = (text: string) => new Date(`${text}+08:00`)

describe('index', () => {
  test('an Observation', () => {
    const entry = index({
      resourceType: 'Observation',
      id: 'o1',
      meta: { lastUpdated: '2024-01-01T00:00:00Z' },
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
      subject: { reference: 'Patient/1' },
      effectiveDateTime: '2024-03-10',
      valueQuantity: { value: 130, unit: 'g/L', system: 'http://unitsofmeasure.org', code: 'g/L' },
    })
    expect({ ...entry, keys: [...entry.keys].sort() }).toEqual({
      keys: ['code:718-7', 'code=http://loinc.org|718-7', 'status:final', 'subject>Patient/1'],
      dates: { date: [{ lo: shanghai('2024-03-10T00:00'), hi: shanghai('2024-03-11T00:00') }] },
      nums: {
        'value-quantity': [
          { lo: 130, hi: 130, v: 130, u: ['http://unitsofmeasure.org|g/L', 'g/L'], c: { lo: 130_000, hi: 130_000, u: 'g.m-3' } },
        ],
      },
      sd: shanghai('2024-03-10T00:00'),
    })
  })

  test.each<[FhirResource, string | undefined]>([
    [{ resourceType: 'Encounter', period: { start: '2024-01-02', end: '2024-01-09' } }, '2024-01-02T00:00'],
    [{ resourceType: 'Encounter', period: { end: '2024-01-09' } }, '2024-01-10T00:00'],
    [{ resourceType: 'Condition', onsetDateTime: '2020-05-05', recordedDate: '2020-06-01' }, '2020-06-01T00:00'],
    [{ resourceType: 'Condition', onsetDateTime: '2020-05-05' }, '2020-05-05T00:00'],
    [{ resourceType: 'DiagnosticReport', issued: '2024-02-01T10:00:00+08:00' }, '2024-02-01T10:00'],
    [{ resourceType: 'MedicationRequest', authoredOn: '2024-02' }, '2024-02-01T00:00'],
    [{ resourceType: 'Claim', created: '2024-02-03' }, '2024-02-03T00:00'],
    [{ resourceType: 'Patient', birthDate: '1990-01-01' }, undefined],
    [{ resourceType: 'Observation', status: 'final' }, undefined],
  ])('main date of %j: %s', (resource, expected) => {
    expect(index(resource).sd).toEqual(expected === undefined ? undefined : shanghai(expected))
  })

  test('every official parameter name is plain enough for a field path', () => {
    for (const p of r4Definitions().parameters) expect(p.code).toMatch(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/)
  })

  test('the same resource always gives the same keys, each once', () => {
    const patient = { resourceType: 'Patient', name: [{ family: '王' }, { family: '王' }] }
    const { keys } = index(patient)
    expect(new Set(keys).size).toBe(keys.length)
    expect(index(patient).keys).toEqual(keys)
  })

  test('prefixEnd is the first text behind all that start with the prefix', () => {
    expect(prefixEnd('a')).toBe('b')
    expect(prefixEnd('name~王')).toBe('name~玌')
    expect(prefixEnd('a\ud7ff')).toBe('a\ue000')
    expect(prefixEnd('a\u{10ffff}')).toBe('b')
  })

  test('exact keys of long values keep apart; short ones are the value', () => {
    expect(exactKey('short')).toBe('short')
    const long = 'a'.repeat(5000)
    expect(exactKey(`${long}1`)).not.toBe(exactKey(`${long}2`))
    expect(exactKey(`${long}1`).length).toBeLessThanOrEqual(400)
  })

  test('withoutPrefixes drops what another one begins with', () => {
    expect(withoutPrefixes(['wang', 'wangjianguo', 'wjg', 'w', '王', '王建国', '王建国'])).toEqual(['wangjianguo', 'wjg', '王建国'])
  })

  test('escapes', () => {
    expect(splitEscaped('a\\,b,c\\\\,d', ',')).toEqual(['a\\,b', 'c\\\\', 'd'])
    expect(unescapeValue('a\\,b\\|c\\$d\\\\e\\x')).toBe('a,b|c$d\\e\\x')
  })

  test('compartments', () => {
    expect(search.compartmentParams('Observation')).toEqual(['subject', 'performer'])
    expect(search.compartmentParams('Organization')).toEqual([])
    expect(search.compartmentParams('Observation', 'Encounter')).toEqual(['encounter'])
    expect(search.compartmentParams('__proto__')).toEqual([])
  })

  test('every compartment parameter is a reference parameter of its type', () => {
    const { compartments } = r4Definitions()
    const wrong = [...compartments].flatMap(([name, types]) =>
      [...types].flatMap(([type, params]) =>
        params.filter((p) => search.parameters(type).find((d) => d.code === p)?.type !== 'reference').map((p) => `${name} ${type} ${p}`),
      ),
    )
    expect(wrong).toEqual([])
  })

  test('parameters() lists what is built, with those of every resource', () => {
    const codes = search.parameters('Observation').map((p) => p.code)
    expect(codes).toEqual(
      expect.arrayContaining(['code', 'patient', 'combo-code', '_id', '_lastUpdated', '_tag', '_profile', '_security', '_source']),
    )
    expect(codes).toContain('code-value-quantity')
    expect(search.parameters('Location').map((p) => p.code)).toContain('near')
  })
})
