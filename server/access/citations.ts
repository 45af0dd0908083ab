/**
 * Which versions of consents a person's labels rest on. An epoch stands for one list of them (`effectOf` makes a new epoch when
 * the list changes), and every document has its person's epoch in its stamp: so what is known of a stamp stays true.
 */
import { ACCESS_BOUNDS } from './bounds.ts'
import { statesOf, type StampDeps } from './stamp.ts'
import { type KeptConsent, parseConsents } from './tables.ts'

/** `id/_history/v` of each consent in force, sorted. */
export const citedOf = (consents: readonly KeptConsent[]): string[] =>
  consents.flatMap(({ id, v, version }) => (version.status === 'active' ? [`${id}/_history/${v}`] : [])).sort()

/** Consents behind stamps `person#epoch`, together, sorted. */
export type Citations = (stamps: ReadonlySet<string>) => Promise<string[]>

export function createCitations(deps: Pick<StampDeps, 'tables'>): Citations {
  const known = new Map<string, readonly string[]>()
  return async (stamps) => {
    const found: string[] = []
    const missing: string[] = []
    for (const stamp of stamps) {
      const cited = known.get(stamp)
      if (cited) found.push(...cited)
      else missing.push(stamp)
    }
    if (missing.length > 0) found.push(...(await look(deps, missing, known)))
    return [...new Set(found)].sort()
  }
}

async function look(deps: Pick<StampDeps, 'tables'>, stamps: readonly string[], known: Map<string, readonly string[]>): Promise<string[]> {
  const personOf = (stamp: string) => stamp.slice(0, stamp.lastIndexOf('#'))
  const states = await statesOf(deps, [...new Set(stamps.map(personOf))])
  return stamps.flatMap((stamp) => {
    const person = personOf(stamp)
    const state = states.get(person)
    const cited = citedOf(parseConsents(state))
    // A stamp that is not the newest one is of a document that is just being relabelled.
    if (stamp === `${person}#${state?.epoch ?? 0}`) remember(known, stamp, cited)
    return cited
  })
}

function remember(known: Map<string, readonly string[]>, stamp: string, cited: readonly string[]): void {
  if (known.size >= ACCESS_BOUNDS.citationsCachedMax) known.delete(known.keys().next().value as string)
  known.set(stamp, cited)
}
