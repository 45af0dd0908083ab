/**
 * Creates against a bare journaled transaction of resource and audit behind Express, by turns: no server is running but the one that is
 * asked, since each that listens to the database takes of the same two cores.
 */
import type { BenchRow, Measured } from '../measure.ts'
import { row } from '../measure.ts'
import { type Child, startBaseline, startYilian } from '../servers.ts'
import { bearer } from '../tokens.ts'
import { median } from './by-turns.ts'
import { each, type Kind, WRITES } from './kinds.ts'
import { auth } from './queries.ts'

export interface Creates {
  uri: string
  database: string
  /** of a server with access control */
  environment: Record<string, string>
  patients: number
  clients: number
  turns: number
}

const [CREATE] = WRITES as [Kind]
const BARE = 'bare journaled transaction of resource and audit behind Express'

export async function createsBesideBare(run: Creates): Promise<BenchRow[]> {
  const open = await beside(run, { ...run.environment, YILIAN_NO_AUTH: '1' }, false)
  const guarded = await beside(run, run.environment, true)
  const labelled = [
    ['no access control', open],
    ['token + labels + durable audit', guarded],
  ] as const
  return labelled.flatMap(([label, { bare, ratio }]) => {
    const against = { name: `${BARE}, beside ${label}`, value: bare }
    return [row(against.name, bare, 'requests/s'), row(`create, ${label}, ${run.clients} clients`, ratio * bare, 'requests/s', against)]
  })
}

/**
 * Medians over the turns, behind one that is not counted: a process that was started a moment ago still compiles what it runs.
 * @returns requests per second of the bare transaction, and the server's part of it
 */
async function beside(run: Creates, environment: Record<string, string>, guarded: boolean): Promise<{ bare: number; ratio: number }> {
  const baseline = await startBaseline(run.uri, run.database)
  const server = await startYilian(environment)
  const token = guarded ? (await bearer(environment.DATA_DIR as string, server.url)).engine : undefined
  const turns: { bare: number; ratio: number }[] = []
  for (let turn = 0; turn <= run.turns; turn++) {
    const bare = await ask(run, baseline)
    const ratio = (await ask(run, server, token)) / bare
    if (turn > 0) turns.push({ bare, ratio })
  }
  for (const child of [server, baseline]) await child.stop()
  return { bare: median(turns.map(({ bare }) => bare)), ratio: median(turns.map(({ ratio }) => ratio)) }
}

async function ask({ clients, patients }: Creates, { url }: Child, token?: () => Promise<string>): Promise<number> {
  const made = await each([CREATE], { url, clients, patients, ...(token ? { headers: () => auth(token) } : {}) })
  return (made.get(CREATE.name) as Measured).perSecond
}
