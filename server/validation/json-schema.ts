/** JSON Schema of a FHIR type: which members an object may have and what JSON each takes. Rules beyond that are the walker's. */
import type { ElementData, StructuresData } from './definitions.ts'
import { PRIMITIVES } from './primitives.ts'
import { capitalized } from './type-tree.ts'

export type Schema = Record<string, unknown>

export const schemaId = (type: string): string => `https://hl7.org/fhir/R4/${type}`

/** Any resource: its own type's schema is applied when the walker comes to it. */
const ANY_RESOURCE: Schema = { type: 'object', required: ['resourceType'], properties: { resourceType: { type: 'string' } } }

/**
 * Schema of a resource type or a complex type. Other types are referred to by `schemaId`.
 * @throws when the type is unknown
 */
export function schemaOf(type: string, structures: StructuresData): Schema {
  const data = structures.types[type]
  if (!data?.elements) throw new Error(`no such type: ${type}`)
  const definitions: Record<string, Schema> = {}
  const own = objectSchema(type, data.elements, structures, definitions)
  if (data.kind === 'resource') (own.properties as Schema).resourceType = { const: type }
  return { $id: schemaId(type), ...own, definitions }
}

function objectSchema(
  path: string,
  elements: Record<string, ElementData>,
  structures: StructuresData,
  definitions: Record<string, Schema>,
): Schema {
  const properties: Record<string, Schema> = {}
  for (const [name, element] of Object.entries(elements)) {
    for (const [key, type] of keysOf(name, element)) {
      const list = element.max !== undefined && element.max !== '0'
      properties[key] = wrap(valueSchema(`${path}.${name}`, type, element, structures, definitions), list)
      if (isPrimitive(type, structures) && hasElement(path, name, type))
        properties[`_${key}`] = wrap(list ? orNull(ref('Element')) : ref('Element'), list)
    }
  }
  return { type: 'object', minProperties: 1, properties, additionalProperties: false }
}

/**
 * What is an attribute in XML (the id of an element, the url of an Extension), and XHTML, have no id and no extensions of their own
 * (R4 json.html, xml.html): what JSON said there would be gone in the other format.
 */
const hasElement = (path: string, name: string, type: string): boolean =>
  type !== 'xhtml' && !(name === 'id' && type !== 'id') && !(path === 'Extension' && name === 'url')

function keysOf(name: string, element: ElementData): [key: string, type: string][] {
  const types = element.types ?? ['BackboneElement']
  return element.choice ? types.map((type) => [name + capitalized(type), type]) : [[name, types[0] ?? 'BackboneElement']]
}

const isPrimitive = (type: string, structures: StructuresData): boolean => structures.types[type]?.kind === 'primitive-type'

const ref = (type: string): Schema => ({ $ref: schemaId(type) })

const orNull = (schema: Schema): Schema => ({ if: { type: 'null' }, else: schema })

const wrap = (schema: Schema, list: boolean): Schema => (list ? { type: 'array', minItems: 1, items: schema } : schema)

function valueSchema(
  path: string,
  type: string,
  element: ElementData,
  structures: StructuresData,
  definitions: Record<string, Schema>,
): Schema {
  if (element.content) return { $ref: `${schemaId(element.content.split('.')[0] ?? '')}#/definitions/${element.content}` }
  if (element.elements) {
    definitions[path] ??= objectSchema(path, element.elements, structures, definitions)
    return { $ref: `${schemaId(path.split('.')[0] ?? '')}#/definitions/${path}` }
  }
  if (type === 'Resource') return ANY_RESOURCE
  return isPrimitive(type, structures) ? primitiveSchema(type, element.max !== undefined) : ref(type)
}

/** In a list, null keeps the place of a primitive that has only an extension. */
function primitiveSchema(type: string, list: boolean): Schema {
  const primitive = PRIMITIVES[type]
  if (!primitive) throw new Error(`no such primitive type: ${type}`)
  const limits = {
    ...(primitive.min === undefined ? {} : { minimum: primitive.min }),
    ...(primitive.max === undefined ? {} : { maximum: primitive.max }),
  }
  const format = primitive.check ? { format: type } : {}
  return { type: list ? [primitive.json, 'null'] : primitive.json, ...limits, ...format }
}
