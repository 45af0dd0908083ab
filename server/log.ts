/** The log: JSON lines, without names, identifiers, query values or bodies. */
import { setTimeout } from 'node:timers/promises'
import { destination, pino } from 'pino'

export type Log = ReturnType<typeof createLog>

/** What must never be written, wherever somebody puts it. */
const REDACTED = [
  'authorization',
  'token',
  'password',
  'query',
  'body',
  'url',
  'name',
  'identifier',
  '*.authorization',
  '*.token',
  '*.query',
  '*.body',
  '*.url',
  '*.name',
  '*.identifier',
]

const STDOUT = 1
/** how long the end waits for whoever reads the log */
const LAST_LINES_MS = 1000

const out = destination({ dest: STDOUT, sync: false })

export function createLog(level: string) {
  return pino({ level, base: null, redact: { paths: REDACTED, censor: '[redacted]' } }, out)
}

/**
 * Before the process ends: its last lines are written, unless nobody reads them. At the exit itself the stream would try for ever to
 * write to a pipe that is full or broken, and the process would stay.
 */
export async function endLog(): Promise<void> {
  await Promise.race([new Promise<void>((resolve) => out.flush(() => resolve())), setTimeout(LAST_LINES_MS)])
  out.destroy()
}
