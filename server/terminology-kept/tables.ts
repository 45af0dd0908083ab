/** The tables of code systems that are kept in MongoDB: their concepts, what these are found by, and the loads that brought them. */
import { systemDecision } from '../access/decision.ts'
import { type CodesRevisionDoc, revisionTable } from '../store/codes-revision.ts'
import type { Store, Table, TableDoc } from '../store/types.ts'

const KEEPING = systemDecision('terminology')

/** One concept of one load. */
export interface ConceptDoc extends TableDoc {
  /** `<load>|<code>` */
  _id: string
  s: number
  /** its place in the order of the file, without gaps */
  n: number
  /** the code as it is searched (server/search/fold.ts) */
  k: string
  display?: string
  /** JSON of definition, designations and properties, where it has any */
  more?: string
  inactive?: true
  abstract?: true
  /** codes right over it, and all over it, where codes do not say it by their beginnings */
  parents?: string[]
  ancestors?: string[]
  /** pinyin of its texts, in their order; empty for one without */
  sounds?: string[]
}

/** While a system is loaded: terms of one segment with the places of their concepts (segment.ts). */
export interface TermsDoc extends TableDoc {
  /** `<load>.<bucket>.<segment>` */
  _id: string
  s: number
  segment: number
  bytes: Uint8Array
}

/** Terms of a whole system with the places of their concepts (postings.ts). */
export interface PostingsDoc extends TableDoc {
  /** `<load>|<group>`, or `<load>|=<key>` with `#<n>` of the further ones, for terms that many concepts have */
  _id: string
  s: number
  /** further documents of the same terms */
  more?: number
  bytes: Uint8Array
}

export type LoadContent = 'complete' | 'fragment'

export interface BadRow {
  row: number
  problem: string
}

/** How far the load has come: what stands behind it is not counted on. */
export interface Checkpoint {
  /** rows of the file that are done */
  row: number
  /** concepts */
  n: number
  bad: number
}

export interface LoadDoc extends TableDoc {
  /** the number of the load, as text */
  _id: string
  s: number
  url: string
  version: string
  name: string
  format: string
  /** whether a code that is not there is wrong */
  content: LoadContent
  /** SHA-256 of the file: the same file goes on where it was left */
  digest: string
  status: 'loading' | 'ready' | 'failed' | 'replaced'
  checkpoint: Checkpoint
  badRows: BadRow[]
  properties: string[]
  /** whether a code stands under others */
  hierarchical: boolean
  /** beginnings of codes and ranges of chapters, where codes say by their beginnings where they stand */
  root?: number
  /** by which layout its terms are written: what an earlier release loaded is to be loaded again */
  layout: number
  /** of the terms: how many buckets of all segments are brought together; absent: there are rows left to read */
  merged?: number
  categories: string[]
  ranges: string[]
  started: Date
  ended?: Date
  /** why it failed */
  problem?: string
}

/** What is in force of one system: changed in one piece, so that a version is there as a whole or not at all. */
export interface CurrentDoc extends TableDoc {
  /** url */
  _id: string
  rev: number
  versions: { version: string; load: string }[]
}

export interface KeptTables {
  concepts: Table<ConceptDoc>
  terms: Table<TermsDoc>
  postings: Table<PostingsDoc>
  loads: Table<LoadDoc>
  current: Table<CurrentDoc>
  /** the number of the last load */
  counter: Table<TableDoc>
  /** counted whenever what is in force has changed */
  revision: Table<CodesRevisionDoc>
}

const names = {
  concepts: 'terminology_concepts',
  terms: 'terminology_terms',
  postings: 'terminology_postings',
  loads: 'terminology_loads',
  current: 'terminology_current',
  counter: 'terminology_counter',
} as const

export const keptTables = (store: Store): KeptTables => ({
  concepts: store.table<ConceptDoc>(KEEPING, names.concepts),
  terms: store.table<TermsDoc>(KEEPING, names.terms),
  postings: store.table<PostingsDoc>(KEEPING, names.postings),
  loads: store.table<LoadDoc>(KEEPING, names.loads),
  current: store.table<CurrentDoc>(KEEPING, names.current),
  counter: store.table<TableDoc>(KEEPING, names.counter),
  revision: revisionTable(store, KEEPING),
})

export async function prepareKeptTables({ concepts, terms, postings, loads }: KeptTables): Promise<void> {
  await Promise.all([
    concepts.ensureIndex({ s: 1, n: 1 }),
    concepts.ensureIndex({ s: 1, k: 1 }),
    terms.ensureIndex({ s: 1, segment: 1 }),
    postings.ensureIndex({ s: 1 }),
    loads.ensureIndex({ url: 1, version: 1 }),
  ])
}

export const LAYOUT = 2

export const conceptId = (s: number, code: string): string => `${s}|${code}`
export const codeOf = ({ _id }: Pick<ConceptDoc, '_id'>): string => _id.slice(_id.indexOf('|') + 1)
