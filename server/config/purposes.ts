/** Purposes of use (v3-ActReason): their tree, and which party may ask for which (consent.md 3.2, layer 0). */
import type { Party } from './party.ts'

/** Narrower code to the next wider one: a rule on the wider one covers the narrower, never the reverse. */
export const WIDER: Readonly<Record<string, string>> = {
  DSRCH: 'HRESCH',
  CLINTRCH: 'HRESCH',
  BIORCH: 'HRESCH',
  TRANSRCH: 'HRESCH',
  POARCH: 'HRESCH',
  BTG: 'ETREAT',
  ETREAT: 'TREAT',
  COVERAGE: 'HPAYMT',
  CLMATTCH: 'HPAYMT',
  ELIGDTRM: 'HPAYMT',
  HQUALIMP: 'HOPERAT',
  PERFMSR: 'HOPERAT',
  CAREMGT: 'HOPERAT',
  DISASTER: 'PUBHLTH',
  THREAT: 'PUBHLTH',
}

const RESEARCH = ['HRESCH', 'DSRCH', 'CLINTRCH', 'BIORCH', 'TRANSRCH', 'POARCH']

/** `SYSADMIN` is the word of our configuration; `HSYSADMIN` is the code that v3-ActReason of R4 has for the same. */
export const PURPOSES_OF_PARTY: Readonly<Record<Party, readonly string[]>> = {
  hospital: ['TREAT', 'ETREAT', 'BTG', 'HPAYMT', 'HOPERAT', 'HQUALIMP', 'PUBHLTH', ...RESEARCH],
  mia: ['HPAYMT', 'COVERAGE', 'ELIGDTRM', 'CLMATTCH', 'FRAUD', 'HQUALIMP'],
  ha: ['PUBHLTH', 'DISASTER', 'THREAT', 'HQUALIMP', 'PERFMSR'],
  researcher: RESEARCH,
  insurer: ['HPAYMT', 'COVERAGE', 'HMARKT'],
  pharma: [...RESEARCH, 'HMARKT'],
  patient: ['PATRQT'],
  guardian: ['FAMRQT', 'PATRQT'],
  relative: ['FAMRQT'],
  legal: ['HLEGAL'],
  operator: ['SYSADMIN', 'HSYSADMIN'],
}

/** Kinds of treatment for which the rules of access ask for less. */
const EMERGENCY_TREATMENT = ['ETREAT', 'BTG'] as const

/** Kinds of public health for which a health administration gets identifiable data that it does not get for the everyday one. */
export const PUBLIC_EMERGENCY: ReadonlySet<string> = new Set(['DISASTER', 'THREAT'])

/**
 * Purposes that open more than the wider ones of which they are kinds: only with a registration that names them. A test holds
 * this list against every rule of the decision.
 */
const OPENS_MORE: ReadonlySet<string> = new Set([...EMERGENCY_TREATMENT, ...PUBLIC_EMERGENCY])

/** May a request with a token for `held` be made for `asked`? The same, or a kind of it; never the other way. */
export function isKindOf(asked: string, held: string): boolean {
  for (let purpose: string | undefined = asked; purpose !== undefined; purpose = WIDER[purpose]) if (purpose === held) return true
  return false
}

/**
 * May a client of this party, registered for `registered`, narrow `held` to `asked` (header X-Purpose-Of-Use)? A kind that opens more than
 * the wider purpose must be registered by name; breaking the glass needs a token with a reason.
 */
export function mayNarrow(party: Party, registered: readonly string[], held: string, asked: string): boolean {
  if (asked === held) return true
  if (!isKindOf(asked, held) || !PURPOSES_OF_PARTY[party].includes(asked)) return false
  if (asked === 'BTG') return false
  return !OPENS_MORE.has(asked) || registered.includes(asked)
}
