/** Profiles that HL7 publishes with R4: each can be asked for, and those whose slices are told apart deep inside tell them apart. */
import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FhirResource } from '../../server/fhir/types.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { readExample } from './official-examples.ts'

const validator = createValidator()
const CORE = 'http://hl7.org/fhir/StructureDefinition/'
const BP = `${CORE}bp`
const file = join(import.meta.dirname, '..', '..', 'profiles', 'generated', 'r4', 'derived.json')
const published = Object.values(JSON.parse(readFileSync(file, 'utf8')) as Record<string, { url: string; type: string }>)

const errors = (resource: FhirResource, profile: string): string[] =>
  validator
    .validate(resource, { mode: 'create', profiles: [profile] })
    .filter(({ severity }) => severity === 'error')
    .map(({ code, expression, rule }) => `${code} ${expression} ${rule}`)

test('each is compiled, and judges an empty resource', () => {
  const profiles = published.filter(({ type, url }) => type !== 'Extension' && url.startsWith(CORE))
  expect(profiles.length).toBeGreaterThan(40)
  for (const { type, url } of profiles) expect(errors({ resourceType: type } as FhirResource, url)).not.toContain('nothing')
})

describe('blood pressure: its components are told apart by code and system of a coding in a slice', () => {
  const sound = readExample('Observation-blood-pressure.json')
  const components = sound.component as { code: object }[]

  test('the official example', () => {
    expect(errors(sound, BP)).toEqual([])
  })

  test('without its diastolic component', () => {
    expect(errors({ ...sound, component: components.slice(0, 1) }, BP)).toEqual([
      'cardinality Observation.component min 2',
      'slice Observation.component DiastolicBP min 1',
    ])
  })

  test('code of one coding and system of another are no match of the same slice', () => {
    const [systolic, diastolic] = components
    const other = { ...systolic, code: { coding: [{ system: 'http://loinc.org', code: '9999-9' }] } }
    expect(errors({ ...sound, component: [other, diastolic] } as FhirResource, BP)).toContain(
      'slice Observation.component SystolicBP min 1',
    )
  })
})

test('lipids: results are told apart by the codes that the profiles of their targets are bound to', () => {
  const bundle = readExample('Bundle-lipids.json') as unknown as { entry: { fullUrl: string; resource: FhirResource }[] }
  const [report] = bundle.entry.map(({ resource }) => resource)
  const reported = { ...report, meta: { profile: [`${CORE}lipidprofile`] } }
  const entry = bundle.entry.map((each, index) => (index === 0 ? { ...each, resource: reported } : each))
  const found = errors({ ...bundle, entry } as unknown as FhirResource, `${CORE}Bundle`)
  expect(found.filter((line) => /result.*(?:closed|min|max|ordered)/.test(line))).toEqual([])
})
