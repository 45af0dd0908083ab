/** What a value set asks for is its sender's choice: going through it ends, and others have their turn meanwhile. */
import { expect, test } from '@jest/globals'
import { contentOf, evaluation, inSet, NO_RULES } from '../../server/terminology-service/content.ts'
import { createLibrary, NOTHING_STORED } from '../../server/terminology-service/library.ts'
import type { ValueSetResource } from '../../server/terminology-service/resources.ts'
import { shippedDefinitions } from '../../server/terminology-service/shipped.ts'

const library = createLibrary(shippedDefinitions(), NOTHING_STORED)
const valueSet = (compose: ValueSetResource['compose']): ValueSetResource => ({
  resourceType: 'ValueSet',
  url: 'urn:test:bounds',
  status: 'draft',
  ...(compose ? { compose } : {}),
})
const list = (name: string, count: number) => Array.from({ length: count }, (_, n) => ({ code: `${name}${n}` }))

test('long lists are compared code by code, not each with all, and others have their turn', async () => {
  const set = valueSet({
    include: [{ system: 'urn:t', concept: list('a', 60_000) }],
    exclude: [
      { system: 'urn:t', concept: list('b', 60_000) },
      { system: 'urn:t', concept: [{ code: 'a1' }] },
    ],
  })
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const found = await contentOf(set, evaluation(library))
  clearInterval(timer)
  expect([found.size, turns > 0]).toEqual([59_999, true])
})

test('what takes too long ends, whichever way it is asked', async () => {
  const part = { system: 'http://hl7.org/fhir/administrative-gender' }
  const set = valueSet({ include: Array.from({ length: 100_000 }, () => part) })
  await expect(contentOf(set, evaluation(library, NO_RULES, 100))).rejects.toThrow('expansion-long')
  const asked = { system: part.system, code: 'nobody' }
  await expect(inSet(set, asked, evaluation(library, NO_RULES, 100))).rejects.toThrow('expansion-long')
  expect(await inSet(valueSet({ include: [part] }), { ...asked, code: 'male' }, evaluation(library))).toBe('yes')
})
