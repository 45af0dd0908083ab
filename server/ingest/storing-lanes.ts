/**
 * Rows that wait to be stored, whichever group they came with. Each lane takes the oldest of which nobody else holds the things: where the results
 * of one patient stand in two groups, the second group's other rows need not wait for the first, and what had to wait goes with those that come.
 * One lane more is for those whose sender waits: a message need not stand behind thousands of rows of tables.
 */
import type { KeyLocks } from '../writer/key-locks.ts'

export interface Storable {
  /** in turn with others that have one of them too */
  keys: readonly string[]
  weight: number
}

interface Waiting<T extends Storable> {
  item: T
  isAwaited: boolean
  resolve(): void
  reject(error: unknown): void
}

export interface LaneOptions {
  lanes: number
  /** of what is stored together, unless one alone weighs more */
  weightMax: number
}

/** Groups that may be begun while the oldest row waits. Records that are stored alone may hold its things one after the other. */
const PASSES_MAX = 32

export class StoringLanes<T extends Storable> {
  readonly #locks: KeyLocks
  readonly #store: (items: readonly T[]) => Promise<void>
  readonly #options: LaneOptions
  #waiting: Waiting<T>[] = []
  #running = 0
  /** groups begun while the oldest was passed over */
  #passes = 0

  constructor(locks: KeyLocks, store: (items: readonly T[]) => Promise<void>, options: LaneOptions) {
    this.#locks = locks
    this.#store = store
    this.#options = options
  }

  /**
   * Resolves once all of them were stored.
   * @param isAwaited their senders wait
   * @throws what storing those throws with which one of them went
   */
  async store(items: readonly T[], isAwaited = false): Promise<void> {
    const all = items.map(
      (item) => new Promise<void>((resolve, reject) => void this.#waiting.push({ item, isAwaited, resolve: () => resolve(), reject })),
    )
    this.#pump()
    // Whoever gives up because of one of them does so when nothing of them is under way any more.
    const failed = (await Promise.allSettled(all)).find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined
    if (failed) throw failed.reason
  }

  #pump(): void {
    while (this.#running <= this.#options.lanes && this.#waiting.length > 0) {
      const isLast = this.#running === this.#options.lanes
      const group = isLast ? this.#taken(this.#isFree, ({ isAwaited }) => isAwaited) : this.#take()
      if (group.length === 0) return
      this.#running++
      void this.#run(group).finally(() => {
        this.#running--
        this.#pump()
      })
    }
  }

  async #run(group: readonly Waiting<T>[]): Promise<void> {
    const items = group.map(({ item }) => item)
    try {
      await this.#locks.run(
        items.flatMap(({ keys }) => keys),
        () => this.#store(items),
      )
      for (const { resolve } of group) resolve()
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  /**
   * Where all have to wait and no lane is under way that would look again, the oldest wait for their turn in one; so does the oldest that was
   * passed over too often.
   */
  #take(): Waiting<T>[] {
    const [oldest] = this.#waiting
    if (oldest && this.#passes >= PASSES_MAX) {
      this.#waiting.shift()
      this.#passes = 0
      return [oldest]
    }
    const free = this.#taken(this.#isFree)
    const group = free.length > 0 || this.#running > 0 ? free : this.#taken(() => true)
    if (this.#waiting[0] !== oldest) this.#passes = 0
    else if (group.length > 0) this.#passes++
    return group
  }

  readonly #isFree = (key: string): boolean => this.#locks.isFree(key)

  /** The oldest that fit together. Who came later does not overtake on the same thing. */
  #taken(isFree: (key: string) => boolean, isMeant: (one: Waiting<T>) => boolean = () => true): Waiting<T>[] {
    const group: Waiting<T>[] = []
    const left: Waiting<T>[] = []
    const passedOver = new Set<string>()
    let weight = 0
    for (const one of this.#waiting) {
      const { keys, weight: own } = one.item
      const fits = isMeant(one) && (group.length === 0 || weight + own <= this.#options.weightMax)
      if (fits && keys.every((key) => !passedOver.has(key) && isFree(key))) {
        weight += own
        group.push(one)
        continue
      }
      for (const key of keys) passedOver.add(key)
      left.push(one)
    }
    this.#waiting = left
    return group
  }
}
