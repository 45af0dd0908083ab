/** Byte chunks to lines. Neither LF nor CR is ever the second byte of a character in UTF-8, GBK or GB 18030. */

export interface Line {
  /** without its line end; cut off at ROW_BYTES_MAX when too long */
  bytes: Uint8Array
  tooLong: boolean
}

/** Longest line: 8,000 characters of the longest RHIP text column and all other columns fit several times over. */
export const ROW_BYTES_MAX = 1024 * 1024

const LF = 10
const CR = 13

export type LineEnd = typeof LF | typeof CR

/** Lines in order. A last line without an end is a line; an empty rest is not. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, lineEnd: LineEnd): AsyncGenerator<Line> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let tooLong = false
  const take = (tail: Uint8Array): Line => {
    const bytes = held.length === 0 ? tail : Buffer.concat([...held, tail])
    const line = { bytes: withoutCr(bytes.subarray(0, ROW_BYTES_MAX)), tooLong: tooLong || bytes.length > ROW_BYTES_MAX }
    held = []
    heldBytes = 0
    tooLong = false
    return line
  }
  for await (const chunk of chunks) {
    let from = 0
    for (;;) {
      const end = chunk.indexOf(lineEnd, from)
      if (end < 0) break
      yield take(chunk.subarray(from, end))
      from = end + 1
    }
    if (from === chunk.length) continue
    // A line that is too long keeps its beginning for the quarantine and lets the rest go by, so memory stays bounded.
    const room = Math.max(ROW_BYTES_MAX - heldBytes, 0)
    const rest = chunk.subarray(from, from + room)
    if (rest.length < chunk.length - from) tooLong = true
    // A copy, because a reader of the chunks may use its buffer again.
    if (rest.length > 0) held.push(rest.slice())
    heldBytes += rest.length
  }
  if (heldBytes > 0) yield take(new Uint8Array(0))
}

function withoutCr(bytes: Uint8Array): Uint8Array {
  return bytes.length > 0 && bytes[bytes.length - 1] === CR ? bytes.subarray(0, bytes.length - 1) : bytes
}
