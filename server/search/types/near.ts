/**
 * `near` of Location: `[latitude]|[longitude]|[distance]|[units]` (R4 location.html#positional), WGS84, measured along a great
 * circle of a sphere of the earth's mean radius. Stored as one number: latitude as lo = hi, longitude as v.
 */
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { splitEscaped, unescapeValue } from '../escape.ts'
import type { PlanNode } from '../plan.ts'
import type { Column, Criterion, IndexSink, SearchType } from './search-type.ts'

export interface Position {
  latitude: number
  longitude: number
}

export type Near = Extract<PlanNode, { kind: 'near' }>

const EARTH_METRES = 6_371_008.8
/** Where none is asked for: R4 leaves it to the server. */
const METRES_DEFAULT = 10_000
/** UCUM codes, and the mile as people write it; kilometres where none is given. */
const METRES: ReadonlyMap<string, number> = new Map([
  ['', 1000],
  ['km', 1000],
  ['m', 1],
  ['[mi_i]', 1609.344],
  ['mi', 1609.344],
  ['[nmi_i]', 1852],
])

function index(column: Column, value: unknown, _datatype: string, sink: IndexSink): void {
  const position = positionOf(value)
  if (position) sink.num(column.code, { lo: position.latitude, hi: position.latitude, v: position.longitude })
}

/** What is no place on earth is none. */
export function positionOf(value: unknown): Position | undefined {
  const { latitude, longitude } = (value ?? {}) as Partial<Record<keyof Position, unknown>>
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : undefined
}

const NUMBER = /^[+-]?\d{1,9}(?:\.\d{1,15})?$/

function plan(column: Column, criterion: Criterion): PlanNode {
  const [latitude = '', longitude = '', distance = '', unit = '', ...more] = splitEscaped(criterion.value, '|').map(unescapeValue)
  const metres = METRES.get(unit)
  const wellFormed = more.length === 0 && [latitude, longitude, ...(distance === '' ? [] : [distance])].every((text) => NUMBER.test(text))
  const position = wellFormed ? positionOf({ latitude: Number(latitude), longitude: Number(longitude) }) : undefined
  if (!position || metres === undefined || Number(distance) < 0)
    throw new OutcomeError('parameter-invalid', { expression: [criterion.name], params: { name: criterion.name } })
  return {
    kind: 'near',
    param: column.code,
    ...position,
    angle: (distance === '' ? METRES_DEFAULT : Number(distance) * metres) / EARTH_METRES,
  }
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** By the haversine formula, which is exact for short ways too. */
export function metresBetween(a: Position, b: Position): number {
  const [from, to] = [radians(a.latitude), radians(b.latitude)]
  const half = (x: number) => Math.sin(x / 2) ** 2
  const chord = half(to - from) + Math.cos(from) * Math.cos(to) * half(radians(b.longitude - a.longitude))
  return 2 * EARTH_METRES * Math.asin(Math.min(1, Math.sqrt(chord)))
}

/** The places that a criterion names. */
export function placesNamed(node: PlanNode): Near[] {
  if (node.kind === 'or') return node.nodes.flatMap(placesNamed)
  return node.kind === 'near' ? [node] : []
}

export const near: SearchType = { field: 'nums', separators: [], modifiers: new Set(), index, plan }
