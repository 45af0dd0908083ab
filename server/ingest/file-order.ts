/**
 * Rows of one file that say no time count by their place in it. Where several say something of one thing in groups that are worked off at the
 * same time, each of these groups begins when those before it are done: whether a row says anything new is seen only then.
 */
import { KeyLocks } from '../writer/key-locks.ts'

/** The place of a group among those of its file. */
export interface Place {
  /** Does the work when the groups that stand before this one are done, as far as they speak of the same. */
  run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T>
  /** Nobody need wait for it any more: it has run, or has nothing to do. */
  pass(): void
}

export class FileOrder {
  readonly #locks = new KeyLocks()
  /** all groups so far have said of what they speak */
  #said: Promise<unknown> = Promise.resolve()

  /** To be called in the order of the file. */
  next(): Place {
    const before = this.#said
    const { promise, resolve: pass } = Promise.withResolvers<void>()
    // Without what they resolve to, which would hold all groups before.
    this.#said = Promise.all([before, promise]).then(() => undefined)
    return {
      pass,
      run: async (keys, work) => {
        if (keys.length === 0) {
          pass()
          return work()
        }
        await before
        const done = this.#locks.run(keys, work)
        pass()
        return done
      },
    }
  }
}
