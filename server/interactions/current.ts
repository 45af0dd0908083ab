/** Documents as they stand, for the checks before a write: whatever the actor may read. */
import { systemDecision } from '../access/decision.ts'
import type { Stored } from '../store/types.ts'
import type { FhirDeps } from './types.ts'

const checking = systemDecision('write check')

export const nameOf = ({ type, id }: { type: string; id: string }): string => `${type}/${id}`

export function currentForWrite(deps: FhirDeps, type: string, id: string): Promise<Stored | undefined> {
  return deps.store.read(checking, type, id)
}

/** All of them with one query per type, by `Type/id`; what is not there is left out. */
export async function currentsForWrite(deps: FhirDeps, names: readonly { type: string; id: string }[]): Promise<Map<string, Stored>> {
  const [only] = names
  if (!only) return new Map()
  const found =
    names.length === 1
      ? // One by one they share queries with what else is read at the moment.
        [(await currentForWrite(deps, only.type, only.id)) ?? []].flat()
      : await Promise.all(
          [...Map.groupBy(names, ({ type }) => type)].map(([type, list]) =>
            deps.store.readMany(
              checking,
              type,
              list.map(({ id }) => id),
            ),
          ),
        )
  return new Map(found.flat().map((doc) => [nameOf(doc), doc]))
}
