/** Segments as rows: a field is named as people name it, `PV1-3.1` (component) or `OBX-5` (whole field). */
import { EXPLICIT_NULL, filled } from '../../engine/values/blank.ts'
import { isDamaged } from '../../engine/values/text.ts'
import { table } from '../../engine/values/table.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'

export type Fields<P extends string> = { [K in P]?: string }

interface Path {
  field: number
  component?: number
}

const PATH = /^[A-Z][A-Z0-9]{2}-(\d{1,3})(?:\.(\d{1,2}))?$/
const paths = new Map<string, Path>()

function pathOf(name: string): Path {
  const known = paths.get(name)
  if (known) return known
  const match = PATH.exec(name)
  if (!match) throw new TypeError(`${name} is no field name`)
  const path = { field: Number(match[1]), ...(match[2] && { component: Number(match[2]) }) }
  paths.set(name, path)
  return path
}

/** Fields of the types DT, TS and DTM. */
const TIMES = new Set(
  (
    'MSH-7 EVN-2 PID-7 PID-29 PV1-44 PV1-45 DG1-5 AL1-6 ORC-9 OBR-6 OBR-7 OBR-14 OBR-22 OBX-14 SPM-18 TQ1-7 TQ1-8 FT1-4 FT1-5 TXA-6 ' +
    'AIS-4'
  ).split(' '),
)

/** How many digits of a time count, by its precision (TS.2, up to v2.5) to the year, month or day. */
const PRECISION: Readonly<Record<string, number>> = table({ Y: 4, L: 6, D: 8 })
const isPrecision = (text: string): boolean => /^[YLDHMS]$/.test(text)

/** A time without what stands beside it, as far as its precision says that it counts. */
export function timeOf(segment: Segment, field: number): string {
  return segment.text(field, 1).slice(0, PRECISION[segment.text(field, 2)])
}

/** Fields of the type XCN whose staff is read: its name stands in two components, or whole in the first of them. */
const STAFF = new Set('PV1-7 PV1-8 PV1-9 PV1-17 DG1-16 ORC-12 OBR-16 OBX-16 TXA-9 TXA-10 FT1-20 FT1-21 AIP-3'.split(' '))
const [FAMILY, GIVEN] = [2, 3]

/** The whole name stands in the family name, or the two parts are apart (Chinese: without a space between). */
export function nameOf(family: string | undefined, given: string | undefined): string | undefined {
  if (family === undefined || given === undefined) return family ?? given
  const latin = /^[\x20-\x7e]+$/.test(family + given)
  return latin ? `${given} ${family}` : family + given
}

function textOf(segment: Segment, field: number, component: number, repetition: number): string {
  const text = segment.text(field, component, repetition)
  if (component !== FAMILY || !STAFF.has(`${segment.name}-${field}`)) return text
  return nameOf(filled(text), filled(segment.text(field, GIVEN, repetition))) ?? text
}

/**
 * The named fields of a segment. A component is that of the given repetition; a whole field has all of its components and
 * repetitions as they were sent, because senders do not escape `^` and `~` in units and ranges.
 */
export function fieldsOf<P extends string>(segment: Segment | undefined, names: readonly P[], repetition = 0): Fields<P> {
  const row: Fields<P> = {}
  if (!segment) return row
  for (const name of names) {
    const { field, component } = pathOf(name)
    const whole = (): string => (TIMES.has(name) ? timeOf(segment, field) : segment.whole(field))
    const value = component === undefined ? whole() : textOf(segment, field, component, repetition)
    if (value !== '') row[name] = value
  }
  return row
}

/** How fields of this segment are named in issues: `OBX[2]-5`, the number left out when the message has one such segment. */
export function locate(record: Hl7Record, segment: Segment | undefined, repetition = 0): (name: string) => string {
  if (!segment) return asItIs
  const label = labelOf(record, segment)
  if (label === segment.name && repetition === 0) return asItIs
  const own = `${segment.name}-`
  return (name) => {
    if (!name.startsWith(own)) return name
    const rest = name.slice(segment.name.length)
    const repeated = repetition > 0 ? rest.replace(/^(-\d+)/, `$1[${repetition + 1}]`) : rest
    return label + repeated
  }
}

const asItIs = (name: string): string => name

const labelOf = (record: Hl7Record, segment: Segment): string =>
  segment.occurrence > 1 || segmentsOf(record, segment.name).length > 1 ? `${segment.name}[${segment.occurrence}]` : segment.name

export interface Leaf {
  /** `PID-3[2].1`; without the component when there is only one */
  name: string
  /** names under which a mapping may have read it */
  also: string[]
  /** a character of it is no text (isDamaged) */
  damaged: boolean
  /** sent as void */
  isNull: boolean
}

/** Fields that only count or frame; nobody misses them. */
const STRUCTURE = new Set(
  'MSH-1 MSH-2 PID-1 PV1-1 NK1-1 DG1-1 AL1-1 OBR-1 OBX-1 NTE-1 SPM-1 TQ1-1 RGS-1 AIS-1 AIG-1 AIP-1 AIL-1'.split(' '),
)

/** Every filled place of a segment. */
export function leavesOf(record: Hl7Record, segment: Segment): Leaf[] {
  const leaves: Leaf[] = []
  const label = labelOf(record, segment)
  for (let field = 1; field <= segment.fields; field++) {
    const repetitions = segment.repetitions(field)
    if (repetitions === 0 || STRUCTURE.has(`${segment.name}-${field}`)) continue
    const first = `${label}-${field}`
    const isTime = TIMES.has(`${segment.name}-${field}`)
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const whole = repetition > 0 ? `${first}[${repetition + 1}]` : first
      const components = segment.components(field, repetition)
      for (let component = 1; component <= components; component++) {
        const subcomponents = segment.subcomponents(field, component, repetition)
        for (let sub = 1; sub <= subcomponents; sub++) {
          const text = segment.text(field, component, repetition, sub)
          if (text.trim() === '') continue
          const place = `${whole}.${component}`
          const name = sub > 1 ? `${place}.${sub}` : components > 1 ? place : whole
          const family = component === GIVEN && STAFF.has(`${segment.name}-${field}`) ? [`${whole}.${FAMILY}`] : []
          // Who reads a time reads the first of them alone.
          const isRead = !isTime || (repetition === 0 && (component === 1 || (component === 2 && isPrecision(text))))
          leaves.push({
            name,
            also: [...(isRead ? [whole, first] : []), ...(sub === 1 ? [place, ...family] : [])],
            damaged: isDamaged(text),
            isNull: text === EXPLICIT_NULL,
          })
        }
      }
    }
  }
  return leaves
}

/** Of each message its segments by name: they are asked for with each of ten thousand results. */
const named = new WeakMap<Hl7Record, Map<string, Segment[]>>()

export function segmentsOf(record: Hl7Record, name: string): readonly Segment[] {
  let byName = named.get(record)
  if (!byName) {
    byName = Map.groupBy(record.segments, (segment) => segment.name)
    named.set(record, byName)
  }
  return byName.get(name) ?? []
}

export const segmentOf = (record: Hl7Record, name: string): Segment | undefined => segmentsOf(record, name)[0]
