/**
 * Headers that have one value. Sent twice, a proxy in front may go by another one than this server (RFC 9110 5.3; of Host the refusal is
 * demanded, RFC 9112 3.2). Node keeps the first of some of them, and joins others with a comma, which makes a list of two criteria.
 */
import { OutcomeError } from '../outcome/outcome-error.ts'

const SINGLE = new Map(
  [
    'Authorization',
    'Content-Type',
    'Host',
    'If-Modified-Since',
    'If-None-Exist',
    'If-Unmodified-Since',
    'X-Purpose-Of-Use',
    'X-Security-Context',
  ].map((name) => [name.toLowerCase(), name]),
)

/**
 * @param raw names and values by turns, as they were sent
 * @throws OutcomeError header-repeated
 */
export function refuseRepeated(raw: readonly string[]): void {
  const seen = new Set<string>()
  for (let at = 0; at < raw.length; at += 2) {
    const name = SINGLE.get((raw[at] ?? '').toLowerCase())
    if (name === undefined) continue
    if (seen.has(name)) throw new OutcomeError('header-repeated', { params: { name }, expression: [`http.${name}`] })
    seen.add(name)
  }
}
