/**
 * A Subscription as it is answered: its client sees what it wrote, in whatever form it asks; to anybody else the values of
 * `channel.header` are not shown, which are its credentials at the endpoint.
 */
import { SUBSCRIPTION, subscriberOf } from '../access/subscriber.ts'
import type { Actor } from '../auth/actor.ts'
import { members } from '../fhir/resource-text.ts'
import type { Stored } from '../store/types.ts'

const HIDDEN = '[hidden]'

/** undefined: the resource is no Subscription */
export function subscriptionBody(
  actor: Actor,
  { type, body, acc }: Pick<Stored, 'type' | 'body' | 'acc'>,
): Uint8Array | string | undefined {
  if (type !== SUBSCRIPTION) return undefined
  return acc.o === subscriberOf(actor) ? body : withoutSecrets(Buffer.from(body).toString('utf8'))
}

/** Every header keeps its name; all other members keep their bytes. */
export function withoutSecrets(text: string): string {
  const channel = text === '' ? undefined : members(text).find(({ key }) => key === 'channel')
  if (!channel) return text
  const value = JSON.parse(text.slice(channel.valueStart, channel.valueEnd)) as { header?: unknown; _header?: unknown }
  if (value.header === undefined && value._header === undefined) return text
  const { header, _header, ...rest } = value
  const names = Array.isArray(header) ? header.map((line) => `${String(line).split(':')[0]}: ${HIDDEN}`) : []
  const shown = JSON.stringify(names.length > 0 ? { ...rest, header: names } : rest)
  return text.slice(0, channel.valueStart) + shown + text.slice(channel.valueEnd)
}
