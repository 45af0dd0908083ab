/**
 * Placeholders for what a row only mentions (its visit, a doctor, a department), so that no reference dangles. They yield
 * to whatever says more of the thing: `placeholder` is set and statedAt is the beginning of time.
 */
import { localSystem, structureDefinition } from '../../server/fhir/canonical.ts'
import type { FhirCoding, FhirResource } from '../../server/fhir/types.ts'
import { keys, referTo } from './keys.ts'
import { IDENTIFIER_TYPE, localCodes } from './systems.ts'
import type { MappedResource, ResourceKey } from './types.ts'

export const BEFORE_ALL = '1970-01-01T00:00:00.000Z'
const ABSENT = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'

function placeholder(key: ResourceKey, profile: string, elements: Record<string, unknown>): MappedResource {
  const resource = { resourceType: key.type, meta: { profile: [structureDefinition(profile)] }, ...elements } as FhirResource
  return { key, resource, state: 'current', statedAt: BEFORE_ALL, placeholder: true }
}

const identifier = (type: string, system: string, value: string) => [
  { type: { coding: [{ system: IDENTIFIER_TYPE, code: type }] }, system, value },
]

/** Staff member by number and name. */
export function practitionerMention(scope: string, staffNo: string, name: string): MappedResource {
  return placeholder(keys.practitioner(scope, staffNo, name), 'cn-practitioner', {
    identifier: identifier('STAFF', localSystem(scope, 'staff-no'), staffNo),
    active: true,
    name: [name === '' ? { extension: [{ url: ABSENT, valueCode: 'unknown' }] } : { text: name }],
  })
}

/** Department or ward of a hospital, by code or, without one, by its name. */
export function departmentMention(scope: string, code: string | undefined, name: string | undefined): MappedResource {
  const system = localSystem(scope, 'department')
  return placeholder(keys.department(scope, code ?? name ?? ''), 'cn-department', {
    ...(code !== undefined && { identifier: [{ system, value: code }] }),
    active: true,
    name: name ?? code,
    partOf: referTo(keys.organization(scope)),
  })
}

/** The visit that a result or document belongs to, when only its number is said. */
export function encounterMention(scope: string, visitNo: string, encounterClass?: FhirCoding): MappedResource {
  return placeholder(keys.encounter(scope, visitNo), 'cn-encounter', {
    identifier: identifier('VN', localSystem(scope, 'visit-no'), visitNo),
    status: 'unknown',
    class: encounterClass ?? { extension: [{ url: ABSENT, valueCode: 'unknown' }] },
    subject: { $patient: true },
    serviceProvider: referTo(keys.organization(scope)),
  })
}

/** The request behind a report. */
export function requestMention(
  scope: string,
  requestNo: string,
  code: { text?: string; coding?: FhirCoding[] } | undefined,
): MappedResource {
  return placeholder(keys.request(scope, requestNo), 'cn-order-service', {
    identifier: identifier('RQ', localSystem(scope, 'request-no'), requestNo),
    status: 'completed',
    intent: 'order',
    ...(code && { code }),
    subject: { $patient: true },
  })
}

/** Local code of an item that the hospital itself named, with its name. */
export function localConcept(scope: string, kind: string, code: string, display?: string): { coding: FhirCoding[]; text: string } {
  return { coding: [{ system: localCodes(scope, kind), code, ...(display !== undefined && { display }) }], text: display ?? code }
}
