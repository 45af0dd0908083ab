/** Chunks as one row of bytes to take from, with no more held than was asked for at once. */

/** One piece that is handed on: small, so that what a decompressor has not used is cheap to give back. */
const PIECE_BYTES = 64 * 1024

export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #held: Uint8Array = new Uint8Array(0)
  #ended = false

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#source = chunks[Symbol.asyncIterator]()
  }

  /** @returns whether `count` bytes are there */
  async #fill(count: number): Promise<boolean> {
    if (this.#held.byteLength >= count) return true
    const pieces = [this.#held]
    let size = this.#held.byteLength
    while (size < count && !this.#ended) {
      const next = await this.#source.next()
      if (next.done) this.#ended = true
      else {
        pieces.push(next.value)
        size += next.value.byteLength
      }
    }
    this.#held = Buffer.concat(pieces)
    return size >= count
  }

  /** The next bytes without taking them; undefined when there are fewer. */
  async peek(count: number): Promise<Buffer | undefined> {
    return (await this.#fill(count)) ? Buffer.from(this.#held.buffer, this.#held.byteOffset, count) : undefined
  }

  async take(count: number): Promise<Buffer | undefined> {
    const bytes = await this.peek(count)
    if (bytes) this.#held = this.#held.subarray(count)
    return bytes
  }

  /** The next four bytes as a number, little end first, not taken; undefined at the end. */
  async signature(): Promise<number | undefined> {
    return (await this.peek(4))?.readUInt32LE()
  }

  /** Whatever comes next, at most `max` bytes; undefined at the end. */
  async some(max = PIECE_BYTES): Promise<Uint8Array | undefined> {
    if (!(await this.#fill(1))) return undefined
    const piece = this.#held.subarray(0, Math.min(max, PIECE_BYTES))
    this.#held = this.#held.subarray(piece.byteLength)
    return piece
  }

  /** Bytes that were taken and not used come next again. */
  giveBack(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) this.#held = Buffer.concat([bytes, this.#held])
  }
}
