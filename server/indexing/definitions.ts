/**
 * Which search parameters of operators are in force, in every process on one database. A change is counted (a generation); each
 * process looks for a new one all the time, indexes by it from then on, and notes so once all that it began to write before has
 * ended. Who waits until all have noted it knows that nothing is written by the old ones any more: only then can a pass over what
 * is stored find everything. A process that could not look for a while writes nothing until it has, so that one of which nothing
 * is heard need not be waited for.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { CustomParameter, Search } from '../search/types.ts'
import type { Store } from '../store/types.ts'
import { INDEXING_BOUNDS } from './bounds.ts'
import { definitionOf, GENERATION, type IndexingTables, type ParameterDoc, type ProcessDoc } from './tables.ts'

export interface DefinitionsDeps {
  store: Store
  search: Search
  tables: IndexingTables
  log(event: string, facts: object): void
}

export interface IndexDefinitions {
  /** the generation by which this process indexes */
  readonly generation: number
  /** this process searches by the parameter of the resource of that id */
  isReady(id: string): boolean
  /** Runs what indexes and writes what it indexed, under parameters that hold. @throws OutcomeError unavailable */
  whileIndexing<T>(work: () => Promise<T>): Promise<T>
  /** looks now; @throws OutcomeError unavailable */
  refresh(): Promise<void>
  /** every process indexes by that generation; false: not within the time */
  everywhere(generation: number, withinMs: number, alive?: () => boolean): Promise<boolean>
  start(): void
  stop(): Promise<void>
}

export function createIndexDefinitions(deps: DefinitionsDeps): IndexDefinitions {
  const me = randomUUID()
  const { tables, search } = deps
  let generation = -1
  let seenAt = Number.NEGATIVE_INFINITY
  let beat = 0
  let noted = { upTo: -1, at: Number.NEGATIVE_INFINITY }
  let known: readonly CustomParameter[] = []
  let ready: ReadonlySet<string> = new Set()
  let looking: Promise<void> | undefined
  /** work under way by the generation in which it began */
  const under = new Map<number, number>()

  const oldest = (): number => Math.min(generation, ...under.keys())

  const look = async (): Promise<void> => {
    const began = performance.now()
    // Whoever waits for all must see this process before it has read what it will index by.
    if (isBlind()) await announce(-1)
    const row = await tables.generation.get(GENERATION)
    const current = row?.n ?? 0
    if (current !== generation) {
      // Rows that were changed meanwhile are of a later generation, which the next look finds.
      const rows = await tables.parameters.find({ _id: { $ne: GENERATION } }, { sort: { _id: 1 } })
      known = parametersOf(rows)
      search.setCustom(known)
      ready = new Set(rows.filter((row) => row.ready).map((row) => row._id))
      generation = current
    }
    await note()
    if (isBlind()) search.setCustom(known)
    seenAt = began
  }

  /** With every look: that this process lives, and by what it indexes. */
  const note = async (): Promise<void> => {
    const upTo = oldest()
    if (upTo !== noted.upTo || performance.now() - noted.at > INDEXING_BOUNDS.blindMs / 4) await announce(upTo)
  }

  const announce = async (upTo: number): Promise<void> => {
    const at = performance.now()
    await tables.processes.put({ _id: me, generation: upTo, beat: ++beat })
    noted = { upTo, at }
  }

  const isBlind = (): boolean => performance.now() - seenAt > INDEXING_BOUNDS.blindMs

  const refresh = async (): Promise<void> => {
    // A look that is under way may have read before the call.
    await looking?.catch(() => undefined)
    looking ??= look().finally(() => {
      looking = undefined
    })
    try {
      await looking
    } catch (error) {
      throw error instanceof OutcomeError ? error : new OutcomeError('unavailable')
    }
  }

  let abort: AbortController | undefined
  let running: Promise<void> = Promise.resolve()
  const loop = async (signal: AbortSignal): Promise<void> => {
    let told = false
    while (!signal.aborted) {
      await refresh().catch(() => undefined)
      // What it knows may be old: nothing is searched by what may have been taken away.
      if (isBlind() && !told) search.setCustom(known.map((one) => ({ ...one, ready: false })))
      if (isBlind() !== told) deps.log('search parameters', { known: told })
      told = isBlind()
      await setTimeout(INDEXING_BOUNDS.pollMs, undefined, { signal }).catch(() => undefined)
    }
  }

  return {
    get generation() {
      return generation
    },
    isReady: (id) => ready.has(id),
    async whileIndexing(work) {
      if (isBlind()) await refresh()
      const began = generation
      under.set(began, (under.get(began) ?? 0) + 1)
      try {
        return await work()
      } finally {
        const left = (under.get(began) ?? 1) - 1
        if (left > 0) under.set(began, left)
        else under.delete(began)
      }
    },
    refresh,
    everywhere: (wanted, withinMs, alive) => everywhere(tables, refresh, { wanted, withinMs, alive: alive ?? (() => true) }),
    start() {
      abort ??= new AbortController()
      running = loop(abort.signal)
    },
    async stop() {
      abort?.abort()
      await running
      await tables.processes.delete({ _id: me }).catch(() => undefined)
    },
  }
}

const parametersOf = (rows: readonly ParameterDoc[]): CustomParameter[] => rows.map((row) => ({ ...definitionOf(row), ready: row.ready }))

interface Wait {
  wanted: number
  withinMs: number
  alive(): boolean
}

/** Rows of processes that ended without saying so go when nothing was heard of them for long enough. */
async function everywhere(tables: IndexingTables, refresh: () => Promise<void>, { wanted, withinMs, alive }: Wait): Promise<boolean> {
  const until = performance.now() + withinMs
  const heard = new Map<string, { beat: number; at: number }>()
  for (;;) {
    await refresh()
    const behind = (await tables.processes.find({})).filter((row) => row.generation < wanted)
    for (const row of behind) await dropDead(tables, heard, row)
    if (behind.length === 0) return true
    if (!alive() || performance.now() > until) return false
    await setTimeout(INDEXING_BOUNDS.waitMs)
  }
}

async function dropDead(tables: IndexingTables, heard: Map<string, { beat: number; at: number }>, row: ProcessDoc): Promise<void> {
  const last = heard.get(row._id)
  if (last?.beat !== row.beat) heard.set(row._id, { beat: row.beat, at: performance.now() })
  else if (performance.now() - last.at > INDEXING_BOUNDS.deadMs) await tables.processes.delete({ _id: row._id, beat: row.beat })
}
