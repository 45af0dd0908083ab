/** Membership of codes in value sets. */
import type { IssueCode } from '../outcome/issues.ts'
import type { AskedCode, CodeAnswer } from './stored-codes.ts'

/** What a validator knows of one value set. */
export interface CodeSet {
  /** canonical, for messages */
  url: string
  /** system → codes; null: every code of that system is accepted (its codes are not known here) */
  systems: Map<string, Set<string> | null>
  /** all codes, for elements of type code, which have no system */
  codes: Set<string>
  /** false when a code system in it is a fragment or an example: an unknown code may be right */
  complete: boolean
  /** nothing that comes with the server defines it */
  undefined?: true
  /** what is stored says of a code; undefined: nothing stored belongs to the set */
  stored?(asked: AskedCode): CodeAnswer | undefined
}

export const codeSet = (url: string): CodeSet => ({ url, systems: new Map(), codes: new Set(), complete: true })

export function addCodes(set: CodeSet, system: string, codes: Iterable<string>): void {
  const known = set.systems.get(system) ?? new Set<string>()
  for (const code of codes) {
    known.add(code)
    set.codes.add(code)
  }
  set.systems.set(system, known)
}

type Json = Record<string, unknown>

/** `absent`: there is no code to check (an extension such as data-absent-reason stands for it, or only a text). */
export type Membership = CodeAnswer | 'absent'

/** Membership of a value of type code, string, uri, Coding, CodeableConcept or Quantity. */
export function membership(set: CodeSet, type: string, value: unknown): Membership {
  if (typeof value === 'string') return set.stored?.({ code: value }) ?? shippedSays(set, set.codes.has(value))
  if (value === null || typeof value !== 'object') return 'absent'
  if (type !== 'CodeableConcept') return codingIn(set, value as Json)
  const codings = (value as { coding?: Json[] }).coding ?? []
  if (codings.length === 0) return 'absent'
  const [only] = codings
  if (codings.length === 1) return bestOf(only ? [codingIn(set, only)] : [])
  // One coding is enough (R4 terminologies.html#required); of several that are not in it, the one of which least is known.
  return bestOf(codings.map((coding) => (coding === null ? 'out' : codingIn(set, coding))))
}

const bestOf = (answers: readonly Membership[]): Membership => BEST.find((answer) => answers.includes(answer)) ?? 'out'

const BEST: readonly Membership[] = ['in', 'open', 'unchecked', 'doubtful']

const shippedSays = (set: CodeSet, has: boolean): CodeAnswer => {
  if (has) return 'in'
  return set.undefined ? 'open' : set.complete ? 'out' : 'doubtful'
}

/**
 * What to say of a concept outside of the set of an extensible binding (R4 terminologies.html#extensible): a code of another system is
 * right when the set covers no such concept, which only a person can tell.
 */
export function extensibleCode({ systems }: CodeSet, value: unknown): IssueCode {
  const { coding = [value] } = (value ?? {}) as { coding?: unknown }
  const isOther = (each: unknown): boolean => {
    const { system } = (each ?? {}) as { system?: unknown }
    return typeof system === 'string' && !systems.has(system)
  }
  return Array.isArray(coding) && coding.some(isOther) ? 'binding-extensible' : 'binding'
}

function codingIn(set: CodeSet, coding: Json): Membership {
  const { system, code, version } = coding
  if (typeof code !== 'string') return 'absent'
  if (typeof system !== 'string') return 'out'
  const stored = set.stored?.({ code, system, ...(typeof version === 'string' ? { version } : {}) })
  if (stored) return stored
  const codes = set.systems.get(system)
  return shippedSays(set, codes === null || codes?.has(code) === true)
}
