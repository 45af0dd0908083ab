/** Discriminators and slicing rules beyond those of our own profiles, with profiles made for the test. */
import { describe, expect, test } from '@jest/globals'
import type { FhirResource } from '../../server/fhir/types.ts'
import type { Definition, ProfileDefinition, SnapshotElement } from '../../server/validation/profile-definitions.ts'
import { createValidator } from '../../server/validation/validator.ts'

const URL = 'https://test.example/StructureDefinition/sliced'

type Part = Partial<SnapshotElement> & { id: string }

/** A profile of Observation with these elements; what they do not say is as in base R4. */
function profileOf(parts: Part[]): ProfileDefinition {
  const element = parts.map((part) => {
    const path = part.id.replaceAll(/:[^.]+/g, '')
    return { path, min: 0, max: '*', base: { path, min: 0, max: '*' }, ...part } as SnapshotElement
  })
  const root: SnapshotElement = {
    id: 'Observation',
    path: 'Observation',
    min: 0,
    max: '*',
    base: { path: 'Observation', min: 0, max: '*' },
  }
  return {
    resourceType: 'StructureDefinition',
    url: URL,
    type: 'Observation',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Observation',
    snapshot: { element: [root, ...element] },
    differential: { element },
  }
}

function check(parts: Part[], more: object, others: Definition[] = []): string[] {
  const validator = createValidator({ definitions: [profileOf(parts), ...others] })
  const resource = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...more } as FhirResource
  return validator
    .validate(resource, { mode: 'create', profiles: [URL] })
    .map(({ code, expression, rule }) => `${code} ${expression} ${rule}`)
}

const sliced = (
  id: string,
  type: 'value' | 'pattern' | 'exists' | 'type' | 'profile',
  path: string,
  rules: 'open' | 'closed' | 'openAtEnd' = 'open',
  ordered = false,
): Part => ({
  id,
  slicing: { discriminator: [{ type, path }], rules, ordered },
})

const category = (code: string): object => ({ coding: [{ system: 'urn:c', code }] })
const pattern = (name: string, min = 0): Part => ({
  id: `Observation.category:${name}`,
  sliceName: name,
  min,
  type: [{ code: 'CodeableConcept' }],
  patternCodeableConcept: category(name),
})

describe('rules', () => {
  test('closed: nothing beside the slices', () => {
    const parts = [sliced('Observation.category', 'pattern', '$this', 'closed'), pattern('a')]
    expect(check(parts, { category: [category('a')] })).toEqual([])
    expect(check(parts, { category: [category('a'), category('z')] })).toEqual(['slice Observation.category[1] closed'])
  })

  test('openAtEnd: others only behind the slices', () => {
    const parts = [sliced('Observation.category', 'pattern', '$this', 'openAtEnd'), pattern('a')]
    expect(check(parts, { category: [category('a'), category('z')] })).toEqual([])
    expect(check(parts, { category: [category('z'), category('a')] })).toEqual(['slice Observation.category[1] openAtEnd'])
  })

  test('ordered: slices in the order of the profile', () => {
    const parts = [sliced('Observation.category', 'pattern', '$this', 'open', true), pattern('a'), pattern('b')]
    expect(check(parts, { category: [category('a'), category('b')] })).toEqual([])
    expect(check(parts, { category: [category('b'), category('a')] })).toEqual(['slice Observation.category[1] ordered'])
  })

  test('least and most of a slice', () => {
    const parts = [sliced('Observation.category', 'pattern', '$this'), { ...pattern('a', 2), max: '3' }]
    expect(check(parts, { category: [category('a')] })).toEqual(['slice Observation.category a min 2'])
    expect(check(parts, { category: Array.from({ length: 4 }, () => category('a')) })).toEqual(['slice Observation.category a max 3'])
    expect(check(parts, { category: [category('a'), category('a')] })).toEqual([])
  })

  test('a pattern is found among other codings, too', () => {
    const parts = [sliced('Observation.category', 'pattern', '$this'), pattern('a', 1)]
    expect(
      check(parts, {
        category: [
          {
            text: 'x',
            coding: [
              { system: 'urn:z', code: 'a' },
              { system: 'urn:c', code: 'a', display: 'A' },
            ],
          },
        ],
      }),
    ).toEqual([])
    expect(check(parts, { category: [{ coding: [{ system: 'urn:z', code: 'a' }] }] })).toEqual(['slice Observation.category a min 1'])
  })
})

describe('discriminators', () => {
  test('exists', () => {
    const parts: Part[] = [
      sliced('Observation.component', 'exists', 'dataAbsentReason', 'closed'),
      { id: 'Observation.component:absent', sliceName: 'absent', max: '1' },
      { id: 'Observation.component:absent.dataAbsentReason', min: 1, max: '1' },
    ]
    const component = (more: object): object => ({ code: { text: 'x' }, ...more })
    expect(check(parts, { component: [component({ dataAbsentReason: { text: 'x' } })] })).toEqual([])
    expect(check(parts, { component: [component({ valueString: 'x' })] })).toEqual(['slice Observation.component[0] closed'])
  })

  test('type of a choice', () => {
    const parts: Part[] = [
      {
        ...sliced('Observation.value[x]', 'type', '$this'),
        type: [{ code: 'Quantity' }, { code: 'string' }],
        base: { path: 'Observation.value[x]', min: 0, max: '1' },
        max: '1',
      },
      {
        id: 'Observation.value[x]:valueQuantity',
        sliceName: 'valueQuantity',
        type: [{ code: 'Quantity' }],
        base: { path: 'Observation.value[x]', min: 0, max: '1' },
        max: '1',
      },
      {
        id: 'Observation.value[x]:valueQuantity.unit',
        min: 1,
        max: '1',
        base: { path: 'Quantity.unit', min: 0, max: '1' },
        type: [{ code: 'string' }],
      },
    ]
    expect(check(parts, { valueQuantity: { value: 1, unit: 'g' } })).toEqual([])
    expect(check(parts, { valueQuantity: { value: 1 } })).toEqual(['required Observation.value.unit min 1'])
    expect(check(parts, { valueString: 'x' })).toEqual([])
    expect(check(parts, { valueInteger: 1 })).toEqual(['type Observation.value Quantity | string'])
  })

  test('type of a contained resource', () => {
    const parts: Part[] = [
      { ...sliced('Observation.contained', 'type', '$this', 'open') },
      { id: 'Observation.contained:any', sliceName: 'any', max: '1', type: [{ code: 'Resource' }] },
    ]
    const contained = ['a', 'b'].map((id) => ({ resourceType: 'Specimen', id }))
    const specimen = { reference: '#a' }
    expect(check(parts, { contained, specimen, focus: [{ reference: '#b' }] })).toEqual(['slice Observation.contained any max 1'])
  })

  test('value inside a pattern that stands above it', () => {
    const parts: Part[] = [
      sliced('Observation.component', 'value', 'code.coding.code'),
      { id: 'Observation.component:systolic', sliceName: 'systolic', max: '1' },
      {
        id: 'Observation.component:systolic.code',
        min: 1,
        max: '1',
        patternCodeableConcept: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] },
      },
    ]
    const component = { code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] }, valueString: 'x' }
    expect(check(parts, { component: [component, component] })).toEqual(['slice Observation.component systolic max 1'])
  })

  test('profile that the resource claims', () => {
    const special = { ...profileOf([]), url: 'urn:special', type: 'Specimen' }
    const parts: Part[] = [
      sliced('Observation.contained', 'profile', '$this'),
      { id: 'Observation.contained:special', sliceName: 'special', min: 1, type: [{ code: 'Specimen', profile: ['urn:special'] }] },
    ]
    const specimen = { reference: '#s' }
    const contained = { resourceType: 'Specimen', id: 's' }
    expect(check(parts, { contained: [{ ...contained, meta: { profile: ['urn:special'] } }], specimen }, [special])).toEqual([])
    expect(check(parts, { contained: [contained], specimen }, [special])).toEqual(['slice Observation.contained special min 1'])
  })

  test('what cannot be decided is refused when the profile is compiled', () => {
    const parts: Part[] = [sliced('Observation.component', 'value', 'code'), { id: 'Observation.component:x', sliceName: 'x', min: 1 }]
    expect(() => check(parts, {})).toThrow('discriminator code has no value')
  })
})

describe('bindings', () => {
  const valueSet = (content: string): Definition[] => [
    { resourceType: 'CodeSystem', url: 'urn:c', content, concept: [{ code: 'a', concept: [{ code: 'b' }] }] },
    { resourceType: 'ValueSet', url: 'urn:vs', compose: { include: [{ system: 'urn:c' }] } },
  ]
  const bound: Part[] = [
    { id: 'Observation.category', type: [{ code: 'CodeableConcept' }], binding: { strength: 'required', valueSet: 'urn:vs|1' } },
  ]
  const severity = (content: string, code: string): string[] => {
    const validator = createValidator({ definitions: [profileOf(bound), ...valueSet(content)] })
    const resource = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, category: [category(code)] }
    return validator.validate(resource, { mode: 'create', profiles: [URL] }).map((issue) => issue.severity)
  }

  test.each([
    ['complete', 'a', []],
    ['complete', 'b', []],
    ['complete', 'z', ['error']],
    ['fragment', 'z', ['warning']],
    ['example', 'z', ['warning']],
  ])('to a system that is %s: %s', (content, code, expected) => {
    expect(severity(content, code)).toEqual(expected)
  })
})

describe('slices of slices', () => {
  const parts: Part[] = [
    sliced('Observation.category', 'pattern', '$this'),
    {
      ...sliced('Observation.category:a', 'value', 'text'),
      sliceName: 'a',
      type: [{ code: 'CodeableConcept' }],
      patternCodeableConcept: category('a'),
    },
    { id: 'Observation.category:a/x', sliceName: 'a/x', min: 1, max: '1', type: [{ code: 'CodeableConcept' }] },
    { id: 'Observation.category:a/x.text', fixedString: 'x', type: [{ code: 'string' }] },
  ]

  test('are counted among those of their slice', () => {
    expect(check(parts, { category: [{ ...category('a'), text: 'x' }, category('a'), { text: 'x' }] })).toEqual([])
    expect(check(parts, { category: [category('a'), { text: 'x' }] })).toEqual(['slice Observation.category a/x min 1'])
  })

  test('are not asked for where their slice is not there', () => {
    expect(check(parts, { category: [category('b')] })).toEqual([])
  })
})

describe('what a reference names', () => {
  const contained = [
    { resourceType: 'Patient', id: 'p', gender: 'male' },
    { resourceType: 'Device', id: 'd' },
  ]
  const both = { contained, focus: [{ reference: '#p' }, { reference: '#d' }] }

  test('its type, behind resolve()', () => {
    const parts: Part[] = [
      sliced('Observation.focus', 'type', 'resolve()'),
      {
        id: 'Observation.focus:person',
        sliceName: 'person',
        max: '0',
        type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Patient'] }],
      },
    ]
    // A contained resource is resolved; its type stands in resourceType.
    expect(check(parts, both)).toEqual(['slice Observation.focus person max 0'])
  })

  test('a value of it, that the profile of the target fixes', () => {
    const url = 'https://test.example/StructureDefinition/male'
    const element = [
      { id: 'Patient', path: 'Patient', min: 0, max: '*', base: { path: 'Patient', min: 0, max: '*' } },
      {
        id: 'Patient.gender',
        path: 'Patient.gender',
        min: 0,
        max: '1',
        base: { path: 'Patient.gender', min: 0, max: '1' },
        fixedCode: 'male',
      },
    ]
    const male = { ...profileOf([]), url, type: 'Patient', snapshot: { element }, differential: { element } }
    const parts: Part[] = [
      sliced('Observation.focus', 'value', 'resolve().gender'),
      { id: 'Observation.focus:male', sliceName: 'male', max: '0', type: [{ code: 'Reference', targetProfile: [url] }] },
    ]
    expect(check(parts, both, [male])).toEqual(['slice Observation.focus male max 0'])
  })
})

describe('functions that know more than the resource', () => {
  const invariant = (expression: string): Part[] => [
    { id: 'Observation.code', constraint: [{ key: 'x-1', severity: 'error', expression, source: URL }] } as Part,
    {
      id: 'Observation.focus',
      constraint: [{ key: 'x-2', severity: 'error', expression: 'resolve().exists() implies resolve().is(Patient)', source: URL }],
    } as Part,
  ]
  const violated = (expression: string, more: object): string[] => check(invariant(expression), more)
  const VALUES = 'http://hl7.org/fhir/ValueSet/observation-status'

  test('memberOf', () => {
    const code = (value: string) => ({ code: { coding: [{ system: 'http://hl7.org/fhir/observation-status', code: value }] } })
    expect(violated(`memberOf('${VALUES}')`, code('final'))).toEqual([])
    expect(violated(`memberOf('${VALUES}')`, code('none'))).toContain('invariant Observation.code x-1')
    // Of a value set that is not known here nothing is said.
    expect(violated("memberOf('http://example.org/none')", code('final'))).toEqual([])
  })

  test('resolve', () => {
    const contained = [{ resourceType: 'Patient', id: 'p' }]
    expect(violated('true', { contained, focus: [{ reference: '#p' }] })).toEqual([])
    expect(violated('true', { contained: [{ resourceType: 'Device', id: 'p' }], focus: [{ reference: '#p' }] })).toEqual([
      'invariant Observation.focus[0] x-2',
    ])
    expect(violated('true', { focus: [{ reference: 'Device/elsewhere' }] })).toEqual([])
  })

  test('conformsTo and hasTemplateIdOf', () => {
    const vital = "%resource.conformsTo('http://hl7.org/fhir/StructureDefinition/vitalsigns')"
    expect(violated(vital, {})).toContain('invariant Observation.code x-1')
    expect(violated(`${vital}.not()`, {})).toEqual([])
    expect(violated("hasTemplateIdOf('http://example.org/none')", {})).toEqual([])
  })
})
