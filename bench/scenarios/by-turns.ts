/**
 * Every kind of request on a small store and on a large one, by turns: a machine that others share is not as fast in one minute as in the
 * next, and a ratio of figures that lie ten minutes apart would tell of it. Medians over the turns.
 */
import type { BenchRow, Measured } from '../measure.ts'
import { row } from '../measure.ts'
import type { Child } from '../servers.ts'
import type { Bearers } from '../tokens.ts'
import { CODE_AND_DATE, each, type Kind, READS, VALIDATE, WRITES } from './kinds.ts'
import { auth } from './queries.ts'

/** A store of some size, with the servers before it. */
export interface Store {
  open: Child
  guarded: Child
  tokens: Bearers
  patients: number
}

export interface Turns {
  small: Store
  large: Store
  /** how many times the small one's data the large one has */
  growth: number
  clients: number
  turns: number
}

/** A kind of request as one asks for it, and by whom. */
interface Asking {
  kind: Kind
  label: 'no access control' | 'guarded'
  by?: keyof Bearers
}

const PERCENTILES_MAX = 5

const isOpen = (kind: Kind): Asking => ({ kind, label: 'no access control' })
/** The insurer is not let search by names. */
const isForInsurer = ({ name }: Kind): boolean => name !== 'search by name' && name !== 'chained search'

// Reads, and what needs no database, come before all writes, which the database digests for a while.
const ASKINGS: readonly Asking[] = [
  ...[...READS, CODE_AND_DATE, VALIDATE].map(isOpen),
  ...[...READS.filter(isForInsurer), CODE_AND_DATE].map((kind): Asking => ({ kind, label: 'guarded', by: 'insurer' })),
  ...WRITES.map(isOpen),
  ...WRITES.map((kind): Asking => ({ kind, label: 'guarded', by: 'engine' })),
]

export async function byTurns(run: Turns, note: (rows: BenchRow[]) => void): Promise<void> {
  for (const asking of ASKINGS) note(await measured(run, asking))
}

async function measured({ small, large, growth, clients, turns }: Turns, asking: Asking): Promise<BenchRow[]> {
  const [first, grown]: [Measured[], Measured[]] = [[], []]
  for (let turn = 0; turn < turns; turn++) {
    first.push(await ask(small, asking, clients))
    grown.push(await ask(large, asking, clients))
  }
  const ratio = median(first.map(({ perSecond }, turn) => (grown[turn] as Measured).perSecond / perSecond))
  const name = `${asking.kind.name}, ${asking.label}`
  const rate = median(first.map(({ perSecond }) => perSecond))
  const { elsewhere } = asking.kind
  const orientation = elsewhere !== undefined && asking.label === 'no access control'
  return [
    row(`${name}, 1 x`, rate, 'requests/s', orientation ? { name: 'HAPI JPA 8.8, elsewhere', value: elsewhere } : undefined),
    tail(`${name}, 1 x`, first),
    row(`${name}, ${growth} x`, ratio * rate, 'requests/s', { name: 'the same at 1 x', value: rate }),
    tail(`${name}, ${growth} x`, grown),
  ]
}

function tail(name: string, of: readonly Measured[]): BenchRow {
  const p50 = median(of.map(({ p50Ms }) => p50Ms))
  return row(`${name}, p99`, median(of.map(({ p50Ms, p99Ms }) => p99Ms / p50Ms)) * p50, 'ms', {
    name: `p50 (at most ${PERCENTILES_MAX})`,
    value: p50,
  })
}

async function ask({ open, guarded, tokens, patients }: Store, { kind, by }: Asking, clients: number): Promise<Measured> {
  const at = by === undefined ? { url: open.url } : { url: guarded.url, headers: () => auth(tokens[by]) }
  return (await each([kind], { ...at, clients, patients })).get(kind.name) as Measured
}

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
