/** One walk over a resource: all that labels, persons and consents' criteria depend on. Pure. */
import { parseDate, parsePeriod } from '../fhir/date.ts'
import { parseReference } from '../fhir/reference.ts'
import type { FhirResource } from '../fhir/types.ts'
import type { Zone } from '../fhir/zone.ts'
import type { Span } from './consent-model.ts'

export interface ScannedCoding {
  /** element names down to it, without indices: `code.coding` */
  path: string
  system: string
  code: string
  display: string
}

export interface ScannedReference {
  path: string
  /** `Type/id` on this server */
  target: string
}

export interface Scan {
  /** ids of the Patients that it refers to; its own when it is one */
  patients: string[]
  /** it is about somebody whom this server cannot name: foreign, contained, by identifier or by name only */
  unknownPatient: boolean
  references: ScannedReference[]
  codings: ScannedCoding[]
  /** CodeableConcept.text, Reference.display, what a report concludes, the text of a document's sections and of plain-text contents; and their paths */
  words: { path: string; text: string }[]
  identifierSystems: string[]
  dates: Span[]
}

export interface ScanOptions {
  zone: Zone
  /** FHIR base of this server without a slash at its end; references under it are local */
  ownBase: string
}

/** Elements whose Reference is about a patient even when it has no literal reference. */
const PATIENT_ELEMENTS = new Set(['subject', 'patient', 'beneficiary', 'for'])

/** Types whose members are looked at one by one and not as persons of the whole (access.md L27). */
const MEMBERS_APART: Readonly<Record<string, string>> = { Group: 'member' }

type Node = Record<string, unknown>

export function scanResource(resource: FhirResource, options: ScanOptions): Scan {
  const scan: Scan = { patients: [], unknownPatient: false, references: [], codings: [], words: [], identifierSystems: [], dates: [] }
  if (resource.resourceType === 'Patient' && resource.id) scan.patients.push(resource.id)
  const apart = MEMBERS_APART[resource.resourceType]
  for (const [key, value] of Object.entries(resource)) {
    if (key === apart || key === 'meta') continue
    if (key === 'conclusion' && typeof value === 'string') scan.words.push({ path: key, text: value })
    visit(value, key, key, scan, options)
  }
  if (resource.resourceType === 'Observation' && isSomebody(resource.focus)) scan.unknownPatient = true
  scan.dates = datesOf(resource, options.zone)
  scan.patients = [...new Set(scan.patients)]
  return scan
}

/** Where another patient may stand beside the subject, an identifier without a type may be a person's. */
const isSomebody = (focus: unknown): boolean =>
  Array.isArray(focus) &&
  focus.some((one: Node | null) => one?.identifier !== undefined && one.reference === undefined && one.type === undefined)

function visit(value: unknown, path: string, element: string, scan: Scan, options: ScanOptions): void {
  if (Array.isArray(value)) {
    for (const one of value) visit(one, path, element, scan, options)
    return
  }
  if (value === null || typeof value !== 'object') return
  const node = value as Node
  if (node.resourceType === 'Patient') scan.unknownPatient = true
  if (isReference(node, element)) noteReference(node, path, element, scan, options)
  if (typeof node.code === 'string' && (typeof node.system === 'string' || typeof node.display === 'string')) noteCoding(node, path, scan)
  if (typeof node.text === 'string' && (Array.isArray(node.coding) || Object.keys(node).length === 1))
    scan.words.push({ path, text: node.text })
  if (element === 'section') noteNarrative(node.text, path, scan)
  if (typeof node.data === 'string') noteContent(node, path, scan)
  if (element === 'identifier' && typeof node.system === 'string') scan.identifierSystems.push(node.system)
  for (const key in node) {
    const inner = node[key]
    if (inner !== null && typeof inner === 'object') visit(inner, `${path}.${key}`, key, scan, options)
  }
}

/** A section without entries says in its text alone what a diagnosis beside it would say by its code. */
function noteNarrative(text: unknown, path: string, scan: Scan): void {
  const div = (text as { div?: unknown } | undefined)?.div
  if (typeof div === 'string') scan.words.push({ path: `${path}.text`, text: div.replace(/<[^<>]*>/g, ' ') })
}

/** An Attachment that is a text: a report as it was issued. What has a form of its own (PDF, images) tells nothing here. */
function noteContent({ contentType, data }: Node, path: string, scan: Scan): void {
  if (typeof contentType !== 'string' || !contentType.startsWith('text/plain')) return
  scan.words.push({ path: `${path}.data`, text: Buffer.from(data as string, 'base64').toString('utf8') })
}

/** By a literal reference; by an identifier with the type beside it; or by its place, where only a patient can stand. */
const isReference = (node: Node, element: string): boolean =>
  typeof node.reference === 'string' ||
  (node.identifier !== undefined && !Array.isArray(node.identifier) && typeof node.type === 'string') ||
  // A type of a resource beside a name is a Reference's too.
  (node.type === 'Patient' && typeof node.display === 'string') ||
  (PATIENT_ELEMENTS.has(element) && node.resourceType === undefined && (node.identifier !== undefined || node.display !== undefined))

function noteReference(node: Node, path: string, element: string, scan: Scan, options: ScanOptions): void {
  if (typeof node.display === 'string') scan.words.push({ path, text: node.display })
  const text = node.reference
  if (typeof text !== 'string') {
    if (node.type === 'Patient' || (PATIENT_ELEMENTS.has(element) && node.type === undefined)) scan.unknownPatient = true
    return
  }
  const target = parseReference(text, options.ownBase)
  if (target?.kind === 'local') {
    if (target.type === 'Patient') scan.patients.push(target.id)
    else scan.references.push({ path, target: `${target.type}/${target.id}` })
    return
  }
  // A contained resource is walked where it stands; what lies elsewhere and may be a patient is nobody whom we can name.
  if (target?.kind === 'contained') return
  const foreignType = target?.kind === 'absolute' ? target.type : undefined
  if (foreignType === 'Patient' || node.type === 'Patient' || (foreignType === undefined && PATIENT_ELEMENTS.has(element)))
    scan.unknownPatient = true
}

function noteCoding(node: Node, path: string, scan: Scan): void {
  scan.codings.push({
    path,
    system: typeof node.system === 'string' ? node.system : '',
    code: node.code as string,
    display: typeof node.display === 'string' ? node.display : '',
  })
}

/** Elements that say when it happened or was said; what is due later or administrative is not among them. */
const DATE_ELEMENTS = [
  'effectiveDateTime',
  'effectiveInstant',
  'onsetDateTime',
  'performedDateTime',
  'occurrenceDateTime',
  'recordedDate',
  'authoredOn',
  'dateAsserted',
  'issued',
  'date',
  'started',
  'created',
  'sent',
  'recorded',
  'whenHandedOver',
  'whenPrepared',
  'dateTime',
  'servicedDate',
  'assertedDate',
  'statusDate',
  'paymentDate',
]
const PERIOD_ELEMENTS = [
  'effectivePeriod',
  'onsetPeriod',
  'performedPeriod',
  'occurrencePeriod',
  'period',
  'billablePeriod',
  'servicedPeriod',
]

function datesOf(resource: FhirResource, zone: Zone): Span[] {
  const collection = resource.collection as Node | undefined
  const holders: Node[] = collection
    ? [resource, { effectiveDateTime: collection.collectedDateTime, effectivePeriod: collection.collectedPeriod }]
    : [resource]
  const found: Span[] = []
  for (const holder of holders) {
    for (const name of DATE_ELEMENTS) noteInstant(holder[name], zone, found)
    for (const name of PERIOD_ELEMENTS) notePeriod(holder[name], zone, found)
  }
  return found
}

function noteInstant(value: unknown, zone: Zone, found: Span[]): void {
  const date = typeof value === 'string' ? parseDate(value, zone) : undefined
  if (date) found.push({ from: date.lo, until: date.hi })
}

function notePeriod(value: unknown, zone: Zone, found: Span[]): void {
  if (value === null || typeof value !== 'object') return
  const { start, end } = value as Node
  const interval = parsePeriod(start, end, zone)
  if (interval) found.push({ from: interval.lo, until: interval.hi })
}
