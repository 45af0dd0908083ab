/** Purposes of use (v3-ActReason), their tree, and which party may ask for which (consent.md 3.2, layer 0). */
import type { Party } from '../auth/actor.ts'

/** child to parent: a rule on the parent covers the child, never the reverse */
const PARENT: Readonly<Record<string, string>> = {
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

const RESEARCH = ['HRESCH', 'DSRCH', 'CLINTRCH', 'BIORCH', 'TRANSRCH', 'POARCH'] as const

const ADMISSIBLE: Readonly<Record<Party, readonly string[]>> = {
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
  // An operator reads no patient's data for any purpose; what it may read is decided by resource type.
  operator: [],
}

/** Codes that this server knows: others in a permit match nothing, in a deny they are taken to match. */
export const KNOWN_PURPOSES: ReadonlySet<string> = new Set([
  ...Object.keys(PARENT),
  ...Object.values(PARENT),
  ...Object.values(ADMISSIBLE).flat(),
])

/** Does a rule on `named` cover a request for `asked`? */
export function covers(named: string, asked: string): boolean {
  for (let purpose: string | undefined = asked; purpose !== undefined; purpose = PARENT[purpose]) if (purpose === named) return true
  return false
}

export const isAdmissible = (party: Party, purpose: string): boolean => ADMISSIBLE[party].includes(purpose)

export const isResearch = (purpose: string): boolean => covers('HRESCH', purpose)
