/**
 * The elements of a JSON list as bytes, one after the other, without holding the list: only where each begins and ends is looked for.
 * Bytes of GB 18030 look like brackets and backslashes at their second place, so that they are told apart while scanning.
 */
import { charsetOf } from './charset.ts'

export type ElementPart =
  | { kind: 'element'; bytes: Uint8Array }
  /** behind it there is nothing that could be read */
  | { kind: 'broken'; bytes: Uint8Array }
  /** longer than anybody sends one; it is left out */
  | { kind: 'too-long' }

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const [OPEN, CLOSE] = [0x5b, 0x5d]
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
const isOpening = (byte: number): boolean => byte === 0x7b || byte === OPEN
const isClosing = (byte: number): boolean => byte === 0x7d || byte === CLOSE

/** @param chunks from the opening bracket on */
export async function* jsonElements(chunks: AsyncIterable<Uint8Array>, charset: string, bytesMax: number): AsyncGenerator<ElementPart> {
  const scanner = new Scanner(charset, bytesMax)
  for await (const chunk of chunks) {
    yield* scanner.done ? scanner.behind(chunk) : scanner.push(chunk)
    if (scanner.isBroken) return
  }
  yield* scanner.end()
}

class Scanner {
  /** the list has ended */
  done = false
  isBroken = false
  readonly #bytesMax: number
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true })
  #isDouble: boolean
  /** bytes of a character of several that are still to come */
  #skip = 0
  #isLead = false
  #isInside = false
  #inString = false
  #isEscaped = false
  #depth = 0
  #parts: Uint8Array[] = []
  #size = 0

  constructor(charset: string, bytesMax: number) {
    const declared = charsetOf(charset)
    this.#isDouble = declared !== undefined && declared !== 'utf-8'
    this.#bytesMax = bytesMax
  }

  *push(chunk: Uint8Array): Generator<ElementPart> {
    this.#judge(chunk)
    let start = this.#isRunning() ? 0 : -1
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (this.#isPartOfCharacter(byte)) continue
      if (start < 0) {
        if (isSpace(byte) || byte === COMMA) continue
        if (!this.#isInside) {
          this.#isInside = byte === OPEN
          continue
        }
        if (byte === CLOSE && this.#depth === 0) return yield* this.behind(chunk.subarray(at + 1))
        start = at
      }
      if (this.#endsAt(byte)) {
        const isScalarEnd = byte === COMMA || byte === CLOSE
        this.#keep(chunk.subarray(start, isScalarEnd && this.#depth === 0 && !this.#closedHere ? at : at + 1))
        yield this.#take()
        start = -1
        if (byte === CLOSE && !this.#closedHere) return yield* this.behind(chunk.subarray(at + 1))
      }
    }
    if (start >= 0) this.#keep(chunk.subarray(start))
  }

  *end(): Generator<ElementPart> {
    if (!this.done) yield { kind: 'broken', bytes: Buffer.concat(this.#parts) }
  }

  #closedHere = false

  /** Whether the element ends with this byte: by its last bracket, or, of what has none, before a comma or the end of the list. */
  #endsAt(byte: number): boolean {
    this.#closedHere = false
    if (this.#inString) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (byte === BACKSLASH) this.#isEscaped = true
      else if (byte === QUOTE) this.#inString = false
      return false
    }
    if (byte === QUOTE) this.#inString = true
    else if (isOpening(byte)) this.#depth++
    else if (isClosing(byte) && this.#depth > 0) {
      this.#depth--
      this.#closedHere = this.#depth === 0
      return this.#closedHere
    } else if (this.#depth === 0 && (byte === COMMA || byte === CLOSE)) return true
    return false
  }

  /** What comes behind the end of the list is none of it. */
  *behind(rest: Uint8Array): Generator<ElementPart> {
    this.done = true
    this.isBroken = rest.some((byte) => !isSpace(byte))
    if (this.isBroken) yield { kind: 'broken', bytes: rest }
  }

  #isRunning(): boolean {
    return this.#size > 0 || this.#depth > 0 || this.#inString
  }

  #keep(bytes: Uint8Array): void {
    this.#size += bytes.length
    if (this.#size <= this.#bytesMax) this.#parts.push(bytes)
    else this.#parts = []
  }

  #take(): ElementPart {
    const part: ElementPart = this.#size > this.#bytesMax ? { kind: 'too-long' } : { kind: 'element', bytes: Buffer.concat(this.#parts) }
    this.#parts = []
    this.#size = 0
    return part
  }

  /** Once a piece is no UTF-8, the text is in one of the Chinese charsets. */
  #judge(chunk: Uint8Array): void {
    if (this.#isDouble) return
    try {
      this.#utf8.decode(chunk, { stream: true })
    } catch {
      this.#isDouble = true
    }
  }

  /** Bytes behind the first one of a character: two in all, or four where the second is a digit. */
  #isPartOfCharacter(byte: number): boolean {
    if (!this.#isDouble || !this.#inString) return false
    if (this.#skip > 0) {
      this.#skip--
      return true
    }
    if (this.#isLead) {
      this.#isLead = false
      if (byte >= 0x30 && byte <= 0x39) this.#skip = 2
      return true
    }
    this.#isLead = byte >= 0x81 && byte !== 0xff
    return this.#isLead
  }
}
