/**
 * Loaded into a server under test before anything else (`node --import`): tells on its standard error when its event loop stood still, and of
 * rejections and exceptions that nobody caught. It changes nothing: what ends a process without it ends it with it.
 */
import { performance } from 'node:perf_hooks'

const LOOK_MS = 20
const TOLD_MS_MIN = 100

/** What a line says of a stall: how long the loop stood, and how much of it this thread was computing; the rest the machine took. */
export interface Stall {
  wallMs: number
  busyMs: number
}

let last = performance.now()
let used = process.threadCpuUsage()
setInterval(() => {
  const now = performance.now()
  const { user, system } = process.threadCpuUsage(used)
  const wallMs = Math.round(now - last - LOOK_MS)
  if (wallMs >= TOLD_MS_MIN) tell(`stall ${JSON.stringify({ wallMs, busyMs: Math.round((user + system) / 1000) } satisfies Stall)}`)
  last = now
  used = process.threadCpuUsage()
}, LOOK_MS).unref()

process.on('uncaughtExceptionMonitor', (error, origin) => tell(`unhandled ${origin} ${error instanceof Error ? error.name : typeof error}`))
process.on('warning', ({ name }) => {
  if (name !== 'ExperimentalWarning') tell(`unhandled warning ${name}`)
})

function tell(text: string): void {
  process.stderr.write(`watch: ${text}\n`)
}
