/** Values of arguments: as texts, however they are written. `use: official`, `use: "official"` and a number mean what they look like. */
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql'
import { digitsOf } from '../../interactions/marked-json.ts'

function literalText(node: ValueNode): string {
  switch (node.kind) {
    case Kind.STRING:
    case Kind.ENUM:
    case Kind.INT:
    case Kind.FLOAT:
      return node.value
    case Kind.BOOLEAN:
      return String(node.value)
    default:
      throw new GraphQLError('A simple value is expected', { nodes: node })
  }
}

/** @throws GraphQLError for a list or an object */
export function argumentText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new GraphQLError('A simple value is expected')
}

export const FHIR_VALUE = new GraphQLScalarType<string>({ name: 'FhirValue', parseLiteral: literalText, parseValue: argumentText })

/** A primitive of a resource as the text to which an argument is compared. */
export const elementText = (value: unknown): string => digitsOf(value) ?? String(value)
