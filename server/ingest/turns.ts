/** Long work that never waits for anything lets others have their turn: else a large payload would hold all other senders and readers up. */
import { setImmediate } from 'node:timers/promises'

const TURN_MS = 20
/** of a payload at a time: a table's blank lines, which make no record, are gone through in some milliseconds */
const PIECE_BYTES = 128 * 1024

export class Turns {
  #since = performance.now()

  /** Goes on at once, unless the others have been waiting for a while. */
  async take(): Promise<void> {
    if (performance.now() - this.#since < TURN_MS) return
    await setImmediate()
    this.#since = performance.now()
  }
}

/** Bytes in small pieces, with a turn for others before each but the first. */
export async function* piecesOf(bytes: Uint8Array, turns = new Turns()): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.byteLength; from += PIECE_BYTES) {
    await turns.take()
    yield bytes.subarray(from, from + PIECE_BYTES)
  }
}
