/**
 * AIS, AIP, AIL and AIG: what an appointment is for, with whom, where and with what (HL7 v2.5.1, 10.6.4 to 10.6.7). A message names all of a kind that
 * there are, or those that come to it or leave it.
 */
import type { MappedConcept } from '../../engine/from.ts'
import { referTo } from '../../engine/keys.ts'
import { localConcept, practitionerMention } from '../../engine/mention.ts'
import type { KeyReference, MappedResource, ResourceKey } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { cleanText } from '../../engine/values/text.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { fieldsOf, locate, segmentsOf } from './fields.ts'

/** One of its staff, a place or a resource. */
export interface AppointmentActor {
  actor: KeyReference | { type?: string; display: string }
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
}

/**
 * Services, staff, places, and other resources, such as equipment, each with the list and the kind that they are there (server/ingest/fold/rules.ts).
 * Servers of before kept places and other resources without a type, which either of them replaces.
 */
const KINDS = [
  { name: 'AIS', list: 'serviceType', kinds: [''] },
  { name: 'AIP', list: 'participant', kinds: ['Practitioner'] },
  { name: 'AIL', list: 'participant', kinds: ['Location', ''] },
  { name: 'AIG', list: 'participant', kinds: ['Device', ''] },
] as const

const FIELDS = {
  AIS: { named: ['AIS-3.1', 'AIS-3.2'], status: 10 },
  AIP: { named: ['AIP-3.1', 'AIP-3.2'], status: 12 },
  AIL: { named: ['AIL-3.1', 'AIL-3.2', 'AIL-3.4'], status: 12 },
  AIG: { named: ['AIG-3.1', 'AIG-3.2'], status: 14 },
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
  const parts: AppointmentParts = { services: [], actors: [], unlisted: {}, whole: {}, read: [], unknown: [] }
  for (const { name, list, kinds } of KINDS) {
    const all = segmentsOf(hl7, name)
    const [named, gone] = [all.filter((one) => !isGone(one, event)), all.filter((one) => isGone(one, event))]
    for (const segment of named) {
      const { service, actor } = partOf(segment, scope)
      if (service) parts.services.push(service)
      if (actor) parts.actors.push(actor)
    }
    const members = gone.flatMap((segment): unknown[] => {
      const { service, actor } = partOf(segment, scope)
      return service ? [service] : actor ? [{ actor: actor.actor }] : []
    })
    if (members.length > 0) parts.unlisted[list] = [...(parts.unlisted[list] ?? []), ...members]
    // Staff is known by number and name.
    parts.unknown.push(...gone.filter((one) => one.name === 'AIP' && filled(one.text(3, 2)) === undefined))
    const isOfSome = event === ADDING || LEAVING.has(event)
    const isWhole = !isOfSome && named.some((one) => actionOf(one) !== ADDED)
    if (isWhole) parts.whole[list] = [...new Set([...(parts.whole[list] ?? []), ...kinds])]
    // One that comes to it later does not say when it begins.
    if (list === 'serviceType' && named[0] && !isOfSome) parts.service = named[0]
    for (const segment of all) parts.read.push(...fieldsRead(segment, gone.includes(segment)).map(locate(hl7, segment)))
  }
  return parts
}

function fieldsRead({ name }: Segment, isGone: boolean): string[] {
  const { named, status } = FIELDS[name as Name]
  return [`${name}-2`, ...named, ...(isGone ? [`${name}-${status}`] : [])]
}

function partOf(segment: Segment, scope: string): { service?: MappedConcept; actor?: AppointmentActor } {
  const { names: row, code, name } = identified(segment)
  if (segment.name === 'AIS') {
    if (code !== undefined) return { service: localConcept(scope, 'service', code, name) }
    return name === undefined ? {} : { service: { text: name } }
  }
  if (segment.name === 'AIP') {
    if (code === undefined) return name === undefined ? {} : { actor: { actor: { type: 'Practitioner', display: name } } }
    const mention = practitionerMention(scope, code, name ?? '')
    return { actor: { actor: referTo(mention.key as ResourceKey, name), mention } }
  }
  const isPlace = segment.name === 'AIL'
  const words = isPlace ? [row['AIL-3.4'], code, name] : [name ?? code]
  const display = words.filter((word) => word !== undefined).join(' ')
  return display === '' ? {} : { actor: { actor: { type: isPlace ? 'Location' : 'Device', display } } }
}

/** The third field of each of them: a code or number, and a name. */
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
