/**
 * What was committed since the database forgot the place of the feed: from the histories of all types, oldest first. A version's
 * time is set before it is committed, so it begins some time before the last version that was looked at; events that were noted
 * already are not noted again.
 */
import { parseResource } from '../fhir/resource-text.ts'
import type { FhirDeps } from '../interactions/types.ts'
import type { IndexEntry } from '../search/plan.ts'
import type { CommittedVersion } from '../store/feed-types.ts'
import type { PageMark, Stored } from '../store/types.ts'
import { SUBSCRIPTION_BOUNDS } from './bounds.ts'
import { notifying } from './tables.ts'

export async function* missedVersions(fhir: FhirDeps, last: Date): AsyncGenerator<CommittedVersion[]> {
  const since = new Date(Math.max(0, last.getTime() - SUBSCRIPTION_BOUNDS.catchUpMarginMs))
  const types = (await fhir.store.types()).filter((type) => type !== 'AuditEvent' && type !== 'Subscription')
  let after: PageMark | undefined
  // Histories come newest first; their order is that of `order`, whatever the order in which they are noted.
  do {
    const query = { types, count: SUBSCRIPTION_BOUNDS.catchUpPage, since, ...(after ? { after } : {}) }
    const page = await fhir.store.changes(notifying, query)
    yield await Promise.all(page.rows.map((row) => versionOf(fhir, row)))
    after = page.next
  } while (after)
}

async function versionOf(fhir: FhirDeps, doc: Stored): Promise<CommittedVersion> {
  const { type, id, v, at, method } = doc
  return { type, id, v, at, method, order: orderOf(doc), index: await indexOf(fhir, doc) }
}

/** As the feed's own orders begin: with the second (docs of change streams: `82`, then the time in hexadecimal digits). */
function orderOf({ at, type, id, v }: Stored): string {
  const seconds = Math.floor(at.getTime() / 1000)
  const ms = (at.getTime() % 1000).toString(16).toUpperCase().padStart(8, '0')
  return `82${seconds.toString(16).toUpperCase().padStart(8, '0')}${ms} ${type}/${id}/${String(v).padStart(9, '0')}`
}

async function indexOf({ search, access }: FhirDeps, doc: Stored): Promise<IndexEntry> {
  if (doc.deleted) return { keys: [], dates: {}, nums: {} }
  const { resource, decimals } = parseResource(Buffer.from(doc.body).toString('utf8'))
  const index = search.index(resource, decimals)
  const [stamped] = await access.stamp([{ type: doc.type, id: doc.id, resource, custodian: doc.acc.o }])
  return stamped ? { ...index, keys: stamped.withMasterKeys(index.keys) } : index
}
