/** What a city is made of. */
import type { Registration, Slip } from './registrations.ts'

export type House = 'H1' | 'H2' | 'H3'

/** What is wrong with a message; what can be stored is, and what cannot is sent again as it should be. */
export type Fault =
  | 'repeated'
  | 'late'
  | 'corrected'
  /** says of the same thing something else, and is older */
  | 'contradicted'
  /** names no patient, or no visit */
  | 'broken'
  /** a character is cut in half */
  | 'unreadable'
  /** in another charset than it says */
  | 'charset'
  | 'code'
  /** says that it is another hospital's */
  | 'organization'

/** What a server that works does with a payload. */
export type Fate = 'stored' | 'quarantined' | 'refused'

export interface Payload {
  source: string
  contentType: string
  fileName?: string
  body: Uint8Array | string
  fault?: Fault
  fate: Fate
}

/** What one house knows of one person. */
export interface Known {
  /** its own number: PI of a hospital, psn_no, card of the platform */
  number: string
  registration: Registration
  slips: readonly Slip[]
}
