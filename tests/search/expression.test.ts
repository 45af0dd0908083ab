import { describe, expect, test } from '@jest/globals'
import { r4Definitions } from '../../server/search/definitions.ts'
import { compileTerm, type Extract } from '../../server/search/expression/compile.ts'
import { compileWithFhirpath } from '../../server/search/expression/fallback.ts'
import { parseExpression } from '../../server/search/expression/parse.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { compareAll } from './official-examples.ts'

const { parameters, elements } = r4Definitions()

function values(expression: string, resource: FhirResource): [unknown, string][] {
  const found: [unknown, string][] = []
  for (const term of parseExpression(expression) ?? []) (compileTerm(term, elements) as Extract)(resource, (v, t) => found.push([v, t]))
  return found
}

describe('search expressions', () => {
  test('every R4 expression of a built type is inside the compiled subset', () => {
    const outside = parameters
      .filter((p) => p.type !== 'composite' && p.type !== 'special')
      .filter((p) => !parseExpression(p.expression)?.every((term) => compileTerm(term, elements)))
    expect(outside.map((p) => p.url)).toEqual([])
  })

  test('closures and the fhirpath package give the same elements on all official examples', () => {
    const { resources, elements: count, differences } = compareAll(1)
    expect(resources).toBeGreaterThan(5300)
    expect(count).toBeGreaterThan(140_000)
    expect(differences).toEqual([])
  })

  test('a choice element comes with the type that is present', () => {
    const observation = { resourceType: 'Observation', effectivePeriod: { start: '2024' } }
    expect(values('Observation.effective', observation)).toEqual([[{ start: '2024' }, 'Period']])
  })

  test('where(resolve() is T) goes by the text, the contained resource, or Reference.type', () => {
    const references = [
      { reference: 'Patient/1' },
      { reference: 'Group/1' },
      { reference: 'http://other.example/fhir/Patient/2' },
      { reference: '#p' },
      { reference: '#missing' },
      { reference: 'urn:uuid:9d9c22a3-0000-4000-8000-000000000000', type: 'Patient' },
      { identifier: { value: 'A' }, type: 'Patient' },
      { identifier: { value: 'B' } },
    ]
    const found = references.map((subject) => {
      const flag = { resourceType: 'Flag', contained: [{ resourceType: 'Patient', id: 'p' }], subject }
      return values('Flag.subject.where(resolve() is Patient)', flag).length
    })
    expect(found).toEqual([1, 0, 1, 1, 0, 1, 1, 0])
  })

  test('deceased is true for a date, false when nothing is said', () => {
    const expression = 'Patient.deceased.exists() and Patient.deceased != false'
    const deceased = (more: object) => values(expression, { resourceType: 'Patient', ...more })[0]?.[0]
    expect(deceased({})).toBe(false)
    expect(deceased({ deceasedBoolean: false })).toBe(false)
    expect(deceased({ deceasedBoolean: true })).toBe(true)
    expect(deceased({ deceasedDateTime: '2020' })).toBe(true)
  })

  test('null in arrays and wrong shapes add nothing', () => {
    expect(values('Patient.name.given', { resourceType: 'Patient', name: [null, { given: [null, 'A'] }, 'x'] })).toEqual([['A', 'string']])
    expect(values('Patient.name.family', { resourceType: 'Patient', name: 7 })).toEqual([])
  })

  test('an expression outside the subset runs on the fhirpath package', () => {
    const expression = "Patient.name.where(use = 'official' and given.exists()).family"
    expect(parseExpression(expression)).toBeUndefined()
    const found: unknown[] = []
    const patient = {
      resourceType: 'Patient',
      name: [
        { use: 'official', family: 'A', given: ['x'] },
        { use: 'official', family: 'B' },
      ],
    }
    compileWithFhirpath(expression)(patient, (v, t) => found.push([v, t]))
    expect(found).toEqual([['A', 'string']])
  })
})
