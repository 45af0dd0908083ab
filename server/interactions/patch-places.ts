/**
 * Places in the JSON of a resource, by the elements of R4, and what can be done there. The value of a primitive and its id and
 * extensions (`birthDate`, `_birthDate`, R4 json.html#primitive) are one element: they come, go and move together.
 */
import type { ElementStep } from '../validation/fhirpath/locate.ts'
import type { KeyInfo, TypeNode, TypeTree } from '../validation/type-tree.ts'
import type { Json, JsonObject } from './marked-json.ts'

/** An element's JSON: of a primitive the value, its id and extensions, or both. */
export interface Content {
  value?: Json
  sibling?: Json
}

/** A member of an object, or an item of the list there. */
export interface Place {
  holder: JsonObject
  /** as it stands in the JSON, e.g. `valueQuantity` */
  key: string
  index?: number
  /** what R4 says of the key */
  info: KeyInfo
  /** type of the holder */
  type: TypeNode
}

/** The object in which elements stand, with its type. */
export interface Holder {
  object: JsonObject
  type: TypeNode
}

const isObject = (value: Json | undefined): value is JsonObject => value !== null && typeof value === 'object' && !Array.isArray(value)

export function rootOf(tree: TypeTree, resource: Json): Holder | undefined {
  const type = isObject(resource) ? tree.node(String(resource.resourceType)) : undefined
  return type && { object: resource as JsonObject, type }
}

/** The places on the way to an element, its own last; undefined where the definitions do not lead there. */
export function trailTo(tree: TypeTree, root: Holder, steps: readonly ElementStep[]): Place[] | undefined {
  const trail: Place[] = []
  let here: Holder | undefined = root
  for (const [at, { name, index }] of steps.entries()) {
    if (!here) return undefined
    const place = placeOf(here, name, index)
    if (!place) return undefined
    trail.push(place)
    if (at < steps.length - 1) here = within(tree, place, false)
  }
  return trail
}

function placeOf({ object, type }: Holder, name: string, index: number | undefined): Place | undefined {
  const isThere = (key: string) => Object.hasOwn(object, key) || Object.hasOwn(object, `_${key}`)
  const known = keysNamed(type, name).find(([key]) => isThere(key))
  if (!known) return undefined
  const [key, info] = known
  return { holder: object, key, info, type, ...(index === undefined ? {} : { index }) }
}

/** Keys that an element's name may stand for: several of one with a choice of types, one where its type is named too. */
export function keysNamed(type: TypeNode, name: string): [key: string, info: KeyInfo][] {
  const plain = name.replace(/\[x\]$/, '')
  const exact = type.keys.get(plain)
  if (exact && !exact.sibling) return [[plain, exact]]
  return [...type.keys].filter(([, info]) => !info.sibling && info.element.name === plain)
}

/** The object that an element is; of a primitive the one of its id and extensions. `make`: where it has none yet. */
export function within(tree: TypeTree, { holder, key, index, info }: Place, make: boolean): Holder | undefined {
  const value = at(holder[key], index)
  if (isObject(value)) {
    const type = info.type === 'Resource' ? tree.node(String(value.resourceType)) : info.content()
    return type && { object: value, type }
  }
  const type = tree.node('Element')
  if (!info.primitive || !type) return undefined
  const sibling = at(holder[`_${key}`], index)
  if (isObject(sibling)) return { object: sibling, type }
  if (!make) return undefined
  const object: JsonObject = {}
  if (index === undefined) holder[`_${key}`] = object
  else changeList(holder, key, (items) => items.map((item, n) => (n === index ? { ...item, sibling: object } : item)))
  return { object, type }
}

const at = (value: Json | undefined, index: number | undefined): Json | undefined =>
  index === undefined ? value : Array.isArray(value) ? value[index] : undefined

/** How many items the list at a key has. */
export const lengthOf = (holder: JsonObject, key: string): number => itemsOf(holder, key).length

function itemsOf(holder: JsonObject, key: string): Content[] {
  const list = (value: Json | undefined) => (Array.isArray(value) ? value : [])
  const [values, siblings] = [list(holder[key]), list(holder[`_${key}`])]
  return Array.from({ length: Math.max(values.length, siblings.length) }, (_, n) => ({
    ...(values[n] == null ? {} : { value: values[n] }),
    ...(siblings[n] == null ? {} : { sibling: siblings[n] }),
  }))
}

/** The list at a key as one of elements, each with its value, its id and extensions, or both. */
export function changeList(holder: JsonObject, key: string, change: (items: Content[]) => Content[]): void {
  const items = change(itemsOf(holder, key))
  setOrDrop(holder, key, items, 'value')
  setOrDrop(holder, `_${key}`, items, 'sibling')
}

function setOrDrop(holder: JsonObject, key: string, items: readonly Content[], part: 'value' | 'sibling'): void {
  const list = items.map((item) => item[part] ?? null)
  if (list.every((one) => one === null)) delete holder[key]
  else holder[key] = list
}

/** A new member, where the definition has it among those that are there. */
export function addMember(holder: JsonObject, type: TypeNode, key: string, { value, sibling }: Content): void {
  const order = ['resourceType', ...type.keys.keys()]
  const before = new Set(order.slice(0, order.indexOf(key)))
  const own = Object.entries(holder)
  const last = own.findLastIndex(([name]) => before.has(name))
  rewrite(holder, [...own.slice(0, last + 1), ...membersOf(key, { value, sibling }), ...own.slice(last + 1)])
}

const membersOf = (key: string, { value, sibling }: { value: Json | undefined; sibling: Json | undefined }): [string, Json][] => [
  ...(value === undefined ? [] : [[key, value] as [string, Json]]),
  ...(sibling === undefined ? [] : [[`_${key}`, sibling] as [string, Json]]),
]

/** The element, by another one in its place; that of a choice may have another type. */
export function replaceAt({ holder, key, index }: Place, newKey: string, content: Content): void {
  if (index !== undefined) {
    changeList(holder, key, (items) => items.map((item, n) => (n === index ? content : item)))
    return
  }
  const { value, sibling } = content
  const first = Object.keys(holder).find((name) => name === key || name === `_${key}`)
  const members = Object.entries(holder).flatMap(([name, old]): [string, Json][] => {
    if (name === first) return membersOf(newKey, { value, sibling })
    return name === key || name === `_${key}` ? [] : [[name, old]]
  })
  rewrite(holder, members)
}

function rewrite(holder: JsonObject, members: readonly [string, Json][]): void {
  for (const name of Object.keys(holder)) delete holder[name]
  for (const [name, value] of members) holder[name] = value
}

/** Takes the element away, and what is empty then: FHIR has no empty elements (R4 json.html). */
export function removeAt(trail: readonly Place[]): void {
  for (const [n, { holder, key, index }] of [...trail.entries()].reverse()) {
    const content = { value: at(holder[key], index), sibling: at(holder[`_${key}`], index) }
    // What is left of the elements around it.
    if (n < trail.length - 1) {
      const emptied = isEmpty(content.value) ? 'value' : isEmpty(content.sibling) ? 'sibling' : undefined
      if (!emptied) return
      // Extensions went: the value of the primitive stays.
      if (emptied === 'sibling' && content.value != null) {
        if (index === undefined) delete holder[`_${key}`]
        else
          changeList(holder, key, (items) =>
            items.map((item, m) => (m === index && item.value !== undefined ? { value: item.value } : item)),
          )
        return
      }
    }
    if (index !== undefined) changeList(holder, key, (items) => items.toSpliced(index, 1))
    else {
      delete holder[key]
      delete holder[`_${key}`]
    }
  }
}

const isEmpty = (value: Json | undefined): boolean => isObject(value) && Object.keys(value).length === 0
