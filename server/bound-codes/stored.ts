/**
 * Stored code systems and value sets as the validator uses them. A verdict is the same for everybody who asks: what counts is `active`
 * and about nobody, so that everybody may see it; a definition that is hidden from somebody counts for nobody.
 */
import { systemDecision } from '../access/decision.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Search } from '../search/types.ts'
import type { Store, Stored } from '../store/types.ts'
import type { Definition, DefinitionType } from '../terminology-service/shipped.ts'

export const JUDGING = systemDecision('validation')

/** Versions of all definitions of one question. */
const FOUND_MAX = 1000
const URLS_AT_ONCE = 100
/** Longer ones are nobody's addresses. */
const URL_CHARACTERS_MAX = 1000

export interface StoredDeps {
  store: Pick<Store, 'search'>
  search: Pick<Search, 'parse'>
}

/** By address, for every address that was asked for. */
export async function storedDefinitions(
  { store, search }: StoredDeps,
  type: DefinitionType,
  urls: readonly string[],
): Promise<Map<string, Definition[]>> {
  const found = new Map<string, Definition[]>(urls.map((url) => [url, []]))
  const asked = urls.filter((url) => url !== '' && url.length <= URL_CHARACTERS_MAX)
  for (let at = 0; at < asked.length; at += URLS_AT_ONCE) {
    const value = asked.slice(at, at + URLS_AT_ONCE).map((url) => url.replace(/[\\,|$]/g, '\\$&'))
    const { plan } = search.parse(type, [['url', value.join(',')]], { strict: true, countDefault: FOUND_MAX, countMax: FOUND_MAX })
    const { rows } = await store.search(JUDGING, { type, plan, sort: [], count: FOUND_MAX, total: 'none' })
    for (const row of rows.filter(isEverybodys)) {
      const resource = JSON.parse(Buffer.from(row.body).toString('utf8')) as FhirResource & { url?: string }
      if (resource.status === 'active' && resource.url !== undefined) found.get(resource.url)?.push(definitionOf(row, resource))
    }
  }
  return found
}

const isEverybodys = ({ acc, deleted }: Stored): boolean => !deleted && acc.p.length === 0

const definitionOf = (row: Stored, resource: FhirResource): Definition => ({
  key: `judged ${row.type}/${row.id}/${row.v}/${row.at.getTime()}`,
  resource: () => resource,
})
