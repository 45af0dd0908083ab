/** Reference texts: relative, absolute, versioned, contained, urn, conditional (R4 references.html, 2.3.0). */
import { isId, isTypeName } from './ids.ts'

export type ReferenceTarget =
  /** on this server; `version` when the reference names one */
  | { kind: 'local'; type: string; id: string; version?: string }
  /** inside the same resource; `id` is empty for `#`, the container itself */
  | { kind: 'contained'; id: string }
  /** elsewhere; type and id when the address has the form of a FHIR RESTful one */
  | { kind: 'absolute'; url: string; type?: string; id?: string }
  | { kind: 'urn'; url: string }
  /** `Type?criteria`, only inside transactions */
  | { kind: 'conditional'; type: string; criteria: string }

/**
 * Reads a reference. `ownBase` is the server's FHIR base without a slash at its end; references under it are local.
 * Answers undefined for what is none of the forms.
 */
export function parseReference(text: string, ownBase: string): ReferenceTarget | undefined {
  if (text.startsWith('#')) return { kind: 'contained', id: text.slice(1) }
  if (text.startsWith('urn:')) return { kind: 'urn', url: text }
  if (ownBase !== '' && text.startsWith(ownBase) && text[ownBase.length] === '/') return parseRelative(text.slice(ownBase.length + 1))
  if (SCHEME.test(text)) return parseAbsolute(text)
  return parseRelative(text)
}

const SCHEME = /^[a-z][a-z0-9+.-]*:/i

function parseRelative(text: string): ReferenceTarget | undefined {
  const question = text.indexOf('?')
  if (question > 0 && isTypeName(text.slice(0, question))) {
    return { kind: 'conditional', type: text.slice(0, question), criteria: text.slice(question + 1) }
  }
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const type = text.slice(0, slash)
  const rest = text.slice(slash + 1)
  if (!isTypeName(type)) return undefined
  // Nearly every reference: an id has no slash.
  if (isId(rest)) return { kind: 'local', type, id: rest }
  const [id = '', history, version, ...more] = rest.split('/')
  if (history !== '_history' || version === undefined || more.length > 0 || !isId(id) || !isId(version)) return undefined
  return { kind: 'local', type, id, version }
}

function parseAbsolute(url: string): ReferenceTarget {
  const [, type, id] = /\/([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/.exec(url) ?? []
  return type !== undefined && id !== undefined ? { kind: 'absolute', url, type, id } : { kind: 'absolute', url }
}
