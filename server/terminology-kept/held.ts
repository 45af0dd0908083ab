/** One load as it is read: its terms as sets, its concepts by places and by codes. What is loaded does not change, so the last answers are kept. */
import type { Concept } from '../terminology-service/code-system.ts'
import { isRange, isUnderByPrefix, type Node, type PrefixRule } from '../terminology-service/concept-tree.ts'
import type { Tree } from '../terminology-service/filters.ts'
import { learn, namedTexts } from '../terminology-service/words.ts'
import { lately } from './lately.ts'
import { bytesOf, type Places, type Sets, setsFor } from './places.ts'
import { readTerms } from './postings.ts'
import type { Supplement } from './supplement.ts'
import { codeOf, type ConceptDoc, conceptId, type KeptTables, type LoadDoc } from './tables.ts'

/** Sets, concepts and lists of codes that are kept, of all systems together: in each process, by the number of the load, which never comes back. */
const SETS_BYTES_MAX = 48 * 1024 * 1024
const ROWS_BYTES_MAX = 24 * 1024 * 1024
const LISTS_BYTES_MAX = 8 * 1024 * 1024
/** Of a concept beside its texts. */
const ROW_BYTES = 300
/** Codes that begin alike, of which one question asks. */
const BEGINNING_MAX = 1000
const IDS_AT_ONCE = 1000
/** More at once are not kept: they would push out what is asked for again. */
const KEPT_AT_ONCE = 100

export interface PlacedNode extends Node {
  n: number
}

export interface Held {
  readonly sets: Sets
  readonly prefix?: PrefixRule
  readonly categories: readonly string[]
  readonly ranges: readonly string[]
  readonly supplement?: Supplement
  /** for filters that look at concepts one by one: of the hierarchy they ask nothing */
  readonly tree: Tree
  term(term: string): Promise<Places>
  terms(terms: readonly string[]): Promise<Places[]>
  /** codes that begin with the folded word; undefined where they are many */
  beginning(word: string): Promise<Places | undefined>
  ofCodes(codes: readonly string[]): Promise<Places>
  doc(code: string): Promise<ConceptDoc | undefined>
  /** in the order of their places */
  docs(places: readonly number[]): Promise<ConceptDoc[]>
  conceptOf(doc: ConceptDoc): Concept
  nodes(places: readonly number[]): Promise<PlacedNode[]>
  parentsOf(doc: ConceptDoc): Promise<readonly string[]>
  /** all over the code, as far as they are listed */
  overCodes(code: string): Promise<readonly string[]>
  /** what was worked out of this load and its supplement, as long as there is room for it */
  kept<V>(key: string, bytesOf: (value: V) => number, make: () => Promise<V>): Promise<V>
  /** the same for lists of codes */
  keptList(key: string, make: () => Promise<readonly string[]>): Promise<readonly string[]>
}

const remembered = lately<unknown>(SETS_BYTES_MAX)
const rows = lately<ConceptDoc>(ROWS_BYTES_MAX)
const lists = lately<readonly string[]>(LISTS_BYTES_MAX)

const lengthOf = (texts: readonly string[] = []): number => texts.reduce((sum, text) => sum + 2 * text.length + 16, 0)
const rowBytes = ({ _id, k, display = '', more = '', parents, ancestors, sounds }: ConceptDoc): number =>
  ROW_BYTES + lengthOf([_id, k, display, more]) + lengthOf(parents) + lengthOf(ancestors) + lengthOf(sounds)

/** Most questions ask for no more than code and display: the rest is read when it is. */
function conceptIn(doc: ConceptDoc): Concept {
  const { display, more = '{}', inactive = false, abstract = false } = doc
  let read: Partial<Concept> | undefined
  const rest = (): Partial<Concept> => {
    read ??= JSON.parse(more) as Partial<Concept>
    return read
  }
  return {
    code: codeOf(doc),
    ...(display === undefined ? {} : { display }),
    ...(more.startsWith('{"definition":') ? { definition: rest().definition as string } : {}),
    get designations() {
      return more.includes('"designations":') ? (rest().designations ?? []) : []
    },
    get properties() {
      return rest().properties ?? []
    },
    inactive,
    abstract,
  }
}

/** @param name of the database: sets of two of them are not the same */
export function held(tables: KeptTables, load: LoadDoc, name: string, supplement?: Supplement): Held {
  const { s, root, categories, ranges, checkpoint, properties } = load
  const sets = setsFor(checkpoint.n)
  const prefix = root === undefined ? undefined : { root }
  const own = `${name} ${s} `
  const kept = async <V>(key: string, bytesOf: (value: V) => number, make: () => Promise<V>): Promise<V> => {
    const known = remembered.get(key)
    if (known !== undefined) return known as V
    const made = await make()
    remembered.set(key, made, bytesOf(made))
    return made
  }
  const keptList = async (key: string, make: () => Promise<readonly string[]>): Promise<readonly string[]> => {
    const known = lists.get(own + key)
    if (known) return known
    const made = await make()
    lists.set(own + key, made, ROW_BYTES + lengthOf(made))
    return made
  }
  const terms = async (wanted: readonly string[]): Promise<Places[]> => {
    const known = wanted.map((term) => remembered.get(`${own}t${term}`) as Places | undefined)
    const unknown = [...new Set(wanted.filter((_, at) => !known[at]))]
    if (unknown.length === 0) return known as Places[]
    const read = await readTerms(tables, s, { sets, concepts: checkpoint.n }, unknown)
    const byTerm = new Map(unknown.map((term, at) => [term, read[at] as Places]))
    for (const [term, places] of byTerm) remembered.set(`${own}t${term}`, places, bytesOf(places))
    return wanted.map((term, at) => known[at] ?? (byTerm.get(term) as Places))
  }
  const keep = (key: string | number, doc: ConceptDoc): ConceptDoc => {
    rows.set(own + key, doc, rowBytes(doc))
    return doc
  }
  const doc = async (code: string): Promise<ConceptDoc | undefined> => {
    const known = rows.get(`${own}|${code}`)
    if (known) return known
    const found = await tables.concepts.get(conceptId(s, code))
    return found && keep(`|${code}`, found)
  }
  const docsOf = async (codes: readonly string[]) =>
    codes.length <= KEPT_AT_ONCE
      ? (await Promise.all(codes.map(doc))).flatMap((found) => found ?? [])
      : tables.concepts.getMany(codes.map((code) => conceptId(s, code)))
  const placesOf = (docs: readonly ConceptDoc[]): Places => sets.of(docs.map(({ n }) => n))
  const readPlaces = async (places: readonly number[]): Promise<ConceptDoc[]> => {
    const found: ConceptDoc[] = []
    for (let at = 0; at < places.length; at += IDS_AT_ONCE) {
      const some = places.slice(at, at + IDS_AT_ONCE)
      found.push(...(await tables.concepts.find({ s, n: { $in: some } }, { sort: { n: 1 }, limit: some.length })))
    }
    return found
  }
  const docs = async (places: readonly number[]): Promise<ConceptDoc[]> => {
    if (places.length > KEPT_AT_ONCE) return readPlaces(places)
    const known = places.map((n) => rows.get(own + n))
    const missing = places.filter((_, at) => !known[at])
    if (missing.length === 0) return known as ConceptDoc[]
    const read = new Map((await readPlaces(missing)).map((one) => [one.n, keep(one.n, one)]))
    return places.flatMap((n, at) => known[at] ?? read.get(n) ?? [])
  }
  const conceptOf = (one: ConceptDoc): Concept => (supplement ? supplement.added(conceptIn(one)) : conceptIn(one))
  const overCodes = async (code: string): Promise<readonly string[]> => {
    if (!prefix) return (await doc(code))?.ancestors ?? []
    return keptList(`over ${code}`, async () => {
      const over = isRange(code, prefix) ? [] : beginningsOf(code, prefix)
      const listed = new Set((await docsOf(over)).map(codeOf))
      return [...over.filter((one) => listed.has(one)), ...ranges.filter((range) => isUnderByPrefix(code, range, prefix))]
    })
  }
  const parentsOf = async (one: ConceptDoc): Promise<readonly string[]> =>
    prefix ? (await overCodes(codeOf(one))).slice(0, 1) : (one.parents ?? [])
  return {
    sets,
    ...(prefix ? { prefix } : {}),
    ...(supplement ? { supplement } : {}),
    categories,
    ranges,
    tree: { isUnder: () => false, isOver: () => false, properties: new Set([...properties, ...(supplement?.properties ?? [])]) },
    kept: (key, bytesOf, make) => kept(`${own}${supplement?.key ?? ''} ${key}`, bytesOf, make),
    keptList,
    term: async (term) => (await terms([term]))[0] as Places,
    terms,
    async beginning(word) {
      const docs = await tables.concepts.find({ s, k: { $gte: word, $lt: `${word}\uffff` } }, { limit: BEGINNING_MAX + 1 })
      return docs.length > BEGINNING_MAX ? undefined : placesOf(docs)
    },
    ofCodes: async (codes) => (codes.length === 0 ? sets.none : placesOf(await docsOf(codes))),
    doc,
    docs,
    conceptOf,
    async nodes(places) {
      const found = await docs(places)
      return Promise.all(
        found.map(async (one) => {
          const concept = conceptOf(one)
          remember(concept, one.sounds)
          return { concept, n: one.n, parents: [...(await parentsOf(one))], children: [] }
        }),
      )
    },
    parentsOf,
    overCodes,
  }
}

function remember(concept: Concept, sounds: readonly string[] = []): void {
  if (sounds.length === 0) return
  for (const [at, text] of namedTexts(concept).texts.entries()) {
    const said = sounds[at]
    if (said !== undefined && said !== '') learn(text, said.split(' '))
  }
}

/** The longest first. */
function beginningsOf(code: string, { root }: PrefixRule): string[] {
  return Array.from({ length: Math.max(0, code.length - root) }, (_, n) => code.slice(0, code.length - 1 - n))
}
