/** Header of a CDA document of WS/T 500: who it is about, who wrote and keeps it. Identifiers by OID (profiles.md 1.2). */
import type { MappingContext } from '../../engine/types.ts'
import { readDate } from '../../engine/values/date.ts'
import { child, childrenOf, descend, type XmlElement } from '../../parsers/xml.ts'
import type { NumberKind, PatientNumber } from '../identity.ts'
import { type CdaReader, descendants, idWithRoot } from './reading.ts'

const OID = '2.16.156.10011.1'
export const DOCUMENT_TYPES = '2.16.156.10011.2.4'

/** Numbers of patients; outpatient and inpatient numbers are those of a visit in these documents. */
const PATIENT_NUMBERS: Record<string, NumberKind> = {
  [`${OID}.2`]: 'ehr',
  [`${OID}.3`]: 'identity-card',
  [`${OID}.11`]: 'outpatient',
  [`${OID}.12`]: 'inpatient',
  [`${OID}.13`]: 'patient',
  [`${OID}.19`]: 'health-card',
}
const VISIT_NUMBERS = [`${OID}.12`, `${OID}.11`, `${OID}.10`]
const ORGANIZATION = `${OID}.5`
const BED = `${OID}.22`
const DEPARTMENT = `${OID}.26`
const WARD = `${OID}.27`

export interface CdaPerson {
  number?: string
  name?: string
  title?: string
  time?: string
  at: string
}

export interface CdaHeader {
  documentNo?: string
  /** C0049 */
  type?: string
  title?: string
  templateId?: string
  effectiveTime?: string
  confidentiality?: string
  language?: string
  version?: string
  /** document numbers that this one replaces */
  replaces: string[]
  patient: { numbers: PatientNumber[]; name?: string; gender?: string; birthTime?: string; address?: string; phone?: string }
  visitNo?: string
  authors: CdaPerson[]
  /** legalAuthenticator first */
  attesters: (CdaPerson & { legal: boolean })[]
  custodian: { code?: string; name?: string }
  place: {
    bed?: string /** where the bed stands in the document */
    bedAt?: string
    department?: { code?: string; name?: string }
    ward?: { code?: string; name?: string }
  }
}

export function readHeader(reader: CdaReader): CdaHeader {
  const { root } = reader
  const role = descend(root, 'recordTarget/patientRole')
  const type = child(root, 'code')
  reader.attribute(type, 'displayName')
  return compact({
    documentNo: reader.attribute(child(root, 'id'), 'extension'),
    type: reader.attribute(type, 'code'),
    title: reader.text(child(root, 'title')),
    templateId: templateOf(root),
    effectiveTime: reader.attribute(child(root, 'effectiveTime'), 'value'),
    confidentiality: confidentiality(reader),
    language: reader.attribute(child(root, 'languageCode'), 'code'),
    version: reader.attribute(child(root, 'versionNumber'), 'value'),
    replaces: replaced(reader),
    patient: patientOf(reader, role),
    visitNo: visitNumber(reader, role),
    authors: childrenOf(root, 'author').map((one) => person(reader, one, 'assignedAuthor')),
    attesters: [
      ...childrenOf(root, 'legalAuthenticator').map((one) => ({ ...person(reader, one, 'assignedEntity'), legal: true })),
      ...childrenOf(root, 'authenticator').map((one) => ({ ...person(reader, one, 'assignedEntity'), legal: false })),
    ].filter((one) => one.number !== undefined || one.name !== undefined),
    custodian: custodian(reader),
    place: place(reader),
  }) as CdaHeader
}

function templateOf(root: XmlElement): string | undefined {
  const oid = child(root, 'templateId')?.attributes.root
  return oid !== undefined && /^[0-2](\.(0|[1-9]\d*))+$/.test(oid) ? oid : undefined
}

function confidentiality(reader: CdaReader): string | undefined {
  const element = child(reader.root, 'confidentialityCode')
  reader.attribute(element, 'displayName')
  const code = reader.attribute(element, 'code')
  return code !== undefined && /^[ULMNRV]$/.test(code) ? code : undefined
}

function replaced(reader: CdaReader): string[] {
  return childrenOf(reader.root, 'relatedDocument')
    .filter((one) => one.attributes.typeCode === 'RPLC')
    .flatMap((one) => reader.attribute(descend(one, 'parentDocument/id'), 'extension') ?? [])
}

function patientOf(reader: CdaReader, role: XmlElement | undefined): CdaHeader['patient'] {
  const patient = child(role, 'patient')
  const ids = [...childrenOf(role, 'id'), ...childrenOf(patient, 'id')]
  const numbers = ids.flatMap((id): PatientNumber[] => {
    const value = reader.attribute(id, 'extension')
    if (value === undefined) return []
    const kind = PATIENT_NUMBERS[id.attributes.root ?? ''] ?? 'other'
    return [{ kind, value, at: `${reader.at(id)}/@extension` }]
  })
  const gender = child(patient, 'administrativeGenderCode')
  reader.attribute(gender, 'displayName')
  // An age at some day is no birth date (formats.md B): it stays unread and is listed.
  const birth = reader.attribute(child(patient, 'birthTime'), 'value')
  return compact({
    numbers,
    name: reader.text(child(patient, 'name')),
    gender: reader.attribute(gender, 'code'),
    birthTime: birth,
    address: addressOf(reader, child(role, 'addr')),
    phone: reader.attribute(child(role, 'telecom'), 'value')?.replace(/^tel:/i, ''),
  }) as CdaHeader['patient']
}

const ADDRESS_ORDER = ['state', 'city', 'county', 'township', 'streetAddressLine', 'streetName', 'village', 'houseNumber']

function addressOf(reader: CdaReader, address: XmlElement | undefined): string | undefined {
  if (!address) return undefined
  const parts = ADDRESS_ORDER.flatMap((name) => childrenOf(address, name).map((one) => reader.text(one)))
  return [reader.text(address), ...parts].filter((part) => part !== undefined).join('') || undefined
}

function visitNumber(reader: CdaReader, role: XmlElement | undefined): string | undefined {
  const places = [descend(reader.root, 'componentOf/encompassingEncounter'), role]
  for (const place of places) {
    for (const root of VISIT_NUMBERS) {
      const value = reader.attribute(idWithRoot(place, root), 'extension')
      if (value !== undefined) return value
    }
  }
  return undefined
}

function person(reader: CdaReader, participation: XmlElement, entity: string): CdaPerson {
  const assigned = child(participation, entity)
  return compact({
    number: reader.attribute(child(assigned, 'id'), 'extension'),
    name: reader.text(descend(assigned, 'assignedPerson/name')),
    title:
      reader.attribute(child(assigned, 'code'), 'displayName') ??
      reader.text(descend(assigned, 'assignedPerson/professionalTechnicalPosition')),
    time: reader.attribute(child(participation, 'time'), 'value'),
    at: reader.at(participation),
  }) as CdaPerson
}

function custodian(reader: CdaReader): CdaHeader['custodian'] {
  const organization = descend(reader.root, 'custodian/assignedCustodian/representedCustodianOrganization')
  return compact({
    code: reader.attribute(idWithRoot(organization, ORGANIZATION) ?? child(organization, 'id'), 'extension'),
    name: reader.text(child(organization, 'name')),
  })
}

/** Bed, department and ward stand nested one in the other through asOrganizationPartOf. */
function place(reader: CdaReader): CdaHeader['place'] {
  const encounter = descend(reader.root, 'componentOf/encompassingEncounter')
  const organizations = [...descendants(encounter, 'wholeOrganization'), ...descendants(encounter, 'serviceProviderOrganization')]
  const named = (root: string) => {
    const found = organizations.find((one) => idWithRoot(one, root))
    const code = reader.attribute(idWithRoot(found, root), 'extension')
    const name = reader.text(child(found, 'name'))
    return code === undefined && name === undefined ? undefined : compact({ code, name })
  }
  const bed = named(BED)
  const bedAt = idWithRoot(
    organizations.find((one) => idWithRoot(one, BED)),
    BED,
  )
  return compact({
    bedAt: bedAt && `${reader.at(bedAt)}/@extension`,
    bed: bed?.code ?? bed?.name,
    department: named(DEPARTMENT),
    ward: named(WARD),
  }) as CdaHeader['place']
}

function compact<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

/** A custodian that the configuration knows as another organisation (formats.md D48). */
export function isForeignCustodian(header: CdaHeader, context: MappingContext): boolean {
  const { code } = header.custodian
  if (code === undefined) return false
  const organization = context.organization(code)
  const own = context.source.organization
  return organization !== own && !organization.startsWith(`${own}~`)
}

export const birthDateOf = (header: CdaHeader): string | undefined =>
  header.patient.birthTime ? readDate(header.patient.birthTime).value : undefined
