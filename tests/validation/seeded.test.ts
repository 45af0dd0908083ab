/**
 * Six kinds of error that a validator without slice content, extension definitions and bindings lets pass: an invariant
 * on a slice, a mandatory element in a slice, type, cardinality and binding of an extension, a binding of base R4.
 */
import { describe, expect, test } from '@jest/globals'
import { createValidator } from '../../server/validation/validator.ts'
import { ID_CARD, profile } from '../profiles/cases/case.ts'
import { patient } from '../profiles/cases/people.ts'

const validator = createValidator()

const errorsOf = (
  change: (resource: typeof patient.valid & { identifier: { value?: string }[]; extension: object[] }) => void,
): string[] => {
  const resource = structuredClone(patient.valid) as Parameters<typeof change>[0]
  change(resource)
  const errors = validator.validate(resource, { mode: 'create' }).filter((issue) => issue.severity === 'error')
  return errors.map(({ code, expression, rule }) => `${code} ${expression} ${rule}`)
}

describe('seeded errors', () => {
  test('an invariant of a slice', () => {
    const found = errorsOf((r) => Object.assign(r.identifier[0] ?? {}, { system: ID_CARD, value: 'A'.repeat(18) }))
    expect(found).toContain('invariant Patient.identifier[0] cn-id-1')
  })

  test('a mandatory element of a slice', () => {
    expect(errorsOf((r) => delete r.identifier[0]?.value)).toContain('required Patient.identifier[0].value min 1')
  })

  test('the type of an extension', () => {
    const found = errorsOf((r) => r.extension.splice(0, 1, { url: profile('cn-ethnicity'), valueCode: '01' }))
    expect(found).toEqual(['type Patient.extension[0].value Coding'])
  })

  test('the cardinality of an extension', () => {
    const second = { url: profile('cn-ethnicity'), valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.3.3', code: '02' } }
    expect(errorsOf((r) => r.extension.push(second))).toEqual(['slice Patient.extension ethnicity max 1'])
  })

  test('the binding of an extension', () => {
    const other = { url: profile('cn-ethnicity'), valueCoding: { system: 'urn:oid:2.16.156.10011.2.3.3.3', code: '77' } }
    const found = errorsOf((r) => r.extension.splice(0, 1, other))
    expect(found).toEqual(['binding Patient.extension[0].value https://fhir-cn.example/ValueSet/cn-ethnicity'])
  })

  test('a required binding of base R4', () => {
    const found = errorsOf((r) => Object.assign(r, { gender: 'man' }))
    expect(found).toEqual(['binding Patient.gender http://hl7.org/fhir/ValueSet/administrative-gender'])
  })
})

test('issues never hold a value of the resource', () => {
  const resource = structuredClone(patient.valid) as unknown as Record<string, unknown>
  resource.gender = 'secret-gender'
  resource.birthDate = 'secret-date'
  resource['secret name'] = 'secret-value'
  resource.identifier = [{ system: ID_CARD, value: 'secret-number' }]
  const found = validator.validate(resource as typeof patient.valid, { mode: 'create' })
  expect(found.length).toBeGreaterThan(2)
  expect(JSON.stringify(found)).not.toContain('secret')
})
