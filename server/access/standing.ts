/** How an actor stands to persons: whom he treats, who he is, whose guardian, for which study. Read at each request. */
import type { Actor } from '../auth/actor.ts'
import type { Zone } from '../fhir/zone.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Store, Stored } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Variant } from './evaluator.ts'
import { isGuardian, isKin, wardOf } from './kin.ts'
import { isProven } from './kin-proof.ts'
import { ageOfPerson, isPersonDeceased, knownPerson } from './person-facts.ts'
import { covers, isResearch } from './purposes.ts'
import type { Asker, Policy } from './question.ts'
import { type Treated, treatedAmong, treatedPersons } from './relations.ts'
import { personsOf } from './stamp.ts'
import { type StudyFacts, studyFacts } from './study.ts'
import { subscriberOf } from './subscriber.ts'
import { type AccessTables, LABELLING } from './tables.ts'

/** One way of standing; `persons`: holds for documents all of whose persons are among them. Weaker ones come first. */
export interface Standing extends Variant {
  persons?: ReadonlySet<string>
}

/** Who asks, with what is known of the study, and the ways in which he stands to documents. */
export interface Stood {
  asker: Asker
  /** the client as the custodian of its own Subscriptions */
  subscriber: string
  standings: readonly Standing[]
  /** present where the asker treats too many to list: only those that he meets are looked up, and no search is possible */
  treatsAmong?: (persons: readonly string[]) => Promise<Standing[]>
}

export interface StandingDeps {
  store: Store
  tables: AccessTables
  policy: Policy
  zone: Zone
  now(): Date
  /** identifiers of an organisation as `system|value`, by which consents may name it */
  organizationIdentifiers(id: string): readonly string[]
}

export function askerOf(actor: Actor, study: StudyFacts | undefined, identifiers: readonly string[]): Asker {
  const { party, organization, role, purpose } = actor
  const allowed = study?.forms === undefined || study.forms.includes(actor.form)
  return {
    party,
    organization,
    role,
    purpose,
    action: 'access',
    form: actor.form,
    names: namesOf(actor, identifiers),
    ...(actor.study === undefined ? {} : { study: actor.study }),
    ...(study?.ethics && allowed ? { ethics: study.ethics } : {}),
    ...(study?.hgrApproval ? { hgrApproval: true } : {}),
    ...(actor.foreign || study?.foreign ? { foreign: true } : {}),
    ...(actor.breakGlassReason ? { breakGlassReason: 'given' } : {}),
  }
}

function namesOf({ party, organization, user, clientId }: Actor, identifiers: readonly string[]): string[] {
  const names = [`party:${party}`, `Device/${clientId}`, ...identifiers]
  if (organization !== '') names.push(organization, `Organization/${organization}`)
  if (user !== undefined) names.push(user)
  return names.sort()
}

/** Does this actor's decision need to look anything up? */
export const needsStanding = (actor: Actor): boolean =>
  actor.party === 'patient' ||
  actor.party === 'guardian' ||
  actor.party === 'relative' ||
  actor.party === 'legal' ||
  (actor.party === 'hospital' && covers('TREAT', actor.purpose) && actor.purpose !== 'BTG') ||
  (isResearch(actor.purpose) && actor.study !== undefined)

/** Without any look-up: what holds for everybody of this party. */
export function plainStandings(actor: Actor): Standing[] {
  if (actor.party === 'hospital' && actor.organization !== '') {
    return [
      { custodian: 'own', relation: {} },
      { custodian: 'other', relation: {} },
    ]
  }
  return [{ custodian: 'other', relation: {} }]
}

export function createStanding(deps: StandingDeps): {
  plain(actor: Actor): Stood
  of(actor: Actor, patients: readonly string[]): Promise<Stood>
} {
  const asker = askerCache(deps)
  return {
    plain: (actor) => ({ asker: asker(actor, undefined), subscriber: subscriberOf(actor), standings: plainStandings(actor) }),
    async of(actor, patients) {
      const study = isResearch(actor.purpose) && actor.study !== undefined ? await studyOf(deps, actor.study) : undefined
      const related = await relatedStandings(deps, actor, patients)
      const standings = [...plainStandings(actor), ...related.standings]
      return { asker: asker(actor, study), subscriber: subscriberOf(actor), ...related, standings }
    },
  }
}

/** An actor is one object as long as its token lives, and so is what is asked of its evaluator. */
function askerCache(deps: StandingDeps): (actor: Actor, study: StudyFacts | undefined) => Asker {
  const known = new WeakMap<Actor, { study: string; asker: Asker }>()
  return (actor, study) => {
    const found = known.get(actor)
    const facts = canonicalJson(study ?? null)
    if (found?.study === facts) return found.asker
    const asker = askerOf(actor, study, deps.organizationIdentifiers(actor.organization))
    known.set(actor, { study: facts, asker })
    return asker
  }
}

type Related = Pick<Stood, 'standings' | 'treatsAmong'>

async function relatedStandings(deps: StandingDeps, actor: Actor, patients: readonly string[]): Promise<Related> {
  switch (actor.party) {
    case 'hospital':
      return treatingStandings(deps, actor, patients)
    case 'patient':
      return { standings: await selfStandings(deps, actor) }
    case 'guardian':
    case 'relative':
      return { standings: await kinStandings(deps, actor) }
    case 'legal':
      return { standings: await orderStandings(deps, actor) }
    default:
      return { standings: [] }
  }
}

async function treatingStandings(deps: StandingDeps, actor: Actor, patients: readonly string[]): Promise<Related> {
  if (!covers('TREAT', actor.purpose) || actor.purpose === 'BTG' || actor.organization === '') return { standings: [] }
  const { organization, user } = actor
  const query = { organization, now: deps.now(), treatingDays: deps.policy.treatingDays, ...(user === undefined ? {} : { user }) }
  const persons = patients.length === 0 ? [] : [...(await personsOf(deps, patients)).values()]
  const { partial, ...treated } = await treatedPersons(deps.tables, query, persons)
  if (!partial || patients.length > 0) return { standings: standingsOf(treated) }
  return { standings: [], treatsAmong: async (met) => standingsOf(await treatedAmong(deps.tables, query, met)) }
}

const standingsOf = ({ treating, primary }: Omit<Treated, 'partial'>): Standing[] => [
  { custodian: 'own', relation: { treating: true }, persons: treating },
  { custodian: 'own', relation: { treating: true, primary: true }, persons: primary },
  { custodian: 'other', relation: { treating: true }, persons: treating },
]

async function selfStandings(deps: StandingDeps, actor: Actor): Promise<Standing[]> {
  const id = actor.patient ?? actor.user?.match(/^Patient\/(.+)$/)?.[1]
  if (id === undefined) return []
  const persons = await personsOf(deps, [id])
  return [{ custodian: 'other', relation: { self: true }, persons: new Set(persons.values()) }]
}

async function kinStandings(deps: StandingDeps, actor: Actor): Promise<Standing[]> {
  const id = actor.user?.match(/^RelatedPerson\/(.+)$/)?.[1]
  const stored = id === undefined ? undefined : await standingDoc(deps.store, 'RelatedPerson', id)
  const related = stored && resourceIn(stored)
  const ward = related && wardOf(related)
  if (!related || ward === undefined || (actor.patient !== undefined && actor.patient !== ward)) return []
  if (!(await isProven(deps.store, stored))) return []
  const person = (await personsOf(deps, [ward])).get(ward) ?? ward
  const known = await knownPerson(deps, person)
  if (!known) return []
  const persons = new Set([person])
  const now = deps.now().getTime()
  if (actor.party === 'guardian') {
    if (!isGuardian(related, now, deps.zone)) return []
    return [{ custodian: 'other', relation: { ward: ageOfPerson(known, now, deps.zone) }, persons }]
  }
  if (!isKin(related, now, deps.zone)) return []
  return [{ custodian: 'other', relation: { kinship: true, ...(isPersonDeceased(known) ? { deceased: true } : {}) }, persons }]
}

async function orderStandings(deps: StandingDeps, actor: Actor): Promise<Standing[]> {
  const now = deps.now()
  const orders = await deps.tables.legalOrders.find(
    { client: actor.clientId, until: { $gt: now } },
    { limit: ACCESS_BOUNDS.treatedPersonsMax },
  )
  const patients = orders.filter(({ from }) => from <= now).flatMap(({ persons }) => persons)
  const persons = new Set((await personsOf(deps, patients)).values())
  return persons.size === 0 ? [] : [{ custodian: 'other', relation: { legalOrder: true }, persons }]
}

async function standingDoc(store: Store, type: string, id: string): Promise<Stored | undefined> {
  const doc = await store.read(LABELLING, type, id)
  return doc && !doc.deleted ? doc : undefined
}

const resourceIn = ({ body }: Stored): FhirResource => JSON.parse(Buffer.from(body).toString()) as FhirResource

/** Read at each request: a study that is closed stops its researchers at once. */
async function studyOf({ store, zone, now }: StandingDeps, id: string): Promise<StudyFacts | undefined> {
  const study = await standingDoc(store, 'ResearchStudy', id)
  return study && studyFacts(resourceIn(study), now().getTime(), zone)
}
