/** Purposes of use as the rules of access ask for them; the tree and the parties' purposes are in server/config. */
import type { Party } from '../auth/actor.ts'
import { isKindOf, PURPOSES_OF_PARTY, WIDER } from '../config/purposes.ts'

/** An operator reads no patient's data for any purpose of its own; what it may read is decided by resource type. */
const OF_RULES = Object.entries(PURPOSES_OF_PARTY).flatMap(([party, purposes]) => (party === 'operator' ? [] : purposes))

/** Codes that this server knows: others in a permit match nothing, in a deny they are taken to match. */
export const KNOWN_PURPOSES: ReadonlySet<string> = new Set([...Object.entries(WIDER).flat(), ...OF_RULES])

/** Does a rule on `named` cover a request for `asked`? */
export const covers = (named: string, asked: string): boolean => isKindOf(asked, named)

export const isAdmissible = (party: Party, purpose: string): boolean => party !== 'operator' && PURPOSES_OF_PARTY[party].includes(purpose)

export const isResearch = (purpose: string): boolean => covers('HRESCH', purpose)
