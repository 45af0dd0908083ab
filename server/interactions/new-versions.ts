/**
 * The versions that entries of a transaction become: "Version-specific references should remain as version-specific references after
 * the references have been updated", whatever version was sent (R4 http.html#trules).
 */
import type { Stored } from '../store/types.ts'
import type { Draft } from '../writer/types.ts'
import { versionOf } from './answers.ts'
import type { BundleEntry } from './bundle-text.ts'
import type { EntryRequest } from './bundle-entries.ts'

interface Named {
  entry: EntryRequest
  name?: string
  existing?: BundleEntry
}

export interface NewVersions {
  /** of a resource (`Type/id`), for a reference to its version; undefined where that is not known before it is stored */
  of(name: string): number | undefined
  /** a new version that is referred to is made, also where nothing else would change */
  settle(draft: Draft): void
}

/** @param current what the entries replace, by `Type/id`: nothing else is replaced by them */
export function newVersions(steps: readonly Named[], current: ReadonlyMap<string, Stored>): NewVersions {
  const becoming = new Map<string, number | undefined>(steps.map((step) => [step.name ?? '', becomes(step, current)]))
  const meant = new Set<string>()
  return {
    of(name) {
      const version = becoming.get(name)
      if (version !== undefined) meant.add(name)
      return version
    },
    settle(draft) {
      if (meant.has(`${draft.type}/${draft.id}`)) draft.unchangedIsFine = false
    },
  }
}

/** Of a patch it is not known: it may change nothing. */
function becomes({ entry: { method }, name = '', existing }: Named, current: ReadonlyMap<string, Stored>): number | undefined {
  const found = existing?.response?.etag
  if (existing) return found === undefined ? undefined : versionOf(found)
  if (method === 'POST') return 1
  return method === 'PUT' ? (current.get(name)?.v ?? 0) + 1 : undefined
}
