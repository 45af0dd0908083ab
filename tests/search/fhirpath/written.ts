/**
 * From a value that FHIRPath yields to a search for it, as R4 search.html writes each type of parameter. A value that no search
 * can name has a reason instead.
 */
import type { Element, Parameter } from './parameters.ts'

export interface Written {
  /** `:identifier`; undefined: none */
  modifier?: string
  /** escaped; not percent-encoded */
  value: string
}

/** Why a value is in no search: the standard has no way to write it. */
export type Unwritable =
  | 'extension only'
  | 'words only'
  | 'contained'
  | 'display only'
  | 'no number'
  | 'no time'
  | 'empty name'
  | 'other datatype'

export const escaped = (text: string): string => text.replace(/[\\,|$]/g, '\\$&')

/** All of what is written must be found together; empty with a reason. */
export interface Writings {
  written: Written[]
  reasons: Unwritable[]
}

export function writingsOf(type: string, elements: readonly Element[]): Writings {
  const all: Writings = { written: [], reasons: [] }
  for (const element of elements) {
    const found = element.value === undefined || element.value === null ? 'extension only' : writtenAs(type, element)
    if (typeof found === 'string') all.reasons.push(found)
    else all.written.push(...found)
  }
  return all
}

function writtenAs(type: string, { datatype, value }: Element): Written[] | Unwritable {
  switch (type) {
    case 'token':
      return tokens(datatype, value)
    case 'string':
      return strings(datatype, value)
    case 'date':
      return dates(datatype, value)
    case 'number':
      return typeof value === 'number' ? [{ value: String(value) }] : quantities(datatype, value as Quantity)
    case 'quantity':
      return quantities(datatype, value as Quantity)
    case 'reference':
      return references(datatype, value)
    case 'uri':
      return [{ value: escaped(String(value)) }]
    case 'special':
      return near(value as Position)
    default:
      return 'other datatype'
  }
}

interface Position {
  latitude: number
  longitude: number
}

/** R4 location.html#positional: not a metre away. */
const near = ({ latitude, longitude }: Position): Written[] => [{ value: `${latitude}|${longitude}|1|m` }]

interface Coding {
  system?: string
  code?: string
  value?: string
}

function tokens(datatype: string, value: unknown): Written[] | Unwritable {
  if (datatype === 'CodeableConcept') return orWords((value as { coding?: Coding[] }).coding ?? [])
  if (datatype === 'Coding') return orWords([value as Coding])
  if (datatype === 'Identifier') return orWords([{ ...(value as Coding), code: (value as Coding).value }])
  if (datatype === 'ContactPoint') return orWords([{ code: (value as Coding).value }], true)
  // A part of Group.characteristic.value.
  return typeof value === 'object' ? 'other datatype' : [{ value: escaped(String(value)) }]
}

function orWords(codings: { system?: string | undefined; code?: string | undefined }[], plain = false): Written[] | Unwritable {
  const found = codings.flatMap(({ system, code }) => {
    if (code === undefined) return system === undefined ? [] : [{ value: `${escaped(system)}|` }]
    return [{ value: plain ? escaped(code) : `${escaped(system ?? '')}|${escaped(code)}` }]
  })
  return found.length === 0 ? 'words only' : found
}

/** Beginnings are enough; what is longer is not in the index (docs/api.md). */
const STRING_MAX = 120

function strings(datatype: string, value: unknown): Written[] | Unwritable {
  const members = datatype === 'HumanName' || datatype === 'Address' ? STRINGS_OF[datatype] : undefined
  const texts = members ? members.flatMap((name) => (value as Record<string, string | string[]>)[name] ?? []) : [String(value)]
  const found = texts
    .filter((text) => typeof text === 'string' && text.trim() !== '')
    .map((text) => ({ value: escaped([...text].slice(0, STRING_MAX).join('')) }))
  return found.length === 0 ? 'empty name' : found
}

/** R4 search.html 3.1.1.4.8: any of the string parts of a HumanName or Address. */
const STRINGS_OF = {
  HumanName: ['family', 'given', 'prefix', 'suffix', 'text'],
  Address: ['line', 'city', 'district', 'state', 'country', 'postalCode', 'text'],
} as const

interface Timing {
  start?: string
  end?: string
  event?: string[]
  repeat?: { boundsPeriod?: { start?: string; end?: string } }
}

/** A point equals itself at its precision; a period begins at or after its start and ends at or before its end. */
function dates(datatype: string, value: unknown): Written[] | Unwritable {
  // CarePlan.activity.detail.scheduled and Immunization.occurrence may be words.
  if (typeof value === 'string') return datatype === 'string' ? 'other datatype' : [{ value }]
  const { start, end, event = [], repeat } = value as Timing
  if (datatype === 'Timing') {
    const bounds = repeat?.boundsPeriod
    const found = [...event.map((at) => ({ value: `ap${at}` })), ...(bounds ? bounded(bounds) : [])]
    return found.length === 0 ? 'no time' : found
  }
  const found = bounded({ ...(start ? { start } : {}), ...(end ? { end } : {}) })
  return found.length === 0 ? 'no time' : found
}

const bounded = ({ start, end }: { start?: string; end?: string }): Written[] => [
  ...(start ? [{ value: `ge${start}` }] : []),
  ...(end ? [{ value: `le${end}` }] : []),
]

interface Quantity {
  value?: number
  comparator?: string
  system?: string
  code?: string
  unit?: string
  currency?: string
  low?: Quantity
  high?: Quantity
  origin?: Quantity
  factor?: number
  data?: string
}

const COMPARED: Record<string, string> = { '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge' }

function quantities(datatype: string, q: Quantity): Written[] | Unwritable {
  if (datatype === 'SampledData') return samples(q)
  if (datatype === 'Range') {
    const found = [...(q.low ? oneQuantity('ge', q.low) : []), ...(q.high ? oneQuantity('le', q.high) : [])]
    return found.length === 0 ? 'no number' : found
  }
  if (datatype === 'Money')
    return q.value === undefined
      ? 'no number'
      : oneQuantity('', { value: q.value, system: 'urn:iso:std:iso:4217', ...(q.currency ? { code: q.currency } : {}) })
  const found = oneQuantity(COMPARED[q.comparator ?? ''] ?? '', q)
  return found.length === 0 ? 'no number' : found
}

function oneQuantity(prefix: string, { value, system, code, unit }: Quantity): Written[] {
  if (value === undefined) return []
  if (code !== undefined) return [{ value: `${prefix}${value}|${escaped(system ?? '')}|${escaped(code)}` }]
  return [{ value: unit === undefined ? `${prefix}${value}` : `${prefix}${value}||${escaped(unit)}` }]
}

/** Between its lowest and its highest reading. */
function samples({ origin, factor = 1, data = '' }: Quantity): Written[] | Unwritable {
  const readings = data.split(' ').map(Number).filter(Number.isFinite)
  if (readings.length === 0) return 'no number'
  const at = (reading: number) => (origin?.value ?? 0) + reading * factor
  return [{ value: `ge${at(Math.min(...readings))}` }, { value: `le${at(Math.max(...readings))}` }]
}

function references(datatype: string, value: unknown): Written[] | Unwritable {
  if (datatype === 'Resource') {
    const { resourceType, id } = value as { resourceType: string; id?: string }
    return id === undefined ? 'display only' : [{ value: `${resourceType}/${id}` }]
  }
  // A part of Consent.source, whose expression does not say that it is the reference which is meant.
  if (datatype === 'Attachment') return 'other datatype'
  if (typeof value === 'string') return value.startsWith('#') ? 'contained' : [{ value: value.replace(/[\\,$]/g, '\\$&') }]
  const { reference, identifier } = value as { reference?: string; identifier?: Coding }
  const found: Written[] = []
  if (reference !== undefined && !reference.startsWith('#')) found.push({ value: escaped(reference) })
  if (identifier?.value !== undefined)
    found.push({ modifier: 'identifier', value: `${escaped(identifier.system ?? '')}|${escaped(identifier.value)}` })
  if (found.length > 0) return found
  return reference === undefined ? 'display only' : 'contained'
}

/** For each repetition one alternative of all its parts: `a$b`. */
export function writtenComposite(parameter: Parameter, repetitions: readonly Element[][][]): Writings {
  const all: Writings = { written: [], reasons: [] }
  for (const repetition of repetitions) {
    const parts = repetition.map((elements, at) => writingsOf(partType(parameter, at, elements), elements))
    const firsts = parts.map(({ written }) => written.find(({ modifier }) => modifier === undefined))
    if (firsts.every((first) => first !== undefined)) all.written.push({ value: firsts.map((first) => first.value).join('$') })
    else all.reasons.push(...parts.flatMap(({ reasons }) => reasons))
  }
  return all
}

/** R4 names the parts of `relationship` of DocumentReference the other way round: what refers is a reference. */
function partType({ code, parts }: Parameter, at: number, elements: readonly Element[]): string {
  if (code !== 'relationship') return parts[at] ?? ''
  return elements.some(({ datatype }) => datatype === 'Reference') ? 'reference' : 'token'
}
