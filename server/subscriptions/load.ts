/** A Subscription as it stands, for the server's own work on it. */
import { SUBSCRIPTION } from '../access/subscriber.ts'
import { parseResource } from '../fhir/resource-text.ts'
import { withAskedCodes } from '../interactions/asked-codes.ts'
import { parseSearch } from '../interactions/search-request.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Stored } from '../store/types.ts'
import { requestOf } from './gate.ts'
import { actorNow, isStillRegistered } from './registration.ts'
import { specOf } from './spec.ts'
import { notifying } from './tables.ts'
import type { Spec, SubscriptionDeps, SubscriptionRow } from './types.ts'

export interface Loaded {
  /** absent: it was deleted */
  doc?: Stored
  /** absent: what it asks for is not let through any more (configuration, or a newer version of this server) */
  spec?: Spec
  /** instead of `spec`: a search parameter in its criteria is being built, and cannot be searched by until that is done */
  waiting?: Spec
}

/** May it still be asked by this criterion in this form? @throws OutcomeError where it may not, now or later */
async function isBuilding(deps: SubscriptionDeps, row: SubscriptionRow, { type, query }: Spec): Promise<boolean> {
  const actor = actorNow(deps, row.actor)
  try {
    await withAskedCodes(deps.fhir, requestOf(actor, type), async (fhir) => parseSearch(fhir, actor, type, query, true), {
      onRecord: false,
    })
    return false
  } catch (error) {
    if (error instanceof OutcomeError && error.issues[0]?.code === 'parameter-building') return true
    throw error
  }
}

export async function load(deps: SubscriptionDeps, row: SubscriptionRow): Promise<Loaded> {
  const doc = await deps.fhir.store.read(notifying, SUBSCRIPTION, row._id)
  if (!doc || doc.deleted) return {}
  try {
    const spec = specOf(parseResource(Buffer.from(doc.body).toString('utf8')).resource)
    if (!isStillRegistered(deps, row.actor, spec)) return { doc }
    return { doc, [(await isBuilding(deps, row, spec)) ? 'waiting' : 'spec']: spec }
  } catch (error) {
    if (error instanceof OutcomeError && error.status < 500) return { doc }
    throw error
  }
}
