/** Listeners as the configuration has them, each sender with the rights of its source's client. */
import { registeredActor } from '../../auth/registered-actor.ts'
import type { Config } from '../../config/config.ts'
import type { MllpListener } from './listener.ts'
import type { RegisteredSender } from './senders.ts'

/** A sender whose client may do nothing by itself (scopes for users alone) is left out: its messages are an unknown's. */
export function registeredListeners({ mllp, sources, clients }: Pick<Config, 'mllp' | 'sources' | 'clients'>): MllpListener[] {
  return mllp.map((site) => ({
    ...site,
    senders: site.senders.flatMap((sender): RegisteredSender[] => {
      const source = sources.find(({ id }) => id === sender.source)
      const client = clients.find(({ clientId }) => clientId === source?.client)
      const actor = client && registeredActor(client)
      if (!source || !actor) return []
      return [{ ...sender, charset: source.charset, organization: source.organization, timezone: source.timezone, actor }]
    }),
  }))
}
