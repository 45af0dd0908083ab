/** The base definitions as look-up tables by JSON key, built per type when it is first met. */
import type { ElementData, StructuresData, TypeData } from './definitions.ts'

/** A type, or the content of a backbone element. */
export interface TypeNode {
  /** type name, or path of the backbone element; the base for FHIRPath */
  path: string
  keys: Map<string, KeyInfo>
  required: ElementInfo[]
  constraints: string[]
}

export interface ElementInfo {
  /** without [x] */
  name: string
  path: string
  min: number
  max: number
  list: boolean
  keys: string[]
  types: string[]
  binding?: string
  /** value set of an extensible binding */
  extensible?: string
  /** resource types that a reference may have */
  targets?: string[]
  constraints: string[]
}

/** What a JSON key stands for. */
export interface KeyInfo {
  element: ElementInfo
  type: string
  primitive: boolean
  /** `_birthDate`: id and extensions of a primitive */
  sibling: boolean
  /** content of a backbone element or of a complex type; undefined for primitives and resources */
  content(): TypeNode | undefined
}

export interface TypeTree {
  /** undefined for an unknown, abstract or primitive type */
  node(type: string): TypeNode | undefined
  isResource(type: string): boolean
  isPrimitive(type: string): boolean
  /** the type itself or a specialisation of it: a code is a string, an Age a Quantity */
  isKindOf(type: string, other: string): boolean
  /** the same, and what is common to all: every datatype is an Element, every resource a Resource */
  descends(type: string, other: string): boolean
}

export function createTypeTree(structures: StructuresData): TypeTree {
  const nodes = new Map<string, TypeNode>()
  const isPrimitive = (type: string): boolean => structures.types[type]?.kind === 'primitive-type'

  function node(type: string): TypeNode | undefined {
    const known = nodes.get(type)
    if (known) return known
    const data = structures.types[type]
    if (!data?.elements || (data.abstract && type !== 'Element' && type !== 'BackboneElement')) return undefined
    return build(type, data.elements, data.constraints ?? [])
  }

  function build(path: string, elements: Record<string, ElementData>, constraints: string[]): TypeNode {
    const made: TypeNode = { path, keys: new Map(), required: [], constraints }
    nodes.set(path, made)
    for (const [name, data] of Object.entries(elements)) addElement(made, name, data)
    return made
  }

  function addElement(owner: TypeNode, name: string, data: ElementData): void {
    const path = `${owner.path}.${name}`
    const types = data.types ?? ['BackboneElement']
    const element: ElementInfo = {
      name,
      path,
      min: data.min ?? 0,
      max: data.max === undefined ? 1 : data.max === '*' ? Number.POSITIVE_INFINITY : Number(data.max),
      list: data.max !== undefined && data.max !== '0',
      keys: data.choice ? types.map((type) => name + capitalized(type)) : [name],
      types,
      constraints: data.constraints ?? [],
      ...(data.binding ? { binding: data.binding } : {}),
      ...(data.extensible ? { extensible: data.extensible } : {}),
      ...(data.targets ? { targets: data.targets } : {}),
    }
    if (element.min > 0) owner.required.push(element)
    element.keys.forEach((key, at) => {
      const type = types[at] ?? ''
      const primitive = isPrimitive(type)
      owner.keys.set(key, { element, type, primitive, sibling: false, content: () => contentOf(path, type, data) })
      if (primitive) owner.keys.set(`_${key}`, { element, type, primitive, sibling: true, content: () => node('Element') })
    })
  }

  function contentOf(path: string, type: string, data: ElementData): TypeNode | undefined {
    if (data.content) return nodes.get(data.content) ?? backbone(data.content)
    if (data.elements) return nodes.get(path) ?? build(path, data.elements, [])
    return isPrimitive(type) ? undefined : node(type)
  }

  /** Content of a backbone element by its path. */
  function backbone(path: string): TypeNode | undefined {
    const [type, ...steps] = path.split('.')
    let data: TypeData | ElementData | undefined = structures.types[type ?? '']
    for (const step of steps) data = data?.elements?.[step]
    return data?.elements ? build(path, data.elements, []) : undefined
  }

  /** What is common to all datatypes says nothing of them. */
  function isKindOf(type: string, other: string): boolean {
    for (let one: string | undefined = type; one !== undefined && one !== 'Element'; one = structures.types[one]?.base)
      if (one === other) return true
    return false
  }

  function descends(type: string, other: string): boolean {
    for (let one: string | undefined = type; one !== undefined; one = structures.types[one]?.base) if (one === other) return true
    return false
  }

  return {
    node,
    isPrimitive,
    isKindOf,
    descends,
    isResource: (type) => structures.types[type]?.kind === 'resource' && !structures.types[type].abstract,
  }
}

export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
