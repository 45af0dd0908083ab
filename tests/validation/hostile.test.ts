/** Whatever JSON a client sends, validation answers issues: it neither throws nor takes long. */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { FhirResource } from '../../server/fhir/types.ts'
import { createValidator } from '../../server/validation/validator.ts'
import { observation, patient } from '../profiles/cases/cases-as-resources.ts'

const validator = createValidator()
const SOUND = [observation[0], patient[0]] as FhirResource[]

const json = fc.jsonValue({ maxDepth: 3 })

/** Replaces one node somewhere in the resource. */
function withReplaced(resource: FhirResource, path: readonly number[], replacement: unknown): FhirResource {
  const copy = structuredClone(resource)
  let holder: Record<string, unknown> = copy
  for (const [depth, step] of path.entries()) {
    const keys = Object.keys(holder).filter((key) => key !== 'resourceType')
    const key = keys[step % keys.length]
    if (key === undefined) break
    const inner = holder[key]
    if (depth === path.length - 1 || inner === null || typeof inner !== 'object') {
      holder[key] = replacement
      break
    }
    holder = inner as Record<string, unknown>
  }
  return copy
}

test('any node replaced by any JSON', () => {
  const path = fc.array(fc.nat(20), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(fc.constantFrom(...SOUND), path, json, (resource, steps, replacement) => {
      expect(Array.isArray(validator.validate(withReplaced(resource, steps, replacement), { mode: 'create' }))).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('any JSON as a member of a resource', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), (members) => {
      const found = validator.validate({ ...members, resourceType: 'Claim' } as FhirResource, { mode: 'create' })
      expect(found.some((issue) => issue.severity === 'error')).toBe(true)
    }),
  )
})

const SECONDS = 1000

test.each([
  ['a code of a million letters and a space at the end', { resourceType: 'Patient', language: `${'a'.repeat(1_000_000)} ` }],
  ['base64 of a million spaces', { resourceType: 'Patient', photo: [{ data: `${' '.repeat(1_000_000)}!` }] }],
  ['an oid of a million parts', { resourceType: 'Patient', extension: [{ url: 'urn:x', valueOid: `urn:oid:1${'.1'.repeat(500_000)}x` }] }],
  ['a time of a million digits', { resourceType: 'Observation', issued: `2026-01-01T00:00:00.${'1'.repeat(1_000_000)}X` }],
  ['50,000 wrong items', { resourceType: 'Patient', name: Array.from({ length: 50_000 }, () => ({ text: 1 })) }],
  [
    'a Bundle of 10,000 entries, one of them twice',
    {
      resourceType: 'Bundle',
      type: 'collection',
      entry: Array.from({ length: 10_000 }, (_, at) => ({
        fullUrl: `http://a/Patient/${at % 9_999}`,
        resource: { resourceType: 'Patient', id: String(at % 9_999), link: [{ type: 'seealso', other: { reference: `Patient/${at}` } }] },
      })),
    },
  ],
  [
    'a CodeSystem of 10,000 codes, one of them twice, and a part that only the package looks at',
    {
      resourceType: 'CodeSystem',
      status: 'active',
      content: 'complete',
      _name: { id: 'x' },
      concept: Array.from({ length: 10_000 }, (_, at) => ({ code: `c${at % 9_999}` })),
    },
  ],
  ['20,000 items', { resourceType: 'Patient', name: Array.from({ length: 20_000 }, () => ({ text: 'x', given: ['a', null] })) }],
])('%s: an answer within seconds', (_what, resource) => {
  const start = performance.now()
  expect(validator.validate(resource as FhirResource, { mode: 'create' })).not.toEqual([])
  expect(performance.now() - start).toBeLessThan(5 * SECONDS)
})

test.each([
  ['half of a surrogate pair', '\ud800'],
  ['the other half', 'a\udc00'],
  ['a control character', 'a\u0000'],
])('%s is no text, and is told where it is', (_name, text) => {
  const issues = validator.validate({ resourceType: 'Patient', name: [{ text }] } as FhirResource, { mode: 'create' })
  expect(issues.filter(({ severity }) => severity === 'error').map(({ expression }) => expression)).toEqual(['Patient.name[0].text'])
})
