/** Token parameters (R4 search.html 3.1.1.4.10). Codes and identifiers are compared as they are, plain strings whatever their case. */
import { isLocalSystem } from '../../fhir/local-system.ts'
import { OutcomeError } from '../../outcome/outcome-error.ts'
import { splitEscaped, unescapeValue } from '../escape.ts'
import { fold } from '../fold.ts'
import { exactKey, foldedKey, prefixEnd, SEPARATOR } from '../keys.ts'
import { PREFIX_LENGTH_MAX, STRING_KEY_MAX } from '../limits.ts'
import { anyOf, type PlanNode } from '../plan.ts'
import { planInSet, planOver, planUnder } from './code-sets.ts'
import type { Column, Criterion, IndexSink, PlanContext, SearchType } from './search-type.ts'

/** Datatypes without a system of their own. */
export const PLAIN_TOKENS: ReadonlySet<string> = new Set(['code', 'id', 'string', 'uri', 'boolean', 'ContactPoint'])

/** Datatypes with a text beside their code: CodeableConcept.text, Coding.display, Identifier.type.text. */
export const TEXTS: ReadonlySet<string> = new Set(['CodeableConcept', 'Coding', 'Identifier'])

const MIME_TYPES = 'urn:ietf:bcp:13'

/** The implied system of true and false. */
export const SPECIAL_VALUES = 'http://terminology.hl7.org/CodeSystem/special-values'

/** `value.as(string)` of an extension passes what specialises a string too. */
const STRINGS: ReadonlySet<string> = new Set(['string', 'markdown', 'code', 'id'])

/** "If the underlying data type is string then the search is not case sensitive." What AuditEvents share stays as it was written. */
const isCaseless = ({ keeping, datatypes }: Column): boolean =>
  keeping === 'entry' && datatypes.has('string') && [...datatypes].every((type) => STRINGS.has(type))

const asCompared = (column: Column, code: string): string => (isCaseless(column) ? code.toLowerCase() : code)

interface Coded {
  system?: unknown
  code?: unknown
  value?: unknown
  display?: unknown
}

function index(column: Column, value: unknown, datatype: string, sink: IndexSink): void {
  const coded = value as Coded
  switch (datatype) {
    case 'CodeableConcept':
      indexConcept(column, value as { coding?: unknown; text?: unknown }, sink)
      break
    case 'Coding':
      indexCoding(column, coded, sink)
      addLocalCodes(column, [coded], sink)
      break
    case 'Identifier':
      addToken(column, coded.system, coded.value, sink)
      addTyped(column, value as IdentifierType, sink)
      addText(column, (value as IdentifierType).type?.text, sink)
      break
    case 'ContactPoint':
      addToken(column, undefined, coded.value, sink)
      break
    default:
      if (typeof value === 'string' || typeof value === 'boolean') addToken(column, undefined, String(value), sink)
  }
}

function indexConcept(column: Column, concept: { coding?: unknown; text?: unknown }, sink: IndexSink): void {
  const codings = Array.isArray(concept.coding) ? concept.coding : []
  for (const coding of codings) if (coding !== null && typeof coding === 'object') indexCoding(column, coding as Coded, sink)
  addLocalCodes(column, codings as (Coded | null)[], sink)
  addText(column, concept.text, sink)
  // A concept in words only has a value too: `:missing` must see it.
  if (codings.length === 0) sink.key(column.code + SEPARATOR.system)
}

function indexCoding(column: Column, coding: Coded, sink: IndexSink): void {
  addToken(column, coding.system, coding.code, sink)
  addText(column, coding.display, sink)
}

/** Codes that stand there in organisations' own systems alone: who does not see those does not find them either. */
function addLocalCodes(column: Column, codings: readonly (Coded | null)[], sink: IndexSink): void {
  const isLocal = (coding: Coded | null) => typeof coding?.system === 'string' && isLocalSystem(coding.system)
  if (!codings.some(isLocal)) return
  const shown = new Set(codings.filter((coding) => !isLocal(coding)).map((coding) => coding?.code))
  for (const coding of codings) {
    const code = coding?.code
    if (isLocal(coding) && typeof code === 'string' && code !== '' && !shown.has(code))
      sink.key(column.code + SEPARATOR.localCode + exactKey(code))
  }
}

function addToken(column: Column, system: unknown, code: unknown, sink: IndexSink): void {
  const systemText = typeof system === 'string' ? system : ''
  if (typeof code !== 'string' || code === '') {
    sink.key(column.code + SEPARATOR.system + (systemText === '' ? '' : `${exactKey(systemText)}|`))
    return
  }
  const compared = asCompared(column, code)
  sink.key(column.code + SEPARATOR.code + exactKey(compared))
  if (!column.plain) sink.key(column.code + SEPARATOR.system + exactKey(`${systemText}|${compared}`))
}

function addText(column: Column, text: unknown, sink: IndexSink): void {
  if (typeof text !== 'string' || !column.texts) return
  const folded = foldedKey(fold(text))
  if (folded !== '') sink.folded(column.code, folded)
}

interface IdentifierType {
  type?: { coding?: unknown; text?: unknown }
  value?: unknown
}

/** For `:of-type`: the value with each coding of the identifier's type. */
function addTyped(column: Column, { type, value }: IdentifierType, sink: IndexSink): void {
  if (typeof value !== 'string' || value === '' || !Array.isArray(type?.coding)) return
  for (const coding of type.coding as (Coded | null)[]) {
    if (typeof coding?.system !== 'string' || typeof coding.code !== 'string') continue
    sink.key(column.code + SEPARATOR.ofType + exactKey(`${coding.system}|${coding.code}|${value}`))
  }
}

function plan(column: Column, criterion: Criterion, context: PlanContext): PlanNode {
  const planned = MODIFIED.get(criterion.modifier ?? '')
  if (planned) return planned(column, criterion, context)
  const parts = splitEscaped(criterion.value, '|').map(unescapeValue)
  const [first, code] = parts
  if (parts.length > 2 || first === undefined || (code ?? first) + first === '') throw invalid(criterion)
  return code === undefined
    ? planBare(column, exactKey(asCompared(column, first)), context.localCodes !== false)
    : planCoding(column, first, code, context)
}

const invalid = ({ name }: Criterion): OutcomeError => new OutcomeError('parameter-invalid', { expression: [name], params: { name } })

/** With a system, or expressly without one. */
export function planCoding(column: Column, system: string, code: string, { localCodes = true }: PlanContext): PlanNode {
  if (!localCodes && isLocalSystem(system)) return { kind: 'nothing' }
  const compared = asCompared(column, code)
  return column.plain ? planPlain(column, system, compared) : planSystem(column, system, compared)
}

/** `type system|type code|value`, all three, of one identifier (R4 search.html 3.1.1.4.10). */
function planOfType(column: Column, criterion: Criterion): PlanNode {
  if (!column.datatypes.has('Identifier')) {
    throw new OutcomeError('modifier-unsupported', { expression: [criterion.name], params: { name: criterion.name, modifier: 'of-type' } })
  }
  const parts = splitEscaped(criterion.value, '|').map(unescapeValue)
  if (parts.length !== 3 || parts.includes('')) throw invalid(criterion)
  return { kind: 'keys', keys: [column.code + SEPARATOR.ofType + exactKey(parts.join('|'))] }
}

/** Without a system; where organisations' own codes are not shown, not what has the code of such a system alone. */
function planBare(column: Column, code: string, localCodes: boolean): PlanNode {
  const node: PlanNode = { kind: 'keys', keys: [column.code + SEPARATOR.code + code] }
  if (localCodes || column.plain) return node
  return { kind: 'and', nodes: [node, { kind: 'not', node: { kind: 'keys', keys: [column.code + SEPARATOR.localCode + code] } }] }
}

function planSystem(column: Column, system: string, code: string): PlanNode {
  const start = column.code + SEPARATOR.system
  if (code !== '') return { kind: 'keys', keys: [start + exactKey(`${system}|${code}`)] }
  const prefix = `${start}${exactKey(system)}|`
  return { kind: 'keyRange', from: prefix, to: prefixEnd(prefix) }
}

/** `code` elements have the systems of their bindings; `|code` and the implied `system|code` are the code alone. */
function planPlain(column: Column, system: string, code: string): PlanNode {
  if (system !== '' && !column.systems.includes(system)) return { kind: 'nothing' }
  const start = column.code + SEPARATOR.code
  if (code !== '') return { kind: 'keys', keys: [start + exactKey(code)] }
  return { kind: 'keyRange', from: start, to: prefixEnd(start) }
}

function planText(column: Column, criterion: Criterion): PlanNode {
  if (!column.texts) {
    throw new OutcomeError('modifier-unsupported', { expression: [criterion.name], params: { name: criterion.name, modifier: 'text' } })
  }
  const folded = fold(unescapeValue(criterion.value))
  if (folded === '' || folded.length > STRING_KEY_MAX) throw invalid(criterion)
  const prefix = column.code + SEPARATOR.folded + folded
  return { kind: 'keyRange', from: prefix, to: prefixEnd(prefix) }
}

/** The code itself, from its beginning, whatever its case (R5 search.html, `:code-text`). */
function planCodeText(column: Column, criterion: Criterion): PlanNode {
  const text = unescapeValue(criterion.value)
  if (text === '' || text.length > PREFIX_LENGTH_MAX) throw invalid(criterion)
  return { kind: 'keyLike', prefix: column.code + SEPARATOR.code, text, begins: true, ends: false }
}

const planIn: SearchType['plan'] = (column, criterion, context) =>
  planInSet(criterion, context, (system, code) => planCoding(column, system, code, context))

const planAbove: SearchType['plan'] = (column, criterion, context) =>
  planOver(criterion, context, (system, code) => planCoding(column, system, code, context))

const planBelow: SearchType['plan'] = (column, criterion, context) => {
  if (column.systems.includes(MIME_TYPES)) return planMimeTypes(column, criterion)
  const planCodes = (system: string, from: string, to: string): PlanNode => {
    if (column.plain || (context.localCodes === false && isLocalSystem(system))) return { kind: 'nothing' }
    const start = `${column.code}${SEPARATOR.system}${system}|`
    return { kind: 'keyRange', from: start + from, to: prefixEnd(start + to) }
  }
  return planUnder(criterion, context, planCodes, (system, code) => planCoding(column, system, code, context))
}

/** `text/xml` with whatever parameters, `image` with whatever subtype (R4 search.html, searching MIME types). */
function planMimeTypes(column: Column, criterion: Criterion): PlanNode {
  const parts = splitEscaped(criterion.value, '|').map(unescapeValue)
  const [system, type = ''] = parts.length === 1 ? [MIME_TYPES, ...parts] : parts
  if (parts.length > 2 || !/^[^/;]+(?:\/[^/]*)?$/.test(type)) throw invalid(criterion)
  if (system !== MIME_TYPES) return { kind: 'nothing' }
  const start = column.code + SEPARATOR.code + type
  const beginning = (prefix: string): PlanNode => ({ kind: 'keyRange', from: prefix, to: prefixEnd(prefix) })
  if (type.endsWith('/')) return beginning(start)
  return type.includes('/') ? anyOf([{ kind: 'keys', keys: [start] }, beginning(`${start};`)]) : beginning(`${start}/`)
}

const MODIFIED: ReadonlyMap<string, SearchType['plan']> = new Map([
  ['text', planText],
  ['code-text', planCodeText],
  ['of-type', planOfType],
  ['in', planIn],
  ['above', planAbove],
  ['below', planBelow],
])

export const token: SearchType = {
  field: 'keys',
  separators: [SEPARATOR.code, SEPARATOR.system],
  modifiers: new Set(MODIFIED.keys()),
  index,
  plan,
}
