/** Forms of URIs (R4 datatypes.html#uri, references.html#canonical). */
import type { TextRule } from './rule.ts'

const UUID = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:[#|?].*)?$/
const OID = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+(?:[#|?].*)?$/
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:/

export const isAbsolute = (uri: string): boolean => ABSOLUTE.test(uri)

export const uriRules: TextRule = (value, { report }) => {
  if (typeof value !== 'string' || !value.startsWith('urn:')) return
  if (value.startsWith('urn:uuid:') && !UUID.test(value)) report('uri-form', 'urn:uuid')
  if (value.startsWith('urn:oid:') && !OID.test(value)) report('uri-form', 'urn:oid')
}

/** A canonical is absolute, or names a contained resource. */
export const canonicalRules: TextRule = (value, { report }) => {
  if (typeof value === 'string' && !value.startsWith('#') && !isAbsolute(value)) report('canonical-relative', 'canonical')
}
