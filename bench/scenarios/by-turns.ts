/**
 * Every kind of request on a small store and on a large one, by turns: a machine that others share is not as fast in one minute as in the
 * next, and a ratio of figures that lie ten minutes apart would tell of it. Medians over the turns.
 */
import type { BenchRow, Measured } from '../measure.ts'
import { row } from '../measure.ts'
import { residentMb } from '../memory.ts'
import { type Child, startYilian } from '../servers.ts'
import { type Bearers, bearer } from '../tokens.ts'
import { CODE_AND_DATE, each, type Kind, READS, VALIDATE, WRITES } from './kinds.ts'
import { auth } from './queries.ts'

/** A store of some size, and how a server before it is started. */
export interface Store {
  environment: Record<string, string>
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

type Label = 'no access control' | 'guarded'

/** A kind of request as one asks for it, and by whom. */
interface Asking {
  kind: Kind
  label: Label
  by?: keyof Bearers
}

const PERCENTILES_MAX = 5

const isOpen = (kind: Kind): Asking => ({ kind, label: 'no access control' })
/** The insurer is not let search by names. */
const isForInsurer = ({ name }: Kind): boolean => name !== 'search by name' && name !== 'chained search'

// Reads, and what needs no database, come before all writes, which the database digests for a while.
const PHASES: readonly (readonly Asking[])[] = [
  [...READS, CODE_AND_DATE, VALIDATE].map(isOpen),
  [...READS.filter(isForInsurer), CODE_AND_DATE].map((kind) => ({ kind, label: 'guarded', by: 'insurer' })),
  WRITES.map(isOpen),
  WRITES.map((kind) => ({ kind, label: 'guarded', by: 'engine' })),
]

/** A server before its store, and who may ask it. */
interface Standing extends Store {
  server: Child
  tokens: Bearers
}

/** Only the two servers that are asked run: others, even idle ones, have timers and memory to tidy, which two cores show in the slowest. */
export async function byTurns(run: Turns, note: (rows: BenchRow[]) => void): Promise<void> {
  for (const phase of PHASES) {
    const { label } = phase[0] as Asking
    const [small, large] = [await standing(run.small, label), await standing(run.large, label)]
    for (const asking of phase) note(await measured({ ...run, small, large }, asking))
    note([row(`resident memory behind that, ${label}, ${run.growth} x`, await residentMb(large.server.pid), 'MB')])
    for (const { server } of [small, large]) await server.stop()
  }
}

async function standing(store: Store, label: Label): Promise<Standing> {
  const server = await startYilian({ ...store.environment, ...(label === 'guarded' ? {} : { YILIAN_NO_AUTH: '1' }) })
  return { ...store, server, tokens: await bearer(store.environment.DATA_DIR as string, server.url) }
}

async function measured(
  { small, large, growth, clients, turns }: Turns & Record<'small' | 'large', Standing>,
  asking: Asking,
): Promise<BenchRow[]> {
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

async function ask({ server: { url }, tokens, patients }: Standing, { kind, by }: Asking, clients: number): Promise<Measured> {
  const at = by === undefined ? { url } : { url, headers: () => auth(tokens[by]) }
  return (await each([kind], { ...at, clients, patients })).get(kind.name) as Measured
}

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
