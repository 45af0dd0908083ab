/**
 * What is different between two JSON texts of one resource type, as operations of FHIRPath Patch (R4 fhirpatch.html) that make the
 * second of the first when they are done one after the other.
 */
import type { Json, JsonObject } from '../../interactions/marked-json.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import type { ElementInfo, KeyInfo, TypeNode, TypeTree } from '../../validation/type-tree.ts'

/** An element: of a primitive the value, its id and extensions, or both. */
export interface Content {
  value?: Json
  sibling?: Json
}

export interface Element {
  info: KeyInfo
  content: Content
}

export type Difference =
  | { kind: 'add'; path: string; name: string; value: Element }
  | { kind: 'insert'; path: string; index: number; value: Element }
  | { kind: 'replace'; path: string; previous: Element; value: Element }
  | { kind: 'delete'; path: string }

/** More are no answer to the question what is different. */
export const DIFFERENCES_MAX = 10_000

interface Walk {
  tree: TypeTree
  found: Difference[]
  /** what is taken away of the object that is looked at */
  gone: Difference[]
}

/** `leftOut`: elements of the resource itself that are not compared. @throws OutcomeError diff-large */
export function differences(tree: TypeTree, from: JsonObject, to: JsonObject, leftOut: ReadonlySet<string>): Difference[] {
  const type = String(to.resourceType)
  const node = tree.node(type)
  const walk: Walk = { tree, found: [], gone: [] }
  if (node) compareObjects(walk, { path: type, node, from, to }, leftOut)
  return walk.found
}

interface Pair {
  path: string
  node: TypeNode
  from: JsonObject
  to: JsonObject
}

const NONE: ReadonlySet<string> = new Set()

function note(walk: Walk, difference: Difference): void {
  if (walk.found.length >= DIFFERENCES_MAX) throw new OutcomeError('diff-large', { params: { max: DIFFERENCES_MAX } })
  walk.found.push(difference)
}

/**
 * Element by element, in the order of their definitions. What is taken away goes last: an object that was empty between two operations
 * would be taken away as well.
 */
function compareObjects(outer: Walk, { path, node, from, to }: Pair, leftOut: ReadonlySet<string> = NONE): void {
  const walk: Walk = { ...outer, gone: [] }
  for (const element of elementsOf(node)) {
    if (leftOut.has(element.name)) continue
    const [before, after] = [keyIn(node, element, from), keyIn(node, element, to)]
    const at = `${path}.${escapedName(element.name)}`
    if (element.list) compareLists(walk, { path, at, element }, itemsAt(from, before), itemsAt(to, after))
    else compareSingle(walk, { path, at, element }, contentAt(from, before), contentAt(to, after))
  }
  for (const difference of walk.gone) note(walk, difference)
}

const elementsOf = (node: TypeNode): Set<ElementInfo> => new Set([...node.keys.values()].map(({ element }) => element))

/** `div` is an operator of FHIRPath; the names of other operators may stand for elements. */
const escapedName = (name: string): string => (name === 'div' ? '`div`' : name)

interface Key {
  key: string
  info: KeyInfo
}

function keyIn(node: TypeNode, element: ElementInfo, object: JsonObject): Key | undefined {
  const key = element.keys.find((one) => Object.hasOwn(object, one) || Object.hasOwn(object, `_${one}`))
  const info = key === undefined ? undefined : node.keys.get(key)
  return key === undefined || !info ? undefined : { key, info }
}

function contentAt(object: JsonObject, found: Key | undefined): Element | undefined {
  if (!found) return undefined
  const [value, sibling] = [object[found.key], object[`_${found.key}`]]
  return { info: found.info, content: { ...(value == null ? {} : { value }), ...(sibling == null ? {} : { sibling }) } }
}

function itemsAt(object: JsonObject, found: Key | undefined): Element[] {
  if (!found) return []
  const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : [])
  const [values, siblings] = [list(object[found.key]), list(object[`_${found.key}`])]
  return Array.from({ length: Math.max(values.length, siblings.length) }, (_, n) => ({
    info: found.info,
    content: {
      ...(values[n] == null ? {} : { value: values[n] as Json }),
      ...(siblings[n] == null ? {} : { sibling: siblings[n] as Json }),
    },
  }))
}

interface Where {
  /** of the holder */
  path: string
  /** of the element */
  at: string
  element: ElementInfo
}

function compareSingle(walk: Walk, { path, at, element }: Where, before: Element | undefined, after: Element | undefined): void {
  if (before && after) compareElements(walk, at, before, after)
  else if (after) note(walk, { kind: 'add', path, name: element.name, value: after })
  else if (before) walk.gone.push({ kind: 'delete', path: at })
}

function compareElements(walk: Walk, at: string, before: Element, after: Element): void {
  if (isSame(before, after)) return
  const inner = innerNode(walk, before, after)
  if (inner)
    compareObjects(walk, { path: at, node: inner, from: before.content.value as JsonObject, to: after.content.value as JsonObject })
  else note(walk, { kind: 'replace', path: at, previous: before, value: after })
}

/** The type of both, where their elements can be compared one by one. */
function innerNode({ tree }: Walk, before: Element, after: Element): TypeNode | undefined {
  if (before.info !== after.info || before.info.primitive) return undefined
  if (before.info.type !== 'Resource') return before.info.content()
  const [one, other] = [before, after].map(({ content }) => String((content.value as JsonObject).resourceType))
  return one === other ? tree.node(one ?? '') : undefined
}

/** What stands at both ends stays; between them one is compared with the other at its place. */
function compareLists(walk: Walk, where: Where, before: readonly Element[], after: readonly Element[]): void {
  const { path, at, element } = where
  if (before.length === 0) {
    for (const value of after) note(walk, { kind: 'add', path, name: element.name, value })
    return
  }
  const most = Math.min(before.length, after.length)
  let start = 0
  while (start < most && isSame(before[start] as Element, after[start] as Element)) start++
  let end = 0
  while (end < most - start && isSame(before[before.length - 1 - end] as Element, after[after.length - 1 - end] as Element)) end++
  const common = most - end
  for (let n = start; n < common; n++) compareElements(walk, `${at}[${n}]`, before[n] as Element, after[n] as Element)
  // From the end, so that the places of the others stay.
  for (let n = before.length - end - 1; n >= common; n--) walk.gone.push({ kind: 'delete', path: `${at}[${n}]` })
  for (let n = common; n < after.length - end; n++) note(walk, { kind: 'insert', path: at, index: n, value: after[n] as Element })
}

function isSame(one: Element, other: Element): boolean {
  return one.info === other.info && isEqual(one.content.value, other.content.value) && isEqual(one.content.sibling, other.content.sibling)
}

/** The order of members says nothing (R4 json.html); that of items does. */
function isEqual(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true
  if (one == null || other == null || typeof one !== 'object' || typeof other !== 'object') return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [keys, others] = [Object.keys(one), Object.keys(other)]
  return keys.length === others.length && keys.every((key) => isEqual((one as JsonObject)[key], (other as JsonObject)[key]))
}
