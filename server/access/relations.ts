/** Who treats whom: rows kept with every Encounter and CareTeam, and asked at each request of a clinician. */
import { parseDate } from '../fhir/date.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Zone } from '../fhir/zone.ts'
import type { SideWrite } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { type Element, list, reference, text } from './provision-criteria.ts'
import { UNKNOWN_PERSON } from './stamp.ts'
import { type AccessTables, type RelationDoc, TABLES } from './tables.ts'
import type { StampInput, Stamped } from './types.ts'

const DAY_MS = 86_400_000

export interface RelationContext {
  zone: Zone
  now(): Date
  /** ids of the configuration's organisations */
  isOrganization(id: string): boolean
}

/** A CareTeam of no organisation: its members treat the patient wherever they work. */
const ANYWHERE = '*'

/** Side writes for the Encounters and CareTeams among resources about to be stored. */
export function relationWrites(inputs: readonly StampInput[], stamps: readonly Stamped[], context: RelationContext): SideWrite[] {
  return inputs.flatMap((input, at): SideWrite[] => {
    if (input.type !== 'Encounter' && input.type !== 'CareTeam') return []
    const _id = `${input.type}/${input.id}`
    const row = input.resource && rowOf(_id, input, input.resource, stamps[at] as Stamped, context)
    return [row ? { table: TABLES.relations, op: 'put', doc: row } : { table: TABLES.relations, op: 'delete', where: { _id } }]
  })
}

function rowOf(_id: string, input: StampInput, resource: FhirResource, stamp: Stamped, context: RelationContext): RelationDoc | undefined {
  const persons = stamp.acc.p.filter((person) => person !== UNKNOWN_PERSON)
  const organization = organizationOf(input, resource, context) || (input.type === 'CareTeam' ? ANYWHERE : '')
  if (persons.length === 0) return undefined
  const found = relationOf(input.type, resource, context)
  return found && { _id, patients: [...stamp.patients], persons, organization, ...found }
}

/** The custodian; where nobody answers for the resource, the organisation that it names itself. */
function organizationOf(input: StampInput, resource: FhirResource, context: RelationContext): string {
  if (input.custodian !== '') return input.custodian
  const named = [resource.serviceProvider, ...list(resource.managingOrganization)].map((one) =>
    reference(one)?.replace(/^Organization\//, ''),
  )
  return named.find((id) => id !== undefined && context.isOrganization(id)) ?? ''
}

type Found = Pick<RelationDoc, 'users' | 'primary' | 'end'>

const NO_VISIT = new Set(['planned', 'cancelled', 'entered-in-error'])

/** Attending and primary performer (v3-ParticipationType), and the same by their Chinese profile's names. */
const PRIMARY = new Set(['ATND', 'PPRF', 'attending', 'primary'])

function encounterRelation(encounter: FhirResource, context: RelationContext): Found | undefined {
  const status = text(encounter.status) ?? ''
  if (NO_VISIT.has(status)) return undefined
  const participants = list(encounter.participant).map((one) => ({
    user: reference(one.individual),
    primary: list(one.type).some((concept) => list(concept.coding).some((coding) => PRIMARY.has(text(coding.code) ?? ''))),
  }))
  const users = participants.flatMap(({ user }) => user ?? [])
  const primary = participants.flatMap(({ user, primary: isPrimary }) => (user && isPrimary ? user : []))
  const period = encounter.period as Element | undefined
  return { users: [...new Set(users)], primary: [...new Set(primary)], end: endOf(period, status === 'finished', context) }
}

function relationOf(type: string, resource: FhirResource, context: RelationContext): Found | undefined {
  if (type === 'Encounter') return encounterRelation(resource, context)
  return type === 'CareTeam' ? careTeamRelation(resource, context) : undefined
}

/** Would this Encounter or CareTeam name the user as one who treats, or as one of the primary team? */
export function appoints(type: string, resource: FhirResource, user: string, context: RelationContext): 'treating' | 'primary' | undefined {
  const found = relationOf(type, resource, context)
  if (!found?.users.includes(user)) return undefined
  return found.primary.includes(user) ? 'primary' : 'treating'
}

/** A finished visit without an end ended when it began, or is taken to end now. */
function endOf(period: Element | undefined, finished: boolean, { zone, now }: RelationContext): Date | null {
  const end = parseDate(text(period?.end) ?? '', zone)
  if (end) return new Date(end.hi)
  if (!finished) return null
  const start = parseDate(text(period?.start) ?? '', zone)
  return start ? new Date(start.hi) : now()
}

function careTeamRelation(team: FhirResource, { zone }: RelationContext): Found | undefined {
  if (team.status !== 'active') return undefined
  const users = [...new Set(list(team.participant).flatMap((one) => reference(one.member) ?? []))].filter((name) =>
    /^Practitioner/.test(name),
  )
  const end = parseDate(text((team.period as Element | undefined)?.end) ?? '', zone)
  return { users, primary: users, end: end ? new Date(end.hi) : null }
}

export interface Treated {
  treating: ReadonlySet<string>
  primary: ReadonlySet<string>
  /** there are more than can be listed: only those asked for by name are in it */
  partial: boolean
}

export interface TreatedQuery {
  organization: string
  /** `Practitioner/x`; absent: the relation of the whole organisation */
  user?: string
  now: Date
  treatingDays: number
}

/** Persons whom the asker treats; where they are too many to list, those of them whom `persons` names. */
export async function treatedPersons(
  tables: Pick<AccessTables, 'relations'>,
  query: TreatedQuery,
  persons: readonly string[],
): Promise<Treated> {
  const rows = await tables.relations.find(runningOf(query), { limit: ACCESS_BOUNDS.treatedPersonsMax + 1 })
  if (rows.length <= ACCESS_BOUNDS.treatedPersonsMax) return { ...treatedOf(rows, query.user), partial: false }
  return { ...(await treatedAmong(tables, query, persons)), partial: true }
}

/** Those of `persons` whom the asker treats. */
export async function treatedAmong(
  tables: Pick<AccessTables, 'relations'>,
  query: TreatedQuery,
  persons: readonly string[],
): Promise<Omit<Treated, 'partial'>> {
  if (persons.length === 0) return { treating: new Set(), primary: new Set() }
  const named = new Set(persons)
  const where = { ...runningOf(query), persons: { $in: [...named] } }
  const { treating, primary } = treatedOf(await tables.relations.find(where, { limit: ACCESS_BOUNDS.relationRowsMax }), query.user)
  return { treating: treating.intersection(named), primary: primary.intersection(named) }
}

/** At the own organisation as participant of a visit, or anywhere in a CareTeam. */
function runningOf({ organization, user, now, treatingDays }: TreatedQuery): Record<string, unknown> {
  const since = new Date(now.getTime() - treatingDays * DAY_MS)
  const running = [{ end: null }, { end: { $gt: since } }]
  if (user === undefined) return { organization, $or: running }
  return { organization: { $in: [organization, ANYWHERE] }, users: user, $or: running }
}

function treatedOf(rows: readonly RelationDoc[], user: string | undefined): { treating: Set<string>; primary: Set<string> } {
  const treating = new Set(rows.flatMap(({ persons }) => persons))
  const primary = new Set(rows.flatMap((row) => (user === undefined || row.primary.includes(user) ? row.persons : [])))
  return { treating, primary }
}
