/**
 * Lists of a thing whose members a document can take back, though the thing itself is no part of it: the diagnoses of a visit. What each version of
 * it says of them is a word of its own, which says nothing of whether the thing stands.
 */
import type { MappedResource } from '../../../mappings/engine/types.ts'
import type { FhirResource } from '../../fhir/types.ts'
import { MENTION, type Statement } from './types.ts'

/** What is said of the thing, and of its lists apart. */
export interface ListParts {
  whole: MappedResource
  lists?: MappedResource
}

export function listParts(mapped: MappedResource): ListParts {
  const { listsApart, ...whole } = mapped
  if (!listsApart) return { whole }
  const rest: Record<string, unknown> = { ...mapped.resource }
  const lists: Record<string, unknown> = {}
  for (const name of listsApart.names) {
    if (rest[name] !== undefined) lists[name] = rest[name]
    delete rest[name]
  }
  const isSaid = listsApart.withdrawn === true || Object.keys(lists).length > 0
  const { key, statedAt, order } = mapped
  const said: MappedResource = {
    key,
    resource: { resourceType: mapped.resource.resourceType, ...lists } as FhirResource,
    state: listsApart.withdrawn ? 'withdrawn' : 'current',
    statedAt: new Date(listsApart.statedAt ?? statedAt).toISOString(),
    batches: [listsApart.of],
    ...(order !== undefined && { order }),
  }
  return { whole: { ...whole, resource: rest as FhirResource }, ...(isSaid && { lists: said }) }
}

/** Each version has its own: what an earlier one named is not to stand because a later one names something. @param set id of what takes it back */
export const listsVia = (set: string, statedAt: string): string => `${set} ${statedAt}`

/** Ids of sets and visits have no space. */
export const isOfLists = (via: Statement['via']): boolean => via?.includes(' ') === true

/** As a word that only mentions the thing. */
export const besides = (statement: Statement): Statement => ({
  ...statement,
  state: { ...statement.state, at: `${MENTION}${statement.state.at.slice(MENTION.length)}` },
})
