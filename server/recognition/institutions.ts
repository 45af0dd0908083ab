/** Institution codes of the insurance and the organisations behind them, both ways. */
import type { Institutions } from '../../mappings/engine/types.ts'
import type { Config } from '../config/config.ts'
import { NATIONAL } from '../fhir/canonical.ts'

/** An institution that the configuration does not know has a scope of its own with each sender (server/ingest/context.ts). */
const FOREIGN = '~'

export function institutionsOf({ organizations, sources }: Pick<Config, 'organizations' | 'sources'>): Institutions {
  const codes = new Map(
    organizations.map(({ id, identifiers }) => [id, identifiers.find(({ system }) => system === NATIONAL.fixmedins)?.value]),
  )
  return {
    codeOf: (organization) => codes.get(organization) ?? (organization.includes(FOREIGN) ? organization.split(FOREIGN).at(-1) : undefined),
    scopesOf: (institution) => {
      const known = organizations.filter(
        ({ id, identifiers }) => id === institution || identifiers.some(({ value }) => value === institution),
      )
      const named = sources.flatMap(({ organizationCodes }) => organizationCodes.get(institution) ?? [])
      const foreign = sources.map(({ organization }) => `${organization}${FOREIGN}${institution}`)
      return [...new Set([...known.map(({ id }) => id), ...named, ...foreign])]
    },
  }
}
