/** Where the websocket is, and how a token for it is kept. */
import { createHash } from 'node:crypto'

export const SOCKET_PATH = '/fhir/websocket'

export const socketUrl = (baseUrl: string): string => `${baseUrl.replace(/^http/, 'ws')}/websocket`

export const tokenId = (token: string): string => createHash('sha256').update(token).digest('base64url')

/** Where the CapabilityStatement names it (R4 extension capabilitystatement-websocket). */
export const SOCKET_EXTENSION = 'http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket'
