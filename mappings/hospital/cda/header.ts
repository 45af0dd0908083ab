/** Header of a CDA document of WS/T 500: who it is about, who wrote and keeps it. Identifiers by OID (profiles.md 1.2). */
import type { MappingContext } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { readDate } from '../../engine/values/date.ts'
import { child, childrenOf, descend, type XmlElement } from '../../parsers/xml.ts'
import type { NumberKind, PatientNumber } from '../identity.ts'
import { type CdaReader, descendants, idWithRoot } from './reading.ts'
import { table } from '../../engine/values/table.ts'

const OID = '2.16.156.10011.1'
export const DOCUMENT_TYPES = '2.16.156.10011.2.4'

/** Numbers of what a document is about, which stand among those of the patient. */
const OTHER_NUMBERS: Record<string, keyof CdaHeader['numbers']> = table({
  [`${OID}.8`]: 'pathology',
  [`${OID}.14`]: 'specimen',
  [`${OID}.20`]: 'prescription',
  [`${OID}.24`]: 'request',
  [`${OID}.32`]: 'examination',
  [`${OID}.33`]: 'laboratory',
  [`${OID}.34`]: 'consent',
})
/** GB/T 4761 */
const RELATIONS = '2.16.156.10011.2.3.3.8'
const IDENTITY_NUMBER = `${OID}.3`

/** Numbers of patients; outpatient and inpatient numbers are those of a visit in these documents. */
const PATIENT_NUMBERS: Record<string, NumberKind> = table({
  [`${OID}.2`]: 'ehr',
  [`${OID}.3`]: 'identity-card',
  [`${OID}.11`]: 'outpatient',
  [`${OID}.12`]: 'inpatient',
  [`${OID}.13`]: 'patient',
  [`${OID}.19`]: 'health-card',
})
const INPATIENT = `${OID}.12`
const OUTPATIENT = `${OID}.11`
const VISIT_NUMBERS = [INPATIENT, OUTPATIENT, `${OID}.10`]
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

/** Somebody of the patient's side: who signed, or told of the illness. */
export interface CdaRelative {
  number?: string
  name?: string
  phone?: string
  /** code of GB/T 4761, and its word */
  relationCode?: string
  relation?: string
  time?: string
  isPatient?: boolean
  signs?: boolean
  at: string
}

export interface Coded {
  code?: string
  text?: string
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
  /** documents that this one replaces, goes on with, or was made of */
  related: { code: 'replaces' | 'appends' | 'transforms'; documentNo: string }[]
  patient: {
    numbers: PatientNumber[]
    name?: string
    gender?: string
    birthTime?: string
    address?: string
    phone?: string
    marital?: Coded
    ethnicity?: Coded
    nationality?: Coded
    employment?: Coded
    nativePlace?: string
    birthplace?: string
    registered?: string
    employer?: { name?: string; phone?: string; address?: string }
    contact?: CdaRelative & { address?: string }
  }
  numbers: Partial<Record<'pathology' | 'specimen' | 'prescription' | 'request' | 'examination' | 'laboratory' | 'consent', string>>
  visitNo?: string
  /** whose number the visit has */
  visitKind?: 'inpatient' | 'outpatient'
  authors: CdaPerson[]
  /** patient and relatives who signed, relatives who told of the illness */
  relatives: CdaRelative[]
  /** of the hospital; legalAuthenticator first */
  attesters: (CdaPerson & { legal: boolean })[]
  custodian: { code?: string; name?: string }
  /** encompassingEncounter: its time, and how the patient came (入院途径) */
  stay: { begin?: string; end?: string; route?: Coded }
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
  const patient = patientOf(reader, role)
  const signers = [...childrenOf(root, 'legalAuthenticator'), ...childrenOf(root, 'authenticator')]
  const isOurs = (one: XmlElement): boolean => isPatientSide(child(one, 'assignedEntity'))
  return compact({
    documentNo: reader.attribute(child(root, 'id'), 'extension'),
    type: reader.attribute(type, 'code'),
    title: reader.text(child(root, 'title')),
    templateId: templateOf(root),
    effectiveTime: reader.attribute(child(root, 'effectiveTime'), 'value'),
    confidentiality: confidentiality(reader),
    language: reader.attribute(child(root, 'languageCode'), 'code'),
    version: reader.attribute(child(root, 'versionNumber'), 'value'),
    related: related(reader),
    patient,
    numbers: otherNumbers(reader, role),
    ...visitNumber(reader, role),
    authors: childrenOf(root, 'author').map((one) => person(reader, one, 'assignedAuthor')),
    relatives: [
      ...signers.filter(isOurs).map((one) => ({ ...relativeOf(reader, one, patient), signs: true })),
      ...childrenOf(root, 'informant').map((one) => relativeOf(reader, one, patient)),
    ].filter((one) => one.number !== undefined || one.name !== undefined || one.isPatient),
    attesters: signers
      .filter((one) => !isOurs(one))
      .map((one) => ({ ...person(reader, one, 'assignedEntity'), legal: one.name === 'legalAuthenticator' }))
      .filter((one) => one.number !== undefined || one.name !== undefined),
    custodian: custodian(reader),
    stay: stay(reader),
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

const RELATED: Readonly<Record<string, CdaHeader['related'][number]['code']>> = table({
  RPLC: 'replaces',
  APND: 'appends',
  XFRM: 'transforms',
})

function related(reader: CdaReader): CdaHeader['related'] {
  return childrenOf(reader.root, 'relatedDocument').flatMap((one) => {
    const code = RELATED[one.attributes.typeCode?.toUpperCase() ?? '']
    return childrenOf(one, 'parentDocument')
      .flatMap((parent) => (code === undefined ? [] : (reader.attribute(child(parent, 'id'), 'extension') ?? [])))
      .map((documentNo) => ({ code: code as CdaHeader['related'][number]['code'], documentNo }))
  })
}

function patientOf(reader: CdaReader, role: XmlElement | undefined): CdaHeader['patient'] {
  const patient = child(role, 'patient')
  const ids = [...childrenOf(role, 'id'), ...childrenOf(patient, 'id')]
  const numbers = ids.flatMap((id): PatientNumber[] => {
    if (OTHER_NUMBERS[id.attributes.root ?? ''] !== undefined) return []
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
    phone: phoneOf(reader, role),
    marital: coded(reader, child(patient, 'maritalStatusCode')),
    ethnicity: coded(reader, child(patient, 'ethnicGroupCode')),
    nationality: coded(reader, child(patient, 'nationality')),
    employment: coded(reader, descend(patient, 'occupation/occupationCode')),
    nativePlace: addressOf(reader, descend(patient, 'nativePlace/place/addr')),
    birthplace: addressOf(reader, descend(patient, 'birthplace/place/addr')),
    registered: addressOf(reader, descend(patient, 'household/place/addr')),
    employer: employerOf(reader, child(patient, 'employerOrganization')),
    contact: contactOf(reader),
  }) as CdaHeader['patient']
}

const phoneOf = (reader: CdaReader, element: XmlElement | undefined): string | undefined =>
  reader.attribute(child(element, 'telecom'), 'value')?.replace(/^tel:/i, '')

function coded(reader: CdaReader, element: XmlElement | undefined): Coded | undefined {
  const found = compact({ code: reader.attribute(element, 'code'), text: reader.attribute(element, 'displayName') })
  return found.code === undefined && found.text === undefined ? undefined : found
}

function employerOf(reader: CdaReader, element: XmlElement | undefined): CdaHeader['patient']['employer'] {
  const found = compact({
    name: reader.text(child(element, 'name')),
    phone: phoneOf(reader, element),
    address: addressOf(reader, child(element, 'addr')),
  })
  return Object.keys(found).length === 0 ? undefined : found
}

/** participant NOT: whom to tell. */
function contactOf(reader: CdaReader): CdaHeader['patient']['contact'] {
  const element = childrenOf(reader.root, 'participant').find((one) => one.attributes.typeCode === 'NOT')
  const entity = child(element, 'associatedEntity')
  const name = reader.text(descend(entity, 'associatedPerson/name'))
  const phone = phoneOf(reader, entity)
  if (!element || (name === undefined && phone === undefined)) return undefined
  const { code, text } = coded(reader, child(entity, 'code')) ?? {}
  const address = addressOf(reader, child(entity, 'addr'))
  return compact({ name, phone, address, relationCode: code, relation: text, at: reader.at(element) }) as CdaHeader['patient']['contact']
}

function otherNumbers(reader: CdaReader, role: XmlElement | undefined): CdaHeader['numbers'] {
  const found = childrenOf(role, 'id').flatMap((id) => {
    const name = OTHER_NUMBERS[id.attributes.root ?? '']
    const value = name && reader.attribute(id, 'extension')
    return name && value !== undefined ? [[name, value] as const] : []
  })
  return Object.fromEntries(found)
}

/** The patient's side signs with an identity number, a relation, or by a word; the hospital's with a staff number and a post. */
function isPatientSide(entity: XmlElement | undefined): boolean {
  const code = child(entity, 'code')
  if (code?.attributes.codeSystem === RELATIONS) return true
  if (child(entity, 'id')?.attributes.root === IDENTITY_NUMBER) return true
  return /^(?:患者|病人|本人|家属|监护人|委托人|代理人)/.test(code?.attributes.displayName ?? '')
}

const SELF = new Set(['0', '00', '01', '02'])

function relativeOf(reader: CdaReader, participation: XmlElement, patient: CdaHeader['patient']): CdaRelative {
  const entity = child(participation, 'assignedEntity') ?? child(participation, 'relatedEntity')
  const id = child(entity, 'id')
  const { code, text } = coded(reader, child(entity, 'code')) ?? {}
  const number = id?.attributes.root === IDENTITY_NUMBER ? reader.attribute(id, 'extension') : undefined
  const name = reader.text(descend(entity, 'assignedPerson/name')) ?? reader.text(descend(entity, 'relatedPerson/name'))
  const own = patient.numbers.find(({ kind }) => kind === 'identity-card')?.value
  const isPatient =
    SELF.has(code ?? '') ||
    (/^(?:患者|病人|本人)/.test(text ?? '') && !/代理|家属/.test(text ?? '')) ||
    (code === undefined && (number !== undefined ? number === own : name !== undefined && name === patient.name))
  return compact({
    number,
    name,
    phone: phoneOf(reader, entity),
    relationCode: code,
    relation: text,
    time: reader.attribute(child(participation, 'time'), 'value'),
    isPatient: isPatient || undefined,
    at: reader.at(participation),
  }) as CdaRelative
}

function stay(reader: CdaReader): CdaHeader['stay'] {
  const encounter = descend(reader.root, 'componentOf/encompassingEncounter')
  const time = child(encounter, 'effectiveTime')
  return compact({
    begin: reader.attribute(child(time, 'low'), 'value') ?? reader.attribute(time, 'value'),
    end: reader.attribute(child(time, 'high'), 'value'),
    route: coded(reader, child(encounter, 'code')),
  })
}

const ADDRESS_ORDER = ['country', 'state', 'city', 'county', 'township', 'streetAddressLine', 'streetName', 'village', 'houseNumber']

function addressOf(reader: CdaReader, address: XmlElement | undefined): string | undefined {
  if (!address) return undefined
  const parts = ADDRESS_ORDER.flatMap((name) => childrenOf(address, name).map((one) => reader.text(one)))
  return [reader.text(address), ...parts].filter((part) => part !== undefined).join('') || undefined
}

function visitNumber(reader: CdaReader, role: XmlElement | undefined): Pick<CdaHeader, 'visitNo' | 'visitKind'> {
  const places = [descend(reader.root, 'componentOf/encompassingEncounter'), role]
  for (const place of places) {
    for (const root of VISIT_NUMBERS) {
      const value = reader.attribute(idWithRoot(place, root), 'extension')
      if (value === undefined) continue
      if (root === INPATIENT) return { visitNo: value, visitKind: 'inpatient' }
      return root === OUTPATIENT ? { visitNo: value, visitKind: 'outpatient' } : { visitNo: value }
    }
  }
  return {}
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

const KEEPER = 'custodian/assignedCustodian/representedCustodianOrganization'

/** Code of the institution that keeps the document, before anything else of it is read. */
export function custodianCode(root: XmlElement): string | undefined {
  const organization = descend(root, KEEPER)
  return filled((idWithRoot(organization, ORGANIZATION) ?? child(organization, 'id'))?.attributes.extension)
}

function custodian(reader: CdaReader): CdaHeader['custodian'] {
  const organization = descend(reader.root, KEEPER)
  return compact({
    code: reader.attribute(idWithRoot(organization, ORGANIZATION) ?? child(organization, 'id'), 'extension'),
    name: reader.text(child(organization, 'name')),
  })
}

/** Bed, department and ward stand nested one in the other through asOrganizationPartOf. */
function place(reader: CdaReader): CdaHeader['place'] {
  const encounter = descend(reader.root, 'componentOf/encompassingEncounter')
  const provider = descend(reader.root, 'recordTarget/patientRole/providerOrganization')
  const organizations = [
    ...descendants(encounter, 'wholeOrganization'),
    ...descendants(encounter, 'serviceProviderOrganization'),
    ...(provider ? [provider] : []),
  ]
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
