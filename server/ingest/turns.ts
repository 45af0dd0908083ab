/** Bytes that are at hand whole, as long work goes through them: in pieces, with turns for others. */
import { Turns } from '../store/turns.ts'

/** of a payload at a time: a table's blank lines, which make no record, are gone through in some milliseconds */
const PIECE_BYTES = 128 * 1024

/** Bytes in small pieces, with a turn for others before each but the first. */
export async function* piecesOf(bytes: Uint8Array, turns = new Turns()): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.byteLength; from += PIECE_BYTES) {
    await turns.take()
    yield bytes.subarray(from, from + PIECE_BYTES)
  }
}
