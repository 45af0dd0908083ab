/** By what results of one item are told apart within their report: OBX-4 (HL7 v2.4, 7.4.2.4). */
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

/**
 * Numbers the results of one report. The first of an item is known by the item alone; another one by its sub-id too, also where it comes alone, as a
 * correction does: it must not be taken for the first.
 */
export class ResultNumbers {
  readonly #isRunning: boolean
  readonly #given = new Set<string>()

  constructor(results: readonly Segment[]) {
    const items = new Set(results.map(itemOf))
    const subIds = new Set(results.map(subIdOf))
    // Senders who number the lines of a report by it say nothing of the items.
    this.#isRunning = results.length > 1 && items.size === results.length && subIds.size === results.length && !subIds.has(undefined)
  }

  /** Code of the item, made unique within the report. */
  of(item: string, obx: Segment): string {
    const subId = subIdOf(obx)
    const isFirst = this.#isRunning || subId === undefined || FIRST.test(subId)
    const code = isFirst ? item : `${item}#${subId}`
    let unique = code
    for (let times = 2; this.#given.has(unique); times++) unique = `${item}#${times}`
    this.#given.add(unique)
    return unique
  }
}
