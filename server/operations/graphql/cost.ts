/**
 * What the fields of an answer cost is paid for where they are about to be made: by an object so many as are asked of it, by a list those of
 * each of its items. So nothing is begun that is too much, however often the same is asked for under other names, and of the language's own
 * fields (`__typename`, the schema) no less than of others.
 */
import {
  defaultFieldResolver,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLResolveInfo,
  introspectionTypes,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  type SelectionNode,
  TypeMetaFieldDef,
} from 'graphql'
import type { Pace } from './pace.ts'

type Fragments = Readonly<Record<string, FragmentDefinitionNode | undefined>>
export type Asking = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>

/** Whoever pays for what is asked of the schema: false where there is no room for so many any more. */
export interface Payer {
  takesOfSchema(elements: number): boolean
  /** what is handed on at once, and what later */
  readonly pace: Pace
  /** why there is none */
  readonly failure: Error | undefined
}

const widths = new WeakMap<readonly FieldNode[], number>()

/** How many fields are asked of one object, fragments written out and whatever they are called. */
export function widthOf({ fieldNodes, fragments }: Asking): number {
  const known = widths.get(fieldNodes)
  if (known !== undefined) return known
  const made = fieldNodes.reduce((sum, node) => sum + fieldsIn(node.selectionSet?.selections, fragments), 0)
  widths.set(fieldNodes, made)
  return made
}

function fieldsIn(selections: readonly SelectionNode[] = [], fragments: Fragments): number {
  return selections.reduce((sum, one) => {
    if (one.kind === Kind.FIELD) return sum + 1
    const set = one.kind === Kind.INLINE_FRAGMENT ? one.selectionSet : fragments[one.name.value]?.selectionSet
    return sum + fieldsIn(set?.selections, fragments)
  }, 0)
}

/** How many fields are asked for below it, at any depth. */
export function depthOf({ fieldNodes, fragments }: Asking): number {
  const below = (selections: readonly SelectionNode[] = []): number =>
    selections.reduce((sum, one) => {
      const set = one.kind === Kind.FRAGMENT_SPREAD ? fragments[one.name.value]?.selectionSet : one.selectionSet
      return sum + (one.kind === Kind.FIELD ? 1 : 0) + below(set?.selections)
    }, 0)
  return fieldNodes.reduce((sum, { selectionSet }) => sum + below(selectionSet?.selections), 0)
}

/** What is asked of the schema is answered by the package: its objects and lists are paid for here. */
function paid(field: GraphQLField<unknown, unknown>): void {
  const { resolve = defaultFieldResolver, type } = field
  const isList = isListType(getNullableType(type))
  /** Where an object has to be, its list ends with the one error; all else is answered with nothing, so that it ends soon. */
  const nothing = ({ failure }: Payer): unknown => {
    if (isNonNullType(type) && !isList) throw failure
    return isList ? [] : null
  }
  field.resolve = (source, args, context, info) => {
    const payer = context as Payer
    if (payer.failure) return nothing(payer)
    const value: unknown = resolve(source, args, context, info)
    const count = Array.isArray(value) ? value.length : value == null ? 0 : 1
    const elements = count * Math.max(widthOf(info), 1)
    return payer.takesOfSchema(elements) ? payer.pace.of(value, elements) : nothing(payer)
  }
}

const ofSchema = introspectionTypes.flatMap((type) => (isObjectType(type) ? Object.values(type.getFields()) : []))
for (const field of [SchemaMetaFieldDef, TypeMetaFieldDef, ...ofSchema]) if (isCompositeType(getNamedType(field.type))) paid(field)
