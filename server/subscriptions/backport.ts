/** Names of the Subscriptions R5 Backport guide, version 1.1 (hl7.fhir.uv.subscriptions-backport), its form for R4. */
const BASE = 'http://hl7.org/fhir/uv/subscriptions-backport'

export const SUBSCRIPTION_PROFILE = `${BASE}/StructureDefinition/backport-subscription`
export const NOTIFICATION_PROFILE = `${BASE}/StructureDefinition/backport-subscription-notification-r4`
export const STATUS_PROFILE = `${BASE}/StructureDefinition/backport-subscription-status-r4`
export const SERVER_STATEMENT = `${BASE}/CapabilityStatement/backport-subscription-server-r4`
export const OPERATION = `${BASE}/OperationDefinition/backport-subscription-`

const extension = (name: string): string => `${BASE}/StructureDefinition/backport-${name}`

export const FILTER = extension('filter-criteria')
export const PAYLOAD_CONTENT = extension('payload-content')
export const HEARTBEAT = extension('heartbeat-period')
export const TIMEOUT = extension('timeout')
export const MAX_COUNT = extension('max-count')
export const CHANNEL_TYPE = extension('channel-type')
