/** Where the values of a parameter stand in what is stored: with few exceptions, with each resource. */

/**
 * `entry`: keys, dates and numbers of the resource itself. `shape`: what it has in common with many others, decided once for all
 * of them. `written`: the value is the time at which it was written.
 */
export type Keeping = 'entry' | 'shape' | 'written'

/** AuditEvents are written once, by the server itself, one for every use: what most of them share is not indexed with each. */
const AUDIT_EVENT: ReadonlyMap<string, Keeping> = new Map([
  ['agent', 'entry'],
  ['entity', 'entry'],
  ['date', 'written'],
])

export const keepingOf = (type: string, code: string): Keeping => (type === 'AuditEvent' ? (AUDIT_EVENT.get(code) ?? 'shape') : 'entry')
