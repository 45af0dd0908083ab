/** What comes with the server: each address once, tables and profiles of one mind, every value set that R4 requires evaluable. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { contentOf, evaluation } from '../../server/terminology-service/content.ts'
import { createLibrary, NOTHING_STORED } from '../../server/terminology-service/library.ts'
import type { CodeSystemResource, ConceptElement } from '../../server/terminology-service/resources.ts'
import { shippedDefinitions } from '../../server/terminology-service/shipped.ts'

const GENERATED = new URL('../../profiles/generated/', import.meta.url)
const library = createLibrary(shippedDefinitions(), NOTHING_STORED)
const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, GENERATED), 'utf8')) as T

test('codes of the profiles are in the table of the same address, under the same names', async () => {
  const files = readdirSync(GENERATED).filter((file) => file.startsWith('CodeSystem-'))
  expect(files.length).toBeGreaterThan(20)
  for (const file of files) {
    const { url = '', concept = [] } = read<CodeSystemResource>(file)
    const walk = (list: readonly ConceptElement[]): ConceptElement[] => list.flatMap((one) => [one, ...walk(one.concept ?? [])])
    const system = await library.codeSystem(url)
    for (const { code, display } of walk(concept))
      expect([file, code, (await system?.lookup(code))?.display]).toEqual([file, code, display])
  }
})

/** `codes.json` was expanded by the build, with another evaluator. */
test('value sets that R4 binds as required have the codes that the validator knows', async () => {
  const required = read<Record<string, Record<string, string[]> | null>>('r4/codes.json')
  let compared = 0
  for (const [url, systems] of Object.entries(required)) {
    const set = systems && (await library.valueSet(url))
    if (!set) continue
    const found = [...(await contentOf(set, evaluation(library))).values()].map(({ system, code }) => `${system}|${code}`)
    const expected = Object.entries(systems).flatMap(([system, codes]) => codes.map((code) => `${system}|${code}`))
    expect([url, found.sort()]).toEqual([url, expected.sort()])
    compared++
  }
  expect(compared).toBeGreaterThan(150)
})

test('the countries are the 249 of ISO 3166-1', async () => {
  const { concepts } = read<{ concepts: { code: string; display: string }[] }>('../../terminology/systems/gbt2659-country.json')
  expect([concepts.length, concepts.every(({ code }) => /^[A-Z]{3}$/.test(code))]).toEqual([249, true])
  expect(new Set(concepts.map(({ display }) => display)).size).toBe(249)
})
