/**
 * What the JSON members of a type are in XML (R4 xml.html): an element of the same name at its place in the definition, or, for
 * the id of an element and the url of an Extension, an attribute.
 */
import { loadBase } from '../validation/base.ts'
import type { KeyInfo, TypeNode, TypeTree } from '../validation/type-tree.ts'

export const FHIR_NAMESPACE = 'http://hl7.org/fhir'
export const XHTML_NAMESPACE = 'http://www.w3.org/1999/xhtml'

export interface XmlMember {
  info: KeyInfo
  /** place among the elements of the type; all types of one choice have the same */
  order: number
  isAttribute: boolean
}

const known = new WeakMap<TypeNode, ReadonlyMap<string, XmlMember>>()

/** By JSON key, which is the name of the XML element too; without `_birthDate` and its like. */
export function membersOf(node: TypeNode): ReadonlyMap<string, XmlMember> {
  const found = known.get(node)
  if (found) return found
  const made = new Map<string, XmlMember>()
  let order = -1
  let last: KeyInfo['element'] | undefined
  for (const [key, info] of node.keys) {
    if (info.sibling) continue
    if (info.element !== last) order++
    last = info.element
    made.set(key, { info, order, isAttribute: isAttribute(node, key, info) })
  }
  known.set(node, made)
  return made
}

/** The id of a resource has the type id and is an element; that of an element is a string. */
const isAttribute = (node: TypeNode, key: string, info: KeyInfo): boolean =>
  (key === 'id' && info.type !== 'id') || (key === 'url' && node.path === 'Extension')

export const types = (): TypeTree => loadBase().tree

/** Undefined for what is no resource type. */
export const resourceNode = (type: string): TypeNode | undefined => (types().isResource(type) ? types().node(type) : undefined)

/** What a primitive has besides its value: id and extensions. */
export function elementNode(): TypeNode {
  const node = types().node('Element')
  if (!node) throw new Error('the definitions have no Element')
  return node
}
