/** Bindings beside the binding of an element, with profiles made for the test. */
import { expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import type { BindingExtension, Definition } from '../../server/validation/profile-definitions.ts'
import { createValidator } from '../../server/validation/validator.ts'

const URL = 'https://test.example/StructureDefinition/bound'
const set = (name: string, ...codes: string[]): Definition => ({
  resourceType: 'ValueSet',
  url: `https://test.example/ValueSet/${name}`,
  compose: { include: [{ system: 'urn:c', concept: codes.map((code) => ({ code })) }] },
})

/** What is said of a category `b` where the binding is to `a` and these others. */
function said(strength: string, ...extension: BindingExtension[]): string[] {
  const category = {
    id: 'Observation.category',
    path: 'Observation.category',
    min: 0,
    max: '*',
    base: { path: 'Observation.category', min: 0, max: '*' },
    type: [{ code: 'CodeableConcept' }],
    binding: { strength, valueSet: 'https://test.example/ValueSet/a', extension },
  }
  const root = { ...category, id: 'Observation', path: 'Observation', base: { path: 'Observation', min: 0, max: '*' }, binding: undefined }
  const profile = {
    resourceType: 'StructureDefinition',
    url: URL,
    type: 'Observation',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Observation',
    snapshot: { element: [root, category] },
    differential: { element: [category] },
  } as unknown as Definition
  const validator = createValidator({ definitions: [profile, set('a', 'a'), set('ab', 'a', 'b'), set('c', 'c')] })
  const resource = {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    category: [{ coding: [{ system: 'urn:c', code: 'b' }] }],
  }
  const found = validator.validate(resource as FhirResource, { mode: 'create', profiles: [URL] })
  return found.map(({ severity, code, rule }) => `${severity} ${code} ${rule.slice(rule.lastIndexOf('/') + 1)}`)
}

const largest = (name: string): BindingExtension => ({
  url: 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet',
  valueCanonical: `https://test.example/ValueSet/${name}`,
})
const additional = (purpose: string, name: string, ...more: NonNullable<BindingExtension['extension']>): BindingExtension => ({
  url: 'http://hl7.org/fhir/tools/StructureDefinition/additional-binding',
  extension: [
    { url: 'purpose', valueCode: purpose },
    { url: 'valueSet', valueCanonical: `https://test.example/ValueSet/${name}` },
    ...more,
  ],
})

test('the largest value set is an error to leave', () => {
  expect(said('extensible', largest('ab'))).toEqual(['warning binding a'])
  expect(said('extensible', largest('c'))).toEqual(['warning binding a', 'error binding c'])
  expect(said('preferred', largest('c'))).toEqual(['error binding c'])
})

test.each([
  ['required', ['error binding c']],
  ['maximum', ['error binding c']],
  ['extensible', ['warning binding c']],
  ['minimum', []],
  ['candidate', []],
  ['ui', []],
])('an additional binding that is %s', (purpose, expected) => {
  expect(said('example', additional(purpose, 'c'))).toEqual(expected)
  expect(said('example', additional(purpose, 'ab'))).toEqual([])
})

test('what holds for some uses or for one of the repetitions only is not decided', () => {
  expect(said('example', additional('required', 'c', { url: 'usage' }))).toEqual([])
  expect(said('example', additional('required', 'c', { url: 'any', valueBoolean: true }))).toEqual([])
})
