/** Starts one mongod process and waits until it listens. */
import { type ChildProcess, spawn } from 'node:child_process'
import { connect as connectSocket } from 'node:net'
import { readFile, stat } from 'node:fs/promises'
import { BOUNDS } from '../../config/bounds.ts'
import { freePort } from './free-port.ts'
import type { Serving } from './folder.ts'
import { servesFolder } from './replica.ts'

export interface SpawnOptions {
  binary: string
  dbPath: string
  logPath: string
  cacheGb: number
  preferredPort?: number
  /** clients of this process are connected to the preferred port: no other one will do */
  keepPort?: boolean
}

const ATTEMPTS = 5
const POLL_MS = 25

/**
 * mongod detached from the terminal's process group, so that Ctrl-C reaches the server first and its last writes succeed.
 * @throws Error when it exits before it listens
 */
export async function spawnMongod(options: SpawnOptions): Promise<Serving> {
  let port = options.preferredPort ?? (await freePort())
  for (let attempt = 1; ; attempt++) {
    const logStart = await stat(options.logPath).then(
      (s) => s.size,
      () => 0,
    )
    const child = spawn(options.binary, arguments_(options, port), { detached: true, stdio: 'ignore' })
    const exit = await listensOrExits(child, port, options.dbPath)
    if (exit === undefined && child.pid !== undefined) {
      child.unref()
      return { pid: child.pid, port }
    }
    if (attempt === ATTEMPTS || options.keepPort) throw new Error(await explain(options.logPath, logStart, exit))
    // Mostly the port was taken in between.
    port = await freePort()
  }
}

/** Sends a signal to a mongod of ours; a dead one is fine. */
export function terminate(pid: number, signal: NodeJS.Signals = 'SIGTERM'): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone already.
  }
}

function arguments_(options: SpawnOptions, port: number): string[] {
  return [
    '--replSet=rs0',
    '--bind_ip=127.0.0.1',
    `--port=${port}`,
    '--nounixsocket',
    `--dbpath=${options.dbPath}`,
    `--logpath=${options.logPath}`,
    '--logappend',
    '--quiet',
    // A line about a slow operation shows the values that were asked for: none may be written.
    '--slowms=2000000000',
    `--wiredTigerCacheSizeGB=${options.cacheGb}`,
    `--wiredTigerEngineConfigString=eviction_dirty_target=${BOUNDS.mongodDirtyTarget},eviction_dirty_trigger=${BOUNDS.mongodDirtyTrigger}`,
    `--oplogSize=${BOUNDS.mongodOplogMb}`,
    '--setParameter=diagnosticDataCollectionEnabled=false',
    // There is no other member that could take over, so nobody to wait for.
    '--setParameter=shutdownTimeoutMillisForSignaledShutdown=100',
  ]
}

/** undefined: it listens; otherwise how it ended. */
async function listensOrExits(child: ChildProcess, port: number, dbPath: string): Promise<string | undefined> {
  let ended: string | undefined
  child.once('error', (error) => {
    ended = (error as NodeJS.ErrnoException).code ?? 'error'
  })
  child.once('exit', (code, signal) => {
    ended = signal ?? String(code)
  })
  const deadline = Date.now() + BOUNDS.mongodStartMs
  while (ended === undefined) {
    // A socket that answers may be another program's; mongod then ends by itself, in its own time.
    if ((await answers(port)) && (await servesFolder(port, dbPath)) && ended === undefined) return undefined
    if (Date.now() > deadline) {
      child.kill('SIGKILL')
      return 'timeout'
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  return ended
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1')
    const done = (up: boolean) => {
      socket.destroy()
      resolve(up)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
}

async function explain(logPath: string, logStart: number, exit: string | undefined): Promise<string> {
  const written = await readFile(logPath).then(
    (bytes) => bytes.subarray(logStart).toString('utf8'),
    () => '',
  )
  const last = written.trim().split('\n').slice(-3).join('\n')
  return `内置 mongod 无法启动 / the embedded mongod did not start (${exit}). ${logPath}\n${last}`
}
