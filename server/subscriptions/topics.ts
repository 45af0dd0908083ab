/** The topics that can be subscribed to: data of the project (topics.json), read once. */
import { readFileSync } from 'node:fs'

export type Interaction = 'create' | 'update' | 'delete'

/** As SubscriptionTopic.resourceTrigger of R5, of which R4 has no resource. */
export interface Topic {
  /** canonical */
  url: string
  title: { zh: string; en: string }
  resource: string
  interactions: readonly Interaction[]
  /** query that the version has to meet */
  current?: string
  /** and the one before it, where there is one */
  previous?: string
  /** search parameters by which a subscriber may filter */
  filters: readonly string[]
}

export const TOPICS: readonly Topic[] = JSON.parse(readFileSync(new URL('./topics.json', import.meta.url), 'utf8')) as Topic[]

const BY_URL = new Map(TOPICS.map((topic) => [topic.url, topic]))

export const topicOf = (url: string): Topic | undefined => BY_URL.get(url)

/** Where the CapabilityStatement names them (Subscriptions R5 Backport 1.1, R4: topics are known by their canonicals). */
export const TOPIC_EXTENSION =
  'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/capabilitystatement-subscriptiontopic-canonical'
