/** JSON text of one object, written while its elements are read in order (R4 json.html#primitive for `_birthDate` and its like). */
import type { IssueCode } from '../outcome/issues.ts'
import type { XmlMember } from './members.ts'

/** One element and, if it may repeat, all that follow it under the same name. */
interface Run {
  key: string
  order: number
  isList: boolean
  values: (string | undefined)[]
  siblings: (string | undefined)[]
}

export class ObjectText {
  #text: string
  #run: Run | undefined
  #elements = 0

  /** @param text members that are there before */
  constructor(text = '') {
    this.#text = text
  }

  get hasElements(): boolean {
    return this.#elements > 0
  }

  /** Items of the element that is open. */
  get length(): number {
    return this.#run?.values.length ?? 0
  }

  attribute(name: string, json: string): void {
    this.#write(name, json)
  }

  /** A child opens: what is wrong with its place, if anything is. */
  begin(key: string, { order, info }: XmlMember): IssueCode | undefined {
    const run = this.#run
    if (run && order < run.order) return 'xml-order'
    if (run && order === run.order && (key !== run.key || !run.isList)) return 'xml-repeated'
    this.#elements++
    if (run?.key === key) return undefined
    this.#flush()
    this.#run = { key, order, isList: info.element.list, values: [], siblings: [] }
    return undefined
  }

  /** The open child closes: its value and, of a primitive, its id and extensions. */
  add(value: string | undefined, sibling?: string): void {
    this.#run?.values.push(value)
    this.#run?.siblings.push(sibling)
  }

  /** The whole object; undefined when it has no members. */
  end(): string | undefined {
    this.#flush()
    this.#run = undefined
    return this.#text === '' ? undefined : `{${this.#text}}`
  }

  #flush(): void {
    if (!this.#run) return
    const { key, isList, values, siblings } = this.#run
    for (const [name, texts] of [
      [key, values],
      [`_${key}`, siblings],
    ] as const) {
      if (texts.every((text) => text === undefined)) continue
      this.#write(name, isList ? `[${texts.map((text) => text ?? 'null').join(',')}]` : (texts[0] ?? ''))
    }
  }

  #write(name: string, json: string): void {
    this.#text += `${this.#text === '' ? '' : ','}"${name}":${json}`
  }
}
