/** What a resource is found by, with the mark of what that was made by. */
import type { ParsedResource } from '../fhir/resource-text.ts'
import type { IndexEntry } from './plan.ts'
import type { Search } from './types.ts'

export function indexEntryOf(search: Search, { resource, decimals }: Pick<ParsedResource, 'resource' | 'decimals'>): IndexEntry {
  return { ...search.index(resource, decimals), ix: search.indexedAs(resource.resourceType) }
}
