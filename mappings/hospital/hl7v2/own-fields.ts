/**
 * Where a hospital writes what the standard has elsewhere (fields.csv), and its words for what the standard has codes for (values.csv): the message
 * is read as if it had come as the standard says. Made of the site's folder (server/ingest/dialects.ts); another hospital is another folder.
 */
import { lineOf, repeatedLines, type TableLine } from '../../engine/table-line.ts'
import { filled } from '../../engine/values/blank.ts'
import { unitBehind } from '../../engine/values/unit-behind.ts'
import type { Hl7Record, Segment } from '../../parsers/hl7v2.ts'
import { segmentOf } from './fields.ts'
import { isListedMove, LISTED, type Made, madeFor, withMade } from './own-repeats.ts'

/** One line of fields.csv: what stands in `from` is read as `to`. */
export interface MovedField extends TableLine {
  from: string
  to: string
  /** of a number of the patient (to PID-3) its type in table 0203; `unit` where the field holds a unit behind its number */
  as: string
}

/** One line of values.csv: the standard's code for what is sent as the first component of a field. */
export interface OwnValue extends TableLine {
  field: string
  sent: string
  means: string
}

export interface OwnFields {
  moves: readonly MovedField[]
  values: readonly OwnValue[]
}

export interface FieldProblem {
  file: 'fields.csv' | 'values.csv'
  line: number
  zh: string
  en: string
}

interface Place {
  segment: string
  field: number
  component?: number
}

const PLACE = /^([A-Z][A-Z0-9]{2})-([1-9]\d{0,2})(?:\.([1-9]\d?))?$/

function placeOf(name: string): Place | undefined {
  const [, segment, field, component] = PLACE.exec(name) ?? []
  if (segment === undefined) return undefined
  return { segment, field: Number(field), ...(component !== undefined && { component: Number(component) }) }
}

const NUMBERS = 'PID-3'
const UNIT = 'unit'
/** There is one of each in a message, so that what another segment says can only be of it. */
const ONCE: readonly string[] = ['PID', 'PV1', 'PV2']

/** What is wrong with the tables: a line that would move nothing, or into the wrong place. */
export function problemsOfFields({ moves, values }: OwnFields): FieldProblem[] {
  const found = <T extends TableLine>(
    file: FieldProblem['file'],
    lines: readonly T[],
    nameOf: (one: T) => string,
    wrong: (one: T) => Wrong | undefined,
  ): FieldProblem[] =>
    repeatedLines(lines, lines.map(nameOf)).flatMap((first, at) => {
      const one = lines[at] as T
      const said = first === undefined ? wrong(one) : ([`与第 ${first} 行重复`, `repeats line ${first}`] as const)
      return said ? [{ file, line: lineOf(one, at), zh: said[0], en: said[1] }] : []
    })
  return [
    ...found('fields.csv', moves, ({ to, as }) => (to === NUMBERS ? `${to} ${as}` : to), wrongMove),
    ...found('values.csv', values, ({ field, sent }) => `${field} ${sent}`, wrongValue),
  ]
}

type Wrong = readonly [zh: string, en: string]

function wrongMove({ from, to, as }: MovedField): Wrong | undefined {
  const [source, target] = [placeOf(from), placeOf(to)]
  const unreadable = source ? (target ? undefined : to) : from
  if (!source || !target) return [`${unreadable} 不是字段，如 OBR-18 或 PV1-3.3`, `${unreadable} is no field such as OBR-18 or PV1-3.3`]
  if (source.segment === 'MSH' || target.segment === 'MSH') return ['MSH 的字段不能移动', 'fields of MSH cannot be moved']
  if (source.segment !== target.segment && !ONCE.includes(target.segment) && !isListedMove(source.segment, target.segment))
    return [
      `只能移到同一段，或移到 ${ONCE.join('、')}；Z 段的字段还可移到 ${LISTED.join('、')}`,
      `a field moves within its segment, or to ${ONCE.join(', ')}; one of a Z segment to ${LISTED.join(', ')} as well`,
    ]
  if (as === UNIT) return isUnitMove(source, target) ? undefined : ['unit 只用于 OBX-5 移到 OBX-6', 'unit is for OBX-5 to OBX-6 alone']
  if (to === NUMBERS)
    return /^[A-Z0-9]{1,20}$/.test(as)
      ? undefined
      : ['移到 PID-3 要写明号码类型，如 NI、PI、HC', 'a number of PID-3 needs its type, such as NI, PI or HC']
  if (target.segment === 'PID' && target.field === 3) return [`整个移到 ${NUMBERS}`, `a number moves to ${NUMBERS} as a whole`]
  return as === '' ? undefined : [`${to} 没有类型`, `${to} has no type`]
}

const isUnitMove = (from: Place, to: Place): boolean =>
  from.segment === 'OBX' && from.field === 5 && to.segment === 'OBX' && to.field === 6 && (from.component ?? to.component) === undefined

function wrongValue({ field, sent, means }: OwnValue): Wrong | undefined {
  if (!placeOf(field) || field.startsWith('MSH-')) return [`${field} 不是字段，如 PID-8`, `${field} is no field such as PID-8`]
  if (sent === '' || means === '') return ['发送值和含义都不能为空', 'what is sent and what it means must both be there']
  return undefined
}

/** Contents of a field: components by repetition. */
type Content = readonly (readonly string[])[]

/** What fields hold by now. */
class Contents {
  readonly #changed = new Map<Segment, Map<number, Content>>()

  read(segment: Segment, field: number): Content {
    return this.#changed.get(segment)?.get(field) ?? contentOf(segment, field)
  }

  write(segment: Segment, field: number, content: Content): void {
    const fields = this.#changed.get(segment) ?? new Map<number, Content>()
    this.#changed.set(segment, fields.set(field, content))
  }

  segment = (segment: Segment): Segment => withContents(segment, this.#changed.get(segment))
}

/** The message as it would have come, and places of it that were written over by what stands elsewhere. */
export function asStandard(hl7: Hl7Record, { moves, values }: OwnFields): { hl7: Hl7Record; covered: string[] } {
  if (moves.length === 0 && values.length === 0) return { hl7, covered: [] }
  const contents = new Contents()
  const made = madeFor(
    hl7,
    moves.map(({ from, to }) => ({ from: from.slice(0, 3), to: to.slice(0, 3) })),
  )
  const covered = moves.filter((move) => moveIn(hl7, contents, move, made)).map(({ to }) => to)
  const all = [...hl7.segments, ...made.map(([, target]) => target)]
  for (const [field, lines] of Map.groupBy(values, (one) => one.field)) mean(all, contents, field, lines)
  const segments = made.length === 0 ? hl7.segments.map(contents.segment) : withMade(hl7.segments, made, contents.segment)
  return { hl7: { ...hl7, segments }, covered: [...new Set(covered)] }
}

/** @returns whether something else stood where the field was moved to */
function moveIn(hl7: Hl7Record, contents: Contents, move: MovedField, made: readonly Made[]): boolean {
  const [from, to] = [placeOf(move.from), placeOf(move.to)]
  if (!from || !to) return false
  let covers = false
  for (const [source, target] of pairsOf(hl7, from, to, made)) {
    const change = changed(move, { from: contents.read(source, from.field), to: contents.read(target, to.field) }, { from, to })
    if (!change) continue
    covers ||= change.covers
    // Within one field the second writing would undo the first.
    if (source !== target || from.field !== to.field) contents.write(source, from.field, change.from)
    contents.write(target, to.field, change.to)
  }
  return covers
}

/** The standard's code in place of the hospital's word, in each repetition; each word once, since a hospital may use 1 for what the standard calls 2. */
function mean(segments: readonly Segment[], contents: Contents, field: string, lines: readonly OwnValue[]): void {
  const place = placeOf(field)
  if (!place) return
  const at = (place.component ?? 1) - 1
  const meanings = new Map(lines.map(({ sent, means }) => [sent, means]))
  const meant = (parts: readonly string[]): string | undefined => meanings.get(parts[at]?.trim() ?? '')
  for (const segment of segments.filter(({ name }) => name === place.segment)) {
    const content = contents.read(segment, place.field)
    if (!content.some((parts) => meant(parts) !== undefined)) continue
    contents.write(
      segment,
      place.field,
      content.map((parts) => {
        const code = meant(parts)
        return code === undefined ? parts : parts.with(at, code)
      }),
    )
  }
}

/** Which segment says something of which: of its own, of the one that is made of it, or of the one that is there once. */
function pairsOf(hl7: Hl7Record, from: Place, to: Place, made: readonly Made[]): (readonly [Segment, Segment])[] {
  if (isListedMove(from.segment, to.segment))
    return made.filter(([source, target]) => source.name === from.segment && target.name === to.segment)
  const sources = hl7.segments.filter(({ name }) => name === from.segment)
  if (from.segment === to.segment) return sources.map((segment) => [segment, segment])
  const [source] = sources
  const target = segmentOf(hl7, to.segment)
  return source && target ? [[source, target]] : []
}

interface Change {
  from: Content
  to: Content
  /** something else stood there */
  covers: boolean
}

/** undefined: there is nothing to move. */
function changed(move: MovedField, content: { from: Content; to: Content }, { from, to }: { from: Place; to: Place }): Change | undefined {
  if (move.as === UNIT) return unitApart(content)
  const sent = from.component === undefined ? content.from : [[content.from[0]?.[from.component - 1] ?? '']]
  const first = sent[0]?.[0]
  if (filled(first) === undefined && !sent.flat().some((part) => filled(part) !== undefined)) return undefined
  const left = from.component === undefined ? [] : emptied(content.from, from.component)
  if (move.to === NUMBERS) {
    const number = [first ?? '', '', '', '', move.as]
    return { from: left, to: [...content.to.filter((one) => one.some((part) => part !== '')), number], covers: false }
  }
  const standing = to.component === undefined ? content.to.flat() : [content.to[0]?.[to.component - 1]]
  const covers = standing.some((part) => filled(part) !== undefined)
  if (to.component === undefined) return { from: left, to: sent, covers }
  return { from: left, to: [put(content.to[0] ?? [], to.component, first ?? ''), ...content.to.slice(1)], covers }
}

const emptied = (content: Content, component: number): Content => [put(content[0] ?? [], component, ''), ...content.slice(1)]

function put(parts: readonly string[], component: number, text: string): string[] {
  const padded = [...parts, ...Array.from({ length: Math.max(component - parts.length, 0) }, () => '')]
  return padded.with(component - 1, text)
}

/** `5.6 mmol/L` as 5.6 and mmol/L, where the second is a unit that is known and no other unit is sent. */
function unitApart({ from, to }: { from: Content; to: Content }): Change | undefined {
  if (to.flat().some((part) => filled(part) !== undefined) || from.length !== 1) return undefined
  const found = unitBehind((from[0] ?? []).join('^'))
  return found && { from: [[found.number]], to: [[found.unit]], covers: false }
}

/** First subcomponents alone: nothing that is moved has more. */
function contentOf(segment: Segment, field: number): Content {
  return Array.from({ length: segment.repetitions(field) }, (_, repetition) =>
    Array.from({ length: segment.components(field, repetition) }, (__, component) => segment.text(field, component + 1, repetition)),
  )
}

function withContents(segment: Segment, contents: ReadonlyMap<number, Content> | undefined): Segment {
  if (!contents) return segment
  const own = (field: number): Content | undefined => contents.get(field)
  return {
    ...segment,
    fields: Math.max(segment.fields, ...contents.keys()),
    repetitions: (field) => own(field)?.length ?? segment.repetitions(field),
    raw: (field, repetition = 0) =>
      own(field) === undefined ? segment.raw(field, repetition) : (own(field)?.[repetition] ?? []).join('^'),
    whole: (field) =>
      own(field)
        ?.map((parts) => parts.join('^'))
        .join('~') ?? segment.whole(field),
    text: (field, component, repetition = 0, subcomponent = 1) => {
      const content = own(field)
      if (!content) return segment.text(field, component, repetition, subcomponent)
      return subcomponent === 1 ? (content[repetition]?.[component - 1] ?? '') : ''
    },
    components: (field, repetition = 0) =>
      own(field) === undefined ? segment.components(field, repetition) : (own(field)?.[repetition]?.length ?? 0),
    subcomponents: (field, component, repetition = 0) =>
      own(field) === undefined
        ? segment.subcomponents(field, component, repetition)
        : component <= (own(field)?.[repetition]?.length ?? 0)
          ? 1
          : 0,
  }
}
