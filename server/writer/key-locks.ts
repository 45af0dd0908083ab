/**
 * Records of one process that speak of the same things take turns instead of meeting in the store. Only a courtesy: between
 * processes, and for what is not known before, the guarded writes decide.
 */

export class KeyLocks {
  readonly #last = new Map<string, Promise<void>>()

  /** Whether nobody holds it or waits for it. */
  isFree(key: string): boolean {
    return !this.#last.has(key)
  }

  /** Runs `work` when nobody who came before holds one of the keys. Waiting is in order of arrival, so it cannot deadlock. */
  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = [...new Set(keys)].flatMap((key) => this.#last.get(key) ?? [])
    let release: () => void = () => {}
    const mine = new Promise<void>((resolve) => {
      release = resolve
    })
    for (const key of keys) this.#last.set(key, mine)
    try {
      await Promise.all(before)
      return await work()
    } finally {
      release()
      for (const key of keys) if (this.#last.get(key) === mine) this.#last.delete(key)
    }
  }
}
