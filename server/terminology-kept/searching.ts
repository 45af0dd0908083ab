/** Which concepts of a kept system meet filters and words: sets of places by terms, and what terms cannot decide looked at one by one. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Filter } from '../terminology-service/code-system.ts'
import { isRange, isUnderByPrefix } from '../terminology-service/concept-tree.ts'
import { chosenBy, type Chosen, ITSELF, listOf, OF_EVERY_SYSTEM, refused } from '../terminology-service/filters.ts'
import { hasWords, wordsOf } from '../terminology-service/words.ts'
import type { Held } from './held.ts'
import { bytesOf, isNone, type Places, placesOf } from './places.ts'
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
/** Of a word with so many parts, those between the first and the last are looked up before the others, at most so many. */
const BETWEEN_MIN = 4
const BETWEEN_MAX = 4

/** `places` has all that are meant; `rest` says which of them are meant indeed. */
interface Found {
  places: Places
  rest?: Chosen
}

/** Of one question, and it gets better while it is asked for more: what is meant for certain, and what is to be looked at. */
interface Sifting {
  sure: Places
  maybe: Places
  /** of some concepts that may be meant those that are */
  meant: Chosen
}

const sizeOf = ({ sure, maybe }: Sifting): number => bytesOf(sure) + bytesOf(maybe)

/** What the terms tell of it. @throws OutcomeError value-set-filter */
function siftingFor(held: Held, filters: readonly Filter[], text: string | undefined): Promise<Sifting> {
  const key = JSON.stringify([filters.map(({ property, op, value }) => [property, op, value]), text])
  return held.kept(key, sizeOf, async () => {
    const { sets } = held
    const words = text === undefined ? [] : wordsOf(text)
    const [parts, said] = await Promise.all([
      Promise.all(filters.map((filter) => byFilter(held, filter))),
      Promise.all(words.map((word) => byWord(held, word))),
    ])
    const rest = parts.flatMap((part) => part.rest ?? [])
    const meeting = sets.common([sets.all, ...parts.map(({ places }) => places)])
    const sure = rest.length === 0 ? sets.common([meeting, ...said.map((word) => word.sure)]) : sets.none
    const all = sets.common([meeting, ...said.map((word) => (word.maybe ? sets.or(word.sure, word.maybe) : word.sure))])
    const meant: Chosen = (nodes) => {
      const left = rest.reduce((some, chosen) => chosen(some), nodes)
      return text === undefined ? left : left.filter(({ concept }) => hasWords(concept, text))
    }
    return { sure, maybe: sets.without(all, sure), meant }
  })
}

/** The places of all that is meant, in the order of the system. @throws OutcomeError value-set-filter, expansion-costly */
export async function placesFor(held: Held, filters: readonly Filter[], text?: string): Promise<Places> {
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
  but: readonly Places[]
}

/**
 * The places of one page, and how many there are where that is known without looking at many of them: what stands behind the page need not be
 * looked at. @throws OutcomeError value-set-filter, expansion-costly
 */
export async function pageFor(held: Held, { filters, text, offset, count, but }: PageAsked): Promise<{ total?: number; places: number[] }> {
  const { sets } = held
  const sifting = await siftingFor(held, filters, text)
  const left = (some: Places) => but.reduce(sets.without, some)
  if (count === 0 || left(sifting.maybe).size <= TOTAL_LOOKED_AT_MAX) {
    await lookAtAll(held, sifting, left(sifting.maybe))
    const sure = left(sifting.sure)
    return { total: sure.size, places: placesOf(sure, offset, count) }
  }
  let looked = 0
  for (let most = AT_ONCE_FIRST; ; most = Math.min(AT_ONCE, 4 * most)) {
    const [sure, maybe] = [left(sifting.sure), left(sifting.maybe)]
    const places = placesOf(sets.or(sure, maybe), offset, count)
    const last = places.length < count ? Number.POSITIVE_INFINITY : (places.at(-1) as number)
    const unknown = placesOf(maybe, 0, most).filter((place) => place <= last)
    if (unknown.length === 0) return isNone(maybe) ? { total: sure.size, places } : { places }
    looked += unknown.length
    if (looked > LOOKED_AT_MAX) throw costly()
    await lookAt(held, sifting, unknown)
  }
}

async function lookAtAll(held: Held, sifting: Sifting, maybe: Places): Promise<void> {
  if (maybe.size > LOOKED_AT_MAX) throw costly()
  const places = placesOf(maybe)
  for (let at = 0; at < places.length; at += AT_ONCE) await lookAt(held, sifting, places.slice(at, at + AT_ONCE))
}

const costly = () => new OutcomeError('expansion-costly', { params: { max: LOOKED_AT_MAX } })

/** Others may ask the same at the same time: whoever is first notes it. */
async function lookAt(held: Held, sifting: Sifting, places: readonly number[]): Promise<void> {
  const { sets } = held
  const nodes = await held.nodes(places)
  const byCode = new Map(nodes.map((node) => [node.concept.code, node.n]))
  const meant = sifting.meant(nodes).map(({ concept }) => byCode.get(concept.code) as number)
  sifting.sure = sets.or(sifting.sure, sets.of(meant))
  sifting.maybe = sets.without(sifting.maybe, sets.of(places))
}

/** Words of up to three characters have a term of their own, whatever they are a part of; of longer ones their beginnings have. */
async function byWord(held: Held, word: string): Promise<{ sure: Places; maybe?: Places }> {
  const { sets } = held
  const added = await held.ofCodes(held.supplement?.codesWith(word) ?? [])
  if ([...word].length <= PART) return { sure: sets.or(await held.term(partTerm(word)), added) }
  const [said, coded, within] = await longer(held, word)
  if (word.length <= HEAD) return { sure: sets.union([said, coded, added]), maybe: within }
  const codes = isNone(coded) ? coded : await held.beginning(word)
  const maybe = sets.or(within, said)
  return codes ? { sure: sets.or(codes, added), maybe } : { sure: added, maybe: sets.or(maybe, coded) }
}

/**
 * What begins with the word, codes that begin with it, and what has all its parts. A word that is a sound begins and ends as many others do,
 * and mostly nothing has what lies between, where one syllable ends and the next begins: that is looked up first.
 */
async function longer(held: Held, word: string): Promise<[said: Places, coded: Places, within: Places]> {
  const { sets } = held
  const parts = wholeParts(word).map(partTerm)
  const between = parts.length < BETWEEN_MIN ? parts : parts.slice(1, 1 + BETWEEN_MAX)
  const heads = [headTerm(word), codeHeadTerm(word)]
  const [said, coded, ...first] = (await held.terms([...heads, ...new Set(between)])) as [Places, Places, ...Places[]]
  const some = sets.common(first)
  const rest = parts.filter((part) => !between.includes(part))
  const isEnough = rest.length === 0 || some.size <= AT_ONCE_FIRST
  return [said, coded, isEnough ? some : sets.common([some, ...(await held.terms([...new Set(rest)]))])]
}

type Operator = (held: Held, filter: Filter) => Promise<Found>

const exact = async (places: Promise<Places>): Promise<Found> => ({ places: await places })
const butFor = ({ sets }: Held, some: Places): Places => sets.without(sets.all, some)

const HIERARCHICAL: Readonly<Record<string, Operator>> = {
  'is-a': async (held, { value }) => exact(underOrSame(held, value)),
  'descendent-of': async (held, { value }) => ({
    places: held.sets.without(await underOrSame(held, value), await held.ofCodes([value])),
  }),
  'is-not-a': async (held, { value }) => ({ places: butFor(held, await underOrSame(held, value)) }),
  generalizes: async (held, { value }) => exact(held.overCodes(value).then((over) => held.ofCodes([value, ...over]))),
}

/** The code itself, if it is listed, and all under it. */
export async function underOrSame(held: Held, code: string): Promise<Places> {
  const { prefix, categories, ranges } = held
  if (!prefix || !isRange(code, prefix)) return held.term(underTerm(code))
  const within = [code, ...ranges, ...categories].filter((one) => one === code || isUnderByPrefix(one, code, prefix))
  return held.sets.union(await held.terms(within.map(underTerm)))
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': (held, filter) => withValues(held, filter, [filter.value]),
  in: (held, filter) => withValues(held, filter, [...listOf(filter.value)]),
  'not-in': async (held, filter) => {
    const having = await placesWith(held, filter, [...listOf(filter.value)])
    return having ? { places: butFor(held, having) } : oneByOne(held, filter)
  },
  exists: async (held, filter) => {
    const { property, value } = filter
    if (ITSELF.has(property) || OF_EVERY_SYSTEM.has(property) || (value !== 'true' && value !== 'false')) return oneByOne(held, filter)
    const having = held.sets.or(await held.term(hasTerm(property)), await added(held, property))
    return { places: value === 'true' ? having : butFor(held, having) }
  },
}

async function withValues(held: Held, filter: Filter, values: readonly string[]): Promise<Found> {
  const places = await placesWith(held, filter, values)
  return places ? { places } : oneByOne(held, filter)
}

/** Undefined where no term tells it. */
async function placesWith(held: Held, { property }: Filter, values: readonly string[]): Promise<Places | undefined> {
  const { sets } = held
  if (ITSELF.has(property)) return held.ofCodes(values)
  if (property === 'inactive' || property === 'abstract') {
    const having = await held.term(property === 'inactive' ? INACTIVE : ABSTRACT)
    return sets.union([values.includes('true') ? having : sets.none, values.includes('false') ? butFor(held, having) : sets.none])
  }
  if (property === 'parent' && !held.prefix) return sets.union(await held.terms(values.map(childTerm)))
  if (OF_EVERY_SYSTEM.has(property)) return undefined
  const having = await held.terms(values.map((value) => valueTerm(property, value)))
  return sets.union([...having, await added(held, property, values)])
}

/** Codes that have it by a supplement. */
const added = (held: Held, property: string, values?: readonly string[]): Promise<Places> =>
  held.ofCodes(held.supplement?.codesWhere(property, values) ?? [])

async function oneByOne(held: Held, filter: Filter): Promise<Found> {
  // What stands under each of them is not at hand.
  if (filter.property === 'child') throw refused(filter)
  if (filter.property === 'parent' && filter.op === '=')
    return { places: await underOrSame(held, filter.value), rest: chosenBy(filter, held.tree) }
  return { places: held.sets.all, rest: chosenBy(filter, held.tree) }
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
