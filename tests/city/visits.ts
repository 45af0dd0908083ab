/** Every visit of the city, and what is told of it by whom: worked out from its number alone, so that none need be kept. */
import type { Random } from '../faults/support/random.ts'
import type { Citizen } from './citizens.ts'
import type { Fault, House, Known } from './types.ts'

export type Matter = 'admission' | 'report' | 'registration' | 'care' | 'care-report'

/** One message about a visit. */
export interface Telling {
  matter: Matter
  fault?: Fault
}

export interface Visit {
  n: number
  citizen: Citizen
  house: House
  known: Known
  number: string
  /** YYYYMMDDhhmmss */
  time: string
  /** the platform tells of it too */
  inTable: boolean
  report?: { number: string; time: string; value: number; inTable: boolean }
  /** number of the insurance's own */
  care?: string
  tellings: Telling[]
}

/** Of all messages three in a hundred. */
const SHARES: readonly (readonly [Fault, number])[] = [
  ['repeated', 0.007],
  ['late', 0.006],
  ['corrected', 0.004],
  ['contradicted', 0.004],
  ['broken', 0.003],
  ['unreadable', 0.002],
  ['charset', 0.002],
  ['code', 0.002],
  ['organization', 0.001],
]

/** What cannot be stored as it is; what ought to have been sent comes as well. */
const FAILS: ReadonlySet<Fault> = new Set(['broken', 'unreadable', 'organization'])

export function visitOf(random: Random, n: number, citizen: Citizen): Visit {
  const [house, known] = random.pick([...citizen.houses]) as [House, Known]
  const time = timeOf(random)
  const inTable = random.next() < 0.8
  const report =
    random.next() < 0.5
      ? { number: `R${house}${n}`, time: timeOf(random), value: 3 + random.below(90) / 10, inTable: random.next() < 0.6 }
      : undefined
  const care = citizen.insurance && random.next() < 0.6 ? `M${house}${n}` : undefined
  const isCopied = care !== undefined && report !== undefined && random.next() < 0.4
  const tellings = [
    ...told(random, 'admission'),
    ...(report ? told(random, 'report') : []),
    ...(care === undefined ? [] : [...told(random, 'registration'), ...told(random, 'care')]),
    ...(isCopied ? [{ matter: 'care-report' as const }] : []),
  ]
  return { n, citizen, house, known, number: `V${house}${n}`, time, inTable, ...(report && { report }), ...(care && { care }), tellings }
}

function told(random: Random, matter: Matter): Telling[] {
  const fault = faultOf(random, matter)
  if (fault === undefined) return [{ matter }]
  const spoilt = { matter, fault }
  if (FAILS.has(fault) || fault === 'repeated' || fault === 'corrected' || fault === 'contradicted') return [spoilt, { matter }]
  return [spoilt]
}

function faultOf(random: Random, matter: Matter): Fault | undefined {
  let chance = random.next()
  for (const [fault, share] of SHARES) {
    chance -= share
    if (chance >= 0) continue
    // The insurance does not correct a visit, and its hospitals are known by its own numbers.
    if (fault === 'corrected' && matter !== 'report') return 'repeated'
    // A registration has no codes that somebody could not know.
    if (matter === 'registration') return fault === 'organization' || fault === 'code' ? 'repeated' : fault
    return fault === 'organization' && matter === 'care' ? 'code' : fault
  }
  return undefined
}

/** In the first months of the year. */
function timeOf(random: Random): string {
  const day = new Date(Date.UTC(2026, 0, 1 + random.below(85), random.below(24), random.below(60)))
  return day.toISOString().replace(/[-:T]/g, '').slice(0, 14)
}
