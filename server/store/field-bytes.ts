/** Rough size of a row, for the bounds of groups: what is long in it is text or bytes. */
export function fieldBytes(doc: Readonly<Record<string, unknown>> | undefined): number {
  let bytes = 0
  for (const value of Object.values(doc ?? {})) {
    if (value instanceof Uint8Array) bytes += value.byteLength
    else if (typeof value === 'string') bytes += value.length
  }
  return bytes
}
