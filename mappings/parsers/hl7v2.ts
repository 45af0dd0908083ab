/**
 * HL7 v2 messages. Splitting by separators is `Hl7Message` of @medplum/core; what it leaves out is here: bounds,
 * charset, escapes, line breaks inside fields, and reading without exceptions.
 */
import { Hl7Message, type Hl7Segment } from '@medplum/core'
import { type Decoded, decodeText, charsetOf } from './charset.ts'
import { unescapeHl7 } from './hl7v2-escapes.ts'
import type { Separators } from './hl7v2-separators.ts'

export const HL7_BOUNDS = {
  /** whole payload, a batch too */
  bytesMax: 32 * 1024 * 1024,
  messagesMax: 10_000,
  /** of one message: what it maps to is made in one piece, while others wait */
  segmentsMax: 6_000,
  /** of one message, with those that are empty or go on with a text */
  linesMax: 200_000,
  /** of one segment, in UTF-8: a document of the store holds no more, and each text is gone over several times in one piece */
  segmentBytesMax: 16 * 1024 * 1024,
  /** separators in one segment */
  fieldsMax: 400,
  /** repetition separators in one segment; texts in which `~` is no separator have far fewer */
  repetitionsMax: 2_000,
  /** component separators in one segment */
  componentsMax: 20_000,
  /** subcomponent separators in one segment: each of them is looked for among all of its component */
  subcomponentsMax: 2_000,
} as const

/** One segment; every reader answers '' for what is not there. Numbers count from 1 as in the standard. */
export interface Segment {
  name: string
  /** which of its name in the message, from 1 */
  occurrence: number
  /** number of the last field */
  fields: number
  repetitions(field: number): number
  /** whole field with its separators, unescaped; repetition from 0 */
  raw(field: number, repetition?: number): string
  /** all repetitions with their separators, unescaped: for texts in which `~` is no separator */
  whole(field: number): string
  /** first subcomponent of a component, or the one asked for, unescaped */
  text(field: number, component: number, repetition?: number, subcomponent?: number): string
  components(field: number, repetition?: number): number
  subcomponents(field: number, component: number, repetition?: number): number
}

export interface Hl7Record {
  /** `ADT^A01`; the structure (MSH-9.3) is not looked at, as senders leave it out or err */
  type: string
  segments: Segment[]
  /** the charset that MSH-18 says is not the one that the bytes are in */
  misdeclared: boolean
  /** of a message about several patients: which of them this record is about, from the second on */
  patient?: number
}

export type Hl7Flaw = 'payload-charset' | 'payload-structure' | 'payload-too-large'
export type Hl7Result = { ok: true; record: Hl7Record } | { ok: false; flaw: Hl7Flaw; at: string }

/** MLLP's bytes where they frame; within a value they are a control character like any other. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the framing bytes are control characters
const FRAMING_AHEAD = /^[\ufeff\u000b\u001c]+/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const FRAMING_AROUND = /^[\u000b\u001c]+|[\u000b\u001c]+$/g

/** Of a line: senders end a message with a NUL as they end a text of their own. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the control character is what is looked for
const IS_FILLED = /[^\s\u0000]/

/** @param registered charset of the source's registration */
export function parseHl7(bytes: Uint8Array, registered?: string): Hl7Result {
  if (bytes.length > HL7_BOUNDS.bytesMax) return { ok: false, flaw: 'payload-too-large', at: 'message' }
  const decoded = decodeHl7(bytes, registered)
  if (!decoded.ok) return { ok: false, flaw: 'payload-charset', at: 'MSH-18' }
  const text = decoded.text.replace(FRAMING_AHEAD, '')
  const separators = separatorsOf(text)
  if (!separators) return { ok: false, flaw: 'payload-structure', at: 'MSH-1' }
  const lines = segmentLines(text, separators)
  if (!lines || lines.length > HL7_BOUNDS.segmentsMax) return { ok: false, flaw: 'payload-too-large', at: 'message' }
  const long = lines.find((line) => hasTooMany(line, separators))
  if (long !== undefined) return { ok: false, flaw: 'payload-too-large', at: long.slice(0, 3) }
  return recordOf(Hl7Message.parse(lines.join('\r')), separators, decoded.misdeclared)
}

/**
 * What is registered goes before MSH-18, in which some write the same whatever they send: GB 18030 under BIG-5 would be other characters. Not
 * UTF-16, in which no MSH-18 could be read: neither where it is registered, nor where MSH-18 itself says it. Nothing is declared wrongly where either
 * of the two is right.
 */
export function decodeHl7(bytes: Uint8Array, registered: string | undefined): Decoded {
  const [said, known] = [charsetOf(declaredCharset(bytes)), charsetOf(registered)]
  const declared = known === undefined || (said && known.startsWith('utf-16')) ? said : known
  const isFalse = declared === said && said?.startsWith('utf-16') === true
  const decoded = decodeText(bytes, isFalse ? undefined : declared)
  return decoded.ok ? { ...decoded, misdeclared: isFalse || (decoded.misdeclared && decoded.charset !== said) } : decoded
}

/** What is repeated without end would be mapped without end. */
function hasTooMany(line: string, { field, repetition, component, subcomponent }: Separators): boolean {
  if (Buffer.byteLength(line) > HL7_BOUNDS.segmentBytesMax) return true
  const { fieldsMax, repetitionsMax, componentsMax, subcomponentsMax } = HL7_BOUNDS
  const more = (separator: string, max: number): boolean => line.split(separator, max + 1).length > max
  return (
    more(field, fieldsMax) || more(repetition, repetitionsMax) || more(component, componentsMax) || more(subcomponent, subcomponentsMax)
  )
}

function recordOf(message: Hl7Message, separators: Separators, misdeclared: boolean): Hl7Result {
  const counts = new Map<string, number>()
  const segments = message.segments.map((segment) => {
    const occurrence = (counts.get(segment.name) ?? 0) + 1
    counts.set(segment.name, occurrence)
    return reader(segment, occurrence, separators)
  })
  const header = segments[0] as Segment
  const type = [header.text(9, 1), header.text(9, 2)].filter((part) => part !== '').join('^')
  if (!/^[A-Z][A-Z0-9]{2}(\^[A-Z0-9]{1,4})?$/.test(type)) return { ok: false, flaw: 'payload-structure', at: 'MSH-9' }
  return { ok: true, record: { type, segments, misdeclared } }
}

/** MSH-18 by its position; read byte by byte as ASCII because the charset is not known yet. */
function declaredCharset(bytes: Uint8Array): string | undefined {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 2000))
  const line = head.split(/[\r\n]/, 1)[0] ?? ''
  const field = line.split(line.charAt(3))[17]
  return field?.split(/[~^\\]/)[0]
}

/** MSH-1 and MSH-2. Separators must differ and be no letters or digits; a missing subcomponent separator is `&`. */
export function separatorsOf(text: string): Separators | undefined {
  const field = text.charAt(3)
  const [component = '', repetition = '', escapeCharacter = '', subcomponent = '&'] = text.slice(4, 8).split(field, 1)[0] ?? ''
  const all = [field, component, repetition, escapeCharacter, subcomponent]
  const sound =
    text.startsWith('MSH') && new Set(all).size === all.length && all.every((one) => /^[!-~]$/.test(one) && !/[A-Za-z0-9]/.test(one))
  return sound ? { field, component, repetition, escape: escapeCharacter, subcomponent } : undefined
}

/** Segments of the messages that are taken, which may stand in them without a field. */
const BARE_SEGMENTS = new Set(
  (
    'MSH SFT EVN PID PD1 NK1 PV1 PV2 DB1 OBX OBR ORC NTE AL1 IAM DG1 DRG PR1 ROL GT1 IN1 IN2 IN3 ACC UB1 UB2 PDA MRG TQ1 TQ2 SPM SAC CTD CTI ' +
    'FT1 BLG DSC RXA RXC RXD RXE RXG RXO RXR SCH RGS AIS AIG AIL AIP ARV TXA MSA ERR QAK QPD QRD QRF PRT'
  ).split(' '),
)
const WITH_TEXTS = /^(?:OBX|NTE)/

/** The rest of a segment that was too long for its sender (HL7 v2.5.1, 2.10.2): it goes on where that one broke off. */
const CONTINUATION = 'ADD'

/** A line of three letters behind a text may be a marker that the text names (CK7, CEA), and no segment. */
function isSegmentLine(line: string, { field }: Separators, before: string | undefined): boolean {
  if (!/^[A-Z][A-Z0-9]{2}/.test(line)) return false
  if (line.length > 3) return line.charAt(3) === field
  return !WITH_TEXTS.test(before ?? '') || line.startsWith('Z') || BARE_SEGMENTS.has(line)
}

/**
 * Lines that begin like no segment are the rest of a text with a line break in it (a common fault of senders).
 * @returns undefined where there are more than linesMax
 */
function segmentLines(text: string, separators: Separators): string[] | undefined {
  const lineBreak = `${separators.escape}.br${separators.escape}`
  const lines: string[] = []
  const all = text.split(/\r\n|\r|\n/, HL7_BOUNDS.linesMax + 1)
  if (all.length > HL7_BOUNDS.linesMax) return undefined
  for (const framed of all) {
    const line = framed.replace(FRAMING_AROUND, '')
    const isSegment = isSegmentLine(line, separators, lines.at(-1))
    if (isSegment && line.startsWith(CONTINUATION) && lines.length > 1) lines[lines.length - 1] += line.slice(CONTINUATION.length + 1)
    else if (isSegment) lines.push(line)
    else if (IS_FILLED.test(line) && lines.length > 0) lines[lines.length - 1] += lineBreak + line
  }
  return lines
}

function reader(segment: Hl7Segment, occurrence: number, separators: Separators): Segment {
  const plain = (value: string) => unescapeHl7(value, separators)
  const parts = (field: number, repetition: number): string[] => segment.getField(field)?.components[repetition] ?? []
  const part = (field: number, component: number, repetition: number): string => parts(field, repetition)[component - 1] ?? ''
  const hasSubparts = (whole: string): boolean => whole.includes(separators.subcomponent)
  const subpart = (whole: string, subcomponent: number): string => {
    if (!hasSubparts(whole)) return subcomponent === 1 ? whole : ''
    return whole.split(separators.subcomponent)[subcomponent - 1] ?? ''
  }
  return {
    name: segment.name,
    occurrence,
    fields: segment.name === 'MSH' ? segment.fields.length : segment.fields.length - 1,
    repetitions: (field) => segment.getField(field)?.components.length ?? 0,
    raw: (field, repetition = 0) => plain(parts(field, repetition).join(separators.component)),
    whole: (field) =>
      plain(
        segment
          .getField(field)
          ?.components.map((one) => one.join(separators.component))
          .join(separators.repetition) ?? '',
      ),
    text: (field, component, repetition = 0, subcomponent = 1) => plain(subpart(part(field, component, repetition), subcomponent)),
    components: (field, repetition = 0) => parts(field, repetition).length,
    subcomponents: (field, component, repetition = 0) => {
      const whole = part(field, component, repetition)
      return hasSubparts(whole) ? whole.split(separators.subcomponent).length : 1
    },
  }
}
