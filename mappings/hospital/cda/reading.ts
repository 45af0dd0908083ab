/** Reading of a CDA document that notes what was read, so that the rest can be listed. Values are undefined when not filled. */
import { filled } from '../../engine/values/blank.ts'
import { isDamaged } from '../../engine/values/text.ts'
import { childrenOf, type XmlElement } from '../../parsers/xml.ts'

/** Attributes that only say what an element is. */
const STRUCTURE = new Set([
  'classCode',
  'typeCode',
  'moodCode',
  'determinerCode',
  'contextControlCode',
  'contextConductionInd',
  'negationInd',
  'codeSystem',
  'codeSystemName',
  'codeSystemVersion',
  'root',
  'displayable',
  'assigningAuthorityName',
  'xsi:type',
  'xsi:schemaLocation',
  'nullFlavor',
  'inversionInd',
  'use',
])
/** Elements that frame the document. */
const FRAME = new Set(['realmCode', 'typeId', 'signatureCode'])

export class CdaReader {
  readonly root: XmlElement
  /** places read in which a character is no text (isDamaged) */
  readonly damaged = new Set<string>()
  readonly #names = new Map<XmlElement, string>()
  readonly #read = new Set<string>()

  constructor(root: XmlElement) {
    this.root = root
    this.#name(root, '')
  }

  /** Where an element stands: `author[2]/time`, without the root. */
  at(element: XmlElement): string {
    return this.#names.get(element) || element.name
  }

  attribute(element: XmlElement | undefined, name: string): string | undefined {
    if (!element) return undefined
    this.#read.add(`${this.at(element)}/@${name}`)
    return this.#value(Object.hasOwn(element.attributes, name) ? element.attributes[name] : undefined, `${this.at(element)}/@${name}`)
  }

  text(element: XmlElement | undefined): string | undefined {
    if (!element) return undefined
    this.#read.add(this.at(element))
    return this.#value(element.text, this.at(element))
  }

  #value(sent: string | undefined, at: string): string | undefined {
    if (sent !== undefined && isDamaged(sent)) this.damaged.add(at)
    return filled(sent)
  }

  /** The whole branch counts as read: it goes into a narrative as it is. */
  noteBranch(element: XmlElement | undefined): void {
    if (!element) return
    const at = this.at(element)
    this.#read.add(at)
    for (const name of Object.keys(element.attributes)) this.#read.add(`${at}/@${name}`)
    for (const one of element.children) this.noteBranch(one)
  }

  /** Filled places that nobody read. */
  unread(): string[] {
    const places: string[] = []
    this.#collect(this.root, places)
    return places.filter((place) => !this.#read.has(place))
  }

  #collect(element: XmlElement, places: string[]): void {
    if (FRAME.has(element.name)) return
    const at = this.at(element)
    if (filled(element.text) !== undefined) places.push(at)
    for (const [name, value] of Object.entries(element.attributes)) {
      if (!STRUCTURE.has(name) && filled(value) !== undefined) places.push(`${at}/@${name}`)
    }
    for (const one of element.children) this.#collect(one, places)
  }

  #name(element: XmlElement, path: string): void {
    this.#names.set(element, path)
    const several = new Map<string, number>()
    for (const one of element.children) several.set(one.name, (several.get(one.name) ?? 0) + 1)
    const seen = new Map<string, number>()
    for (const one of element.children) {
      const number = (seen.get(one.name) ?? 0) + 1
      seen.set(one.name, number)
      const step = (several.get(one.name) ?? 0) > 1 ? `${one.name}[${number}]` : one.name
      this.#name(one, path === '' ? step : `${path}/${step}`)
    }
  }
}

/** All elements of a name below this one, in document order. */
export function descendants(element: XmlElement | undefined, name: string): XmlElement[] {
  if (!element) return []
  return element.children.flatMap((one) => (one.name === name ? [one, ...descendants(one, name)] : descendants(one, name)))
}

/** The `id` child with this root OID. */
export function idWithRoot(element: XmlElement | undefined, root: string): XmlElement | undefined {
  return childrenOf(element, 'id').find((id) => id.attributes.root === root)
}
