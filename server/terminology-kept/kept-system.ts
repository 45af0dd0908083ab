/** A code system whose concepts are in MongoDB. */
import type { CodeSystem, Concept, Page, Paging } from '../terminology-service/code-system.ts'
import { isRange, isUnderByPrefix } from '../terminology-service/concept-tree.ts'
import { held } from './held.ts'
import { has, type Places, placesOf } from './places.ts'
import { pageFor, placesFor, underOrSame } from './searching.ts'
import { type Supplement, supplementOf } from './supplement.ts'
import { codeOf, type KeptTables, type LoadDoc } from './tables.ts'
import { ABSTRACT, childTerm, INACTIVE } from './terms.ts'

const BATCH = 1000
/** Codes under one among which its children are looked for. */
const CHILDREN_AMONG_MAX = 50_000

/** Supplements of which the last are kept as they are used. */
const SUPPLEMENTED_MAX = 20

export function keptSystem(tables: KeptTables, load: LoadDoc, database: string, supplement?: Supplement): CodeSystem {
  const own = held(tables, load, database, supplement)
  const { prefix } = own
  const conceptsAt = async (places: readonly number[]): Promise<Concept[]> => (await own.docs(places)).map(own.conceptOf)
  const codesIn = async (set: Places, most?: number): Promise<string[]> => (await own.docs(placesOf(set, 0, most))).map(codeOf)
  const lookup = async (code: string): Promise<Concept | undefined> => {
    const doc = await own.doc(code)
    return doc && own.conceptOf(doc)
  }

  const page = async ({ filters, text, offset, count, activeOnly, selectableOnly }: Paging): Promise<Page> => {
    const but = await own.terms([...(activeOnly ? [INACTIVE] : []), ...(selectableOnly ? [ABSTRACT] : [])])
    const { total, places } = await pageFor(own, { filters, ...(text === undefined ? {} : { text }), offset, count, but })
    return { ...(total === undefined ? {} : { total }), concepts: await conceptsAt(places) }
  }

  const children = async (code: string): Promise<readonly string[]> => {
    if (!load.hierarchical) return []
    if (!prefix) return codesIn(await own.term(childTerm(code)))
    const under = own.sets.without(await underOrSame(own, code), await own.ofCodes([code]))
    const docs = await own.docs(placesOf(under, 0, CHILDREN_AMONG_MAX))
    const listed = new Set(docs.map(codeOf))
    const isOver = (over: string, one: string) => over !== one && isUnderByPrefix(one, over, prefix)
    const ranges = own.ranges.filter((range) => listed.has(range))
    const shorter = (one: string) => Array.from({ length: Math.max(0, one.length - prefix.root) }, (_, n) => one.slice(0, prefix.root + n))
    // A child has nothing between itself and the code.
    return [...listed].filter(
      (one) =>
        !ranges.some((range) => isOver(range, one)) && (isRange(one, prefix) || !shorter(one).some((beginning) => listed.has(beginning))),
    )
  }

  const supplemented = new Map<string, CodeSystem>()
  return {
    url: load.url,
    version: load.version,
    name: load.name,
    content: load.content,
    status: 'active',
    hierarchical: load.hierarchical,
    lookup,
    parents: async (code) => {
      const doc = await own.doc(code)
      return doc ? own.parentsOf(doc) : []
    },
    children: (code) => own.keptList(`child ${code}`, () => children(code)),
    isUnder: async (code, over) =>
      prefix ? isUnderByPrefix(code, over, prefix) : code !== over && ((await own.doc(code))?.ancestors ?? []).includes(over),
    under: async (code, most) => {
      const set = own.sets.without(await underOrSame(own, code), await own.ofCodes([code]))
      return [code, ...(await codesIn(set, most))]
    },
    over: async (code) => [code, ...(await own.overCodes(code))],
    async *select(filters, text) {
      const places = placesOf(await placesFor(own, filters, text))
      for (let at = 0; at < places.length; at += BATCH) yield await conceptsAt(places.slice(at, at + BATCH))
    },
    page,
    supplemented(key, resources) {
      const known = supplemented.get(key)
      if (known) return known
      const made = keptSystem(tables, load, database, supplementOf(key, resources))
      if (supplemented.size >= SUPPLEMENTED_MAX) supplemented.delete(supplemented.keys().next().value ?? '')
      supplemented.set(key, made)
      return made
    },
    async matches(code, filters) {
      const doc = await own.doc(code)
      if (!doc) return false
      return has(await placesFor(own, filters), doc.n)
    },
  }
}
