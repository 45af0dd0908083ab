/** Which concepts of a kept system meet filters and words: sets of places by terms, and what terms cannot decide looked at one by one. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Filter } from '../terminology-service/code-system.ts'
import { isRange, isUnderByPrefix } from '../terminology-service/concept-tree.ts'
import { chosenBy, type Chosen, ITSELF, listOf, OF_EVERY_SYSTEM, refused } from '../terminology-service/filters.ts'
import { hasWords, isSound, wordsOf } from '../terminology-service/words.ts'
import { and, type Bits, countBits, noBits, or, placesOf, setBit, without } from './bits.ts'
import type { Held } from './held.ts'
import { ABSTRACT, ALL, childTerm, hasTerm, INACTIVE, PART, partTerm, soundTerm, underTerm, valueTerm, wholeParts } from './terms.ts'

/** Concepts that one question looks at one by one. */
export const LOOKED_AT_MAX = 200_000
const AT_ONCE = 1000

/** `bits` has all that are meant; `rest` says which of them are meant indeed. */
interface Found {
  bits: Bits
  rest?: Chosen
}

/** Of each question the places of its answer, in the order of the system. @throws OutcomeError value-set-filter, expansion-costly */
export async function placesFor(held: Held, filters: readonly Filter[], text?: string): Promise<Bits> {
  const key = JSON.stringify([filters.map(({ property, op, value }) => [property, op, value]), text])
  return held.kept(key, async () => {
    const parts = await Promise.all(filters.map((filter) => byFilter(held, filter)))
    let bits = parts.reduce((all, part) => and(all, part.bits), await held.term(ALL))
    const rest = parts.flatMap((part) => part.rest ?? [])
    const words = text === undefined ? [] : wordsOf(text)
    let isExact = true
    for (const word of words) {
      const found = await byWord(held, word)
      bits = and(bits, found.bits)
      isExact &&= found.isExact
    }
    if (isExact && rest.length === 0) return bits
    return lookedAt(held, bits, (nodes) => {
      const left = rest.reduce((some, chosen) => chosen(some), nodes)
      return isExact || text === undefined ? left : left.filter(({ concept }) => hasWords(concept, text))
    })
  })
}

async function lookedAt(held: Held, bits: Bits, chosen: Chosen): Promise<Bits> {
  if (countBits(bits) > LOOKED_AT_MAX) throw new OutcomeError('expansion-costly', { params: { max: LOOKED_AT_MAX } })
  const found = noBits(held.segments)
  const places = placesOf(bits)
  for (let at = 0; at < places.length; at += AT_ONCE) {
    const nodes = await held.nodes(places.slice(at, at + AT_ONCE))
    const byCode = new Map(nodes.map((node) => [node.concept.code, node.n]))
    for (const { concept } of chosen(nodes)) setBit(found, byCode.get(concept.code) as number)
  }
  return found
}

/** Words of up to three characters have a term of their own, whatever they are a part of. */
async function byWord(held: Held, word: string): Promise<{ bits: Bits; isExact: boolean }> {
  if ([...word].length <= PART) return { bits: await held.term(partTerm(word)), isExact: true }
  const parts = wholeParts(word)
  let bits = await all(held, parts.map(partTerm))
  if (isSound(word)) bits = or(bits, await all(held, [partTerm(parts[0] as string), ...parts.map(soundTerm)]))
  return { bits: or(bits, await held.beginning(word)), isExact: false }
}

async function all(held: Held, terms: readonly string[]): Promise<Bits> {
  const sets = await held.terms([...new Set(terms)])
  return sets.reduce((a, b) => and(a, b))
}

type Operator = (held: Held, filter: Filter) => Promise<Found>

const exact = async (bits: Promise<Bits>): Promise<Found> => ({ bits: await bits })
const butFor = async (held: Held, bits: Bits): Promise<Bits> => without(await held.term(ALL), bits)

const HIERARCHICAL: Readonly<Record<string, Operator>> = {
  'is-a': async (held, { value }) => exact(underOrSame(held, value)),
  'descendent-of': async (held, { value }) => ({ bits: without(await underOrSame(held, value), await held.ofCodes([value])) }),
  'is-not-a': async (held, { value }) => ({ bits: await butFor(held, await underOrSame(held, value)) }),
  generalizes: async (held, { value }) => exact(held.overCodes(value).then((over) => held.ofCodes([value, ...over]))),
}

/** The code itself, if it is listed, and all under it. */
export async function underOrSame(held: Held, code: string): Promise<Bits> {
  const { prefix, categories, ranges } = held
  if (!prefix || !isRange(code, prefix)) return held.term(underTerm(code))
  const within = [code, ...ranges, ...categories].filter((one) => one === code || isUnderByPrefix(one, code, prefix))
  const sets = await held.terms(within.map(underTerm))
  return sets.reduce(or, noBits(held.segments))
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': (held, filter) => withValues(held, filter, [filter.value]),
  in: (held, filter) => withValues(held, filter, [...listOf(filter.value)]),
  'not-in': async (held, filter) => {
    const terms = await valueBits(held, filter, [...listOf(filter.value)])
    return terms ? { bits: await butFor(held, terms) } : oneByOne(held, filter)
  },
  exists: async (held, filter) => {
    const { property, value } = filter
    if (ITSELF.has(property) || OF_EVERY_SYSTEM.has(property) || (value !== 'true' && value !== 'false')) return oneByOne(held, filter)
    const has = await held.term(hasTerm(property))
    return { bits: value === 'true' ? has : await butFor(held, has) }
  },
}

async function withValues(held: Held, filter: Filter, values: readonly string[]): Promise<Found> {
  const bits = await valueBits(held, filter, values)
  return bits ? { bits } : oneByOne(held, filter)
}

/** Undefined where no term tells it. */
async function valueBits(held: Held, { property }: Filter, values: readonly string[]): Promise<Bits | undefined> {
  if (ITSELF.has(property)) return held.ofCodes(values)
  if (property === 'inactive' || property === 'abstract') {
    const has = await held.term(property === 'inactive' ? INACTIVE : ABSTRACT)
    const none = noBits(held.segments)
    return or(values.includes('true') ? has : none, values.includes('false') ? await butFor(held, has) : none)
  }
  if (property === 'parent' && !held.prefix) return (await held.terms(values.map(childTerm))).reduce(or, noBits(held.segments))
  if (OF_EVERY_SYSTEM.has(property)) return undefined
  return (await held.terms(values.map((value) => valueTerm(property, value)))).reduce(or, noBits(held.segments))
}

async function oneByOne(held: Held, filter: Filter): Promise<Found> {
  // What stands under each of them is not at hand.
  if (filter.property === 'child') throw refused(filter)
  if (filter.property === 'parent' && filter.op === '=')
    return { bits: await underOrSame(held, filter.value), rest: chosenBy(filter, held.tree) }
  return { bits: await held.term(ALL), rest: chosenBy(filter, held.tree) }
}

/** @throws OutcomeError value-set-filter */
async function byFilter(held: Held, filter: Filter): Promise<Found> {
  const { property, op } = filter
  if (Object.hasOwn(HIERARCHICAL, op)) {
    if (!ITSELF.has(property)) throw refused(filter)
    return (HIERARCHICAL[op] as Operator)(held, filter)
  }
  if (!(ITSELF.has(property) || OF_EVERY_SYSTEM.has(property) || held.tree.properties.has(property))) throw refused(filter)
  return Object.hasOwn(OPERATORS, op) ? (OPERATORS[op] as Operator)(held, filter) : oneByOne(held, filter)
}
