/** Which concepts of a kept system meet filters and words: sets of places by terms, and what terms cannot decide looked at one by one. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Filter } from '../terminology-service/code-system.ts'
import { isRange, isUnderByPrefix } from '../terminology-service/concept-tree.ts'
import { chosenBy, type Chosen, ITSELF, listOf, OF_EVERY_SYSTEM, refused } from '../terminology-service/filters.ts'
import { hasWords, wordsOf } from '../terminology-service/words.ts'
import { and, type Bits, clearBit, countBits, isNone, noBits, or, placesOf, setBit, without } from './bits.ts'
import type { Held } from './held.ts'
import {
  ABSTRACT,
  childTerm,
  codeHeadTerm,
  HEAD,
  hasTerm,
  headTerm,
  INACTIVE,
  PART,
  partTerm,
  underTerm,
  valueTerm,
  wholeParts,
} from './terms.ts'

/** Concepts that one question looks at one by one. */
export const LOOKED_AT_MAX = 200_000
const AT_ONCE = 1000
const AT_ONCE_FIRST = 40
/** Concepts that are looked at to say how many there are. */
const TOTAL_LOOKED_AT_MAX = 200

/** `bits` has all that are meant; `rest` says which of them are meant indeed. */
interface Found {
  bits: Bits
  rest?: Chosen
}

/** Of one question, and it gets better while it is asked for more: what is meant for certain, and what is to be looked at. */
interface Sifting {
  sure: Bits
  maybe: Bits
  /** of some concepts that may be meant those that are */
  meant: Chosen
}

const sizeOf = ({ sure, maybe }: Sifting): number => 2 * (sure.byteLength + maybe.byteLength)

/** What the terms tell of it. @throws OutcomeError value-set-filter */
function siftingFor(held: Held, filters: readonly Filter[], text: string | undefined): Promise<Sifting> {
  const key = JSON.stringify([filters.map(({ property, op, value }) => [property, op, value]), text])
  return held.kept(key, sizeOf, async () => {
    const parts = await Promise.all(filters.map((filter) => byFilter(held, filter)))
    const rest = parts.flatMap((part) => part.rest ?? [])
    let all = parts.reduce((some, part) => and(some, part.bits), held.all())
    let sure = rest.length === 0 ? all : noBits(held.segments)
    for (const word of text === undefined ? [] : wordsOf(text)) {
      const found = await byWord(held, word)
      sure = and(sure, found.sure)
      all = and(all, found.maybe ? or(found.sure, found.maybe) : found.sure)
    }
    const meant: Chosen = (nodes) => {
      const left = rest.reduce((some, chosen) => chosen(some), nodes)
      return text === undefined ? left : left.filter(({ concept }) => hasWords(concept, text))
    }
    return { sure, maybe: without(all, sure), meant }
  })
}

/** The places of all that is meant, in the order of the system. @throws OutcomeError value-set-filter, expansion-costly */
export async function placesFor(held: Held, filters: readonly Filter[], text?: string): Promise<Bits> {
  const sifting = await siftingFor(held, filters, text)
  await lookAtAll(held, sifting, sifting.maybe)
  return sifting.sure
}

export interface PageAsked {
  filters: readonly Filter[]
  text?: string
  offset: number
  count: number
  /** places that are left out */
  but: readonly Bits[]
}

/**
 * The places of one page, and how many there are where that is known without looking at many of them: what stands behind the page need not be
 * looked at. @throws OutcomeError value-set-filter, expansion-costly
 */
export async function pageFor(held: Held, { filters, text, offset, count, but }: PageAsked): Promise<{ total?: number; places: number[] }> {
  const sifting = await siftingFor(held, filters, text)
  const left = (bits: Bits) => but.reduce((some, one) => without(some, one), bits)
  if (count === 0 || countBits(left(sifting.maybe)) <= TOTAL_LOOKED_AT_MAX) {
    await lookAtAll(held, sifting, left(sifting.maybe))
    const sure = left(sifting.sure)
    return { total: countBits(sure), places: placesOf(sure, offset, count) }
  }
  let looked = 0
  for (let most = AT_ONCE_FIRST; ; most = Math.min(AT_ONCE, 4 * most)) {
    const [sure, maybe] = [left(sifting.sure), left(sifting.maybe)]
    const places = placesOf(or(sure, maybe), offset, count)
    const last = places.length < count ? Number.POSITIVE_INFINITY : (places.at(-1) as number)
    const unknown = placesOf(maybe, 0, most).filter((place) => place <= last)
    if (unknown.length === 0) return isNone(maybe) ? { total: countBits(sure), places } : { places }
    looked += unknown.length
    if (looked > LOOKED_AT_MAX) throw costly()
    await lookAt(held, sifting, unknown)
  }
}

async function lookAtAll(held: Held, sifting: Sifting, maybe: Bits): Promise<void> {
  if (countBits(maybe) > LOOKED_AT_MAX) throw costly()
  const places = placesOf(maybe)
  for (let at = 0; at < places.length; at += AT_ONCE) await lookAt(held, sifting, places.slice(at, at + AT_ONCE))
}

const costly = () => new OutcomeError('expansion-costly', { params: { max: LOOKED_AT_MAX } })

/** Others may ask the same at the same time: whoever is first notes it. */
async function lookAt(held: Held, { sure, maybe, meant }: Sifting, places: readonly number[]): Promise<void> {
  const nodes = await held.nodes(places)
  const byCode = new Map(nodes.map((node) => [node.concept.code, node.n]))
  for (const { concept } of meant(nodes)) setBit(sure, byCode.get(concept.code) as number)
  for (const place of places) clearBit(maybe, place)
}

/** Words of up to three characters have a term of their own, whatever they are a part of; of longer ones their beginnings have. */
async function byWord(held: Held, word: string): Promise<{ sure: Bits; maybe?: Bits }> {
  const added = await held.ofCodes(held.supplement?.codesWith(word) ?? [])
  if ([...word].length <= PART) return { sure: or(await held.term(partTerm(word)), added) }
  const heads = [headTerm(word), codeHeadTerm(word)]
  const [said, coded, ...parts] = (await held.terms([...heads, ...new Set(wholeParts(word).map(partTerm))])) as [
    Bits,
    Bits,
    Bits,
    ...Bits[],
  ]
  const within = parts.reduce(and)
  if (word.length <= HEAD) return { sure: or(or(said, coded), added), maybe: within }
  const codes = isNone(coded) ? coded : await held.beginning(word)
  const maybe = or(within, said)
  return codes ? { sure: or(codes, added), maybe } : { sure: added, maybe: or(maybe, coded) }
}

type Operator = (held: Held, filter: Filter) => Promise<Found>

const exact = async (bits: Promise<Bits>): Promise<Found> => ({ bits: await bits })
const butFor = async (held: Held, bits: Bits): Promise<Bits> => without(held.all(), bits)

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
    const has = or(await held.term(hasTerm(property)), await added(held, property))
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
  return (await held.terms(values.map((value) => valueTerm(property, value)))).reduce(or, await added(held, property, values))
}

/** Codes that have it by a supplement. */
const added = (held: Held, property: string, values?: readonly string[]): Promise<Bits> =>
  held.ofCodes(held.supplement?.codesWhere(property, values) ?? [])

async function oneByOne(held: Held, filter: Filter): Promise<Found> {
  // What stands under each of them is not at hand.
  if (filter.property === 'child') throw refused(filter)
  if (filter.property === 'parent' && filter.op === '=')
    return { bits: await underOrSame(held, filter.value), rest: chosenBy(filter, held.tree) }
  return { bits: held.all(), rest: chosenBy(filter, held.tree) }
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
