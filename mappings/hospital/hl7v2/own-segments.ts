/**
 * Segments of a hospital's own (Z segments; HL7 v2.4, 2.14.2: what they hold is agreed upon between the two sides). A table of the site's says
 * what each field is: an extension or an element of the patient or the visit, or an observation. Made of the site's folder
 * (server/ingest/dialects.ts reads segments.csv); another hospital is another folder, and no code.
 */
import type { Encounter, Observation, Patient } from '@medplum/fhirtypes'
import type { From } from '../../engine/from.ts'
import { keys } from '../../engine/keys.ts'
import { type Mapping, mapping, runMapping } from '../../engine/mapping.ts'
import type { RulesOf } from '../../engine/elements.ts'
import { lineOf, repeatedLines, type TableLine } from '../../engine/table-line.ts'
import type { Rule } from '../../engine/rule.ts'
import { localCodes } from '../../engine/systems.ts'
import type { MappedRecord, MappedResource, MappingContext } from '../../engine/types.ts'
import { filled } from '../../engine/values/blank.ts'
import { instantOf, readDateTime } from '../../engine/values/date.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { locate, segmentOf, segmentsOf, timeOf } from './fields.ts'

/** One line of segments.csv. */
export interface OwnField extends TableLine {
  segment: string
  /** `3`, or `3.2` for a component */
  field: string
  to: string
  type: string
  /** of an extension its url; of an observation the hospital's own code, `ZVS-3` where there is none */
  code: string
  name: string
  /** of a quantity: a unit, or the field that has it (`ZVS-4`) */
  unit: string
}

export interface OwnSegments {
  id: string
  fields: readonly OwnField[]
}

type Row = Record<string, string>

const VALUES = {
  string: ['valueString', (from: From<Row>, { at }: Place) => from.text(at)],
  code: ['valueCode', (from: From<Row>, { at }: Place) => from.text(at)],
  concept: ['valueCodeableConcept', (from: From<Row>, { at, kind }: Place) => from.localConcept(kind, at, `${at}.2`)],
  boolean: ['valueBoolean', (from: From<Row>, { at }: Place) => from.boolean(at)],
  date: ['valueDate', (from: From<Row>, { at }: Place) => from.date(at)],
  dateTime: ['valueDateTime', (from: From<Row>, { at }: Place) => from.dateTime(at)],
  integer: ['valueInteger', (from: From<Row>, { at }: Place) => from.integer(at)],
  decimal: ['valueDecimal', (from: From<Row>, { at }: Place) => from.decimal(at)],
  quantity: ['valueQuantity', (from: From<Row>, { at, unit }: Place) => from.quantity(at, unit)],
} as const

interface Place {
  at: string
  /** field of the row that has the unit */
  unit: string
  /** kind of the hospital's own codes */
  kind: string
}

type Type = keyof typeof VALUES

/** Elements that a field may be, with what they are made of. */
const ELEMENTS = {
  'Patient.maritalStatus': (from: From<Row>, { at, kind }: Place) => from.localConcept(kind, at, `${at}.2`),
  'Patient.telecom': (from: From<Row>, { at }: Place) => [{ system: 'phone', value: from.text(at) }],
  'Patient.address': (from: From<Row>, { at }: Place) => [{ text: from.text(at) }],
  'Encounter.type': (from: From<Row>, { at, kind }: Place) => [from.localConcept(kind, at, `${at}.2`)],
  'Encounter.priority': (from: From<Row>, { at, kind }: Place) => from.localConcept(kind, at, `${at}.2`),
  'Encounter.serviceType': (from: From<Row>, { at, kind }: Place) => from.localConcept(kind, at, `${at}.2`),
  'Encounter.reasonCode': (from: From<Row>, { at }: Place) => [{ text: from.prose(at) }],
} as const

export const OWN_TARGETS: readonly string[] = ['Observation', 'Patient.extension', 'Encounter.extension', ...Object.keys(ELEMENTS)]
/** An observation's value has none of these types in R4. */
const NOT_OBSERVED: readonly string[] = ['code', 'date', 'decimal']

export interface OwnProblem {
  line: number
  zh: string
  en: string
}

/** What is wrong with the table: a line that would map nothing and say nothing. */
export function problemsIn(fields: readonly OwnField[]): OwnProblem[] {
  const names = fields.map(({ segment, field, to, code }) => `${segment}-${field} ${to} ${code}`)
  return repeatedLines(fields, names).flatMap((first, at) => {
    const one = fields[at] as OwnField
    const found = first === undefined ? problemOf(one) : [`与第 ${first} 行重复`, `repeats line ${first}`]
    return found ? [{ line: lineOf(one, at), zh: found[0] as string, en: found[1] as string }] : []
  })
}

const TARGETS = OWN_TARGETS.join(', ')
const TYPES = Object.keys(VALUES).join(', ')
const OBSERVED = Object.keys(VALUES)
  .filter((type) => !NOT_OBSERVED.includes(type))
  .join(', ')

function problemOf({ segment, field, to, type, code, unit }: OwnField): [zh: string, en: string] | undefined {
  if (!/^Z[A-Z0-9]{2}$/.test(segment)) return [`${segment} 不是 Z 段，如 ZPI`, `${segment} is no Z segment such as ZPI`]
  if (!/^[1-9]\d{0,2}(?:\.[1-9]\d?)?$/.test(field))
    return [`字段 ${field} 无效；应如 3 或 3.2`, `field ${field} is not valid: 3, or 3.2 for a component`]
  if (!OWN_TARGETS.includes(to))
    return [`不能映射到 ${to}；可用：${TARGETS}`, `${to} is nothing that a field can be mapped to; known: ${TARGETS}`]
  const isElement = Object.hasOwn(ELEMENTS, to)
  if (!isElement && !Object.hasOwn(VALUES, type)) return [`没有类型 ${type}；可用：${TYPES}`, `there is no type ${type}; known: ${TYPES}`]
  if (isElement && type !== '') return [`${to} 不需要类型`, `${to} has its own type`]
  if (to === 'Observation' && NOT_OBSERVED.includes(type))
    return [`观察值没有类型 ${type}；可用：${OBSERVED}`, `an observation has no value of type ${type}; known: ${OBSERVED}`]
  if (to.endsWith('.extension') && !/^(https?:\/\/|urn:)[^\s|]{1,500}$/.test(code)) return ['扩展要有地址', 'an extension needs its url']
  if (unit !== '' && type !== 'quantity') return ['只有 quantity 有单位', 'a quantity alone has a unit']
  return undefined
}

/** A line as a mapping of its own. */
interface OwnMapping {
  segment: string
  /** as fields are named in issues */
  name: string
  to: 'Observation' | 'Patient' | 'Encounter'
  map: Mapping<Row>
  unit: string
}

const PLACE = (name: string): Place => ({ at: name, unit: 'unit', kind: name.toLowerCase() })

export function mappingsOf({ fields }: Pick<OwnSegments, 'fields'>): OwnMapping[] {
  return fields.map((one) => {
    const name = `${one.segment}-${one.field}`
    const to = one.to.split('.')[0] as OwnMapping['to']
    const map = to === 'Observation' ? observationOf(one, name) : partOf(one, name, to)
    return { segment: one.segment, name, to, map, unit: one.unit }
  })
}

function observationOf(one: OwnField, name: string): Mapping<Row> {
  const [element, make] = VALUES[one.type as Type]
  const code = one.code === '' ? name : one.code
  return mapping<Row, Observation>({
    source: `hospital/hl7v2/${name}`,
    to: 'Observation',
    id: (row, run) => ({ type: 'Observation', scope: run.scope, parts: ['own', row.subject ?? '', name, row.set ?? '1'] }),
    when: (row) => row[name] !== undefined,
    rules: (from) =>
      ({
        status: 'final',
        code: from.value([], (_row, run) => ({
          coding: [{ system: localCodes(run.scope, 'own-segment'), code, ...(one.name !== '' && { display: one.name }) }],
          text: one.name === '' ? code : one.name,
        })),
        subject: from.patient(),
        encounter: from.encounter('visit'),
        effectiveDateTime: from.text('sentAt'),
        [element]: (make(from, PLACE(name)) as Rule<unknown>).required(),
      }) as RulesOf<Observation>,
  })
}

function partOf(one: OwnField, name: string, to: 'Patient' | 'Encounter'): Mapping<Row> {
  const rules = (from: From<Row>): object => {
    const element = one.to.slice(to.length + 1)
    if (element !== 'extension') return { [element]: ELEMENTS[one.to as keyof typeof ELEMENTS](from, PLACE(name)) }
    const [value, make] = VALUES[one.type as Type]
    return { extension: [{ url: one.code, [value]: make(from, PLACE(name)) }] }
  }
  const shared = { source: `hospital/hl7v2/${name}`, when: (row: Partial<Row>) => row[name] !== undefined }
  if (to === 'Patient') return mapping<Row, Patient>({ ...shared, to, id: 'patient', rules: (from) => rules(from) as RulesOf<Patient> })
  return mapping<Row, Encounter>({
    ...shared,
    to,
    id: (row, run) => (row.visit === undefined ? undefined : keys.encounter(run.scope, row.visit)),
    rules: (from) => rules(from) as RulesOf<Encounter>,
  })
}

/** The record with what its own segments say, and without their fields among those that nobody read. */
export function withOwnSegments(
  record: MappedRecord,
  mappings: readonly OwnMapping[],
  hl7: Hl7Record,
  context: MappingContext,
): MappedRecord {
  const added: MappedRecord = { ...record, resources: [...record.resources], issues: [...record.issues], unmapped: [...record.unmapped] }
  const read = new Set<string>()
  const head = headOf(hl7, context)
  for (const one of mappings) {
    for (const segment of segmentsOf(hl7, one.segment)) {
      const at = locate(hl7, segment)
      const row = { ...head, ...rowOf(one, segment), ...setOf(hl7, segment) }
      const options = {
        statedAt: head.stated,
        offer: false as const,
        // Without its number there is no visit to say it of.
        at: (name: string) => (name === 'unit' ? unitName(one, at) : name === 'id' ? 'PV1-19' : at(name)),
      }
      const found = runMapping(one.map, row, context, options)
      if (found.mapped && !join(added.resources, found.mapped)) continue
      added.issues.push(...found.issues)
      added.unmapped.push(...found.unmapped)
      for (const name of [...found.read, ...(found.mapped ? [at(one.name), `${at(one.name)}.1`] : [])]) read.add(name)
      for (const thing of found.mentioned) if (!added.resources.some(({ key }) => isSame(key, thing.key))) added.resources.push(thing)
    }
  }
  return { ...added, unread: record.unread.filter((name) => !read.has(name)) }
}

interface Head extends Row {
  stated: string
  subject: string
}

function headOf(hl7: Hl7Record, context: MappingContext): Head {
  const [header] = hl7.segments
  const sent = readDateTime(header ? timeOf(header, 7) : '', context.timezone).value
  const visit = filled(segmentOf(hl7, 'PV1')?.text(19, 1))
  const message = filled(hl7.segments[0]?.text(10, 1)) ?? ''
  const patient = filled(segmentOf(hl7, 'PID')?.text(3, 1))
  // One value of each field for a visit, else for a patient, the newest of which counts; of nobody else for the message.
  const subject = visit === undefined ? (patient === undefined ? `message ${message}` : `patient ${patient}`) : `visit ${visit}`
  return {
    stated: sent === undefined ? new Date(0).toISOString() : instantOf(sent, context.timezone),
    subject,
    ...(sent !== undefined && { sentAt: sent }),
    ...(visit !== undefined && { visit }),
  }
}

function rowOf({ name, unit }: OwnMapping, segment: Segment): Row {
  const [, field = '', component] = /-(\d+)(?:\.(\d+))?$/.exec(name) ?? []
  const value = component === undefined ? segment.text(Number(field), 1) : segment.text(Number(field), Number(component))
  const second = component === undefined ? segment.text(Number(field), 2) : ''
  const unitText = unit.startsWith(`${segment.name}-`)
    ? segment.text(Number(unit.slice(4).split('.')[0]), Number(unit.split('.')[1] ?? 1))
    : unit
  return {
    ...(filled(value) !== undefined && { [name]: value }),
    ...(filled(second) !== undefined && { [`${name}.2`]: second }),
    ...(filled(unitText) !== undefined && { unit: unitText }),
  }
}

/** Of several segments of one name each says something of its own, in their order. */
const setOf = (hl7: Hl7Record, segment: Segment): Row =>
  segmentsOf(hl7, segment.name).length > 1 ? { set: String(segment.occurrence) } : {}

const unitName = ({ unit, segment }: OwnMapping, at: (name: string) => string): string =>
  unit.startsWith(`${segment}-`) ? at(unit) : 'unit'

const isSame = (a: MappedResource['key'], b: MappedResource['key']): boolean => JSON.stringify(a) === JSON.stringify(b)

/**
 * Into what the message says of the same thing: lists grow, and what is said by a segment of the standard stands. A message that only names its
 * visit says nothing of it. @returns false: nothing came of it
 */
function join(resources: MappedResource[], made: MappedResource): boolean {
  const at = resources.findIndex(({ key, placeholder }) => isSame(key, made.key) && !placeholder)
  const known = resources[at]
  if (!known) {
    if (made.resource.resourceType !== 'Observation') return false
    resources.push(made)
    return true
  }
  const joined: Record<string, unknown> = { ...known.resource }
  for (const [element, value] of Object.entries(made.resource)) {
    if (element === 'resourceType' || element === 'meta') continue
    const standing = joined[element]
    if (standing === undefined) joined[element] = value
    else if (Array.isArray(standing) && Array.isArray(value)) joined[element] = [...(standing as unknown[]), ...(value as unknown[])]
  }
  resources[at] = { ...known, resource: joined as MappedResource['resource'] }
  return true
}
