/** Differences as Parameters: the format of FHIRPath Patch (R4 fhirpatch.html#format), with what a value was before beside it. */
import { type Json, type JsonObject, numberOf } from '../../interactions/marked-json.ts'
import { capitalized, type KeyInfo, type TypeNode, type TypeTree } from '../../validation/type-tree.ts'
import type { Content, Difference, Element } from './compare.ts'

export function parametersOf(tree: TypeTree, found: readonly Difference[]): JsonObject {
  const parameter = found.map((one): JsonObject => ({ name: 'operation', part: partsOf(tree, one) }))
  // FHIR has no empty lists.
  return { resourceType: 'Parameters', ...(parameter.length > 0 ? { parameter } : {}) }
}

function partsOf(tree: TypeTree, one: Difference): Json[] {
  const head: Json[] = [
    { name: 'type', valueCode: one.kind },
    { name: 'path', valueString: one.path },
  ]
  switch (one.kind) {
    case 'add':
      return [...head, { name: 'name', valueString: one.name }, partOf(tree, 'value', one.value)]
    case 'insert':
      return [...head, { name: 'index', valueInteger: numberOf(String(one.index)) }, partOf(tree, 'value', one.value)]
    case 'replace':
      return [...head, partOf(tree, 'previousValue', one.previous), partOf(tree, 'value', one.value)]
    case 'delete':
      return head
  }
}

/** As value[x], as a resource, or by parts where the type is none that value[x] may have. */
function partOf(tree: TypeTree, name: string, { info, content }: Element): JsonObject {
  const { value, sibling } = content
  if (info.type === 'Resource' && value !== undefined) return { name, resource: value }
  const key = valueKey(tree, info)
  if (key !== undefined)
    return { name, ...(value === undefined ? {} : { [key]: value }), ...(sibling === undefined ? {} : { [`_${key}`]: sibling }) }
  const type = info.content()
  return { name, part: type ? membersOf(tree, type, (value ?? {}) as JsonObject) : [] }
}

/** value[x] has no xhtml: a narrative's text is a string. */
function valueKey(tree: TypeTree, { type }: KeyInfo): string | undefined {
  const keys = tree.node('Parameters')?.keys.get('parameter')?.content()?.keys
  const key = `value${capitalized(type === 'xhtml' ? 'string' : type)}`
  return keys?.has(key) ? key : undefined
}

function membersOf(tree: TypeTree, type: TypeNode, object: JsonObject): Json[] {
  return Object.keys(object).flatMap((key): Json[] => {
    const plain = key.startsWith('_') ? key.slice(1) : key
    // Of a primitive with both, they are one part.
    if (plain !== key && Object.hasOwn(object, plain)) return []
    const info = type.keys.get(plain)
    if (!info) return []
    const items = info.element.list ? itemsOf(object[plain], object[`_${plain}`]) : [contentOf(object[plain], object[`_${plain}`])]
    return items.map((content) => partOf(tree, info.element.name, { info, content }))
  })
}

const contentOf = (value: Json | undefined, sibling: Json | undefined): Content => ({
  ...(value == null ? {} : { value }),
  ...(sibling == null ? {} : { sibling }),
})

function itemsOf(values: Json | undefined, siblings: Json | undefined): Content[] {
  const [own, beside] = [values, siblings].map((list) => (Array.isArray(list) ? list : []))
  return Array.from({ length: Math.max(own?.length ?? 0, beside?.length ?? 0) }, (_, n) => contentOf(own?.[n], beside?.[n]))
}
