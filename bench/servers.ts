/** The processes of a run: Yilian itself, with and without access control, and the bare baseline. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Child {
  url: string
  pid: number
  stop(): Promise<void>
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const START_MS_MAX = 60_000

export async function startYilian(environment: Record<string, string>, nodeArguments: readonly string[] = []): Promise<Child> {
  const child = spawn(process.execPath, [...nodeArguments, 'server/main.ts'], {
    cwd: ROOT,
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => reject(new Error('the server did not start in time')), START_MS_MAX)
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const found = /"address":"([^"]+)"/.exec(text)
      if (!found?.[1]) return
      clearTimeout(timer)
      resolve(found[1])
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  return childOf(child, url)
}

/** Servers on one database, as many as there are cores of them (docs/operations.md, Several processes): BENCH_SERVERS, one by default. */
export const SERVERS = Number(process.env.BENCH_SERVERS ?? 1)

/**
 * All of them under the name of the first.
 * @param environmentOf of each, by its number
 */
export async function startServers(
  environmentOf: (at: number) => Record<string, string>,
  nodeArguments: readonly string[] = [],
): Promise<[Child, ...Child[]]> {
  const first = await startYilian(environmentOf(0), nodeArguments)
  const others = Array.from({ length: SERVERS - 1 }, (_, at) =>
    startYilian({ ...environmentOf(at + 1), PUBLIC_URL: first.url }, nodeArguments),
  )
  return [first, ...(await Promise.all(others))]
}

export async function startBaseline(uri: string, database: string, file = 'baseline-server.ts'): Promise<Child> {
  const child = fork(`${ROOT}bench/${file}`, [], { env: { ...process.env, BENCH_URI: uri, BENCH_DATABASE: database } })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { port: number }).port))
    child.once('exit', (code) => reject(new Error(`the baseline ended with ${code}`)))
  })
  return childOf(child, `http://127.0.0.1:${port}`)
}

function childOf(child: ChildProcess, url: string): Child {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
