/** Who may write what (access.md L55 to L58): own organisation's records, own consents, nothing that grants oneself. */
import type { Actor, Party } from '../auth/actor.ts'
import { objectsIn } from '../fhir/objects-in.ts'
import { parseReference } from '../fhir/reference.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Stored } from '../store/types.ts'
import { canonicalJson } from './canonical-json.ts'
import { isPublicType, PATIENTS_WRITE } from './content.ts'
import { type Ahead, recordAt, recordsAhead } from './registered.ts'
import { appoints, treatedAmong } from './relations.ts'
import type { StandingDeps } from './standing.ts'
import { createStanding } from './standing.ts'
import { scanResource } from './scan.ts'
import { personsOf, UNKNOWN_PERSON } from './stamp.ts'
import { SUBSCRIPTION, subscriberOf } from './subscriber.ts'
import { LABELLING } from './tables.ts'
import type { Stamped, StampInput, WriteIntent, WriteVerdict } from './types.ts'

export interface MayWriteDeps extends StandingDeps {
  /** FHIR base of this server, no slash at its end */
  ownBase: string
  stamp(inputs: readonly StampInput[]): Promise<Stamped[]>
  /** of these Patients those that the actor may read */
  readable(actor: Actor, patients: readonly string[]): Promise<ReadonlySet<string>>
}

const yes = (reason: string): WriteVerdict => ({ permitted: true, reason })
const no = (reason: string): WriteVerdict => ({ permitted: false, reason })

/** The server's own account: appended by server/audit, changed by nobody. */
const IMMUTABLE = new Set(['AuditEvent'])

/** Definitions and registers that clinical systems use and operators keep. */
const KEPT_BY_OPERATORS = new Set([
  'Organization',
  'ResearchStudy',
  'ValueSet',
  'CodeSystem',
  'ConceptMap',
  'StructureDefinition',
  'NamingSystem',
  'SearchParameter',
])

const READ_ONLY_PARTIES: ReadonlySet<Party> = new Set(['mia', 'ha', 'researcher', 'insurer', 'pharma', 'relative', 'legal'])

/** @param making Patients that the same transaction creates */
export async function mayWrite(
  deps: MayWriteDeps,
  actor: Actor,
  intent: WriteIntent,
  current: Stored | undefined,
  making: ReadonlySet<string> = new Set(),
): Promise<WriteVerdict> {
  if (IMMUTABLE.has(intent.type)) return no('immutable')
  if (actor.unrestricted) return yes('unrestricted')
  if (actor.party === 'operator') return yes('maintenance')
  if (intent.type === SUBSCRIPTION) return ownSubscription(actor, intent, current)
  if (READ_ONLY_PARTIES.has(actor.party)) return no('party-reads-only')
  if (KEPT_BY_OPERATORS.has(intent.type)) {
    const isEthics = intent.type === 'ResearchStudy' && actor.role === 'ethics'
    return isEthics ? yes('ethics') : no('kept-by-operators')
  }
  const alive = current && !current.deleted ? current : undefined
  if (actor.party === 'hospital') return hospitalMayWrite(deps, actor, intent, alive, making)
  return familyMayWrite(deps, actor, intent, alive)
}

/** Whoever may ask may ask to be told; what it is told is decided when it is sent. */
function ownSubscription(actor: Actor, intent: WriteIntent, current: Stored | undefined): WriteVerdict {
  const own = subscriberOf(actor)
  // Glass is broken for minutes.
  if (actor.purpose === 'BTG') return no('btg-not-clinical')
  if (intent.method === 'DELETE') {
    if (!current || current.deleted) return no('absent')
    return current.acc.o === own ? yes('subscriber') : no('other-subscriber')
  }
  return intent.custodian === own && (!current || current.acc.o === own) ? yes('subscriber') : no('other-subscriber')
}

async function hospitalMayWrite(
  deps: MayWriteDeps,
  actor: Actor,
  intent: WriteIntent,
  current: Stored | undefined,
  making: ReadonlySet<string>,
): Promise<WriteVerdict> {
  if (actor.organization === '' || intent.custodian !== actor.organization) return no('other-custodian')
  if (current && current.acc.o !== actor.organization) return no('other-custodian')
  if (intent.method === 'DELETE') return current ? yes('custodian') : no('absent')
  const links = await linksAreOwn(deps, actor, intent, current)
  if (!links.permitted) return links
  const ahead = recordsAhead(deps, patientsNamedIn(deps, intent))
  const self = await ownPersonOf(deps, intent)
  const { persons, known, stamp } = await personsIn(deps, intent)
  if (await appointsHimself(deps, actor, intent, persons)) return no('appoints-himself')
  if (current && changesIdentity(actor, intent, current)) return no('identity')
  // A resource for somebody whom the server cannot name is the custodian's own affair.
  const others = persons.filter((person) => person !== UNKNOWN_PERSON && person !== self && !making.has(person))
  if (!(await areRegistered(deps, actor, others, { named: known, current, ahead }))) return no('patient-not-registered-here')
  return stamp ? { ...links, stamp } : links
}

/**
 * It has a record of each, and may read each record of another's that it names: else a write would tell that the record is
 * there, and whose it is.
 */
async function areRegistered(
  deps: MayWriteDeps,
  actor: Actor,
  persons: readonly string[],
  { named, current, ahead }: { named: ReadonlyMap<string, string>; current: Stored | undefined; ahead: Ahead },
): Promise<boolean> {
  const records = await Promise.all(persons.map((person) => recordAt(deps, actor.organization, person, { named, ahead })))
  const elsewhere = records.flatMap((record) => record.elsewhere)
  if (elsewhere.length === 0) return records.every(({ has }) => has)
  // What its own records say already it may go on saying.
  const said = new Set(current ? scanResource(bodyOf(current), deps).patients : [])
  const asked = elsewhere.filter((id) => !said.has(id))
  const [readable, visiting] = await Promise.all([deps.readable(actor, asked), visitingAmong(deps, actor.organization, asked, named)])
  return records.every(({ has }) => has) && asked.every((id) => readable.has(id) || visiting.has(id))
}

/** Of these patients those whom a visit of the organisation names. */
async function visitingAmong(
  { tables }: MayWriteDeps,
  organization: string,
  patients: readonly string[],
  named: ReadonlyMap<string, string>,
): Promise<ReadonlySet<string>> {
  const visits = patients.map((id) => tables.relations.find({ persons: named.get(id) ?? id, organization, patients: id }, { limit: 1 }))
  const found = await Promise.all(visits)
  return new Set(patients.filter((_, at) => (found[at]?.length ?? 0) > 0))
}

const bodyOf = ({ body }: Stored): FhirResource => JSON.parse(Buffer.from(body).toString()) as FhirResource

/**
 * Nobody makes himself a treating clinician, or one of the primary team: a user writes himself into a visit or care team only
 * of a patient whom he treats so already. Others, and the hospital's own systems, write him in.
 */
async function appointsHimself(deps: MayWriteDeps, actor: Actor, intent: WriteIntent, persons: readonly string[]): Promise<boolean> {
  const { user, organization } = actor
  const resource = user === undefined ? undefined : resourceOf(intent)
  if (user === undefined || !resource) return false
  const { zone, now, policy } = deps
  const as = appoints(intent.type, resource, user, { zone, now, isOrganization: () => false })
  if (as === undefined) return false
  const { treating, primary } = await treatedAmong(
    deps.tables,
    { organization, user, now: now(), treatingDays: policy.treatingDays },
    persons,
  )
  const already = as === 'primary' ? primary : treating
  return !persons.every((person) => person === UNKNOWN_PERSON || already.has(person))
}

/** What says who a Patient is, and so to which person the record belongs. */
const IDENTITY = ['identifier', 'name', 'gender', 'birthDate', 'link'] as const

/**
 * Whose record it is decides who treats that person: it is changed by the hospital's systems, not by a user, who would come to
 * another one's record with a number that he knows.
 */
function changesIdentity({ user }: Actor, intent: WriteIntent, current: Stored): boolean {
  const resource = user !== undefined && intent.type === 'Patient' ? resourceOf(intent) : undefined
  if (!resource) return false
  const before = bodyOf(current)
  return IDENTITY.some((element) => canonicalJson(resource[element] ?? null) !== canonicalJson(before[element] ?? null))
}

/** The person whom a Patient is itself: anybody may be registered, but whom it refers to besides is another's affair. */
async function ownPersonOf(deps: MayWriteDeps, { type, id }: WriteIntent): Promise<string | undefined> {
  return type === 'Patient' ? (await personsOf(deps, [id])).get(id) : undefined
}

/** Joining a record to another's needs the right to write both ends (access.md L44). */
async function linksAreOwn(deps: MayWriteDeps, actor: Actor, intent: WriteIntent, current: Stored | undefined): Promise<WriteVerdict> {
  if (intent.type !== 'Patient' && intent.type !== 'Person') return yes('custodian')
  // One that stands already was made by who might make it: an operator who merged, or before the other went elsewhere.
  const standing = current ? linkedIn(deps, bodyOf(current)) : []
  const ids = linkedIn(deps, resourceOf(intent)).filter((id) => !standing.includes(id))
  const others = await deps.store.readMany(LABELLING, 'Patient', ids)
  const own = ids.every((id) => others.some((doc) => doc.id === id && doc.acc.o === actor.organization))
  return own ? yes('custodian') : no('link-to-other-custodian')
}

/** Whose records are asked for in any case; a Patient's own is not. */
function patientsNamedIn(deps: MayWriteDeps, intent: WriteIntent): string[] {
  const resource = resourceOf(intent)
  return resource && intent.type !== 'Patient' ? scanResource(resource, deps).patients : []
}

function linkedIn(deps: MayWriteDeps, resource: FhirResource | undefined): string[] {
  // It is asked before the content is judged: what is no reference is refused there.
  return objectsIn(resource?.link).flatMap(({ other, target }) => {
    const { reference } = (other ?? target ?? {}) as { reference?: unknown }
    const found = typeof reference === 'string' ? parseReference(reference, deps.ownBase) : undefined
    return found?.kind === 'local' && found.type === 'Patient' ? [found.id] : []
  })
}

/** A patient for himself, a guardian for a minor: consents and answers to questionnaires. */
async function familyMayWrite(deps: MayWriteDeps, actor: Actor, intent: WriteIntent, current: Stored | undefined): Promise<WriteVerdict> {
  if (!PATIENTS_WRITE.has(intent.type)) return no('patients-write-consents-only')
  const own = await ownPersons(deps, actor)
  if (own.size === 0) return no('not-subject')
  const isOwn = (persons: readonly string[]) => persons.length > 0 && persons.every((person) => own.has(person))
  if (current && !isOwn(current.acc.p)) return no('not-subject')
  // What an organisation recorded stays its record; the patient answers with one of his own.
  if (current && current.acc.o !== '' && intent.type !== 'Consent') return no('other-custodian')
  if (intent.method === 'DELETE') return current ? yes('subject') : no('absent')
  const { persons, stamp } = await personsIn(deps, intent)
  return isOwn(persons) ? { ...yes('subject'), ...(stamp ? { stamp } : {}) } : no('not-subject')
}

async function ownPersons(deps: MayWriteDeps, actor: Actor): Promise<ReadonlySet<string>> {
  const { standings } = await createStanding(deps).of(actor, [])
  const found = standings.filter(({ relation }) => relation.self || relation.ward === 'child' || relation.ward === 'adolescent')
  return new Set(found.flatMap(({ persons }) => [...(persons ?? [])]))
}

function resourceOf(intent: WriteIntent): FhirResource | undefined {
  if (intent.parsed) return intent.parsed.resource
  return intent.text === undefined ? undefined : (JSON.parse(intent.text) as FhirResource)
}

interface PersonsIn {
  persons: readonly string[]
  /** persons of the patients whom the resource names */
  known: ReadonlyMap<string, string>
  stamp?: Stamped
}

/** Persons of the resource as it is to be; of public types only those that it names. */
async function personsIn(deps: MayWriteDeps, intent: WriteIntent): Promise<PersonsIn> {
  const resource = resourceOf(intent)
  if (!resource) return { persons: [UNKNOWN_PERSON], known: new Map() }
  const input: StampInput = {
    type: intent.type,
    id: intent.id,
    resource,
    custodian: intent.custodian,
    alsoPatients: intent.alsoPatients ?? [],
  }
  const [stamp] = await deps.stamp([input])
  if (!stamp) return { persons: [UNKNOWN_PERSON], known: new Map() }
  const { p } = stamp.acc
  if (isPublicType(intent.type)) return { persons: p, known: stamp.personOf, stamp }
  // Whoever stands for himself was looked up for the labels a moment ago.
  const isKnown = (person: string) => stamp.personOf.get(person) === person
  const mapped = await personsOf(
    deps,
    p.filter((person) => !isKnown(person)),
  )
  return { persons: [...new Set([...p.filter(isKnown), ...mapped.values()])], known: stamp.personOf, stamp }
}
