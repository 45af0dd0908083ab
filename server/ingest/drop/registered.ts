/** Drop folders as the configuration has them, each with the rights of its source's client. */
import { registeredActor } from '../../auth/registered-actor.ts'
import type { Config } from '../../config/config.ts'
import type { IngestDeps } from '../types.ts'
import type { RegisteredDrop } from './drops.ts'

/** A folder whose client may do nothing by itself (scopes for users alone) is left out: nothing could be received of it. */
export function registeredDrops(
  { drops, sources, clients }: Pick<Config, 'drops' | 'sources' | 'clients'>,
  mapping: IngestDeps['mapping'],
): RegisteredDrop[] {
  return drops.flatMap((drop): RegisteredDrop[] => {
    const source = sources.find(({ id }) => id === drop.source)
    const client = clients.find(({ clientId }) => clientId === source?.client)
    const actor = client && registeredActor(client)
    if (!source || !actor) return []
    const { together, mode } = mapping(source.mapping) ?? {}
    return [{ ...drop, actor, ...(together && { together, charset: source.charset }), ...(mode === 'table' && { inOrder: true }) }]
  })
}
