/**
 * Acknowledgement messages (HL7 v2.5.1, chapter 2.9, and 2.15 for MSA, MSH and ERR). What is copied from the message goes back
 * in the sender's own separators and charset.
 */
import iconv from 'iconv-lite'
import { EXPLICIT_NULL } from '../../../mappings/engine/values/blank.ts'
import type { Charset } from '../../../mappings/parsers/charset.ts'
import type { Hl7Header } from '../../../mappings/parsers/hl7v2-header.ts'
import type { Separators } from '../../../mappings/parsers/hl7v2-separators.ts'
import type { Zone } from '../../fhir/zone.ts'
import type { AckError } from './errors.ts'

/** HL7 table 0008 */
export type AckCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR'

/** HL7 table 0155 */
type Condition = 'AL' | 'NE' | 'ER' | 'SU'

export interface Mode {
  /** of the message's safe keeping; undefined in original mode */
  commit: Condition | undefined
  application: Condition
}

/**
 * Both fields empty: original mode, always one application acknowledgement. In enhanced mode an empty one asks for none. Engines that write
 * an explicit null into what they leave empty mean no more by it.
 */
export function modeOf(header: Hl7Header): Mode {
  const said = (field: number): string => (header.field(field) === EXPLICIT_NULL ? '' : header.field(field))
  const [accept, application] = [said(15), said(16)]
  if (accept === '' && application === '') return { commit: undefined, application: 'AL' }
  return { commit: conditionOf(accept), application: conditionOf(application) }
}

function conditionOf(text: string): Condition {
  if (text === '') return 'NE'
  // What is none of the four is no reason to leave a sender without an answer.
  return text === 'NE' || text === 'ER' || text === 'SU' ? text : 'AL'
}

export const isWanted = (condition: Condition | undefined, success: boolean): boolean =>
  condition === 'AL' || (condition === 'SU' && success) || (condition === 'ER' && !success)

/**
 * The two answers of a message, each absent when it is not wanted. Both reject when the message could not be kept: then nothing
 * is answered, and the sender sends it again.
 */
export interface Exchange {
  commit: Promise<Buffer | undefined>
  application: Promise<Buffer | undefined>
}

export interface Acknowledgement {
  code: AckCode
  errors: readonly AckError[]
  /** control id of the answer itself */
  id: string
  at: Date
  zone: Zone
  /** by which the sender is registered (MSH-3, MSH-4), in any characters */
  names?: readonly string[]
}

/** HL7 table 0211. ASCII alone needs no name. */
const CHARSET_NAMES: Record<Charset, string> = {
  'utf-8': 'UNICODE UTF-8',
  gb18030: 'GB 18030-2000',
  big5: 'BIG-5',
  'utf-16le': 'UNICODE UTF-8',
  'utf-16be': 'UNICODE UTF-8',
}

export function acknowledge(header: Hl7Header, { code, errors, id, at, zone, names = [] }: Acknowledgement): Buffer {
  const { separators } = header
  const { control, processing, version, parties } = copied(header, names)
  const isLong = isAtLeast25(version)
  const first = errors[0]
  const [, event = ''] = TYPED.exec(header.field(9).replaceAll(separators.component, '^')) ?? []
  const type = ['ACK', event, ...(isAtLeast24(version) && event !== '' ? ['ACK'] : [])].filter((part) => part !== '')
  const msa = ['MSA', code, control, first && !isLong ? escaped(`${first.zh} / ${first.en}`, separators) : '']
  const segments = [
    ...[trimmed(msa)],
    ...errors.map((error) => (isLong ? longError(error, separators) : shortError(error, separators))),
  ].map((fields) => fields.join(separators.field))
  const body = segments.join('\r')
  const charset = /[^\x20-\x7e\r]/.test(body) || header.field(18) !== '' ? CHARSET_NAMES[header.charset] : ''
  const msh = trimmed([
    ...['MSH', encodingOf(header), ...parties],
    ...[timeOf(at, zone), '', type.join(separators.component), id, processing, version],
    // An answer is not itself to be acknowledged.
    ...['', '', ...(header.field(15) || header.field(16) ? ['NE', 'NE'] : ['', '']), '', charset],
  ])
  return encoded(`${msh.join(separators.field)}\r${body}\r`, header)
}

const encodingOf = ({ separators: { component, repetition, escape: escaping, subcomponent } }: Hl7Header): string =>
  `${component}${repetition}${escaping}${subcomponent}`

const encoded = (text: string, { charset }: Hl7Header): Buffer =>
  iconv.encode(text, charset === 'gb18030' || charset === 'big5' ? charset : 'utf-8')

/** MSH-9: type and event */
const TYPED = /^[A-Z][A-Z0-9]{2}(?:\^([A-Z0-9]{1,4}))?(?:\^|$)/
/** printable ASCII */
const PLAIN = /^[\x20-\x7e]*$/
/** an identity number (GB 11643) or a mobile phone's; institutions have codes as long, of other digits */
const PERSON_NUMBER = /^(?:[1-9]\d{5}(?:19|20)\d{9}[\dX]|1[3-9]\d{9})$/i
const VERSION = /^\d{1,2}\.\d{1,2}(?:\.\d{1,2})?(?:\^[\x20-\x7e]{0,20})?$/
const PROCESSING = /^[A-Z](?:\^[A-Z])?$/

/**
 * What goes back as it was sent, in so far as it can be what stands there. Of a header that was cut, with the rest of PID behind it, the
 * version may be a name and the control id an address.
 */
function copied(header: Hl7Header, names: readonly string[]): { control: string; processing: string; version: string; parties: string[] } {
  const { component } = header.separators
  const standard = (number: number): string => header.field(number).replaceAll(component, '^')
  const isTyped = TYPED.test(standard(9))
  const control = header.field(10)
  return {
    control: isTyped && isControl(control, header) ? control : '',
    processing: PROCESSING.test(standard(11)) ? header.field(11) : 'P',
    version: VERSION.test(standard(12)) ? header.field(12) : '2.4',
    // Sender and receiver change places; where the type is none, what stands before it may be cut as well.
    parties: isTyped ? partiesOf(header, names) : ['', '', '', ''],
  }
}

/** Fields that were shifted or swapped have a person's name or number among them. */
const partiesOf = (header: Hl7Header, names: readonly string[]): string[] =>
  [5, 6, 3, 4].map((number) => header.field(number)).map((text) => (names.includes(text) || isPlain(text) ? text : ''))

const isPlain = (text: string): boolean => PLAIN.test(text) && !PERSON_NUMBER.test(text)

const isControl = (text: string, { separators: { component, repetition, subcomponent } }: Hl7Header): boolean =>
  PLAIN.test(text) && ![component, repetition, subcomponent].some((one) => text.includes(one))

/** FHS or BHS of the answers (HL7 v2.5.1, 2.15.3 and 2.15.5): sender and receiver change places, and the batch that is answered is referred to. */
export function batchHeader(
  name: 'FHS' | 'BHS',
  header: Hl7Header,
  { id, at, zone, names = [] }: Omit<Acknowledgement, 'code' | 'errors'>,
): Buffer {
  const { field } = header.separators
  const reference = header.field(11)
  const isReference = isPlain(reference) && isControl(reference, header)
  const fields = trimmed([
    ...[name, encodingOf(header), ...partiesOf(header, names), timeOf(at, zone)],
    ...['', '', '', id, isReference ? reference : ''],
  ])
  return encoded(`${fields.join(field)}\r`, header)
}

/** ERR of v2.5 and later: where (ERR-2), what (ERR-3), how grave (ERR-4), our code (ERR-5), and texts (ERR-7, ERR-8). */
function longError(error: AckError, separators: Separators): string[] {
  const { component } = separators
  const coding = [error.code, error.meaning, 'HL70357'].join(component)
  const own = error.own === undefined ? '' : [error.own, '', 'L'].join(component)
  const place = error.place.join(component)
  return ['ERR', '', place, coding, 'E', own, '', escaped(error.en, separators), escaped(error.zh, separators)]
}

/** ERR-1 of v2.4 and before (ELD): segment, its sequence, field, and the code in subcomponents. */
function shortError(error: AckError, separators: Separators): string[] {
  const { component, subcomponent } = separators
  const [segment = '', sequence = '', field = ''] = error.place
  return ['ERR', [segment, sequence, field, [error.code, error.meaning, 'HL70357'].join(subcomponent)].join(component)]
}

const isAtLeast24 = (version: string): boolean => numberOf(version) >= 204
const isAtLeast25 = (version: string): boolean => numberOf(version) >= 205

function numberOf(version: string): number {
  const [, major = '2', minor = '4'] = /^(\d{1,2})\.(\d{1,2})/.exec(version) ?? []
  return Number(major) * 100 + Number(minor)
}

function timeOf(at: Date, zone: Zone): string {
  const offset = zone.offsetAt(at.getTime())
  const local = new Date(at.getTime() + offset).toISOString()
  const minutes = Math.abs(Math.round(offset / 60_000))
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${local.slice(0, 19).replace(/\D/g, '')}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
}

function trimmed(fields: string[]): string[] {
  const last = fields.findLastIndex((field) => field !== '')
  return fields.slice(0, last + 1)
}

/** Separators within a text of ours (chapter 2.7). */
function escaped(text: string, separators: Separators): string {
  const { field, component, repetition, subcomponent } = separators
  const names = new Map([
    [field, 'F'],
    [component, 'S'],
    [subcomponent, 'T'],
    [repetition, 'R'],
    [separators.escape, 'E'],
  ])
  return [...text]
    .map((one) => (names.has(one) ? `${separators.escape}${names.get(one)}${separators.escape}` : one === '\r' || one === '\n' ? ' ' : one))
    .join('')
}
