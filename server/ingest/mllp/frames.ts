/**
 * Frames of the Minimal Lower Layer Protocol (HL7 v2 implementation guide, appendix C): `<VT> message <FS><CR>`. Bytes come
 * cut anywhere, several messages in one packet, and with what senders put between them.
 */

const START = 0x0b
const END = 0x1c
const CR = 0x0d
const LF = 0x0a
const END_BYTE = Buffer.from([END])
const SPACE = 0x20
const [LETTER_M, LETTER_B, LETTER_F] = [0x4d, 0x42, 0x46]
/** of a message or a batch, with its separator */
const BEGINNING = /^(?:MSH|BHS|FHS)[!-/:-@[-`{-~]/
const BLANKS_MAX = 4

/** of a message that is too long: enough for its header, so that the refusal can name it */
const HEAD_BYTES = 4096

export type FrameEvent =
  | { kind: 'message'; bytes: Buffer }
  /** only the beginning was kept */
  | { kind: 'too-long'; bytes: Buffer }
  /** what was cut off in front of a message that began again: never acknowledged, so its sender has it still */
  | { kind: 'broken-off' }
  /** bytes outside of any frame */
  | { kind: 'stray'; count: number }

export class FrameReader {
  readonly #bytesMax: number
  #parts: Buffer[] = []
  #size = 0
  #isOpen = false
  #head: Buffer | undefined
  /** the last byte was FS: what follows says whether it ended the message */
  #undecided = false

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** a message has begun and not ended */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** it lacks but the last CR, which some senders never send */
  get isUndecided(): boolean {
    return this.#undecided
  }

  /** bytes held of a message that has not ended */
  get held(): number {
    return this.#head ? this.#head.length : this.#size
  }

  push(chunk: Buffer): FrameEvent[] {
    const events: FrameEvent[] = []
    for (let at = 0; at < chunk.length; ) at = this.#isOpen ? this.#inside(chunk, at, events) : this.#between(chunk, at, events)
    return events
  }

  /** The sender has closed its side, or waits. A message that lacks but the last CR is whole. */
  end(): FrameEvent[] {
    return this.#undecided ? this.#close() : []
  }

  #between(chunk: Buffer, from: number, events: FrameEvent[]): number {
    const start = chunk.indexOf(START, from)
    const until = start < 0 ? chunk.length : start
    // Ends of lines behind a frame are common and mean nothing.
    const stray = chunk.subarray(from, until).filter((byte) => byte !== CR && byte !== LF).length
    if (stray > 0) events.push({ kind: 'stray', count: stray })
    this.#isOpen = start >= 0
    return until + 1
  }

  #inside(chunk: Buffer, from: number, events: FrameEvent[]): number {
    if (this.#undecided) {
      this.#undecided = false
      const next = chunk[from]
      if (next === CR || next === LF || next === START) {
        events.push(...this.#close())
        return next === START ? from : from + 1
      }
      this.#append(END_BYTE)
    }
    const end = chunk.indexOf(END, from)
    this.#append(chunk.subarray(from, end < 0 ? chunk.length : end))
    this.#undecided = end >= 0
    return end < 0 ? chunk.length : end + 1
  }

  #append(part: Buffer): void {
    if (part.length === 0 || this.#head) return
    this.#parts.push(part)
    this.#size += part.length
    if (this.#size <= this.#bytesMax) return
    this.#head = Buffer.from(Buffer.concat(this.#parts).subarray(0, HEAD_BYTES))
    this.#parts = []
  }

  #close(): FrameEvent[] {
    const bytes = this.#head ?? Buffer.concat(this.#parts)
    const isTooLong = this.#head !== undefined
    this.#parts = []
    this.#size = 0
    this.#isOpen = false
    this.#undecided = false
    this.#head = undefined
    if (isTooLong) return [{ kind: 'too-long', bytes }]
    const again = beganAgain(bytes)
    if (again < 0) return [{ kind: 'message', bytes }]
    return [{ kind: 'broken-off' }, { kind: 'message', bytes: bytes.subarray(again + 1) }]
  }
}

/**
 * Where a new message, or a batch, began before the one before it had ended: a sender that broke off and began again. -1: nowhere. A VT may also be a
 * line break in a text, behind which a gene (MSH2) is no message.
 */
function beganAgain(bytes: Buffer): number {
  for (let at = bytes.lastIndexOf(START); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(START, at - 1)) {
    const name = headerBehind(bytes, at + 1)
    const first = bytes[name]
    if ((first === LETTER_M || first === LETTER_B || first === LETTER_F) && BEGINNING.test(bytes.toString('latin1', name, name + 4)))
      return at
  }
  return -1
}

/** Behind a byte order mark, or the ends of lines and spaces that senders put ahead of a header. */
function headerBehind(bytes: Buffer, from: number): number {
  if (bytes[from] === 0xef) return from + 3
  let at = from
  while (at < from + BLANKS_MAX && (bytes[at] === CR || bytes[at] === LF || bytes[at] === SPACE)) at++
  return at
}

export const framed = (message: Uint8Array): Buffer => Buffer.concat([Buffer.from([START]), message, Buffer.from([END, CR])])
