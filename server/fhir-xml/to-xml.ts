/**
 * JSON of a resource to FHIR XML (R4 xml.html, json.html). Elements come in the order of their definitions, numbers with the
 * digits that they have in the JSON.
 */
import { type DecimalTexts, parseStored } from '../fhir/resource-text.ts'
import type { TypeNode } from '../validation/type-tree.ts'
import { escapeAttribute } from './escape.ts'
import { elementNode, FHIR_NAMESPACE, membersOf, resourceNode, type XmlMember } from './members.ts'
import { narrativeToXml } from './narrative.ts'

type Json = Record<string, unknown>

export interface XmlOptions {
  /** in lines, for people */
  pretty?: boolean
}

/** @param json compact text of a resource that is valid R4, as the server stores and makes them */
export function toXml(json: string, { pretty = false }: XmlOptions = {}): string {
  const { resource, decimals } = parseStored(json)
  const writer = new Writer(decimals, pretty)
  writer.resource(resource, ` xmlns="${FHIR_NAMESPACE}"`)
  return `<?xml version="1.0" encoding="UTF-8"?>${writer.pieces.join('')}${pretty ? '\n' : ''}`
}

class Writer {
  readonly pieces: string[] = []
  readonly #decimals: DecimalTexts
  readonly #pretty: boolean
  #depth = 0

  constructor(decimals: DecimalTexts, pretty: boolean) {
    this.#decimals = decimals
    this.#pretty = pretty
  }

  resource(resource: Json, attributes = ''): void {
    const type = String(resource.resourceType)
    const node = resourceNode(type)
    if (!node) throw new Error('no such resource type')
    this.#element(type, attributes, () => this.#content(node, resource))
  }

  /** Elements of an object in the order of its type; attributes are written with the tag. */
  #content(node: TypeNode, object: Json): void {
    const members = membersOf(node)
    const found = new Map<string, XmlMember>()
    for (const key of Object.keys(object)) {
      if (key === 'resourceType' && members.get(key) === undefined) continue
      const name = key.startsWith('_') ? key.slice(1) : key
      const member = members.get(name)
      // Validation lets no unknown element in: to leave one out here would lose what a record says.
      if (!member) throw new Error(`${node.path} has no such element`)
      if (!member.isAttribute) found.set(name, member)
    }
    const ordered = [...found].sort(([, a], [, b]) => a.order - b.order)
    for (const [name, member] of ordered) this.#member(name, member, object)
  }

  #member(name: string, member: XmlMember, object: Json): void {
    const { [name]: value, [`_${name}`]: sibling } = object
    if (!Array.isArray(value) && !Array.isArray(sibling)) {
      this.#value(name, member, object, name, sibling)
      return
    }
    const values = Array.isArray(value) ? value : []
    const siblings = Array.isArray(sibling) ? sibling : []
    for (let at = 0; at < Math.max(values.length, siblings.length); at++) this.#value(name, member, values, at, siblings[at])
  }

  /** @param holder object or list that has the value under `key` */
  #value(name: string, { info }: XmlMember, holder: object, key: string | number, sibling: unknown): void {
    const value = (holder as Record<string | number, unknown>)[key]
    if (info.type === 'xhtml') {
      if (typeof value === 'string') this.#line(narrativeToXml(value))
    } else if (info.primitive) this.#primitive(name, textOf(value, holder, key, this.#decimals), sibling as Json | null | undefined)
    else if (info.type === 'Resource') this.#element(name, '', () => this.resource(value as Json))
    else this.#complex(name, info.content(), value as Json)
  }

  #primitive(name: string, value: string | undefined, sibling: Json | null | undefined): void {
    const attributes = sibling ? attributesOf(elementNode(), sibling) : ''
    const valueText = value === undefined ? '' : ` value="${escapeAttribute(value)}"`
    if (sibling?.extension === undefined) this.#line(`<${name}${attributes}${valueText}/>`)
    else this.#element(name, attributes + valueText, () => this.#content(elementNode(), sibling))
  }

  #complex(name: string, node: TypeNode | undefined, value: Json): void {
    if (!node) throw new Error('no such type')
    this.#element(name, attributesOf(node, value), () => this.#content(node, value))
  }

  #element(name: string, attributes: string, content: () => void): void {
    this.#line(`<${name}${attributes}`)
    const end = this.pieces.push('>')
    this.#depth++
    content()
    this.#depth--
    if (this.pieces.length > end) this.#line(`</${name}>`)
    else this.pieces[end - 1] = '/>'
  }

  #line(text: string): void {
    this.pieces.push(this.#pretty ? `\n${'  '.repeat(this.#depth)}${text}` : text)
  }
}

function textOf(value: unknown, holder: object, key: string | number, decimals: DecimalTexts): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'number' ? decimals.text(holder, key) : String(value)
}

/** `id` and `url`; such an attribute has no place for an extension of its own. */
function attributesOf(node: TypeNode, object: Json): string {
  const members = membersOf(node)
  let attributes = ''
  for (const name of ['id', 'url']) {
    const value = object[name]
    if (typeof value === 'string' && members.get(name)?.isAttribute) attributes += ` ${name}="${escapeAttribute(value)}"`
  }
  return attributes
}
