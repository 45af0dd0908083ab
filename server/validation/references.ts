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
  const { contained } = (root ?? {}) as { contained?: Json[] }
  const found = Array.isArray(contained) ? contained.find((each) => each?.id === id)?.resourceType : undefined
  return typeof found === 'string' ? found : undefined
}
