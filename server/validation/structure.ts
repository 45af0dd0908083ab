/** Layer 1: the JSON of a resource against the JSON Schema of its type, with AJV. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { IssueCode } from '../outcome/issues.ts'
import type { StructuresData } from './definitions.ts'
import type { IssueList } from './issue.ts'
import { type Schema, schemaId, schemaOf } from './json-schema.ts'
import { PRIMITIVES } from './primitives.ts'
import type { TypeNode, TypeTree } from './type-tree.ts'

/** Answers what is wrong with the JSON of one resource (not of those inside it): nothing when it is sound. `at` is its FHIRPath. */
export type StructureCheck = (type: string, resource: object, at: string, issues: IssueList) => readonly ErrorObject[]

export function createStructureCheck(structures: StructuresData, tree: TypeTree): StructureCheck {
  // strictNumbers: JSON may write 1e400, which no reader that holds numbers as doubles could give back.
  const ajv = new Ajv({
    allErrors: true,
    strict: false,
    strictNumbers: true,
    validateSchema: false,
    addUsedSchema: false,
    inlineRefs: false,
    logger: false,
    code: { process: collectInPlace },
  })
  for (const [type, { check }] of Object.entries(PRIMITIVES)) if (check) ajv.addFormat(type, check)
  // Every schema is made when the first type that needs it is compiled.
  const added = new Set<string>()
  const addWithReferences = (type: string): void => {
    if (added.has(type)) return
    added.add(type)
    const schema = schemaOf(type, structures)
    ajv.addSchema(schema)
    for (const other of referencedTypes(schema)) addWithReferences(other)
  }
  const compiled = new Map<string, ValidateFunction>()
  const functionOf = (type: string): ValidateFunction => {
    const known = compiled.get(type)
    if (known) return known
    addWithReferences(type)
    const made = ajv.getSchema(schemaId(type)) as ValidateFunction
    compiled.set(type, made)
    return made
  }
  return (type, resource, at, issues) => {
    const check = functionOf(type)
    if (check(resource)) return []
    const errors = check.errors ?? []
    for (const error of errors) report(error, { resource, root: tree.node(type), at }, issues)
    return errors
  }
}

/**
 * AJV makes a new list of all errors so far each time that a schema referred to has found some: fifty thousand wrong items would take
 * half a minute. Nobody else reads the list that is added to.
 */
const collectInPlace = (code: string): string =>
  code.replaceAll(/vErrors\.concat\((\w+)\.errors\)/g, '$1.errors.reduce((all, each) => (all.push(each), all), vErrors)')

function referencedTypes(schema: Schema, found = new Set<string>()): Set<string> {
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$ref') found.add(String(value).replace(schemaId(''), '').split('#')[0] ?? '')
    else if (value !== null && typeof value === 'object') referencedTypes(value as Schema, found)
  }
  return found
}

/** AJV keyword → our code; `if` only announces the error of its branch. */
const CODES: Record<string, IssueCode> = {
  additionalProperties: 'unknown-element',
  required: 'required',
  type: 'type',
  format: 'value-format',
  minimum: 'value-format',
  maximum: 'value-format',
  const: 'type',
}

interface Checked {
  resource: object
  root: TypeNode | undefined
  at: string
}

function report(error: ErrorObject, { resource, root, at }: Checked, issues: IssueList): void {
  if (error.keyword === 'if') return
  // `1e400` is read as infinite: no wrong type, but a number that could not be given back.
  const isTooLarge = error.keyword === 'type' && isInfinite(valueAt(resource, error.instancePath))
  const code = isTooLarge ? 'number-range' : (CODES[error.keyword] ?? 'structure')
  const extra = error.params.additionalProperty ?? error.params.missingProperty
  const expression = expressionOf(error.instancePath, root, at)
  issues.add({
    severity: 'error',
    code,
    expression: typeof extra === 'string' ? `${expression}.${safeName(extra)}` : expression,
    rule: ruleOf(error),
    kind: 'structure',
  })
}

const isInfinite = (value: unknown): boolean => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY

function valueAt(resource: object, pointer: string): unknown {
  const steps = pointer.split('/').slice(1)
  return steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], resource)
}

/** The name of an unknown member is the client's text: only what could be an element's name is repeated. */
const safeName = (name: string): string => (/^_?[A-Za-z][A-Za-z0-9]{0,63}$/.test(name) ? name : '?')

function ruleOf(error: ErrorObject): string {
  if (error.keyword === 'format') return String(error.params.format)
  if (error.keyword === 'type') return Array.isArray(error.params.type) ? error.params.type[0] : String(error.params.type)
  if (error.keyword === 'minItems' || error.keyword === 'minProperties') return 'not empty'
  if (error.keyword === 'minimum' || error.keyword === 'maximum') return `${error.params.comparison} ${error.params.limit}`
  return error.keyword
}

/** `/component/0/valueQuantity/unit` to `Observation.component[0].value.unit`. */
export function expressionOf(pointer: string, root: TypeNode | undefined, at: string): string {
  let expression = at
  let node = root
  for (const step of pointer.split('/').slice(1)) {
    if (/^\d+$/.test(step)) expression += `[${step}]`
    else {
      const key = node?.keys.get(step)
      expression += `.${key?.element.name ?? safeName(step)}`
      node = key?.content()
    }
  }
  return expression
}
