/**
 * Searching by list (R4 search.html, `_list`): what the entries of a List refer to. The server may say which of them count:
 * an entry that is marked as deleted does not, nor does any of a List that was entered in error.
 *
 * The keys of `item` say it of almost every List. One of which something does not count is marked, and its entries that
 * count have keys of their own: no other List pays for it.
 */
import type { FhirResource } from '../fhir/types.ts'
import { SEPARATOR } from './keys.ts'
import { reference } from './types/reference.ts'
import type { Column, IndexSink } from './types/search-type.ts'

export const LIST = 'List'
const NAME = '_list'

/** The key of a List whose entries do not all count. */
export const PARTLY_LISTED = NAME + SEPARATOR.excess
/** Before the type: keys of the entries that count, of a List that is marked so. */
export const LISTED = NAME + SEPARATOR.reference

const COLUMN: Column = {
  code: NAME,
  keeping: 'entry',
  plain: false,
  texts: false,
  systems: [],
  datatypes: new Set(['Reference']),
  targets: new Set(['Resource']),
}

export function indexListed(resource: FhirResource, sink: IndexSink): void {
  if (resource.resourceType !== LIST) return
  const { status, entry } = resource as { status?: unknown; entry?: unknown }
  const entries = (Array.isArray(entry) ? entry : []) as ({ deleted?: unknown; item?: unknown } | null)[]
  const counting = status === 'entered-in-error' ? [] : entries.filter((one) => one?.deleted !== true)
  if (counting.length === entries.length) return
  sink.key(PARTLY_LISTED)
  for (const one of counting) if (one?.item) reference.index(COLUMN, one.item, 'Reference', sink)
}
