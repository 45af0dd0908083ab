/**
 * A query text (`name=value&…`) to pairs, strictly: of an address, a form, the criteria of a condition, an entry's url. What
 * is no percent-encoded UTF-8 is refused: `URLSearchParams` would put U+FFFD in its place and look for something else.
 */
import { OutcomeError } from '../outcome/outcome-error.ts'

export type QueryPairs = [name: string, value: string][]

/**
 * `where`: the expression of the issue, e.g. `http.If-None-Exist`.
 * @throws OutcomeError query-encoding
 */
export function parseQuery(text: string, where?: string): QueryPairs {
  if (!isEncoded(text)) throw badEncoding(where)
  return [...new URLSearchParams(text)] as QueryPairs
}

/** The same for bytes, as a form has them. */
export function parseQueryBytes(bytes: Uint8Array, where?: string): QueryPairs {
  try {
    return parseQuery(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), where)
  } catch (error) {
    if (error instanceof OutcomeError) throw error
    throw badEncoding(where)
  }
}

/**
 * The criteria of a condition may stand with or without the type before them: `Patient?name=x`, `?name=x`, `name=x`. A question mark in a value
 * (`identifier=http://x?y|1`) parts nothing.
 */
export function partedCriteria(text: string): { place: string; query: string } {
  const [, place = '', query = text] = /^([^?=&]*)\?(.*)$/s.exec(text) ?? []
  return { place, query }
}

export function parseCriteria(criteria: string, where?: string): QueryPairs {
  return parseQuery(partedCriteria(criteria).query, where)
}

/**
 * Node gives addresses and headers byte by byte (Latin-1); what stands there unescaped is UTF-8 or nothing.
 * @throws OutcomeError query-encoding
 */
export function utf8OfWire(text: string, where?: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything beyond ASCII is what is looked for
  if (/^[\u0000-\u007f]*$/.test(text)) return text
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'latin1'))
  } catch {
    throw badEncoding(where)
  }
}

function isEncoded(text: string): boolean {
  if (!text.isWellFormed()) return false
  try {
    for (const part of text.split('&')) decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}

const badEncoding = (where: string | undefined): OutcomeError => new OutcomeError('query-encoding', where ? { expression: [where] } : {})
