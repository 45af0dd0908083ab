/** The log: JSON lines, without names, identifiers, query values or bodies. */
import { pino } from 'pino'

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

export function createLog(level: string) {
  return pino({ level, base: null, redact: { paths: REDACTED, censor: '[redacted]' } })
}
