/** The query of a GraphQL request: read, prepared and checked before anything is looked for (R4 graphql.html; GraphQL, June 2018). */
import {
  type DocumentNode,
  type FieldNode,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
  validate,
  visit,
} from 'graphql'
import { OutcomeError } from '../../outcome/outcome-error.ts'

const TOKENS_MAX = 3000
export const DEPTH_MAX = 20
/** Fields with all fragments written out. */
const FIELDS_MAX = 5000
const ERRORS_TOLD_MAX = 10

export interface Prepared {
  document: DocumentNode
  operation: OperationDefinitionNode
}

/** Of one resource: its elements are asked for, and stand in the answer, without its name before them. */
export interface Focus {
  type: string
  id: string
}

/** @throws OutcomeError graphql-invalid, graphql-costly */
export function prepare(schema: GraphQLSchema, text: string, operationName: string | undefined, focus: Focus | undefined): Prepared {
  const sent = withHelpers(parsed(text))
  const chosen = getOperationAST(sent, operationName)
  if (chosen?.operation !== 'query') throw invalid([new GraphQLError('There is no such query')])
  const document = focus ? inFocus(sent, focus) : sent
  const operation = getOperationAST(document, operationName) as OperationDefinitionNode
  const errors = validate(schema, document, undefined, { maxErrors: ERRORS_TOLD_MAX })
  if (errors.length > 0) throw invalid(errors)
  checkSize(document, operation)
  return { document, operation }
}

function parsed(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: TOKENS_MAX })
  } catch (error) {
    throw error instanceof GraphQLError ? invalid([error]) : error
  }
}

/** What is wrong, by the words of the package; of what stands between quotes only names are repeated. */
export function invalid(errors: readonly GraphQLError[]): OutcomeError {
  return new OutcomeError(
    errors.slice(0, ERRORS_TOLD_MAX).map(({ message, locations }) => ({
      code: 'graphql-invalid' as const,
      expression: ['query'],
      params: { line: locations?.[0]?.line ?? 1, column: locations?.[0]?.column ?? 1, reason: namesOnly(message) },
    })),
  )
}

const namesOnly = (message: string): string =>
  message
    .split('\n')[0]
    ?.replace(/"([^"]*)"?/g, (found, inner: string) => (/^[[\]!$@\w.]{1,80}$/.test(inner) ? found : '"?"'))
    .slice(0, 300) ?? ''

/** Alias of what `@slice` needs to know; the answer does not have it. */
export const SLICE_ALIAS = 'slice__'

/** What the asker leaves out and the schema needs: the type of a target that is named already, and the value by which a slice is named. */
function withHelpers(document: DocumentNode): DocumentNode {
  return visit(document, {
    Field: {
      leave(node) {
        const typed = typedTarget(node)
        const path = slicePath(typed)
        if (path === undefined || !typed.selectionSet) return typed
        const selections = [...typed.selectionSet.selections, pathField(path)]
        return { ...typed, selectionSet: { ...typed.selectionSet, selections } }
      },
    },
  })
}

/** `resource(type: Patient) { birthDate }` for `resource(type: Patient) { ... on Patient { birthDate } }`. */
function typedTarget(node: FieldNode): FieldNode {
  const value = node.name.value === 'resource' ? node.arguments?.find(({ name }) => name.value === 'type')?.value : undefined
  if (!node.selectionSet || (value?.kind !== Kind.ENUM && value?.kind !== Kind.STRING)) return node
  const typeCondition = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: value.value } } as const
  const fragment: SelectionNode = { kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet: node.selectionSet }
  return { ...node, selectionSet: { kind: Kind.SELECTION_SET, selections: [fragment] } }
}

/** Element names, one below the other; undefined where there is no slice, or it is by `$index`. @throws OutcomeError graphql-invalid */
export function slicePath(node: FieldNode): string[] | undefined {
  const path = sliceOf(node)
  if (path === undefined || path === '$index') return undefined
  if (!/^[A-Za-z]\w*(?:\.[A-Za-z]\w*){0,4}$/.test(path))
    throw invalid([new GraphQLError('Names of elements are expected', { nodes: node })])
  return path.split('.')
}

export function sliceOf(node: FieldNode): string | undefined {
  const argument = node.directives?.find(({ name }) => name.value === 'slice')?.arguments?.find(({ name }) => name.value === 'path')
  return argument?.value.kind === Kind.STRING ? argument.value.value : undefined
}

const FORMS: ReadonlySet<string> = new Set(['flatten', 'first', 'singleton', 'slice'])

/** Whether the answer's form is another one there. */
export const isFormed = ({ directives = [] }: FieldNode): boolean => directives.some(({ name }) => FORMS.has(name.value))

function pathField([first = '', ...rest]: readonly string[], alias: string = SLICE_ALIAS): FieldNode {
  return {
    kind: Kind.FIELD,
    name: { kind: Kind.NAME, value: first },
    alias: { kind: Kind.NAME, value: alias },
    ...(rest.length > 0 ? { selectionSet: { kind: Kind.SELECTION_SET, selections: [pathField(rest)] } } : {}),
  }
}

function inFocus(document: DocumentNode, { type, id }: Focus): DocumentNode {
  const name = (value: string) => ({ kind: Kind.NAME, value }) as const
  const argument = { kind: Kind.ARGUMENT, name: name('id'), value: { kind: Kind.STRING, value: id } } as const
  const within = (selectionSet: SelectionSetNode): SelectionSetNode => ({
    kind: Kind.SELECTION_SET,
    selections: [{ kind: Kind.FIELD, name: name(type), arguments: [argument], selectionSet }],
  })
  const definitions = document.definitions.map((one) =>
    one.kind === Kind.OPERATION_DEFINITION ? { ...one, selectionSet: within(one.selectionSet) } : one,
  )
  return { ...document, definitions }
}

const SCHEMA_FIELDS: ReadonlySet<string> = new Set(['__schema', '__type'])

/** Fragments are no cycle here: that has been checked. @throws OutcomeError graphql-costly, graphql-invalid */
function checkSize(document: DocumentNode, operation: OperationDefinitionNode): void {
  const fragments = fragmentsOf(document)
  let fields = 0
  const walk = (set: SelectionSetNode | undefined, depth: number, isOfSchema = false): void => {
    if (depth > DEPTH_MAX) throw new OutcomeError('graphql-costly', { params: { max: DEPTH_MAX } })
    for (const selection of set?.selections ?? []) {
      if (++fields > FIELDS_MAX) throw new OutcomeError('graphql-costly', { params: { max: FIELDS_MAX } })
      if (selection.kind === Kind.FIELD) {
        // Forms are for elements; over a million fields of the schema they would take seconds.
        if (isOfSchema && isFormed(selection)) throw invalid([new GraphQLError('The schema has no other form', { nodes: selection })])
        walk(selection.selectionSet, depth + 1, isOfSchema || SCHEMA_FIELDS.has(selection.name.value))
      } else if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, depth, isOfSchema)
      else walk(fragments.get(selection.name.value), depth, isOfSchema)
    }
  }
  walk(operation.selectionSet, 0)
}

export function fragmentsOf(document: DocumentNode): Map<string, SelectionSetNode> {
  return new Map(
    document.definitions.flatMap((one): [string, SelectionSetNode][] =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one.selectionSet]] : [],
    ),
  )
}
