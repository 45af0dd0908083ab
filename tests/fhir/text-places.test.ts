/** Line and column of elements in JSON text, counted by hand. */
import { describe, expect, test } from '@jest/globals'
import { placesIn } from '../../server/fhir/text-places.ts'

const TEXT = `{
  "resourceType": "Observation",
  "_status": { "id": "a" },
  "code": { "coding": [ { "code": "x, y]" },
    { "code": "\\"z" } ] },
  "valueQuantity": {"value": 1.0}, "valueless": 1
}`

describe('places', () => {
  const place = placesIn(TEXT)
  test.each([
    ['Observation', 1, 1],
    ['Observation.resourceType', 2, 3],
    ['Observation.status', 3, 3],
    ['Observation.code', 4, 3],
    ['Observation.code.coding[0]', 4, 25],
    ['Observation.code.coding[1].code', 5, 7],
    ['Observation.value', 6, 3],
    ['Observation.value.value', 6, 21],
    ['Observation.valueless', 6, 36],
    // What is not there: the nearest above.
    ['Observation.code.text', 4, 3],
    ['Observation.subject', 1, 1],
    ['Observation.code.coding[2]', 4, 13],
  ])('of %s', (expression, line, column) => {
    expect(place(expression)).toEqual({ line, column })
  })

  test('of a resource inside of the text', () => {
    const inner = placesIn(
      '{"resourceType":"Parameters",\n"parameter":[{"name":"resource",\n "resource":{"resourceType":"Patient","gender":"x"}}]}',
      'Parameters.parameter[0].resource',
    )
    expect([inner('Patient'), inner('Patient.gender')]).toEqual([
      { line: 3, column: 2 },
      { line: 3, column: 39 },
    ])
  })
})

test('behind data of megabytes, and behind marks that are escaped', () => {
  expect(placesIn(`{"data":"${'QUFB'.repeat(4_000_000)}","x":1}`)('Binary.x')).toEqual({ line: 1, column: 16_000_012 })
  expect(placesIn('{"a\\\\":"\\\\\\"","x":1}')('Patient.x')).toEqual({ line: 1, column: 15 })
})
