/** Comparison prefixes of dates, numbers and quantities (R4 search.html 3.1.1.4.5). */

export type Prefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap'

const PREFIX = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)(?=[\d+.-])/

/** Prefix and the rest; `eq` when there is none. */
export function splitPrefix(value: string): { prefix: Prefix; rest: string } {
  const found = PREFIX.exec(value)
  return found ? { prefix: found[1] as Prefix, rest: value.slice(2) } : { prefix: 'eq', rest: value }
}

/** `ap`: a tenth of the value, or of the time between the date and now. */
export const APPROXIMATION = 0.1
