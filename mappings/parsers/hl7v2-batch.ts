/** Batches and files of HL7 v2 messages (HL7 v2.5.1, 2.10.3): FHS { BHS { messages } BTS } FTS, each of them optional. */
import { HL7_BOUNDS } from './hl7v2.ts'

export interface Hl7Batch {
  /** BHS as it was sent */
  head?: Uint8Array
  /** also what stands between them without an MSH: a message that lost its beginning */
  messages: Uint8Array[]
  /** of messages, as BTS says */
  count?: number
}

export interface Hl7File {
  /** FHS as it was sent */
  head?: Uint8Array
  batches: Hl7Batch[]
  /** FTS says that it has another number of batches */
  isMiscounted?: true
}

const CR = 13
const LF = 10
/** with which MSH, BHS and BTS, FHS and FTS begin */
const [LETTER_M, LETTER_B, LETTER_F] = [0x4d, 0x42, 0x46]
const ENVELOPE: ReadonlySet<string> = new Set(['FHS', 'BHS', 'BTS', 'FTS'])

/** more of an envelope's line is not looked at */
const ENVELOPE_BYTES_MAX = 4096

/**
 * The messages of a payload as bytes, by their batches. Neither GB 18030 nor UTF-8 uses the bytes of CR, LF or of ASCII letters behind them for anything
 * else, so that bytes can be cut before decoding. Where there are more than `messagesMax` (hasTooMany), so many that it can be told are answered.
 */
export function batchesOf(bytes: Uint8Array): Hl7File {
  const file = new FileBuilder(bytes)
  const first = blanksAhead(bytes)
  for (let at = first; at + 2 < bytes.length && !file.isTooLarge; at++) {
    if (!file.mayBegin(bytes[at]) || !(at === first || isLineStart(bytes, at))) continue
    const name = String.fromCharCode(bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number)
    if (name === 'MSH') {
      // A gene (MSH2) that begins a line of a report is no message.
      if (!file.isWithin || !isWord(bytes[at + 3])) file.begin(at)
    } else if (ENVELOPE.has(name) && !isWord(bytes[at + 3])) file.envelope(name, at)
    else if (/^[A-Z][A-Z0-9]{2}$/.test(name) && isSeparator(bytes[at + 3])) file.beginHeadless(at)
  }
  return file.end()
}

/** The messages of all of its batches. */
export const messagesIn = ({ batches }: Hl7File): Uint8Array[] => batches.flatMap(({ messages }) => messages)

export const hasTooMany = (file: Hl7File, max: number = HL7_BOUNDS.messagesMax): boolean =>
  file.batches.length > max || messagesIn(file).length > max

/** Batches whose trailers say that they have another number of messages, by their places. */
export const miscounted = ({ batches }: Hl7File): number[] =>
  batches.flatMap(({ messages, count }, at) => (count === undefined || count === messages.length ? [] : [at]))

class FileBuilder {
  #messages = 0
  readonly #bytes: Uint8Array
  readonly #batches: Hl7Batch[] = []
  #batch: Hl7Batch | undefined
  #head: Uint8Array | undefined
  /** where the message begins that has not ended */
  #open: number | undefined
  #isEnveloped = false
  /** batches of the files that have ended */
  #ended = 0
  #isMiscounted = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isTooLarge(): boolean {
    return this.#messages > HL7_BOUNDS.messagesMax || this.#batches.length > HL7_BOUNDS.messagesMax
  }

  get isWithin(): boolean {
    return this.#open !== undefined
  }

  /** Within a message nothing but the next one and the envelope is looked for; where there is no envelope, what stands ahead of it is none. */
  mayBegin(first: number | undefined): boolean {
    return first === LETTER_M || first === LETTER_B || first === LETTER_F || (this.#isEnveloped && this.#open === undefined)
  }

  begin(at: number): void {
    this.#close(at)
    this.#open = at
    this.#messages++
  }

  beginHeadless(at: number): void {
    if (this.#isEnveloped && this.#open === undefined) this.begin(at)
  }

  envelope(name: string, at: number): void {
    this.#close(at)
    this.#isEnveloped = true
    const line = lineAt(this.#bytes, at)
    if (name === 'FHS') this.#head ??= line
    else if (name === 'BHS') {
      this.#batch = { head: line, messages: [] }
      this.#batches.push(this.#batch)
    } else if (name === 'BTS' && this.#batch) {
      const count = countOf(line)
      if (count !== undefined) this.#batch.count = count
    } else if (name === 'FTS') this.#endFile(countOf(line))
    // What comes behind a trailer is of another batch.
    if (name === 'BTS' || name === 'FTS') this.#batch = undefined
  }

  end(): Hl7File {
    this.#close(this.#bytes.length)
    const batches = this.#batches.filter(({ head, messages, count }) => messages.length > 0 || head || count)
    return { ...(this.#head && { head: this.#head }), batches, ...(this.#isMiscounted && { isMiscounted: true as const }) }
  }

  /** Messages without a BHS are a batch, or stand in none. */
  #endFile(count: number | undefined): void {
    const batches = this.#batches.slice(this.#ended)
    const headed = batches.filter(({ head }) => head).length
    if (count !== undefined && count !== batches.length && count !== headed) this.#isMiscounted = true
    this.#ended = this.#batches.length
  }

  #close(at: number): void {
    if (this.#open === undefined) return
    if (!this.#batch) {
      this.#batch = { messages: [] }
      this.#batches.push(this.#batch)
    }
    this.#batch.messages.push(this.#bytes.subarray(this.#open, at))
    this.#open = undefined
  }
}

function isLineStart(bytes: Uint8Array, at: number): boolean {
  const before = bytes[at - 1]
  return before === CR || before === LF || isFraming(before)
}

/** Ends of lines and spaces with which a payload begins: how many bytes. */
export function blanksAhead(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== CR && byte !== LF && byte !== 0x20 && byte !== 0x09)
  return Math.max(first, 0)
}

function lineAt(bytes: Uint8Array, from: number): Uint8Array {
  const line = bytes.subarray(from, from + ENVELOPE_BYTES_MAX)
  const end = line.findIndex((byte) => byte === CR || byte === LF)
  return end < 0 ? line : line.subarray(0, end)
}

/** BTS-1; whatever else stands there says nothing. */
function countOf(line: Uint8Array): number | undefined {
  const [, digits] = /^...[^0-9A-Za-z]0*(\d{1,9})(?![0-9A-Za-z])/.exec(Buffer.from(line).toString('latin1')) ?? []
  return digits === undefined ? undefined : Number(digits)
}

/** A line of a text may begin with any letters. */
const isWord = (byte: number | undefined): boolean => byte !== undefined && (byte > 0x7f || /[0-9A-Za-z ]/.test(String.fromCharCode(byte)))
const isSeparator = (byte: number | undefined): boolean => byte !== undefined && byte > 0x20 && byte < 0x7f && !isWord(byte)

/** MLLP's own bytes, left in by a sender who wraps HTTP bodies in them, and the last byte of a UTF-8 mark. */
const isFraming = (byte: number | undefined): boolean => byte === 0x0b || byte === 0x1c || byte === 0xbf
