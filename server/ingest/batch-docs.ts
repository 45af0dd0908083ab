/** Rows of the tables of sets and of what stands in them (batches.ts). */
import type { BatchWord } from '../../mappings/engine/types.ts'
import type { TableDoc } from '../store/types.ts'

/** One word about a set (BatchWord), of others' sets the ids. */
export interface KeptWord {
  word: BatchWord['word']
  at: string
  saidBy?: string
  ofPerson?: string
  settlement?: string
  chargedBefore?: true
  among?: string
  sum?: string
  refunds?: true
  before?: true
  /** JSON text */
  tells?: string
  unlists?: string
}

/** What was said of a set of things, each kind of word with its latest instant; empty: never said. `_id` is a keyed hash. */
export interface BatchDoc extends TableDoc {
  _id: string
  rev: number
  reversed: string
  settled: string
  released: string
  /** the messages that said the latest of these; absent or empty: none that can be taken back */
  reversedBy?: string
  settledBy?: string
  releasedBy?: string
  /** the set of the settlement that paid for it (BatchWord); absent or empty: any that is taken back may have */
  settlement?: string
  /** all of it, by time; absent in rows of servers that kept the latest alone */
  words?: KeptWord[]
}

/**
 * A thing that stands in sets, its own first; `_id` is `Type/id`, and `Type/id via` of what is said of it apart from the rest. Each message that speaks of the thing and can be taken back is a set,
 * too, and what it hears of is one, in rows of their own: `Type/id|set`.
 */
export interface BatchMemberDoc extends TableDoc {
  _id: string
  /** `Type/id`; absent in rows of servers that knew no messages as sets: it is their `_id` */
  thing?: string
  source: string
  type: string
  id: string
  batches: string[]
  /** whose it is, where the number of its set may be given to several; absent in rows of servers that did not keep it: a word about anybody's reaches it */
  ofPerson?: string
  /** instant of what was stored last of it; absent in rows of servers that did not keep it */
  statedAt?: string
  /** its word is kept apart (Statement.via): that word alone is taken back with the set */
  via?: string
  /** elements that it has once the set is taken back; absent: it is void then */
  onceReversed?: Readonly<Record<string, string>>
  /** hash of the number by which a message names whose it is, of a settlement: two persons' may have one number; absent in rows of servers that did not keep it */
  number?: string
  /** of what is one of requests and answers (exchanges.ts): the answer's settlement, or the message that asked */
  settlement?: string
  message?: string
  /** the message withdrew the thing: taking the message back restores it */
  withdrawn?: true
}
