/** What was asked for lately, as much of it as fits into so many bytes: the longest unused goes first. */
export interface Lately<V> {
  get(key: string): V | undefined
  set(key: string, value: V, bytes: number): void
}

export function lately<V>(bytesMax: number): Lately<V> {
  const known = new Map<string, { value: V; bytes: number }>()
  let held = 0
  const forget = (key: string) => {
    held -= known.get(key)?.bytes ?? 0
    known.delete(key)
  }
  return {
    get(key) {
      const found = known.get(key)
      if (!found) return undefined
      known.delete(key)
      known.set(key, found)
      return found.value
    },
    set(key, value, bytes) {
      forget(key)
      if (bytes > bytesMax) return
      known.set(key, { value, bytes })
      held += bytes
      for (const [oldest] of known) {
        if (held <= bytesMax) break
        forget(oldest)
      }
    },
  }
}
