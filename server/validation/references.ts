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

export function containedAt(id: string, root: unknown): Json | undefined {
  const { contained } = (root ?? {}) as { contained?: unknown }
  return Array.isArray(contained) ? idsIn(contained).get(id) : undefined
}

/** Contained resources, and what the entries of a Bundle are called, by the list: there may be as many references as items. */
const idsOf = new WeakMap<object, ReadonlyMap<unknown, Json>>()

function idsIn(contained: readonly unknown[]): ReadonlyMap<unknown, Json> {
  const known = idsOf.get(contained)
  if (known) return known
  const made = new Map<unknown, Json>()
  for (const each of contained as (Json | null)[]) if (each && !made.has(each.id)) made.set(each.id, each)
  idsOf.set(contained, made)
  return made
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
  const { entry } = (bundle ?? {}) as { entry?: unknown }
  return Array.isArray(entry) ? namesIn(entry).get(reference) : undefined
}

const named = new WeakMap<object, ReadonlyMap<string, Json>>()

/** Resources of the entries of a Bundle by fullUrl and by type and id, the first of each: there are as many references as entries. */
function namesIn(entry: readonly unknown[]): ReadonlyMap<string, Json> {
  const known = named.get(entry)
  if (known) return known
  const made = new Map<string, Json>()
  for (const each of entry) {
    const { fullUrl, resource } = (each ?? {}) as { fullUrl?: unknown; resource?: Json }
    if (resource === null || typeof resource !== 'object') continue
    for (const name of [fullUrl, `${String(resource.resourceType)}/${String(resource.id)}`])
      if (typeof name === 'string' && !made.has(name)) made.set(name, resource)
  }
  named.set(entry, made)
  return made
}
