/** Which type a reference names (R4 references.html#literal): by its literal, else by Reference.type. */
import { isResourceType } from '../fhir/resource-types.ts'

type Json = Record<string, unknown>

const LITERAL = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/.*)?$/

/** Undefined for another form of reference: it says nothing about the type. A reference into the resource is followed. */
export function referencedType({ reference, type }: Json, root: unknown): string | undefined {
  if (typeof reference === 'string') {
    if (reference.startsWith('#')) return containedType(reference.slice(1), root)
    const literal = LITERAL.exec(reference)?.[1]
    if (literal !== undefined && isResourceType(literal)) return literal
  }
  return typeof type === 'string' ? type : undefined
}

function containedType(id: string, root: unknown): string | undefined {
  const type = containedAt(id, root)?.resourceType
  return typeof type === 'string' ? type : undefined
}

function containedAt(id: string, root: unknown): Json | undefined {
  const { contained } = (root ?? {}) as { contained?: Json[] }
  return Array.isArray(contained) ? contained.find((each) => each?.id === id) : undefined
}

/**
 * The resource that a reference names, when it is at hand: contained in the resource, or an entry of its Bundle (R4
 * bundle.html#references). Nothing is looked up elsewhere.
 */
export function resolveWithin(value: unknown, { rootResource, bundle }: { rootResource: unknown; bundle?: unknown }): object | undefined {
  const reference = typeof value === 'string' ? value : (value as Json | null)?.reference
  if (typeof reference !== 'string') return undefined
  if (reference === '#') return rootResource as object
  if (reference.startsWith('#')) return containedAt(reference.slice(1), rootResource)
  const { entry } = (bundle ?? {}) as { entry?: { fullUrl?: unknown; resource?: Json }[] }
  if (!Array.isArray(entry)) return undefined
  const isMeant = ({ fullUrl, resource }: { fullUrl?: unknown; resource?: Json }): boolean =>
    fullUrl === reference || `${String(resource?.resourceType)}/${String(resource?.id)}` === reference
  return entry.find((each) => each !== null && typeof each === 'object' && isMeant(each))?.resource
}
