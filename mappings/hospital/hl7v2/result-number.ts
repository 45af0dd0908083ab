/**
 * By what results of one item are told apart within their report: OBX-4 (HL7 v2.4, 7.4.2.4). Many senders count lines with it, those of the report or
 * of the whole message, and begin anew where they correct one.
 */
import { filled } from '../../engine/values/blank.ts'
import type { Segment } from '../../parsers/hl7v2.ts'
import { tripletsOf } from './result-value.ts'

const FIRST = /^0*1$/

/** The item of an OBX, by its code or name. */
export function itemOf(obx: Segment): string | undefined {
  const [item] = tripletsOf(obx, 3)
  return item?.code ?? item?.text
}

const subIdOf = (obx: Segment): string | undefined => filled(obx.text(4, 1))

/** Whether OBX-4 counts these: each has a number of its own, which a sub-id starts anew with each item. */
export function areLines(results: readonly Segment[]): boolean {
  const subIds = new Set(results.map(subIdOf))
  return results.length > 1 && subIds.size === results.length && !subIds.has(undefined)
}

/** Codes of an item that are unique within the report. */
export interface ResultCodes {
  itemCode: string
  /** with the number that counts lines, under which it is where that turns out to be a sub-id */
  numbered?: string
  /** without the number that is taken for a sub-id */
  plain?: string
  /** with when its specimen was taken, and without it */
  timed?: { at: string; code: string; plain: string }
}

/**
 * Numbers the results of one report. The first of an item is known by the item alone. Another one, where several of an item are sent together, by its
 * sub-id too. One that is the only one of its item: by the item alone where its number counts lines, else by its sub-id, since it may correct the second
 * of two: it must not be taken for the first. Which of the two it is, what is known of either says (server/ingest/numbered.ts). Where no sub-id tells like
 * results apart, the times do at which their specimens were taken (server/ingest/timed.ts).
 */
export class ResultNumbers {
  readonly #areLines: boolean
  readonly #times: ReadonlyMap<string | undefined, number>
  readonly #given = new Set<string>()
  /** when the first of each item was taken */
  readonly #taken = new Map<string, string>()

  /** @param isNumbered OBX-4 counts the lines of the message */
  constructor(results: readonly Segment[], isNumbered: boolean) {
    this.#areLines = isNumbered || areLines(results)
    this.#times = new Map([...Map.groupBy(results, itemOf)].map(([item, same]) => [item, same.length]))
  }

  /** @param taken when its specimen was, where that tells results apart: an instant */
  of(item: string, obx: Segment, taken?: string): ResultCodes {
    const subId = subIdOf(obx)
    const isFirst = subId === undefined || FIRST.test(subId)
    const numbered = `${item}#${subId}`
    if (!isFirst && this.#times.get(item) === 1) {
      return this.#areLines
        ? { ...this.#timed(this.#unique(item, item), item, taken), numbered }
        : { itemCode: this.#unique(numbered, item), plain: item }
    }
    const itemCode = this.#unique(isFirst ? item : numbered, item)
    return isFirst || this.#areLines ? this.#timed(itemCode, item, taken) : { itemCode }
  }

  /** One that was taken at another time than the first of its item is known by its time, and by its place where no time was looked at. */
  #timed(itemCode: string, item: string, taken: string | undefined): ResultCodes {
    if (taken === undefined) return { itemCode }
    const code = `${item}@${taken}`
    const timed = { at: taken, code, plain: item }
    const first = this.#taken.get(item)
    if (first === undefined) this.#taken.set(item, taken)
    if (itemCode === item) return { itemCode, timed }
    return first === undefined || first === taken || this.#given.has(code)
      ? { itemCode }
      : { itemCode: this.#unique(code, item), numbered: itemCode, timed }
  }

  #unique(code: string, item: string): string {
    let unique = code
    for (let times = 2; this.#given.has(unique); times++) unique = `${item}#${times}`
    this.#given.add(unique)
    return unique
  }
}
