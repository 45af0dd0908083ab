/**
 * Placeholders for what a row only mentions (its visit, a doctor, a department), so that no reference dangles. They yield
 * to whatever says more of the thing: `placeholder` is set and statedAt is the beginning of time.
 */
import { localSystem, NATIONAL, structureDefinition } from '../../server/fhir/canonical.ts'
import type { FhirCoding, FhirResource } from '../../server/fhir/types.ts'
import { UNKNOWN_CLASS } from './encounter-class.ts'
import { keys, referTo } from './keys.ts'
import type { ProfileName } from './names.ts'
import { localCodes } from './systems.ts'
import type { MappedResource, MappingContext, ResourceKey } from './types.ts'

export const BEFORE_ALL = '1970-01-01T00:00:00.000Z'
const ABSENT = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'

function placeholder(key: ResourceKey, profile: ProfileName | undefined, elements: Record<string, unknown>): MappedResource {
  const resource = {
    resourceType: key.type,
    ...(profile !== undefined && { meta: { profile: [structureDefinition(profile)] } }),
    ...elements,
  } as FhirResource
  return { key, resource, state: 'current', statedAt: BEFORE_ALL, placeholder: true }
}

/** Staff member by number and name. */
export function practitionerMention(scope: string, staffNo: string, name: string): MappedResource {
  return placeholder(keys.practitioner(scope, staffNo, name), 'cn-practitioner', {
    identifier: [{ system: localSystem(scope, 'staff-no'), value: staffNo }],
    active: true,
    name: [name === '' ? { extension: [{ url: ABSENT, valueCode: 'unknown' }] } : { text: name }],
  })
}

/** Department or ward of a hospital, by code or, without one, by its name. */
export function departmentMention(scope: string, code: string | undefined, name: string | undefined): MappedResource {
  const system = localSystem(scope, 'department')
  return placeholder(keys.department(scope, code ?? name ?? ''), undefined, {
    ...(code !== undefined && { identifier: [{ system, value: code }] }),
    active: true,
    name: name ?? code,
    partOf: referTo(keys.organization(scope)),
  })
}

/** Ids of organisations that the configuration does not know end with the code under which the source knows them (MappingContext). */
const UNKNOWN_INSTITUTION = /~(.+)$/s
const CREDIT_CODE = /^[0-9A-HJ-NP-RTUW-Y]{18}$/

/** The institution whose numbers a row has, where the configuration does not know it; `name` where the row says it. */
export function institutionMention({ source }: MappingContext, scope: string, name?: string): MappedResource | undefined {
  const code = UNKNOWN_INSTITUTION.exec(scope)?.[1]
  if (code === undefined) return undefined
  const platformCodes = CREDIT_CODE.test(code) ? NATIONAL.orgCode : localSystem(scope.slice(0, scope.indexOf('~')), 'institution-code')
  return placeholder(keys.organization(scope), undefined, {
    identifier: [{ system: source.kind === 'miis' ? NATIONAL.fixmedins : platformCodes, value: code }],
    active: true,
    type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/organization-type', code: 'prov' }] }],
    name: name ?? code,
  })
}

/** A bed in a department or ward. */
export function bedMention(scope: string, department: string, bed: string, name: string): MappedResource {
  return placeholder(keys.location(scope, department, bed), undefined, {
    name,
    mode: 'instance',
    physicalType: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/location-physical-type', code: 'bd', display: 'Bed' }] },
  })
}

/** The visit that a result or document belongs to, when only its number is said. */
export function encounterMention(scope: string, visitNo: string, encounterClass?: FhirCoding): MappedResource {
  return placeholder(keys.encounter(scope, visitNo), 'cn-encounter-minimal', {
    identifier: [{ system: localSystem(scope, 'visit-no'), value: visitNo }],
    status: 'unknown',
    class: encounterClass ?? UNKNOWN_CLASS,
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
  return placeholder(keys.request(scope, requestNo), undefined, {
    identifier: [{ system: localSystem(scope, 'request-no'), value: requestNo }],
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
