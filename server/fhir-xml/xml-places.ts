/** Where the elements of a resource stand in its XML text: line and column of what a FHIRPath like `Patient.name[0].given` names. */
import type { Place } from '../fhir/json-fault.ts'
import { type Node, placesOf } from '../fhir/text-places.ts'
import { xmlText } from './xml-bytes.ts'

/** Tags, and what may hold something that looks like one. */
const TOKEN = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(\/?)(?:[\w.-]+:)?([\w.-]+)(?:"[^"]*"|'[^']*'|[^>"'])*>/g

/**
 * Places in XML that was read before: nothing is checked here. An element that is not there, as an attribute is not, has the place of
 * the nearest one above it that is.
 * @param at FHIRPath of the resource inside the text, e.g. `Parameters.parameter[0].resource`; the whole text when it is left out
 */
export function placesInXml(bytes: Uint8Array, at = ''): (expression: string) => Place {
  const text = xmlText(bytes)
  return placesOf(text, treeOf(text), at)
}

function treeOf(text: string): Node {
  const root: Node = { start: 0, inside: new Map() }
  const open: Node[] = []
  for (const { 0: tag, 1: end, 2: name, index } of text.matchAll(TOKEN)) {
    if (name === undefined) continue
    if (end === '/') open.pop()
    else {
      const node = nodeOf(open.at(-1), name, index, root)
      if (!tag.endsWith('/>')) open.push(node)
    }
  }
  return root
}

/** The element of a resource inside another is what holds it: JSON and FHIRPath have no level for it. */
function nodeOf(parent: Node | undefined, name: string, start: number, root: Node): Node {
  if (!parent) return Object.assign(root, { start })
  if (/^[A-Z]/.test(name)) return parent
  const node: Node = { start, inside: new Map() }
  const list = parent.inside?.get(name)?.inside
  if (list) list.set(list.size, node)
  else parent.inside?.set(name, { start, inside: new Map([[0, node]]) })
  return node
}
