/**
 * The GraphQL schema of R4 (graphql.html), made of the base definitions when it is first asked for and kept: a type for each resource,
 * datatype and backbone element, a field for each JSON key, searches with R4's parameters. Names with `-` have `_` instead.
 */
import {
  DirectiveLocation,
  GraphQLBoolean,
  GraphQLDirective,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLFieldConfigMap,
  GraphQLID,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  specifiedDirectives,
} from 'graphql'
import { RESOURCE_TYPES } from '../../fhir/resource-types.ts'
import type { Search } from '../../search/types.ts'
import { loadBase } from '../../validation/base.ts'
import { capitalized, type KeyInfo, type TypeNode, type TypeTree } from '../../validation/type-tree.ts'
import { argumentText, FHIR_VALUE } from './values.ts'
import type { Work } from './work.ts'

type Field = GraphQLFieldConfig<Source, Work>
type Fields = GraphQLFieldConfigMap<Source, Work>
type Source = Record<string, unknown>

let made: GraphQLSchema | undefined

export function schemaOf(search: Search): GraphQLSchema {
  made ??= new Builder(loadBase().tree, search).schema()
  return made
}

const LIST_PLACES: GraphQLFieldConfigArgumentMap = { _count: { type: GraphQLInt }, _offset: { type: GraphQLInt } }

/** Of the answer's form; nothing of them is asked of the store (R4 graphql.html#directives). */
const DIRECTIVES = ['flatten', 'first', 'singleton'].map((name) => new GraphQLDirective({ name, locations: [DirectiveLocation.FIELD] }))
const SLICE = new GraphQLDirective({
  name: 'slice',
  locations: [DirectiveLocation.FIELD],
  args: { path: { type: new GraphQLNonNull(GraphQLString) } },
})

class Builder {
  readonly #tree: TypeTree
  readonly #search: Search
  readonly #objects = new Map<string, GraphQLObjectType<Source, Work>>()
  readonly #scalars = new Map<string, GraphQLScalarType>([
    ['string', GraphQLString],
    ['boolean', GraphQLBoolean],
  ])
  readonly #connections = new Map<string, GraphQLObjectType<Source, Work>>()
  readonly #arguments = new Map<string, GraphQLFieldConfigArgumentMap>()
  readonly #resource: GraphQLInterfaceType

  constructor(tree: TypeTree, search: Search) {
    this.#tree = tree
    this.#search = search
    this.#resource = new GraphQLInterfaceType({
      name: 'Resource',
      fields: () => ({
        resourceType: { type: this.#scalar('code') },
        id: { type: this.#scalar('id') },
        meta: { type: this.#object(this.#tree.node('Meta') as TypeNode) },
        implicitRules: { type: this.#scalar('uri') },
        language: { type: this.#scalar('code') },
      }),
      resolveType: (source: Source) => String(source.resourceType),
    })
  }

  schema(): GraphQLSchema {
    const fields: Fields = {}
    const types = [...RESOURCE_TYPES]
    for (const type of types) {
      fields[type] = {
        type: this.#object(this.#tree.node(type) as TypeNode),
        args: { id: { type: new GraphQLNonNull(GraphQLID) } },
        resolve: (_source, args, work, asking) => work.read(type, String(args.id), asking),
      }
      fields[`${type}List`] = this.#list(type)
      fields[`${type}Connection`] = this.#connection(type)
    }
    return new GraphQLSchema({
      query: new GraphQLObjectType({ name: 'Query', fields }),
      types: types.map((type) => this.#object(this.#tree.node(type) as TypeNode)),
      directives: [...specifiedDirectives, ...DIRECTIVES, SLICE],
    })
  }

  #scalar(name: string): GraphQLScalarType {
    const known = this.#scalars.get(name) ?? new GraphQLScalarType({ name, serialize: (value) => value })
    this.#scalars.set(name, known)
    return known
  }

  #object(node: TypeNode): GraphQLObjectType<Source, Work> {
    const known = this.#objects.get(node.path)
    if (known) return known
    const isResource = this.#tree.isResource(node.path)
    const object = new GraphQLObjectType<Source, Work>({
      name: node.path.split('.').map(capitalized).join(''),
      ...(isResource ? { interfaces: [this.#resource] } : {}),
      fields: () => ({ ...this.#elements(node), ...(isResource ? this.#ofResource(node.path) : {}) }),
    })
    this.#objects.set(node.path, object)
    return object
  }

  #elements(node: TypeNode): Fields {
    const fields: Fields = {}
    for (const [key, info] of node.keys) {
      const field = this.#element(key, info)
      if (field) fields[key] = field
    }
    if (node.path === 'Reference') fields.resource = this.#target()
    return fields
  }

  #element(key: string, info: KeyInfo): Field | undefined {
    const content = info.primitive && !info.sibling ? undefined : info.content()
    const type: GraphQLOutputType | undefined =
      info.primitive && !info.sibling
        ? this.#scalar(info.type === 'xhtml' ? 'xhtml' : info.type)
        : info.type === 'Resource'
          ? this.#resource
          : content && this.#object(content)
    if (!type) return undefined
    if (!info.element.list) return { type, resolve: (source, _args, work, asking) => work.element(source, key, asking) }
    const args = { ...LIST_PLACES, ...(content ? filtersOf(content) : {}) }
    return { type: new GraphQLList(type), args, resolve: (source, given, work, asking) => work.elements(source, key, given, asking) }
  }

  /** What a reference leads to (R4 graphql.html#references). */
  #target(): Field {
    return {
      type: this.#resource,
      args: { optional: { type: GraphQLBoolean }, type: { type: FHIR_VALUE } },
      resolve: (source, args, work, asking) =>
        work.target(source, { optional: args.optional === true, ...(args.type == null ? {} : { type: argumentText(args.type) }) }, asking),
    }
  }

  /** Its type, and what refers to it (R4 graphql.html#reverse). */
  #ofResource(type: string): Fields {
    const fields: Fields = { resourceType: { type: this.#scalar('code'), resolve: (source) => source.resourceType } }
    const code = { _reference: { type: new GraphQLNonNull(FHIR_VALUE) } }
    for (const other of RESOURCE_TYPES) {
      const leadsHere = ({ type: kind, target }: { type: string; target?: string[] }) =>
        kind === 'reference' && (target === undefined || target.includes(type))
      if (!this.#search.parameters(other).some(leadsHere)) continue
      fields[`${other}List`] = this.#list(other, code)
      fields[`${other}Connection`] = this.#connection(other, code)
    }
    return fields
  }

  #list(type: string, more: GraphQLFieldConfigArgumentMap = {}): Field {
    return {
      type: new GraphQLList(this.#object(this.#tree.node(type) as TypeNode)),
      args: { ...more, ...this.#parameters(type) },
      resolve: (source, args, work, asking) => work.list(type, args, source, asking),
    }
  }

  #connection(type: string, more: GraphQLFieldConfigArgumentMap = {}): Field {
    return {
      type: this.#connectionType(type),
      args: { ...more, ...this.#parameters(type), _cursor: { type: GraphQLString } },
      resolve: (source, args, work, asking) => work.connection(type, args, source, asking),
    }
  }

  #connectionType(type: string): GraphQLObjectType<Source, Work> {
    const known = this.#connections.get(type)
    if (known) return known
    const edge = new GraphQLObjectType<Source, Work>({
      name: `${type}Edge`,
      fields: () => ({
        mode: { type: this.#scalar('code') },
        score: { type: this.#scalar('decimal') },
        resource: { type: this.#object(this.#tree.node(type) as TypeNode) },
      }),
    })
    const cursors = Object.fromEntries(['first', 'previous', 'next', 'last'].map((name) => [name, { type: GraphQLString }]))
    const connection = new GraphQLObjectType<Source, Work>({
      name: `${type}Connection`,
      fields: {
        ...Object.fromEntries(['count', 'offset', 'pagesize'].map((name) => [name, { type: GraphQLInt }])),
        edges: { type: new GraphQLList(edge) },
        ...cursors,
      },
    })
    this.#connections.set(type, connection)
    return connection
  }

  /** Each may be a list: all of it has to hold, as with a repeated parameter. */
  #parameters(type: string): GraphQLFieldConfigArgumentMap {
    const known = this.#arguments.get(type)
    if (known) return known
    const values = { type: new GraphQLList(FHIR_VALUE) }
    const found: GraphQLFieldConfigArgumentMap = { ...LIST_PLACES, _sort: { type: FHIR_VALUE } }
    for (const { code } of this.#search.parameters(type)) found[code.replaceAll('-', '_')] = values
    this.#arguments.set(type, found)
    return found
  }
}

/** By its simple elements a list is filtered (R4 graphql.html#list). */
function filtersOf(node: TypeNode): GraphQLFieldConfigArgumentMap {
  const simple = [...node.keys].filter(([, { primitive, sibling, element }]) => primitive && !sibling && !element.list)
  return Object.fromEntries(simple.map(([key]) => [key, { type: FHIR_VALUE }]))
}
