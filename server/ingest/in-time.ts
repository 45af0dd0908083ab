/** Work that an answer waits for, but no longer than its sender does. */
import { INGEST_BOUNDS } from './bounds.ts'
import type { Examined } from './examine.ts'
import type { PayloadDoc } from './types.ts'

/** The sender need not wait for it. */
export function takesLong({ bytes }: Pick<PayloadDoc, 'bytes'>, examined: Examined | undefined): boolean {
  const records = [...(examined?.prepared.values() ?? [])]
  const resources = records.reduce((sum, { statements }) => sum + statements.length, 0)
  return bytes > INGEST_BOUNDS.inlineBytesMax || resources > INGEST_BOUNDS.inlineResourcesMax
}

export class InTime {
  readonly #behind = new Set<Promise<unknown>>()

  /**
   * @param failed told of what failed behind the answer
   * @returns what came of it; undefined after `msMax`: it goes on behind the answer
   */
  async wait<T extends object>(work: Promise<T>, msMax: number, failed: (error: unknown) => void): Promise<T | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => resolve(undefined), msMax)
    const done = await Promise.race([work, late]).finally(() => clearTimeout(timer))
    if (done) return done
    const rest: Promise<unknown> = work.catch(failed).finally(() => this.#behind.delete(rest))
    this.#behind.add(rest)
    return undefined
  }

  /** Resolves when nothing is under way behind its answer. */
  async settle(): Promise<void> {
    await Promise.all(this.#behind)
  }
}
