/** A code system whose concepts are all in memory: those of resources and of the tables in `terminology/`. */
import { setImmediate } from 'node:timers/promises'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { CodeSystem, Concept, Filter } from './code-system.ts'
import { conceptTree, isUnderByPrefix, type Node, type PrefixRule } from './concept-tree.ts'
import { type Chosen, chosenBy, type Tree } from './filters.ts'
import type { CodeSystemResource } from './resources.ts'
import { hasWords } from './words.ts'

const BATCH = 1000
const CONTENTS: ReadonlySet<string> = new Set(['complete', 'fragment', 'example', 'not-present'])

export interface MemorySystemOptions {
  supplements?: readonly CodeSystemResource[]
  prefix?: PrefixRule
}

export function memorySystem(resource: CodeSystemResource, { supplements = [], prefix }: MemorySystemOptions = {}): CodeSystem {
  const nodes = conceptTree(resource, supplements, prefix)
  // Where case does not matter, a code is found however it is written.
  const folded = resource.caseSensitive === false ? new Map([...nodes.keys()].map((code) => [code.toLowerCase(), code])) : undefined
  const nodeOf = (code: string): Node | undefined => nodes.get(code) ?? nodes.get(folded?.get(code.toLowerCase()) ?? '')
  const under = closureOver((code) => nodes.get(code)?.children ?? [])
  const over = closureOver((code) => nodes.get(code)?.parents ?? [])
  const isUnder = (code: string, other: string): boolean =>
    prefix ? isUnderByPrefix(code, other, prefix) : code !== other && under(other).has(code)
  const isOver = (other: string, code: string): boolean => (prefix ? isUnderByPrefix(code, other, prefix) : over(code).has(other))
  const tree: Tree = { isUnder, isOver, properties: propertiesOf(resource, nodes) }
  const filtersOf = (filters: readonly Filter[]): Chosen => {
    const all = filters.map((filter) => chosenBy(filter, tree))
    return (some) => all.reduce((left, chosen) => chosen(left), some)
  }
  // One code after the other is asked for by the same filters.
  const kept = new Map<string, ReadonlySet<string>>()
  const meeting = (filters: readonly Filter[]): ReadonlySet<string> => {
    const key = JSON.stringify(filters.map(({ property, op, value }) => [property, op, value]))
    const known = kept.get(key)
    if (known) return known
    const found = new Set(filtersOf(filters)([...nodes.values()]).map(({ concept }) => concept.code))
    if (kept.size >= KEPT_MAX) kept.clear()
    kept.set(key, found)
    return found
  }
  return {
    url: resource.url ?? '',
    ...(resource.version === undefined ? {} : { version: resource.version }),
    name: resource.name ?? resource.title ?? resource.url ?? '',
    content: CONTENTS.has(resource.content ?? '') ? (resource.content as CodeSystem['content']) : 'fragment',
    ...(resource.language === undefined ? {} : { language: resource.language }),
    ...(resource.status === undefined ? {} : { status: resource.status }),
    hierarchical: prefix !== undefined || [...nodes.values()].some(({ parents }) => parents.length > 0),
    lookup: async (code) => nodeOf(code)?.concept,
    parents: async (code) => nodeOf(code)?.parents ?? [],
    children: async (code) => nodeOf(code)?.children ?? [],
    isUnder: async (code, other) => isUnder(nodeOf(code)?.concept.code ?? code, nodeOf(other)?.concept.code ?? other),
    under: async (code) => [code, ...(prefix ? [...nodes.keys()].filter((one) => isUnder(one, code)) : under(code))],
    over: async (code) => [code, ...(prefix ? [...nodes.keys()].filter((one) => isUnder(code, one)) : over(code))],
    async *select(filters, text) {
      if (nodes.size === 0 && resource.content === 'not-present') throw new OutcomeError('code-system-content')
      for (const found of batches(filtersOf(filters)([...nodes.values()]))) {
        const concepts = found.map(({ concept }) => concept)
        yield text === undefined ? concepts : concepts.filter((concept) => hasWords(concept, text))
        // Others are answered meanwhile.
        await setImmediate()
      }
    },
    matches: async (code, filters) => {
      const node = nodeOf(code)
      return node !== undefined && meeting(filters).has(node.concept.code)
    },
  }
}

function* batches(nodes: readonly Node[]): Iterable<readonly Node[]> {
  for (let at = 0; at < nodes.length; at += BATCH) yield nodes.slice(at, at + BATCH)
}

/** Properties that are declared, and those that concepts have all the same. */
function propertiesOf({ property = [] }: CodeSystemResource, nodes: ReadonlyMap<string, Node>): ReadonlySet<string> {
  const used = [...nodes.values()].flatMap(({ concept }: { concept: Concept }) => concept.properties.map(({ code }) => code))
  return new Set([...property.map(({ code }) => code), ...used])
}

/** All that is reached from a code, itself left out; a circle ends. The last few are kept: a filter asks for one again and again. */
function closureOver(next: (code: string) => readonly string[]): (code: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>()
  return (code) => {
    const kept = known.get(code)
    if (kept) return kept
    const found = new Set<string>()
    const open = [...next(code)]
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      if (found.has(one)) continue
      found.add(one)
      open.push(...next(one))
    }
    found.delete(code)
    if (known.size >= KEPT_MAX) known.clear()
    known.set(code, found)
    return found
  }
}

const KEPT_MAX = 32
