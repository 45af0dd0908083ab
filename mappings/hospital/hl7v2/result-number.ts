/**
 * By what results of one item are told apart within their report: OBX-4 (HL7 v2.4, 7.4.2.4). Many senders count lines with it, those of a panel, of the
 * report or of the whole message, and begin anew where they correct one.
 */
import { filled } from '../../engine/values/blank.ts'
import type { Segment } from '../../parsers/hl7v2.ts'
import { itemOf } from './result-item.ts'

const FIRST = /^0*1$/

const subIdOf = (obx: Segment): string | undefined => filled(obx.text(4, 1))

/**
 * Whether OBX-4 counts these: each has a number of its own, which a sub-id starts anew with each item. A count begins at 1: what begins later names lines
 * of the whole report, or goes on with what was sent before, so that each is known by its number.
 * @param isPart they stand in a message behind others that it counts as well
 */
export const areLines = (results: readonly Segment[], isPart = false): boolean =>
  haveOwnNumbers(results) && (isPart || results.some((obx) => FIRST.test(subIdOf(obx) ?? '')))

/** Several, each with another number: a count, or what goes on with one. */
function haveOwnNumbers(results: readonly Segment[]): boolean {
  const subIds = results.map(subIdOf)
  return results.length > 1 && new Set(subIds).size === results.length && !subIds.includes(undefined)
}

/** Codes of an item that are unique within the report. */
export interface ResultCodes {
  itemCode: string
  /** with the number that counts lines, under which it is where that turns out to be a sub-id */
  numbered?: string
  /** without the number that is taken for a sub-id */
  plain?: string
  /** under which it is where the item alone turned out to be another line */
  first?: string
  /** its number, and whether each of its message has another one */
  line?: { number: string; counts: boolean }
  /** with when its specimen was taken, and without it */
  timed?: { at: string; code: string; plain: string }
}

const areOfOtherTimes = (times: readonly (string | undefined)[]): boolean =>
  !times.includes(undefined) && new Set(times).size === times.length

const timedCodes = (item: string, at: string) => ({ at, code: `${item}@${at}`, plain: item })

/**
 * Numbers the results of one report. The first of an item is known by the item alone. Another one, where several of an item are sent together, by its
 * sub-id too. One that is the only one of its item: by the item alone where its number counts lines, else by its sub-id, since it may correct the second
 * of two: it must not be taken for the first. Which of the two it is, what is known of either says (server/ingest/numbered.ts). Where no sub-id tells like
 * results apart, the times do at which their specimens were taken (server/ingest/timed.ts).
 */
export class ResultNumbers {
  /** those whose number counts lines: of the message, of the report or of their panel */
  readonly #lines: ReadonlySet<Segment>
  readonly #haveOwnNumbers: boolean
  /** items that there is one of */
  readonly #single: ReadonlySet<string | undefined>
  /** those, and items of which each was taken at another time */
  readonly #toldWithout: ReadonlySet<string | undefined>
  readonly #takenAt: ReadonlyMap<Segment, string>
  readonly #given = new Set<string>()
  /** when the first of each item was taken */
  readonly #taken = new Map<string, string>()

  /**
   * @param panels the results of each panel
   * @param isNumbered OBX-4 counts the lines of the message
   * @param takenAt when the specimen of each was taken, where that tells results apart: an instant
   */
  constructor(panels: readonly (readonly Segment[])[], isNumbered: boolean, takenAt: ReadonlyMap<Segment, string> = new Map()) {
    const results = panels.flat()
    this.#lines = new Set(isNumbered || areLines(results) ? results : panels.filter((panel) => areLines(panel)).flat())
    this.#haveOwnNumbers = isNumbered || haveOwnNumbers(results)
    this.#takenAt = takenAt
    const items = [...Map.groupBy(results, itemOf)]
    const itemsOf = (isOne: (same: Segment[]) => boolean) => new Set(items.filter(([, same]) => isOne(same)).map(([item]) => item))
    this.#single = itemsOf((same) => same.length === 1)
    this.#toldWithout = itemsOf((same) => same.length === 1 || areOfOtherTimes(same.map((obx) => takenAt.get(obx))))
  }

  of(item: string, obx: Segment): ResultCodes {
    const number = subIdOf(obx)?.replace(/^0+(?=\d)/, '')
    return { ...this.#codesOf(item, obx), ...(number !== undefined && { line: { number, counts: this.#haveOwnNumbers } }) }
  }

  #codesOf(item: string, obx: Segment): ResultCodes {
    const subId = subIdOf(obx)
    const taken = this.#takenAt.get(obx)
    const isFirst = subId === undefined || FIRST.test(subId)
    const isLine = this.#lines.has(obx)
    const numbered = `${item}#${subId}`
    if (!isFirst && isLine && this.#toldWithout.has(item))
      return { ...this.#asFirst(this.#timed(this.#unique(item, item), item, taken), item), numbered }
    if (!isFirst && this.#single.has(item)) return { itemCode: this.#unique(numbered, item), ...this.#withoutNumber(item, taken) }
    const itemCode = this.#unique(isFirst ? item : numbered, item)
    const codes = isFirst || isLine ? this.#timed(itemCode, item, taken) : { itemCode }
    // Before there were several of its item it may have been known without its number.
    return codes.itemCode.startsWith(`${item}#`) ? { ...codes, ...this.#withoutNumber(item, taken) } : this.#asFirst(codes, item)
  }

  #asFirst(codes: ResultCodes, item: string): ResultCodes {
    return codes.itemCode === item ? { ...codes, first: `${item}#1` } : codes
  }

  #withoutNumber(item: string, taken: string | undefined): Pick<ResultCodes, 'plain' | 'timed'> {
    return { plain: item, ...(taken !== undefined && { timed: timedCodes(item, taken) }) }
  }

  /** One that was taken at another time than the first of its item is known by its time, and by its place where no time was looked at. */
  #timed(itemCode: string, item: string, taken: string | undefined): ResultCodes {
    if (taken === undefined) return { itemCode }
    const timed = timedCodes(item, taken)
    const { code } = timed
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
