/** Reference parameters (R4 search.html 3.1.1.4.12): ids, `Type/id`, own and foreign addresses, versions, canonicals, identifiers. */
import { isId, isTypeName } from '../../fhir/ids.ts'
import { parseReference } from '../../fhir/reference.ts'
import { RESOURCE_TYPES } from '../../fhir/resource-types.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { splitEscaped, unescapeValue } from '../escape.ts'
import { referencedType } from '../expression/compile.ts'
import { exactKey, prefixEnd, SEPARATOR } from '../keys.ts'
import type { PlanNode } from '../plan.ts'
import type { Column, Criterion, IndexSink, PlanContext, SearchType } from './search-type.ts'

/** Behind the separator: an identifier `|system|value`, and the same value whatever its system. */
const BY_IDENTIFIER = '|'
const BY_IDENTIFIER_VALUE = ':'

function index(column: Column, value: unknown, datatype: string, sink: IndexSink): void {
  const start = column.code + SEPARATOR.reference
  const into: Into = { start, sink }
  if (datatype === 'Reference') indexReference(into, value as Reference)
  else if (datatype === 'Resource') indexInline(into, value as { resourceType?: unknown; id?: unknown })
  else if (typeof value === 'string') addAddress(into, value)
}

interface Into {
  start: string
  sink: IndexSink
}

interface Reference {
  reference?: unknown
  identifier?: { system?: unknown; value?: unknown }
}

function indexReference(into: Into, value: Reference): void {
  const { start, sink } = into
  const { reference, identifier } = value
  if (typeof reference === 'string') addAddress(into, reference)
  addType(into, value)
  if (identifier !== null && typeof identifier === 'object' && typeof identifier.value === 'string') {
    const system = typeof identifier.system === 'string' ? identifier.system : ''
    sink.key(start + exactKey(`${BY_IDENTIFIER}${system}|${identifier.value}`))
    sink.key(start + BY_IDENTIFIER_VALUE + exactKey(identifier.value))
  } else if (typeof reference !== 'string') {
    // A reference by display alone is a value too: `:missing` must see it.
    sink.key(start)
  }
}

/**
 * What is no address of this server has its type in no other key: a parameter for one type alone (`patient` on `subject`) must
 * see in `:missing` that there is one.
 */
function addType({ start, sink }: Into, value: Reference): void {
  const target = typeof value.reference === 'string' ? parseReference(value.reference, sink.ownBase) : undefined
  const type = target?.kind === 'local' ? undefined : referencedType(value, sink.resource)
  if (type !== undefined && isTypeName(type)) sink.key(`${start}${type}/`)
}

/** The first entry of a document or message Bundle stands there itself. */
function indexInline({ start, sink }: Into, resource: { resourceType?: unknown; id?: unknown }): void {
  if (typeof resource.resourceType !== 'string') return
  sink.key(typeof resource.id === 'string' ? `${start}${resource.resourceType}/${resource.id}` : `${start}${resource.resourceType}/`)
}

function addAddress(into: Into, text: string): void {
  const { start, sink } = into
  const target = parseReference(text, sink.ownBase)
  if (target?.kind === 'contained') {
    sink.key(start)
  } else if (target?.kind === 'local') {
    const address = `${target.type}/${target.id}`
    sink.key(start + address)
    if (target.version !== undefined) sink.key(`${start}${address}/_history/${target.version}`)
  } else {
    sink.key(start + exactKey(text))
    // One to a version elsewhere is found by what it is a version of, as one on this server is.
    const version = target?.kind === 'absolute' && target.type !== undefined ? text.lastIndexOf('/_history/') : -1
    if (version > 0) sink.key(start + exactKey(text.slice(0, version)))
    const bar = text.indexOf('|')
    if (bar > 0) addAddress(into, text.slice(0, bar))
  }
}

function plan(column: Column, criterion: Criterion, context: PlanContext): PlanNode {
  if (criterion.modifier === 'identifier') return planIdentifier(column, criterion)
  const value = unescapeValue(criterion.value)
  const start = column.code + SEPARATOR.reference
  const type = criterion.modifier ?? column.refersTo
  if (criterion.modifier !== undefined && column.refersTo !== undefined && criterion.modifier !== column.refersTo)
    return { kind: 'nothing' }
  if (isId(value)) return { kind: 'keys', keys: type === undefined ? keysOfId(column, start, value) : [`${start}${type}/${value}`] }
  const target = parseReference(value, context.ownBase)
  if (target?.kind === 'local') {
    if (type !== undefined && target.type !== type) return { kind: 'nothing' }
    const version = target.version === undefined ? '' : `/_history/${target.version}`
    return { kind: 'keys', keys: [`${start}${target.type}/${target.id}${version}`] }
  }
  const isAddress =
    target?.kind === 'absolute' || target?.kind === 'urn' || column.datatypes.has('canonical') || column.datatypes.has('uri')
  if (value === '' || !isAddress) throw invalid(criterion)
  if (type !== undefined && target?.kind === 'absolute' && target.type !== type) return { kind: 'nothing' }
  return { kind: 'keys', keys: [start + exactKey(value)] }
}

/**
 * A reference has one key, with its type: a second one by the bare id would be half of what its index costs. Who leaves the
 * type out is asking for all those that the parameter may point to, and for what is written there just so.
 */
function keysOfId(column: Column, start: string, id: string): string[] {
  const types = column.targets.has('Resource') ? RESOURCE_TYPES : column.targets
  return [start + id, ...[...types].map((type) => `${start}${type}/${id}`)]
}

/** `system|value`, `value` of any system, `|value` without system, `system|` any value of it. */
function planIdentifier(column: Column, criterion: Criterion): PlanNode {
  const parts = splitEscaped(criterion.value, '|').map(unescapeValue)
  const [first, value] = parts
  if (parts.length > 2 || first === undefined || (value ?? first) + first === '') throw invalid(criterion)
  const start = column.code + SEPARATOR.reference
  if (value === undefined) return { kind: 'keys', keys: [start + BY_IDENTIFIER_VALUE + exactKey(first)] }
  if (value !== '') return { kind: 'keys', keys: [start + exactKey(`${BY_IDENTIFIER}${first}|${value}`)] }
  const prefix = `${start}${BY_IDENTIFIER}${first}|`
  return { kind: 'keyRange', from: prefix, to: prefixEnd(prefix) }
}

function invalid(criterion: Criterion): OutcomeError {
  return new OutcomeError('parameter-invalid', { expression: [criterion.name], params: { name: criterion.name } })
}

/** Whether `modifier` names a type that the reference can point to. */
export function isTargetModifier(modifier: string, targets: ReadonlySet<string>): boolean {
  return isTypeName(modifier) && (targets.has(modifier) || targets.has('Resource'))
}

export const reference: SearchType = {
  field: 'keys',
  separators: [SEPARATOR.reference],
  modifiers: new Set(['identifier']),
  index,
  plan,
}
