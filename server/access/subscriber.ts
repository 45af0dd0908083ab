/**
 * A Subscription belongs to the client that made it, and to nobody else of its organisation: its custodian is that client.
 * No organisation has such an id, since ids have no slash.
 */
export const SUBSCRIPTION = 'Subscription'

export const subscriberOf = ({ clientId }: { clientId: string }): string => `Device/${clientId}`
