/** What a city is made of. */
import type { Registration } from './registrations.ts'

export type House = 'H1' | 'H2' | 'H3'

export interface Payload {
  source: string
  contentType: string
  fileName?: string
  body: Uint8Array | string
  /** it cannot be stored as it is: what it says is sent again, as it should be */
  broken?: true
}

/** What one house knows of one person. */
export interface Known {
  /** its own number: PI of a hospital, psn_no, card of the platform */
  number: string
  registration: Registration
}
