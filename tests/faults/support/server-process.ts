/** A real server process (server/main.ts) that a check starts, watches and ends, by its own process id only. */
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export interface ServerProcess {
  url: string
  pid: number
  /** lines of its log that tell of something that must not happen: unexpected failures, unhandled rejections */
  failures(): string[]
  isRunning(): boolean
  /** what it writes comes to nobody: the pipe is broken */
  stopReading(): void
  /** highest resident memory so far, MB */
  peakMb(): Promise<number>
  /** `kill -9` */
  crash(): Promise<void>
  stop(): Promise<void>
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const START_MS_MAX = 90_000
const STOP_MS_MAX = 30_000
const FAILURE_LINES_MAX = 50

export interface ServerOptions {
  port: number
  environment: Record<string, string>
  nodeArguments?: readonly string[]
  /** in a process group of its own: an interrupt from the terminal reaches who started it alone, and he ends it */
  apart?: boolean
  /** every line that it writes */
  onLine?(line: string): void
}

/** @throws Error when it does not listen in time, with the last lines that it wrote */
export async function startServerProcess(options: ServerOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...(options.nodeArguments ?? []), 'server/main.ts'], {
    cwd: ROOT,
    env: { ...environmentOf(), HOST: '127.0.0.1', PORT: String(options.port), LOG_LEVEL: 'info', ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.apart === true,
  })
  const onExit = (): void => void child.kill('SIGKILL')
  if (options.apart) process.once('exit', onExit)
  const output = watchOutput(child, options.onLine)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let ended = false
  void exited.then(() => {
    ended = true
    process.off('exit', onExit)
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS_MAX)
  const up = await Promise.race([output.listening, exited.then(() => undefined)])
  clearTimeout(timer)
  if (up === undefined) throw new Error(`the server did not start: ${output.last()}`)
  return {
    url: `http://127.0.0.1:${options.port}`,
    pid: child.pid as number,
    failures: output.failures,
    isRunning: () => !ended,
    stopReading() {
      child.stdout?.destroy()
      child.stderr?.destroy()
    },
    peakMb: () => peakOf(child.pid as number),
    async crash() {
      child.kill('SIGKILL')
      await exited
    },
    async stop() {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
      await exited
      clearTimeout(late)
    },
  }
}

/** What the checks themselves are run with must not leak into the server. */
function environmentOf(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, MONGODB_URI: _uri, PORT: _port, PUBLIC_URL: _url, YILIAN_CONFIG: _config, ...rest } = process.env
  return rest
}

interface Output {
  listening: Promise<true>
  failures(): string[]
  last(): string
}

function watchOutput(child: ChildProcess, onLine: ServerOptions['onLine']): Output {
  const failures: string[] = []
  let last = ''
  let onUp: (up: true) => void = () => {}
  const listening = new Promise<true>((resolve) => {
    onUp = resolve
  })
  const readLines = (stream: NodeJS.ReadableStream | null): void => {
    let rest = ''
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (process.env.FAULT_LOG) appendFileSync(process.env.FAULT_LOG, `${child.pid} ${line}\n`)
        last = `${last}\n${line}`.slice(-2000)
        if (line.includes('"msg":"ready"')) onUp(true)
        onLine?.(line)
        if (isFailure(line) && failures.length < FAILURE_LINES_MAX) failures.push(line)
      }
    })
  }
  readLines(child.stdout)
  readLines(child.stderr)
  return { listening, failures: () => [...failures], last: () => last }
}

const isFailure = (line: string): boolean =>
  line.includes('unexpected failure') || /unhandled|UnhandledPromise|FATAL ERROR|heap out of memory/i.test(line)

async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}
