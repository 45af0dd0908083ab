/** Messages with something broken in them: each comes out as one record or one rejection, and what is made keeps the rules. */
import { readdirSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { miisInterface } from '../../../mappings/miis/index.ts'
import { brokenRules, readAll, sample } from '../support.ts'

const SAMPLES = readdirSync(new URL('../../fixtures/samples/miis', import.meta.url)).filter((name) => name.endsWith('.json'))
const ODD: unknown[] = [
  null,
  '',
  ' ',
  '-',
  0,
  -1,
  '1e400',
  12345678901234567890n.toString(),
  true,
  [],
  {},
  [[]],
  [{}],
  [null],
  ['x'],
  { toString: 'x' },
  '2026-02-30',
  '20260310',
  '9999-12-31 23:59:59',
  '\u0000',
  '\ud800',
  '|\\,$',
  '王'.repeat(3000),
]

/** Staff is known by number and name, and a name may be missing. */
const NAMELESS = 'Practitioner: empty key part'

type Holder = Record<string, unknown>
const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null

/** Every place of a message, as the keys that lead to it. */
function places(value: unknown, path: string[] = []): string[][] {
  const below = isHolder(value) ? Object.entries(value).flatMap(([key, child]) => places(child, [...path, key])) : []
  return path.length > 0 ? [path, ...below] : below
}

function change(body: unknown, path: string[], how: number): void {
  const holder = path.slice(0, -1).reduce<unknown>((node, key) => (isHolder(node) ? node[key] : undefined), body)
  const key = path.at(-1) as string
  if (!isHolder(holder)) return
  if (how === 0 && Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)]))
  else if (how === 0) delete holder[key]
  else holder[key] = structuredClone(ODD[how - 1])
}

test.each(SAMPLES)('%s', async (name) => {
  const text = sample(`miis/${name}`).toString()
  const all = places(JSON.parse(text))
  const mutation = fc.tuple(fc.constantFrom(...all), fc.nat(ODD.length))
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
      const body: unknown = JSON.parse(text)
      for (const [path, how] of mutations) change(body, path, how)
      const { mapped, rejected } = await readAll(miisInterface, JSON.stringify(body))
      expect(mapped.length + rejected.length).toBe(1)
      expect(mapped.flatMap(brokenRules).filter((rule) => rule !== NAMELESS)).toEqual([])
    }),
    { numRuns: 150, seed: 20_260_310 },
  )
})
