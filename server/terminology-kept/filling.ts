/** Concepts in the order of the file into the tables: each code once, a segment after the other. */
import { setImmediate } from 'node:timers/promises'
import type { Concept } from '../terminology-service/code-system.ts'
import { isRange, type PrefixRule } from '../terminology-service/concept-tree.ts'
import { fold } from '../search/fold.ts'
import { namedTexts, syllablesOf } from '../terminology-service/words.ts'
import { SEGMENT } from './places.ts'
import type { LoadedConcept } from './format.ts'
import { BAD_ROWS_LISTED } from './limits.ts'
import { seenCodes } from './seen-codes.ts'
import { segmentTerms } from './segment.ts'
import { type BadRow, type Checkpoint, type ConceptDoc, conceptId, type KeptTables, type LoadDoc } from './tables.ts'
import { tellTerms } from './terms.ts'

const BATCH = 1000
/** Concepts after which others that wait have their turn. */
const TURN = 50
/** Texts whose pinyin is remembered. */
const SOUNDS_KEPT = 20_000

export interface Filling {
  add(row: number, concepts: readonly LoadedConcept[]): Promise<void>
  bad(row: number, problem: string): void
  badCount(): number
  badRows(): BadRow[]
  reached(): Checkpoint
  /** writes what is left. @returns what is wrong with all of it */
  end(): Promise<string | undefined>
}

interface Waiting {
  row: number
  concept: LoadedConcept
  endsRow: boolean
}

/** @param save of the checkpoint and what goes with it. @throws what `save` throws */
export function filling(
  tables: KeptTables,
  doc: LoadDoc,
  prefix: PrefixRule | undefined,
  save: (set: Partial<LoadDoc>) => Promise<void>,
): Filling {
  const { s } = doc
  let { row: doneRow, n } = doc.checkpoint
  let waiting: Waiting[] = []
  let docs: ConceptDoc[] = []
  let terms = segmentTerms()
  let ofSegment = new Set<string>()
  // What another process has loaded before it was killed this one has not met.
  const seen = n === 0 ? seenCodes() : undefined
  const sounds = soundsOfTexts()
  let hierarchical = doc.hierarchical
  let badBefore = doc.checkpoint.bad
  const badRows: BadRow[] = [...doc.badRows]
  /** those that are not in a checkpoint yet */
  let badSince: BadRow[] = []
  const categories = new Set(doc.categories)
  const ranges = new Set(doc.ranges)
  const properties = new Set(doc.properties)

  // What was read is written while more is read.
  let writing: Promise<unknown> = Promise.resolve()
  const writeDocs = async () => {
    await writing
    writing = tables.concepts.insertMany(docs)
    writing.catch(() => undefined)
    docs = []
  }

  const checkpoint = async () => {
    await writeDocs()
    await writing
    await terms.write(tables, s, Math.floor((n - 1) / SEGMENT))
    const counted = badSince.filter(({ row }) => row <= doneRow)
    badSince = badSince.filter(({ row }) => row > doneRow)
    badBefore += counted.length
    badRows.push(...counted.slice(0, Math.max(0, BAD_ROWS_LISTED - badRows.length)))
    await save({
      checkpoint: { row: doneRow, n, bad: badBefore },
      badRows: [...badRows],
      categories: [...categories],
      ranges: [...ranges],
      properties: [...properties],
      hierarchical,
    })
    terms = segmentTerms()
    ofSegment = new Set()
  }

  const place = (loaded: LoadedConcept) => {
    const concept = conceptOf(loaded)
    const said = namedTexts(concept).texts.map(sounds)
    const { parents = [], ancestors = [] } = loaded
    docs.push(docOf(s, n, { loaded, concept, sounds: said }))
    tellTerms({ concept, parents, ancestors, sounds: said }, prefix, terms.at(n % SEGMENT))
    for (const { code } of concept.properties) properties.add(code)
    if (ancestors.length > 0) hierarchical = true
    if (prefix && isRange(concept.code, prefix)) ranges.add(concept.code)
    else if (prefix && concept.code.length >= prefix.root) categories.add(concept.code.slice(0, prefix.root))
    ofSegment.add(concept.code)
    seen?.add(concept.code)
    n++
  }

  const flush = async () => {
    const batch = waiting
    waiting = []
    const unknown = [...new Set(batch.map(({ concept }) => concept.code))].filter(
      (code) => !ofSegment.has(code) && seen?.mayHave(code) !== false,
    )
    const there = n < SEGMENT ? [] : await tables.concepts.getMany(unknown.map((code) => conceptId(s, code)))
    const known = new Set(there.map(({ _id }) => _id))
    const ofBatch = new Set<string>()
    for (const [at, { row, concept, endsRow }] of batch.entries()) {
      const { code } = concept
      const isThere = ofSegment.has(code) || ofBatch.has(code) || known.has(conceptId(s, code))
      if (isThere && concept.repeated !== true) badSince.push({ row, problem: 'row-code-repeated' })
      if (!isThere) {
        ofBatch.add(code)
        place(concept)
      }
      doneRow = endsRow ? row : row - 1
      if (!isThere && n % SEGMENT === 0) await checkpoint()
      if (at % TURN === 0) await setImmediate()
    }
    await writeDocs()
  }

  return {
    async add(row, concepts) {
      for (const [at, concept] of concepts.entries()) waiting.push({ row, concept, endsRow: at === concepts.length - 1 })
      if (waiting.length >= BATCH) await flush()
    },
    bad(row, problem) {
      badSince.push({ row, problem })
    },
    badCount: () => badBefore + badSince.length,
    badRows: () => [...badRows, ...badSince].slice(0, BAD_ROWS_LISTED),
    reached: () => ({ row: doneRow, n, bad: badBefore + badSince.length }),
    async end() {
      await flush()
      doneRow = Math.max(doneRow, ...badSince.map(({ row }) => row))
      if (n === 0) return 'no-concepts'
      await checkpoint()
      return undefined
    },
  }
}

/** The same names come again and again in a catalogue. */
function soundsOfTexts(): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const made = syllablesOf(text).join(' ')
    if (known.size >= SOUNDS_KEPT) known.clear()
    known.set(text, made)
    return made
  }
}

const conceptOf = ({
  code,
  display,
  definition,
  designations = [],
  properties = [],
  inactive = false,
  abstract = false,
}: LoadedConcept): Concept => ({
  code,
  display,
  ...(definition === undefined ? {} : { definition }),
  designations,
  properties,
  inactive,
  abstract,
})

function docOf(
  s: number,
  n: number,
  { loaded, concept, sounds }: { loaded: LoadedConcept; concept: Concept; sounds: string[] },
): ConceptDoc {
  const { code, display, definition, designations, properties } = concept
  const more = {
    ...(definition === undefined ? {} : { definition }),
    ...(designations.length > 0 ? { designations } : {}),
    ...(properties.length > 0 ? { properties } : {}),
  }
  return {
    _id: conceptId(s, code),
    s,
    n,
    k: fold(code),
    ...(display === undefined ? {} : { display }),
    ...(Object.keys(more).length > 0 ? { more: JSON.stringify(more) } : {}),
    ...(concept.inactive ? { inactive: true } : {}),
    ...(concept.abstract ? { abstract: true } : {}),
    ...(loaded.parents ? { parents: [...loaded.parents] } : {}),
    ...(loaded.ancestors ? { ancestors: [...loaded.ancestors] } : {}),
    ...(sounds.some((one) => one !== '') ? { sounds } : {}),
  }
}
