/**
 * AIS, AIP, AIL and AIG: what an appointment is for, with whom, where and with what (HL7 v2.5.1, 10.6.4 to 10.6.7). A message names all of a kind that
 * there are, or those that come to it or leave it.
 */
import type { MappedConcept } from '../../engine/from.ts'
import { referTo } from '../../engine/keys.ts'
import { localConcept, practitionerMention } from '../../engine/mention.ts'
import type { KeyReference, MappedResource, ResourceKey } from '../../engine/types.ts'
import type { FhirCoding } from '../../../server/fhir/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { cleanText } from '../../engine/values/text.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { ACTOR_TYPES, type ActorType, actorTypeOf, isUnspoken } from './appointment-resource.ts'
import { fieldsOf, locate, segmentsOf } from './fields.ts'

/** One of its staff, a place or a resource. */
export interface AppointmentActor {
  actor: KeyReference | { type?: string; display: string }
  /** what it is there for: the role of staff, the type of a resource */
  roles: { coding?: FhirCoding[]; text: string }[]
  /** of staff with a number */
  mention?: MappedResource
}

export interface AppointmentParts {
  services: MappedConcept[]
  actors: AppointmentActor[]
  /** what the message says of the lists of what was said before (MappedResource.unlisted, whole) */
  unlisted: Record<string, unknown[]>
  whole: Record<string, string[]>
  /** the first service that it names */
  service?: Segment
  /** names of the fields that were read */
  read: string[]
  /** staff to leave that is not named as it would be known */
  unknown: Segment[]
  /** resources of which AIG-4 and AIG-5 do not say what they are in words that are known */
  unclear: Segment[]
}

/**
 * Services, staff, places, and other resources, such as equipment, each with the list and the kind that they are there (server/ingest/fold/rules.ts).
 * Servers of before kept places and other resources without a type, which either of them replaces. A resource of which nobody knows what it is has its role alone.
 */
const KINDS = [
  { name: 'AIS', list: 'serviceType', kinds: [''] },
  { name: 'AIP', list: 'participant', kinds: ['Practitioner'] },
  { name: 'AIL', list: 'participant', kinds: ['Location', ''] },
  { name: 'AIG', list: 'participant', kinds: ['Device', '', 'other'] },
] as const

const FIELDS = {
  AIS: { named: ['AIS-3.1', 'AIS-3.2'], status: 10 },
  AIP: { named: ['AIP-3.1', 'AIP-3.2', 'AIP-4.1', 'AIP-4.2'], status: 12 },
  AIL: { named: ['AIL-3.1', 'AIL-3.2', 'AIL-3.4'], status: 12 },
  AIG: { named: ['AIG-3.1', 'AIG-3.2', 'AIG-4.1', 'AIG-4.2'], status: 14 },
} as const
type Name = keyof typeof FIELDS

/** What is named comes to it; or leaves it: cancelled, discontinued, deleted. */
const ADDING = 'S18'
const LEAVING: ReadonlySet<string> = new Set(['S20', 'S21', 'S22'])
/** The appointment as a whole has ended: what is named is what it was of. */
const ENDED: ReadonlySet<string> = new Set(['S15', 'S16', 'S17', 'S26'])

/** HL7 table 0206: added, deleted; changed (U) and unchanged (X) ones are there. */
const [ADDED, DELETED] = ['A', 'D']
/** HL7 table 0278 */
const GONE: ReadonlySet<string> = new Set(['CANCELLED', 'DC', 'DELETED'])

const actionOf = (segment: Segment): string => segment.text(2, 1).trim()
const statusOf = (segment: Segment): string =>
  segment
    .text(FIELDS[segment.name as Name].status, 1)
    .trim()
    .toUpperCase()

/** Whether the appointment is without it from now on. */
function isGone(segment: Segment, event: string): boolean {
  const [action, status] = [actionOf(segment), statusOf(segment)]
  if (ENDED.has(event)) return false
  return action === DELETED || GONE.has(status) || (LEAVING.has(event) && action === '' && status === '')
}

export function appointmentParts(hl7: Hl7Record, event: string, scope: string): AppointmentParts {
  const parts: AppointmentParts = { services: [], actors: [], unlisted: {}, whole: {}, read: [], unknown: [], unclear: [] }
  for (const { name, list, kinds } of KINDS) {
    const all = segmentsOf(hl7, name)
    const [named, gone] = [all.filter((one) => !isGone(one, event)), all.filter((one) => isGone(one, event))]
    for (const segment of named) {
      const { service, actor } = partOf(segment, scope, typeOf(segment))
      if (service) parts.services.push(service)
      if (actor) addActor(parts.actors, actor)
    }
    const members = gone.flatMap((segment): unknown[] => {
      const parts = typesToLeave(segment).map((type) => partOf(segment, scope, type))
      return parts.flatMap(({ service, actor }): unknown[] => (service ? [service] : actor ? [{ actor: actor.actor }] : []))
    })
    if (members.length > 0) parts.unlisted[list] = [...(parts.unlisted[list] ?? []), ...members]
    // Staff is known by number and name.
    parts.unknown.push(...gone.filter((one) => typeOf(one) === 'Practitioner' && filled(one.text(3, 2)) === undefined))
    if (name === 'AIG') parts.unclear.push(...all.filter((one) => typeOf(one) === undefined))
    const isOfSome = event === ADDING || LEAVING.has(event)
    const isWhole = !isOfSome && named.some((one) => actionOf(one) !== ADDED)
    const types = name === 'AIG' ? named.flatMap((one) => typeOf(one) ?? []) : []
    if (isWhole) parts.whole[list] = [...new Set([...(parts.whole[list] ?? []), ...kinds, ...types])]
    // One that comes to it later does not say when it begins.
    if (list === 'serviceType' && named[0] && !isOfSome) parts.service = named[0]
    for (const segment of all) parts.read.push(...fieldsRead(segment, gone.includes(segment)).map(locate(hl7, segment)))
  }
  return parts
}

/** One person may be there by two segments, or for two things. */
function addActor(actors: AppointmentActor[], added: AppointmentActor): void {
  const same = actors.find(({ actor }) => JSON.stringify(actor) === JSON.stringify(added.actor))
  if (!same) actors.push(added)
  else same.roles.push(...added.roles.filter((role) => !same.roles.some((one) => JSON.stringify(one) === JSON.stringify(role))))
}

/** What takes part by a segment; undefined: nobody knows, or it is a service. */
function typeOf(segment: Segment): ActorType | undefined {
  if (segment.name === 'AIG') return actorTypeOf(segment)
  return segment.name === 'AIP' ? 'Practitioner' : segment.name === 'AIL' ? 'Location' : undefined
}

function fieldsRead(segment: Segment, isGone: boolean): string[] {
  const { name } = segment
  const { named, status } = FIELDS[name as Name]
  // The group is asked where the type says nothing.
  const isGroupRead = name === 'AIG' && filled(segment.text(4, 1)) === undefined && filled(segment.text(4, 2)) === undefined
  return [`${name}-2`, ...named, ...(isGroupRead ? ['AIG-5.1', 'AIG-5.2'] : []), ...(isGone ? [`${name}-${status}`] : [])]
}

/** What leaves need not say again what it is: it leaves as whatever it came. */
const typesToLeave = (segment: Segment): (ActorType | undefined)[] =>
  segment.name === 'AIG' && isUnspoken(segment) ? [...ACTOR_TYPES, undefined] : [typeOf(segment)]

function partOf(segment: Segment, scope: string, type: ActorType | undefined): { service?: MappedConcept; actor?: AppointmentActor } {
  const { names: row, code, name } = identified(segment)
  if (segment.name === 'AIS') {
    if (code !== undefined) return { service: localConcept(scope, 'service', code, name) }
    return name === undefined ? {} : { service: { text: name } }
  }
  const roles = rolesOf(segment.name, row, scope)
  if (type === 'Practitioner' && code !== undefined) {
    const mention = practitionerMention(scope, code, name ?? '')
    return { actor: { actor: referTo(mention.key as ResourceKey, name), roles, mention } }
  }
  const words = segment.name === 'AIL' ? [row['AIL-3.4'], code, name] : [name ?? code]
  const display = words.filter((word) => word !== undefined).join(' ')
  return display === '' ? {} : { actor: { actor: { ...(type && { type }), display }, roles } }
}

/** AIP-4 and AIG-4, of tables of the hospital's own. */
function rolesOf(name: string, row: Partial<Record<string, string>>, scope: string): AppointmentActor['roles'] {
  const [code, text] = [row[`${name}-4.1`], row[`${name}-4.2`]]
  if (code !== undefined) return [localConcept(scope, 'appointment-role', code, text)]
  return text === undefined ? [] : [{ text }]
}

/** The third field of each of them: a code or number, and a name; with the fourth of those that have a role. */
function identified(segment: Segment): { names: Partial<Record<string, string>>; code: string | undefined; name: string | undefined } {
  const fields: Partial<Record<string, string>> = fieldsOf<string>(segment, FIELDS[segment.name as Name].named)
  const names = Object.fromEntries(
    Object.entries(fields).flatMap(([field, sent]) => {
      const text = cleanText(filled(sent) ?? '')
      return text === '' ? [] : [[field, text] as const]
    }),
  )
  return { names, code: names[`${segment.name}-3.1`], name: names[`${segment.name}-3.2`] }
}
