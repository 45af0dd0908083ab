/** What was proposed and decided of codes, every step of it, and the jobs that translate anew what is stored. */
import { systemDecision } from '../access/decision.ts'
import { CODE_DECISIONS, CODE_MAPPINGS, type ConfirmedDoc, type DecisionsDoc } from '../ingest/confirmed-codes.ts'
import type { CodeName, CodeTarget } from '../ingest/codings.ts'
import type { Store, Table, TableDoc } from '../store/types.ts'

export const MAPPING = systemDecision('code mapping')

/** R4 concept-map-equivalence: how the target stands to the source. */
export const EQUIVALENCES = [
  'relatedto',
  'equivalent',
  'equal',
  'wider',
  'subsumes',
  'narrower',
  'specializes',
  'inexact',
  'unmatched',
  'disjoint',
] as const
export type Equivalence = (typeof EQUIVALENCES)[number]

/** What of a code is said: `target` is absent where nothing matches it. */
export interface Meaning {
  target?: CodeTarget
  equivalence: Equivalence
  comment?: string
}

export interface Person {
  /** `Practitioner/x` */
  user: string
  client: string
  at: Date
}

/** `meaning` absent: what stands is to be withdrawn. */
export interface Proposal {
  id: string
  by: Person
  meaning?: Meaning
  comment?: string
}

export interface Standing {
  meaning: Meaning
  proposed: Person
  confirmed: Person
}

/** `_id` is that of the row on the work list. */
export interface CodeMappingDoc extends ConfirmedDoc {
  source: string
  organization: string
  map: string
  system: string
  code: string
  /** guards against two decisions at the same time */
  rev: number
  current: Standing | null
  pending: Proposal | null
  /** what the code was translated to before */
  former: CodeName[]
}

export type Act = 'propose' | 'propose-withdrawal' | 'confirm' | 'reject'

export interface EventDoc extends TableDoc {
  _id: string
  mapping: string
  at: Date
  act: Act
  proposal: string
  by: Person
  meaning?: Meaning
  comment?: string
}

export interface RetranslationJob extends TableDoc {
  _id: string
  mapping: string
  source: string
  organization: string
  status: 'accepted' | 'completed' | 'failed' | 'superseded'
  /** JSON of CodingChange */
  change: string
  /** `ConceptMap/x/_history/n`, by which it is translated */
  conceptMap: string
  /** `Practitioner/x`: who proposed and who confirmed */
  people: string[]
  types: string[]
  /**
   * index of the type, pass, where to go on within the type (finding.ts), and what was written before the pass; a job of an older
   * server has no step yet, and begins its type anew
   */
  cursor: { type: number; pass: number; step?: number; mark?: string | null; before?: number }
  /** behind the passes: payloads that are mapped anew, up to which they are, and when the next one was begun */
  payloads?: { after: string; since: Date | null } | null
  /** how many resources carried the code when it began, where that is known */
  expected?: number | null
  seen: number
  written: number
  failed: number
  named: string[]
  started: Date
  ended?: Date
  expires?: Date
}

/** Nothing of the type `_id` was indexed otherwise any more: a new way of indexing has another number. */
export interface IndexedDoc extends TableDoc {
  _id: string
  ix: number
}

export const TABLES = {
  mappings: CODE_MAPPINGS,
  decisions: CODE_DECISIONS,
  events: 'code_mapping_events',
  jobs: 'retranslation_jobs',
  indexed: 'retranslation_indexed',
} as const

export interface MappingTables {
  mappings: Table<CodeMappingDoc>
  decisions: Table<DecisionsDoc>
  events: Table<EventDoc>
  jobs: Table<RetranslationJob>
  indexed: Table<IndexedDoc>
}

export function mappingTables(store: Store): MappingTables {
  return {
    mappings: store.table(MAPPING, TABLES.mappings),
    decisions: store.table(MAPPING, TABLES.decisions),
    events: store.table(MAPPING, TABLES.events),
    jobs: store.table(MAPPING, TABLES.jobs),
    indexed: store.table(MAPPING, TABLES.indexed),
  }
}

export async function ensureMappingTables(tables: MappingTables): Promise<void> {
  await Promise.all([
    tables.mappings.ensureIndex({ source: 1 }),
    tables.mappings.ensureIndex({ applies: 1 }),
    tables.events.ensureIndex({ mapping: 1, at: 1 }),
    tables.jobs.ensureIndex({ status: 1 }),
    tables.jobs.ensureIndex({ mapping: 1, status: 1 }),
    tables.jobs.ensureIndex({ expires: 1 }, { expireAfterSeconds: 0 }),
  ])
}

/**
 * Whether a code may be written as its target (R4 concept-map-equivalence, read from target to source): a wider one says less than
 * the source said, which is true; a narrower or inexact one would say what nobody said.
 */
const APPLIES: ReadonlySet<Equivalence> = new Set(['relatedto', 'equivalent', 'equal', 'wider', 'subsumes'])

export const appliedTarget = (meaning: Meaning | undefined): CodeTarget | undefined =>
  meaning?.target && APPLIES.has(meaning.equivalence) ? meaning.target : undefined
