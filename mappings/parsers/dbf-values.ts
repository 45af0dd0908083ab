/** Values of a DBF record as texts, as a delimited file would have them. */
import type { LineCharset } from './delimited-charset.ts'

export interface DbfColumn {
  type: string
  /** in the record, behind the mark of deletion */
  offset: number
  size: number
}

/** Text, number (two ways), day, yes or no; of Visual FoxPro whole number, time and currency. */
export const TYPES: ReadonlySet<string> = new Set(['C', 'N', 'F', 'D', 'L', 'I', 'T', 'Y'])

const SPACE = 0x20
/** Day 0 of the Julian count is 4713 BC; that of our clock is this day of it. */
const JULIAN_EPOCH = 2_440_588
const DAY_MS = 86_400_000
const CURRENCY_DECIMALS = 4

/** '' where nothing is filled; undefined: the text is not in the charset. */
export function readValue({ type, offset, size }: DbfColumn, record: Uint8Array, charset: LineCharset): string | undefined {
  const bytes = record.subarray(offset, offset + size)
  switch (type) {
    case 'C':
      return charset.decode(withoutPadding(bytes))?.trim()
    case 'L':
      return logical(bytes)
    case 'D':
      return /^0*$/.test(ascii(bytes)) ? '' : ascii(bytes)
    case 'I':
      return size === 4 ? String(view(bytes).readInt32LE()) : ''
    case 'T':
      return size === 8 ? time(view(bytes)) : ''
    case 'Y':
      return size === 8 ? currency(view(bytes).readBigInt64LE()) : ''
    default:
      return ascii(bytes)
  }
}

const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
/** Numbers and days are digits, right-aligned between spaces; a number that did not fit is a row of `*`, which no mapping takes for one. */
const ascii = (bytes: Uint8Array): string => view(withoutPadding(bytes)).toString('latin1').trim()

function withoutPadding(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === SPACE || bytes[end - 1] === 0)) end--
  return bytes.subarray(0, end)
}

function logical(bytes: Uint8Array): string {
  const sign = String.fromCharCode(bytes[0] ?? SPACE)
  return /[TtYy]/.test(sign) ? '1' : /[FfNn]/.test(sign) ? '0' : ''
}

/** A day of the Julian count and milliseconds of it, without zone. */
function time(bytes: Buffer): string {
  const [day, ms] = [bytes.readInt32LE(0), bytes.readInt32LE(4)]
  if (day <= 0 || ms < 0 || ms >= DAY_MS) return ''
  // Written to the next second, as these programs round what they cannot hold.
  const at = new Date((day - JULIAN_EPOCH) * DAY_MS + Math.round(ms / 1000) * 1000)
  return Number.isNaN(at.getTime()) ? '' : at.toISOString().slice(0, 19).replace('T', ' ')
}

function currency(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(CURRENCY_DECIMALS + 1, '0')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -CURRENCY_DECIMALS)}.${digits.slice(-CURRENCY_DECIMALS)}`
}
