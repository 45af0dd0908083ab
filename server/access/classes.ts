/** The numbers of policy classes: unique by content, made once by whichever process needs them first, never changed. */
import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { Table } from '../store/types.ts'
import { ACCESS_BOUNDS } from './bounds.ts'
import { canonicalJson } from './canonical-json.ts'
import type { ResourceClass } from './resource-class.ts'
import type { ClassDoc } from './tables.ts'

export interface ClassRegistry {
  /** highest number known here */
  readonly max: number
  get(number: number): ResourceClass | undefined
  /** numbers of the classes of a type known here, in order */
  ofType(type: string): readonly number[]
  /** reads what other processes made since */
  refresh(): Promise<void>
  /** numbers of these classes, made where they are new, and announced: see `announced` */
  numbersOf(classes: readonly ResourceClass[]): Promise<number[]>
  /** another process has announced classes up to this number: those that are not known here are read */
  announced(number: number): Promise<void>
}

/**
 * `announce` makes known to every process that classes up to a number are in use, before a document is stored with one: so
 * the one read that each request makes anyway (the overlay's) tells whether classes were added.
 */
export function createClassRegistry(table: Table<ClassDoc>, announce: (number: number) => Promise<void>): ClassRegistry {
  const byNumber = new Map<number, ResourceClass>()
  const byText = new Map<string, number>()
  const byType = new Map<string, number[]>()
  /** the same by the text in which stamping makes them: no sorting of keys for what is known */
  const byShape = new Map<string, number>()
  let max = 0
  let making: Promise<unknown> = Promise.resolve()
  let announcedMax = 0

  /** Also a number that another process made: it may have ended before it could announce it. */
  const announceAll = async (numbers: readonly number[]): Promise<number[]> => {
    const highest = numbers.reduce((a, b) => Math.max(a, b), 0)
    if (highest > announcedMax) {
      await announce(highest)
      announcedMax = Math.max(announcedMax, highest)
    }
    return [...numbers]
  }

  const learn = (number: number, text: string): void => {
    if (byNumber.has(number)) return
    const known = JSON.parse(text) as ResourceClass
    byNumber.set(number, known)
    byText.set(text, number)
    const list = byType.get(known.type)
    if (list) list.push(number)
    else byType.set(known.type, [number])
    max = Math.max(max, number)
  }

  const refresh = async (): Promise<void> => {
    for (const doc of await table.find({ _id: { $gt: max } }, { sort: { _id: 1 } })) learn(doc._id, doc.def)
  }

  /**
   * Numbers have no gaps: n+1 is only made by who has seen n. So who has read up to a number has missed none below it.
   * Two that make at once meet in the unique id or the unique hash; the slower one reads and looks again.
   */
  const make = async (text: string, type: string): Promise<number> => {
    const hash = createHash('sha256').update(text).digest('base64url')
    for (let attempt = 0; attempt < ACCESS_BOUNDS.classInsertAttemptsMax; attempt++) {
      const known = byText.get(text)
      if (known !== undefined) return known
      const number = max + 1
      if (await table.insert({ _id: number, hash, type, def: text })) learn(number, text)
      else {
        await refresh()
        if (!byText.has(text)) await setTimeout(Math.random() * 5)
      }
    }
    throw new OutcomeError('busy')
  }

  return {
    get max() {
      return max
    },
    get: (number) => byNumber.get(number),
    ofType: (type) => byType.get(type) ?? [],
    refresh,
    async numbersOf(classes) {
      const quick = classes.map((one) => byShape.get(JSON.stringify(one)))
      if (quick.every((number) => number !== undefined)) return announceAll(quick)
      const texts = classes.map(canonicalJson)
      const made = making.then(async () => {
        const numbers: number[] = []
        for (const [at, text] of texts.entries()) numbers.push(byText.get(text) ?? (await make(text, (classes[at] as ResourceClass).type)))
        if (byShape.size > ACCESS_BOUNDS.classShapesMax) byShape.clear()
        for (const [at, one] of classes.entries()) byShape.set(JSON.stringify(one), numbers[at] as number)
        return numbers
      })
      making = made.catch(() => undefined)
      return announceAll(await made)
    },
    async announced(number) {
      announcedMax = Math.max(announcedMax, number)
      if (number > max) await refresh()
    },
  }
}
