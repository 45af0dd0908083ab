/** Whatever carries a coding in a list is found by one of the keys that are asked for it, wherever in the resource that stands. */
import { describe, expect, test } from '@jest/globals'
import { DecimalTexts } from '../../server/fhir/resource-text.ts'
import type { FhirResource } from '../../server/fhir/types.ts'
import { search } from './ask.ts'
import { officialExamples } from './official-examples.ts'

const keysOf = (resource: object): string[] => search.index(resource as FhirResource, new DecimalTexts()).keys
const LOCAL = 'https://fhir-cn.example/sid/H1/test-code'
const coded = (code: string) => ({ coding: [{ system: LOCAL, code }] })
/** Keys that are there of those that are asked for. */
const found = (resource: { resourceType: string }, code = 'X', system = LOCAL): string[] => {
  const keys = new Set(keysOf(resource))
  return (search.codingKeys(resource.resourceType, { system, code }) ?? []).filter((key) => keys.has(key))
}

/** Of all members named coding, by another way than the index goes. */
function codingsOf(resource: object): { system: string; code: string }[] {
  const lists: { system?: string; code?: string }[][] = []
  JSON.stringify(resource, (name, value) => {
    if (name === 'coding' && Array.isArray(value)) lists.push(value)
    return value
  })
  return lists
    .flat()
    .filter((one): one is { system: string; code: string } => typeof one?.system === 'string' && typeof one.code === 'string')
}

test("every coding of R4's examples, but for those of systems that are asked for otherwise", () => {
  const counts = { found: 0, elsewhere: 0 }
  for (const { resource } of officialExamples(5)) {
    const { resourceType } = resource
    // Definitions, consents and the server's own records are not translated.
    if (
      !search.resources.has(resourceType) ||
      /^(Bundle|CodeSystem|ConceptMap|Consent|StructureDefinition|ValueSet|Provenance|SearchParameter|CapabilityStatement|NamingSystem|Group|Parameters|Subscription|AuditEvent|Binary)$/.test(
        resourceType,
      )
    )
      continue
    const keys = new Set(keysOf(resource))
    for (const coding of codingsOf(resource)) {
      const asked = search.codingKeys(resourceType, coding)
      if (asked === undefined) counts.elsewhere++
      else {
        expect([resourceType, resource.id, coding, asked.some((key) => keys.has(key))]).toEqual([resourceType, resource.id, coding, true])
        counts.found++
      }
    }
  }
  expect(counts.found).toBeGreaterThan(50)
  expect(counts.elsewhere).toBeGreaterThan(50)
})

describe('a key of its own', () => {
  const base = { resourceType: 'Observation', status: 'final', code: coded('OTHER') }
  test('only where no parameter looks', () => {
    expect(found({ ...base, code: coded('X') } as never)).toEqual([`code=${LOCAL}|X`])
    expect(found({ ...base, bodySite: coded('X') } as never)).toEqual([`_coding=${LOCAL}|X`])
    expect(found({ ...base, code: coded('X'), bodySite: coded('X') } as never)).toEqual([`code=${LOCAL}|X`])
    expect(found({ ...base, bodySite: coded('Y') } as never)).toEqual([])
  })

  test('in an extension, and in what is contained', () => {
    const extension = [{ url: 'urn:e', valueCodeableConcept: coded('X') }]
    expect(found({ ...base, extension } as never)).toEqual([`_coding=${LOCAL}|X`])
    const contained = [{ resourceType: 'Specimen', id: 's', type: coded('X') }]
    expect(found({ ...base, contained } as never)).toEqual([`_coding=${LOCAL}|X`])
  })

  test('of many it is known that there are more', () => {
    const component = Array.from({ length: 300 }, (_, at) => ({ code: { text: 'c' }, interpretation: [coded(`C${at}`)] }))
    expect(found({ ...base, component } as never, 'C3')).toContain(`_coding=${LOCAL}|C3`)
    expect(found({ ...base, component } as never, 'C299')).toEqual(['_coding%'])
    expect(keysOf({ ...base, component }).filter((key) => key.startsWith('_coding'))).toHaveLength(201)
  })

  test('none of standards, of consents, nor by any search', () => {
    expect(search.codingKeys('Observation', { system: 'http://loinc.org', code: 'X' })).toBeUndefined()
    expect(keysOf({ ...base, method: { coding: [{ system: 'http://snomed.info/sct', code: '1' }] } }).join()).not.toContain('_coding')
    expect(keysOf({ resourceType: 'Consent', status: 'active', scope: coded('X') }).join()).not.toContain('_coding')
    expect(() => search.parse('Observation', [['_coding', 'X']], { strict: true, countDefault: 1, countMax: 1 })).toThrow()
  })
})
