/** Identifier (R4 datatypes.html#Identifier): a namespace is absolute, and the namespace of URIs has URIs. */
import type { TextRule } from './rule.ts'
import { isAbsolute } from './uris.ts'

const URIS = 'urn:ietf:rfc:3986'

export const identifierRules: TextRule = (identifier, { report }) => {
  const { system, value } = identifier as { system?: unknown; value?: unknown }
  if (typeof system !== 'string') return
  if (!isAbsolute(system)) report('identifier-uri', 'system')
  else if (system === URIS && typeof value === 'string' && !isAbsolute(value)) report('identifier-uri', URIS)
}
