/** $subsumes and $expand on generated systems equal an evaluator that walks from parent to parent and knows nothing else. */
import { describe, expect, test } from '@jest/globals'
import { inSet, contentOf, evaluation } from '../../server/terminology-service/content.ts'
import { createLibrary, type Library, NOTHING_STORED } from '../../server/terminology-service/library.ts'
import type { CodeSystemResource, ValueSetResource } from '../../server/terminology-service/resources.ts'
import type { Definition, Shipped } from '../../server/terminology-service/shipped.ts'

const URL = 'urn:test:generated'

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

interface World {
  resource: CodeSystemResource
  parents: Map<string, string[]>
  kind: Map<string, string>
}

/** Codes with up to three parents, all of which come before them. */
function generated(seed: number): World {
  const next = numbers(seed)
  const codes = Array.from({ length: 30 }, (_, n) => `c${n}`)
  const parents = new Map(
    codes.map((code, n) => [code, [...new Set(Array.from({ length: next(Math.min(n, 3) + 1) }, () => codes[next(n)] ?? ''))]]),
  )
  const kind = new Map(codes.map((code) => [code, ['x', 'y', 'z'][next(3)] ?? '']))
  const concept = codes.map((code) => ({
    code,
    property: [
      { code: 'kind', valueCode: kind.get(code) },
      ...(parents.get(code) ?? []).map((parent) => ({ code: 'parent', valueCode: parent })),
    ],
  }))
  return { resource: { resourceType: 'CodeSystem', url: URL, content: 'complete', status: 'active', concept }, parents, kind }
}

let made = 0
function libraryOf(resource: CodeSystemResource): Library {
  const definition: Definition = { key: `generated ${made++}`, resource: () => resource }
  const shipped: Shipped = {
    byUrl: (type, url) => (type === 'CodeSystem' && url === URL ? [definition] : []),
    maps: () => [],
    systems: () => [],
  }
  return createLibrary(shipped, NOTHING_STORED)
}

const isUnder = (world: World, code: string, over: string): boolean =>
  (world.parents.get(code) ?? []).some((parent) => parent === over || isUnder(world, parent, over))

interface Condition {
  property: string
  op: string
  value: string
}

const meets = (world: World, code: string, { property, op, value }: Condition): boolean => {
  const own = property === 'kind' ? (world.kind.get(code) ?? '') : code
  if (op === 'is-a') return code === value || isUnder(world, code, value)
  if (op === 'descendent-of') return isUnder(world, code, value)
  if (op === 'is-not-a') return !(code === value || isUnder(world, code, value))
  if (op === 'generalizes') return code === value || isUnder(world, value, code)
  if (op === '=') return own === value
  if (op === 'in') return value.split(',').includes(own)
  return !value.split(',').includes(own)
}

function condition(next: (below: number) => number): Condition {
  const op = ['is-a', 'descendent-of', 'is-not-a', 'generalizes', '=', 'in', 'not-in'][next(7)] ?? ''
  if (!['=', 'in', 'not-in'].includes(op)) return { property: 'concept', op, value: `c${next(30)}` }
  return { property: 'kind', op, value: op === '=' ? (['x', 'y'][next(2)] ?? '') : 'x,y' }
}

describe('on 40 systems', () => {
  test('what stands over what', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const world = generated(seed)
      const system = await libraryOf(world.resource).codeSystem(URL)
      for (const code of world.parents.keys())
        for (const over of world.parents.keys()) {
          const expected = isUnder(world, code, over)
          if ((await system?.isUnder(code, over)) !== expected) throw new Error(`seed ${seed}: ${code} under ${over} is ${expected}`)
        }
    }
  })

  test('which codes are in a set, and whether this one is', async () => {
    let sizes = 0
    for (let seed = 1; seed <= 40; seed++) {
      const [world, next] = [generated(seed), numbers(seed + 1000)]
      const library = libraryOf(world.resource)
      const part = () => ({ system: URL, filter: Array.from({ length: 1 + next(2) }, () => condition(next)) })
      const [include, exclude] = [[part(), part()], [part()]]
      const set: ValueSetResource = { resourceType: 'ValueSet', url: 'urn:x', compose: { include, exclude } }
      const holds = (code: string, parts: typeof include) => parts.some(({ filter }) => filter.every((one) => meets(world, code, one)))
      const expected = [...world.parents.keys()].filter((code) => holds(code, include) && !holds(code, exclude))
      const found = [...(await contentOf(set, evaluation(library))).values()].map(({ code }) => code)
      expect([seed, found.sort()]).toEqual([seed, expected.sort()])
      for (const code of world.parents.keys())
        expect([seed, code, await inSet(set, { system: URL, code }, evaluation(library))]).toEqual([
          seed,
          code,
          expected.includes(code) ? 'yes' : 'no',
        ])
      sizes += found.length
    }
    expect(sizes).toBeGreaterThan(100)
  })
})
