/** Minutes of reads, searches, pages and writes beside each other, and the server's resident memory meanwhile. */
import { setTimeout } from 'node:timers/promises'
import { residentMb } from '../memory.ts'
import { type BenchRow, row } from '../measure.ts'
import type { Child } from '../servers.ts'
import type { Bearers } from '../tokens.ts'
import { each, type Kind, READS, WRITES } from './kinds.ts'
import { auth } from './queries.ts'

const SAMPLE_MS = 5_000

export interface Mix {
  guarded: Child
  tokens: Bearers
  patients: number
  seconds: number
  clients: number
}

/** Two thirds of the clients read as the insurer, one third writes as the hospital's engine, all the time. */
export async function mixed({ guarded, tokens, patients, seconds, clients }: Mix): Promise<BenchRow[]> {
  const samples: number[] = []
  const until = performance.now() + seconds * 1000
  let answered = 0
  const readers = READS.filter(({ name }) => name !== 'search by name' && name !== 'chained search')
  const work = async (kinds: readonly Kind[], share: number, token: () => Promise<string>) => {
    while (performance.now() < until) {
      const made = await each(kinds, { url: guarded.url, clients: Math.ceil(clients * share), patients, headers: () => auth(token) })
      for (const one of made.values()) answered += one.answered
    }
  }
  const watch = async () => {
    for (; performance.now() < until; await setTimeout(SAMPLE_MS)) samples.push(await residentMb(guarded.pid))
  }
  await Promise.all([work(readers, 2 / 3, tokens.insurer), work(WRITES, 1 / 3, tokens.engine), watch()])
  const part = (from: number, to: number) => mean(samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to)))
  const early = { name: 'its mean in the second fifth', value: part(0.2, 0.4) }
  return [
    row(`mixed load of ${Math.round(seconds / 60)} minutes`, answered, 'requests'),
    row('resident memory in the second fifth, mean', early.value, 'MB'),
    row('resident memory in the last fifth, mean', part(0.8, 1), 'MB', early),
    row('resident memory, highest', Math.max(...samples), 'MB', early),
  ]
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
