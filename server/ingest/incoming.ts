/** Messages on their way in: each is read whole, since what it is about decides whether it may be kept at all. */
import { isZip } from '../../mappings/parsers/zip.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import { INGEST_BOUNDS } from './bounds.ts'

/** of an archive's first bytes */
const MAGIC_BYTES = 4

export class IncomingMessages {
  #large = 0
  readonly #waiting: (() => void)[] = []

  /**
   * Of messages that are larger than most, or may become so, only a few are held in memory at the same time; the others wait on their connections.
   * @throws OutcomeError body-too-large, or what the stream throws
   */
  async read<T>(stream: AsyncIterable<Uint8Array>, work: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    const pieces: Uint8Array[] = []
    let bytes = 0
    let isLarge = false
    try {
      for await (const piece of stream) {
        bytes += piece.byteLength
        if (bytes > INGEST_BOUNDS.messageBytesMax)
          throw new OutcomeError('body-too-large', { params: { max: INGEST_BOUNDS.messageBytesMax } })
        // What an archive holds may be a thousand times its own size.
        const isHead = bytes - piece.byteLength < MAGIC_BYTES
        if (!isLarge && (bytes > INGEST_BOUNDS.inlineBytesMax || (isHead && isZip(Buffer.concat([...pieces, piece]))))) {
          await this.#enter()
          isLarge = true
        }
        pieces.push(piece)
      }
      return await work(Buffer.concat(pieces))
    } finally {
      if (isLarge) this.#leave()
    }
  }

  #enter(): Promise<void> {
    if (this.#large < INGEST_BOUNDS.largeMessagesMax) {
      this.#large++
      return Promise.resolve()
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** The place goes to who waits longest. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#large--
  }
}
