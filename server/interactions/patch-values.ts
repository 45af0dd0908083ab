/**
 * The value of a FHIRPath Patch operation as JSON of the element that it is for (R4 fhirpatch.html#format, #anonymous): a
 * datatype as value[x], a resource, or parts for its elements where the type is none that value[x] may have.
 */
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { KeyInfo, TypeNode, TypeTree } from '../validation/type-tree.ts'
import type { Json, JsonObject } from './marked-json.ts'
import { addMember, changeList, type Content, keysNamed } from './patch-places.ts'

/** A part of Parameters, as it was sent. */
export interface Part {
  at: string
  json: JsonObject
}

export interface Built {
  /** key in the holder; of a choice with the type of the value */
  key: string
  info: KeyInfo
  content: Content
}

/** @throws OutcomeError unknown-element, patch-type, patch-exists, patch-invalid */
export function build(tree: TypeTree, part: Part, type: TypeNode, name: string): Built {
  const candidates = keysNamed(type, name)
  if (candidates.length === 0) throw new OutcomeError('unknown-element', { expression: [part.at] })
  const sent = contentOf(tree, part)
  if (sent.kind === 'value') {
    const [key, info] = chosen(tree, candidates, sent.type) ?? refuseType(part)
    return { key, info, content: sent.content }
  }
  const [only, ...others] = candidates
  if (!only || others.length > 0) throw refuseType(part)
  const [key, info] = only
  if (sent.kind === 'resource') {
    if (info.type !== 'Resource') throw refuseType(part)
    return { key, info, content: { value: sent.value } }
  }
  const inner = info.primitive || info.type === 'Resource' ? undefined : info.content()
  if (!inner) throw refuseType(part)
  return { key, info, content: { value: ofParts(tree, sent.parts, inner) } }
}

function refuseType({ at }: Part): never {
  throw new OutcomeError('patch-type', { expression: [at] })
}

/** The type itself goes before one that takes it: of a choice between code and string a string is the latter. */
function chosen(tree: TypeTree, candidates: readonly [string, KeyInfo][], sent: string): [string, KeyInfo] | undefined {
  const same = candidates.find(([, { type }]) => type === sent)
  return same ?? (candidates.length === 1 ? candidates.find(([, { type }]) => takes(tree, type, sent)) : undefined)
}

/** Primitives whose value is a text that the element's own format is checked on afterwards. */
const TEXTS: ReadonlySet<string> = new Set(['string', 'code', 'id', 'markdown', 'xhtml', 'uri', 'url', 'canonical', 'oid', 'uuid'])
/** What FHIRPath converts without being asked (N1, 5.5): every date is a dateTime, every integer a decimal. */
const CONVERTED: ReadonlyMap<string, readonly string[]> = new Map([
  ['dateTime', ['date', 'instant']],
  ['instant', ['dateTime']],
  ['decimal', ['integer', 'positiveInt', 'unsignedInt']],
])

/**
 * Whether a value of the type sent may stand where another is declared: a kind of it (a code for a string), what it is a kind of
 * (a string for a code; the value is checked as what it is for), any text as a string, since value[x] has no xhtml.
 */
function takes(tree: TypeTree, declared: string, sent: string): boolean {
  if (tree.isKindOf(sent, declared) || tree.isKindOf(declared, sent)) return true
  return (sent === 'string' && TEXTS.has(declared)) || (CONVERTED.get(declared)?.includes(sent) ?? false)
}

type Sent = { kind: 'value'; type: string; content: Content } | { kind: 'resource'; value: Json } | { kind: 'parts'; parts: Part[] }

/** @throws OutcomeError patch-invalid: nothing, or more than one thing */
function contentOf(tree: TypeTree, { at, json }: Part): Sent {
  const keys = tree.node('Parameters')?.keys.get('parameter')?.content()?.keys
  const values = Object.keys(json).filter((key) => keys?.get(key)?.element.name === 'value')
  const [key = ''] = values.map((name) => name.replace(/^_/, ''))
  const isOne = values.every((name) => name === key || name === `_${key}`)
  const found = [values.length > 0, json.resource !== undefined, json.part !== undefined].filter(Boolean)
  if (found.length !== 1 || !isOne) throw new OutcomeError('patch-invalid', { expression: [at] })
  if (json.resource !== undefined) return { kind: 'resource', value: json.resource }
  if (json.part !== undefined) return { kind: 'parts', parts: partsOf(json.part, `${at}.part`) }
  const [value, sibling] = [json[key], json[`_${key}`]]
  const content = { ...(value === undefined ? {} : { value }), ...(sibling === undefined ? {} : { sibling }) }
  return { kind: 'value', type: keys?.get(key)?.type ?? '', content }
}

const PART_KEYS = /^(?:id|name|_?value[A-Z][A-Za-z0-9]*|resource|part)$/

/** @throws OutcomeError patch-invalid */
export function partsOf(list: Json | undefined, at: string): Part[] {
  if (!Array.isArray(list) || list.length === 0) throw new OutcomeError('patch-invalid', { expression: [at] })
  return list.map((json, n) => {
    const part = `${at}[${n}]`
    if (json === null || typeof json !== 'object' || Array.isArray(json)) throw new OutcomeError('patch-invalid', { expression: [part] })
    const isKnown = Object.keys(json).every((key) => PART_KEYS.test(key))
    if (!isKnown || typeof json.name !== 'string') throw new OutcomeError('patch-invalid', { expression: [`${part}.name`] })
    return { at: part, json }
  })
}

/** An element of parts: of one that repeats each is an item. */
function ofParts(tree: TypeTree, parts: readonly Part[], type: TypeNode): JsonObject {
  const object: JsonObject = {}
  for (const part of parts) put(object, type, build(tree, part, type, String(part.json.name)), part.at)
  return object
}

/** Adds to the object what was built for it. @throws OutcomeError patch-exists: it is there and does not repeat */
export function put(object: JsonObject, type: TypeNode, { key, info, content }: Built, at: string): void {
  const { element } = info
  const there = element.keys.flatMap((one) => [one, `_${one}`]).some((one) => Object.hasOwn(object, one))
  if (!element.list) {
    if (there) throw new OutcomeError('patch-exists', { expression: [at] })
    addMember(object, type, key, content)
    return
  }
  if (!there) addMember(object, type, key, listOf(content))
  else changeList(object, key, (items) => [...items, content])
}

const listOf = ({ value, sibling }: Content): Content => ({
  ...(value === undefined ? {} : { value: [value] }),
  ...(sibling === undefined ? {} : { sibling: [sibling] }),
})
