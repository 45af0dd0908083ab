/** Whom a message stands for: decided by the connection and by what the header says, as the configuration has it. */
import type { Actor } from '../../auth/actor.ts'
import type { Hl7Header } from '../../../mappings/parsers/hl7v2-header.ts'

/** One line of `mllp[].senders`. What is absent is not asked. */
export interface MllpSender {
  /** id of the source that it stands for */
  source: string
  /** MSH-3.1 */
  application?: string
  /** MSH-4.1 */
  facility?: string
  /** addresses of the other side */
  addresses?: readonly string[]
  /** common name of the client's certificate, which a listed authority has signed */
  certificate?: string
}

export interface RegisteredSender extends MllpSender {
  charset: string
  organization: string
  timezone: string
  /** rights of the source's client, as registered */
  actor: Actor
}

export interface Peer {
  address: string
  /** common name of the verified certificate */
  certificate?: string
}

/** The first line that fits wholly; undefined: unknown. */
export function senderOf(senders: readonly RegisteredSender[], peer: Peer, header: Hl7Header): RegisteredSender | undefined {
  const named = (field: number): string => header.field(field).split(header.separators.component)[0] ?? ''
  return senders.find(
    ({ application, facility, addresses, certificate }) =>
      (application === undefined || application === named(3)) &&
      (facility === undefined || facility === named(4)) &&
      (addresses === undefined || addresses.includes(peer.address)) &&
      (certificate === undefined || certificate === peer.certificate),
  )
}

/** An IPv4 peer of a socket that listens on IPv6 too. */
export const plainAddress = (address = ''): string => address.replace(/^::ffff:(?=\d+\.)/i, '')
