/** The first bytes of a file, which tell what it is, and the file again from any of them on. */

export interface Head {
  /** at least as many as were asked for, where the file has them */
  head: Uint8Array
  /** what is behind the head, which `again` goes on with */
  rest: AsyncIterator<Uint8Array>
}

export async function headOf(chunks: AsyncIterable<Uint8Array>, bytes: number): Promise<Head> {
  const rest = chunks[Symbol.asyncIterator]()
  const held: Uint8Array[] = []
  let size = 0
  while (size < bytes) {
    const next = await rest.next()
    if (next.done) break
    held.push(next.value)
    size += next.value.length
  }
  return { head: held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held), rest }
}

/** The file again, from its beginning where `head` is all of the head; once. */
export async function* again({ head, rest }: Head): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head
    for (;;) {
      const next = await rest.next()
      if (next.done) return
      yield next.value
    }
  } finally {
    await rest.return?.()
  }
}
