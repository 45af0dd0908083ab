/** A loaded code system that does not answer: suggestions are what was found until then, and others' decisions among them. */
import { expect, test } from '@jest/globals'
import { suggest, type SuggestionDeps } from '../../server/code-mapping/suggestions.ts'
import type { CodeSystem, Paging } from '../../server/terminology-service/code-system.ts'

const ICD = 'urn:oid:2.16.156.10011.2.3.3.11.3'
const asked: Paging[] = []
const never = new Promise<never>(() => undefined)
const silent = {
  url: ICD,
  name: 'ICD',
  content: 'complete',
  page: (paging: Paging) => {
    asked.push(paging)
    return never
  },
} as unknown as CodeSystem
const target = { system: ICD, code: 'I50.900' }
const row = {
  map: 'diagnosis',
  source: 'a',
  system: 's',
  code: 'X',
  display: '心力衰竭',
  name: '心力衰竭',
  count: 1,
  lastSeen: new Date(0),
}
const deps = {
  unmapped: { find: async () => [{ ...row, _id: 'other', name: '心力衰竭？' }] },
  mappings: { getMany: async () => [{ _id: 'other', organization: 'H2', current: { meaning: { target } } }] },
  library: () => ({ codeSystems: async () => [silent] }),
  tables: () => ({ maps: [] }),
} as unknown as SuggestionDeps

test('what is not found in time is left out, and nothing long is asked of it', async () => {
  expect(await suggest(deps, { ...row, _id: 'own' })).toEqual([{ ...target, score: expect.any(Number), organizations: 1 }])
  // One question at a time, of words that its index answers at once.
  expect(asked).toHaveLength(1)
  expect(asked[0]?.text?.split(' ').every((word) => [...word].length <= 3)).toBe(true)
})
