/** The query of an AuditEvent in the form in which the account of uses may be read by everybody whose data it found. */
import { createHmac } from 'node:crypto'

/** Parameters whose values are codes, times or ways to answer: they name nobody. */
const PLAIN: ReadonlySet<string> = new Set(
  `_count _total _summary _elements _sort _include _revinclude _format _pretty _type _since _at _lastUpdated _outputFormat
  date effective issued onset-date recorded-date authoredon created period
  code category status class type intent gender clinical-status verification-status vaccine-code component-code value-concept value-quantity
  combo-code combo-value-concept combo-value-quantity code-value-concept code-value-quantity component-code-value-concept
  component-code-value-quantity combo-code-value-concept combo-code-value-quantity severity criticality priority modality body-site outcome use action subtype`.split(
    /\s+/,
  ),
)

const NAME = /^[A-Za-z_][A-Za-z0-9_-]*(?:[:.][A-Za-z0-9:._-]+)?$/
const DIGEST_CHARACTERS = 22

/**
 * Query text (`name=value&…`): what may name a person, another than the reader perhaps, stands there as `~` and a keyed digest.
 * Who has the key can tell whether a value was asked for; the entry's id is part of it, so that nobody can by asking himself.
 */
export function safeQuery(pairs: readonly (readonly [string, string])[], key: Uint8Array, entryId: string): string {
  const digest = (text: string) =>
    `~${createHmac('sha256', key).update(`${entryId}|${text}`).digest('base64url').slice(0, DIGEST_CHARACTERS)}`
  return pairs
    .map(([name, value]) => {
      if (!NAME.test(name)) return `${digest(name)}=${digest(value)}`
      const isPlain = PLAIN.has(name.replace(/[:.].*$/, '')) && !name.includes(':text')
      return `${encodeURIComponent(name)}=${isPlain ? encodeURIComponent(value) : digest(`${name}|${value}`)}`
    })
    .join('&')
}
