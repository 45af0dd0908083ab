/** One load as it is read: its terms as sets, its concepts by places and by codes. What is loaded does not change, so the last answers are kept. */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Concept } from '../terminology-service/code-system.ts'
import { isRange, isUnderByPrefix, type Node, type PrefixRule } from '../terminology-service/concept-tree.ts'
import type { Tree } from '../terminology-service/filters.ts'
import { learn, namedTexts } from '../terminology-service/words.ts'
import { type Bits, noBits, segmentsFor, setBit } from './bits.ts'
import { readTerms } from './segment.ts'
import { codeOf, type ConceptDoc, conceptId, type KeptTables, type LoadDoc } from './tables.ts'

/** Sets that are kept, of all systems together. */
const KEPT_BYTES_MAX = 48 * 1024 * 1024
/** Codes that begin alike, of which one question asks. */
const BEGINNING_MAX = 200_000
const IDS_AT_ONCE = 1000

export interface PlacedNode extends Node {
  n: number
}

export interface Held {
  readonly segments: number
  readonly prefix?: PrefixRule
  readonly categories: readonly string[]
  readonly ranges: readonly string[]
  /** for filters that look at concepts one by one: of the hierarchy they ask nothing */
  readonly tree: Tree
  term(term: string): Promise<Bits>
  terms(terms: readonly string[]): Promise<Bits[]>
  /** codes that begin with the folded word */
  beginning(word: string): Promise<Bits>
  ofCodes(codes: readonly string[]): Promise<Bits>
  doc(code: string): Promise<ConceptDoc | undefined>
  /** in the order of their places */
  docs(places: readonly number[]): Promise<ConceptDoc[]>
  nodes(places: readonly number[]): Promise<PlacedNode[]>
  parentsOf(doc: ConceptDoc): Promise<readonly string[]>
  /** all over the code, as far as they are listed */
  overCodes(code: string): Promise<readonly string[]>
  kept(key: string, make: () => Promise<Bits>): Promise<Bits>
}

const sets = new Map<string, Bits>()
let setBytes = 0

async function keptAs(key: string, make: () => Promise<Bits>): Promise<Bits> {
  const known = sets.get(key)
  if (known) {
    sets.delete(key)
    sets.set(key, known)
    return known
  }
  const made = await make()
  if (sets.has(key)) return made
  sets.set(key, made)
  setBytes += made.byteLength
  for (const [oldest, bits] of sets) {
    if (setBytes <= KEPT_BYTES_MAX) break
    sets.delete(oldest)
    setBytes -= bits.byteLength
  }
  return made
}

export function conceptOf(doc: ConceptDoc): Concept {
  const { display, more, inactive = false, abstract = false } = doc
  const rest = more === undefined ? {} : (JSON.parse(more) as Partial<Concept>)
  return { code: codeOf(doc), ...(display === undefined ? {} : { display }), designations: [], properties: [], ...rest, inactive, abstract }
}

/** @param name of the database: sets of two of them are not the same */
export function held(tables: KeptTables, load: LoadDoc, name: string): Held {
  const { s, root, categories, ranges, checkpoint, properties } = load
  const segments = segmentsFor(checkpoint.n)
  const prefix = root === undefined ? undefined : { root }
  const kept = (key: string, make: () => Promise<Bits>) => keptAs(`${name} ${s} ${key}`, make)
  const doc = (code: string) => tables.concepts.get(conceptId(s, code))
  const docsOf = async (codes: readonly string[]) => tables.concepts.getMany(codes.map((code) => conceptId(s, code)))
  const bitsOf = (docs: readonly ConceptDoc[]): Bits => {
    const bits = noBits(segments)
    for (const { n } of docs) setBit(bits, n)
    return bits
  }
  const docs = async (places: readonly number[]): Promise<ConceptDoc[]> => {
    const found: ConceptDoc[] = []
    for (let at = 0; at < places.length; at += IDS_AT_ONCE) {
      const some = places.slice(at, at + IDS_AT_ONCE)
      found.push(...(await tables.concepts.find({ s, n: { $in: some } }, { sort: { n: 1 }, limit: some.length })))
    }
    return found
  }
  const overCodes = async (code: string): Promise<readonly string[]> => {
    if (!prefix) return (await doc(code))?.ancestors ?? []
    const over = isRange(code, prefix) ? [] : beginningsOf(code, prefix)
    const listed = new Set((await docsOf(over)).map(codeOf))
    return [...over.filter((one) => listed.has(one)), ...ranges.filter((range) => isUnderByPrefix(code, range, prefix))]
  }
  const parentsOf = async (one: ConceptDoc): Promise<readonly string[]> =>
    prefix ? (await overCodes(codeOf(one))).slice(0, 1) : (one.parents ?? [])
  return {
    segments,
    ...(prefix ? { prefix } : {}),
    categories,
    ranges,
    tree: { isUnder: () => false, isOver: () => false, properties: new Set(properties) },
    kept,
    term: (term) => kept(`t${term}`, async () => (await readTerms(tables, s, segments, [term]))[0] as Bits),
    async terms(wanted) {
      if (wanted.length === 0) return []
      const unknown = wanted.filter((term) => !sets.has(`${name} ${s} t${term}`))
      const read = new Map((unknown.length > 0 ? await readTerms(tables, s, segments, unknown) : []).map((bits, at) => [unknown[at], bits]))
      return Promise.all(
        wanted.map((term) => kept(`t${term}`, async () => read.get(term) ?? ((await readTerms(tables, s, segments, [term]))[0] as Bits))),
      )
    },
    beginning: (word) =>
      kept(`b${word}`, async () => {
        const docs = await tables.concepts.find({ s, k: { $gte: word, $lt: `${word}\uffff` } }, { limit: BEGINNING_MAX + 1 })
        if (docs.length > BEGINNING_MAX) throw new OutcomeError('expansion-costly', { params: { max: BEGINNING_MAX } })
        return bitsOf(docs)
      }),
    ofCodes: async (codes) => bitsOf(await docsOf(codes)),
    doc,
    docs,
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
