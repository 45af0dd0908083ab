/**
 * Whether a version that was committed is an event of a Subscription, as far as the version itself says: its type, how it was
 * written, the queries of the topic, the criteria. What depends on other resources, or on who is asking, is decided when it is
 * sent (gate.ts); here it is taken to hold.
 */
import type { Actor } from '../auth/actor.ts'
import { parseResource } from '../fhir/resource-text.ts'
import { withAskedCodes } from '../interactions/asked-codes.ts'
import { parseQuery } from '../interactions/query-text.ts'
import { PAGE_COUNT_DEFAULT, PAGE_COUNT_MAX, parseSearch } from '../interactions/search-request.ts'
import type { FhirDeps } from '../interactions/types.ts'
import { asFarAsAsked, type Indexed, planMatches, widened } from '../search/matches.ts'
import { withPersonKeys } from '../search/parse/patients.ts'
import type { IndexEntry, PlanNode } from '../search/plan.ts'
import type { ParsedSearch } from '../search/types.ts'
import type { CommittedVersion } from '../store/feed-types.ts'
import { requestOf } from './gate.ts'
import { notifying } from './tables.ts'
import { type Interaction, topicOf } from './topics.ts'
import type { Spec, SubscriptionRow } from './types.ts'

export interface Watched {
  sub: string
  life: string
  type: string
  topic?: string
  parsed: Pick<ParsedSearch, 'plan' | 'patientKeys'>
  /** whether the criteria were compiled with what is stored of codes */
  asksCodes?: boolean
}

/** @throws OutcomeError where the criteria may not be asked any more */
export function watchedOf(fhir: FhirDeps, actor: Actor, sub: string, life: string, spec: Spec): Promise<Watched> {
  const { type, query, topic } = spec
  const compiled = async (own: FhirDeps, asked: number): Promise<Watched> => {
    const parsed = parseSearch(own, actor, type, query, true)
    return { sub, life, type, parsed, asksCodes: asked > 0, ...(topic === undefined ? {} : { topic }) }
  }
  return withAskedCodes(fhir, requestOf(actor, type), compiled, { onRecord: false })
}

/** Where the criteria cannot be compiled for a while: all may be events, which is decided when they are sent. */
export function watchedWhole({ _id, life }: SubscriptionRow, { type, topic }: Spec): Watched {
  const parsed: Watched['parsed'] = { plan: { kind: 'everything' }, patientKeys: new Map() }
  return { sub: _id, life, type, parsed, ...(topic === undefined ? {} : { topic }) }
}

const INTERACTION: Record<CommittedVersion['method'], Interaction> = { POST: 'create', PUT: 'update', DELETE: 'delete' }

/** R4's own form is of what meets the criteria: a deleted resource meets none. */
const OF_CRITERIA: readonly Interaction[] = ['create', 'update']

/** A version with the one before it, which is read only where somebody asks. */
export interface Candidate {
  version: CommittedVersion
  before(): Promise<Indexed | undefined>
}

export function candidateOf(fhir: FhirDeps, version: CommittedVersion): Candidate {
  let read: Promise<Indexed | undefined> | undefined
  return {
    version,
    before() {
      read ??= indexedBefore(fhir, version)
      return read
    },
  }
}

async function indexedBefore({ store, search }: FhirDeps, { type, id, v }: CommittedVersion): Promise<Indexed | undefined> {
  const doc = v < 2 ? undefined : await store.readVersion(notifying, type, id, v - 1)
  if (!doc || doc.deleted) return undefined
  const { resource, decimals } = parseResource(Buffer.from(doc.body).toString('utf8'))
  return { id, at: doc.at, index: search.index(resource, decimals) }
}

/**
 * What criteria are compared with, where it may be an event: of a deletion, what was deleted.
 * @param persons of the patients that criteria name
 */
export async function eventIn(
  fhir: FhirDeps,
  watched: Watched,
  candidate: Candidate,
  persons: ReadonlyMap<string, string>,
): Promise<IndexEntry | undefined> {
  const { version } = candidate
  const topic = watched.topic === undefined ? undefined : topicOf(watched.topic)
  const how = version.method === 'PUT' && version.v === 1 ? 'create' : INTERACTION[version.method]
  if (!(topic?.interactions ?? OF_CRITERIA).includes(how)) return undefined
  const subject = how === 'delete' ? await candidate.before() : { id: version.id, at: version.at, index: version.index }
  if (!subject) return undefined
  const { plan, patientKeys } = watched.parsed
  if (!planMatches(widened(withPersonKeys(plan, patientKeys, persons)), subject)) return undefined
  if (how !== 'delete' && topic?.current !== undefined && !planMatches(planOf(fhir, topic.resource, topic.current), subject))
    return undefined
  if (how === 'update' && topic?.previous !== undefined) {
    const before = await candidate.before()
    if (before && !planMatches(planOf(fhir, topic.resource, topic.previous), before)) return undefined
  }
  return asFarAsAsked(plan, subject.index as IndexEntry)
}

const plans = new Map<string, PlanNode>()

/** The server's own queries: the same for everybody, and compiled once. */
function planOf(fhir: FhirDeps, type: string, query: string): PlanNode {
  const name = `${type}?${query}`
  const known =
    plans.get(name) ??
    fhir.search.parse(type, parseQuery(query), { strict: true, countDefault: PAGE_COUNT_DEFAULT, countMax: PAGE_COUNT_MAX }).plan
  plans.set(name, known)
  return known
}
