/**
 * `_summary` and `_elements` (R4 search.html#summary, #elements): a part of a resource, cut out of its text, so that what stays
 * is as it was stored. It is marked SUBSETTED, and its version is that of the whole.
 */
import { arrayItems, members } from '../fhir/resource-text.ts'
import { paramError } from '../search/parse/names.ts'
import { type ElementData, loadStructures, type StructuresData } from '../validation/definitions.ts'

export type Summary = 'true' | 'text' | 'data'

/** Which part is wanted; elements go before a summary. */
export interface Form {
  summary?: Summary
  elements?: readonly string[]
}

/** What of an object stays: the whole value of a member, or a part of it. */
type Tree = ReadonlyMap<string, true | (() => Tree)>

const SUBSETTED = '{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}'
const ALWAYS = ['resourceType', 'id', 'meta', 'implicitRules'] as const
const SUMMARIES: ReadonlySet<string> = new Set(['true', 'text', 'data', 'false'])

/** Parameters of the form, for interactions that are no search. */
export const FORM_PARAMETERS: readonly string[] = ['_summary', '_elements']

/** @throws OutcomeError parameter-repeated, parameter-invalid: also for `_summary=count`, which only a search can answer */
export function formOf(query: readonly (readonly [string, string])[]): Form {
  const value = (name: string): string | undefined => {
    const [only, ...others] = query.flatMap(([key, text]) => (key === name ? [text] : []))
    if (others.length > 0) throw paramError('parameter-repeated', name)
    return only
  }
  const [summary, elements] = [value('_summary'), value('_elements')]
  if (summary !== undefined && !SUMMARIES.has(summary)) throw paramError('parameter-invalid', '_summary')
  const names = elements?.split(',')
  if (names?.some((name) => !/^[A-Za-z][A-Za-z0-9.]{0,127}$/.test(name))) throw paramError('parameter-invalid', '_elements')
  return {
    ...(summary === undefined || summary === 'false' ? {} : { summary: summary as Summary }),
    ...(names === undefined ? {} : { elements: names }),
  }
}

/** Of what is included: names of elements are those of the matches (R4 search.html#elements), but for those that name a type. */
export function ofIncluded({ elements, ...form }: Form): Form {
  const typed = elements?.filter((name) => /^[A-Z]/.test(name)) ?? []
  return typed.length === 0 ? form : { ...form, elements: typed }
}

/** The resource in this form; without one as it is. */
export function inForm(form: Form, type: string, body: Uint8Array | string): Uint8Array | string {
  const kept = treeOf(form, type)
  if (!kept) return body
  const text = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  return marked(cutObject(text, kept))
}

function treeOf({ summary, elements }: Form, type: string): Tree | undefined {
  const all = structures().types[type]?.elements ?? {}
  if (elements) {
    const named = elementsNamed(elements, type)
    return named && topLevel(all, (name, { min = 0 }) => min > 0 || named.has(name))
  }
  if (summary === 'text') return topLevel(all, (name, { min = 0 }) => min > 0 || name === 'text')
  if (summary === 'data') return topLevel(all, (name) => name !== 'text')
  return summary === 'true' ? new Map([...summaryTree(all), ...always()]) : undefined
}

/** Names of elements of this type; `Patient.name` says nothing of other types. Undefined: of this type everything. */
function elementsNamed(names: readonly string[], type: string): Set<string> | undefined {
  const own = names.flatMap((name) => {
    const [first = '', second] = name.split('.')
    if (!/^[A-Z]/.test(first)) return [first]
    return first === type && second !== undefined ? [second] : []
  })
  return own.length === 0 ? undefined : new Set(own)
}

const always = (): [string, true][] => ALWAYS.map((name) => [name, true])

/** Whole elements; one with a choice of types by its plain name or as it stands in the JSON. */
function topLevel(elements: Record<string, ElementData>, isKept: (name: string, element: ElementData) => boolean): Tree {
  const kept = Object.entries(elements).flatMap(([name, element]) =>
    keysOf(name, element).flatMap(([key]): [string, true][] => (isKept(name, element) || isKept(key, element) ? [[key, true]] : [])),
  )
  return new Map([...kept, ...always()])
}

const keysOf = (name: string, { choice, types = [] }: ElementData): [key: string, type: string | undefined][] =>
  choice
    ? types.map((type) => [name + type.charAt(0).toUpperCase() + type.slice(1), type])
    : [[name, types.length === 1 ? types[0] : undefined]]

let loaded: StructuresData | undefined
const structures = (): StructuresData => (loaded ??= loadStructures())

const trees = new WeakMap<object, Tree>()

/** Elements of the summary, within elements of elements and within types too. */
function summaryTree(elements: Record<string, ElementData>): Tree {
  const known = trees.get(elements)
  if (known) return known
  const tree = new Map<string, true | (() => Tree)>()
  for (const [name, element] of Object.entries(elements)) {
    if (!element.summary && !element.min && !hasSummary(element.elements)) continue
    for (const [key, type] of keysOf(name, element)) tree.set(key, within(element, type))
  }
  trees.set(elements, tree)
  return tree
}

/** An element is there for what in it is of the summary. */
const hasSummary = (elements: Record<string, ElementData> | undefined): boolean =>
  Object.values(elements ?? {}).some(({ summary, elements: inner }) => summary || hasSummary(inner))

/** Types that are not cut: what they say has no part that is left out. */
const WHOLE: ReadonlySet<string> = new Set(['Extension', 'Meta', 'Narrative', 'Resource'])

function within(element: ElementData, type: string | undefined): true | (() => Tree) {
  if (element.elements) return () => summaryTree(element.elements ?? {})
  const data = type === undefined || WHOLE.has(type) ? undefined : structures().types[type]
  // Of some types nothing is marked: they are wanted whole or not at all.
  if (!data?.elements || !Object.values(data.elements).some(({ summary }) => summary)) return true
  return () => summaryTree(data.elements ?? {})
}

/** Compact JSON text of an object with the members that stay, in their order; of a primitive its extensions go with it. */
function cutObject(text: string, tree: Tree): string {
  const kept: string[] = []
  for (const { key, valueStart, valueEnd } of members(text)) {
    const wanted = tree.get(key.startsWith('_') ? key.slice(1) : key)
    if (wanted === undefined) continue
    const value = text.slice(valueStart, valueEnd)
    const left = wanted === true || key.startsWith('_') ? value : cutValue(value, wanted())
    if (left !== undefined) kept.push(`${JSON.stringify(key)}:${left}`)
  }
  return `{${kept.join(',')}}`
}

/** Undefined where nothing is left: FHIR has no empty elements. */
function cutValue(value: string, tree: Tree): string | undefined {
  if (value.startsWith('{')) {
    const left = cutObject(value, tree)
    return left === '{}' ? undefined : left
  }
  if (!value.startsWith('[')) return value
  const items = arrayItems(value).flatMap((item) => cutValue(item, tree) ?? [])
  return items.length === 0 ? undefined : `[${items.join(',')}]`
}

function marked(text: string): string {
  const meta = members(text).find(({ key }) => key === 'meta')
  if (!meta) return text === '{}' ? text : `${text.slice(0, -1)},"meta":{"tag":[${SUBSETTED}]}}`
  const inner = text.slice(meta.valueStart, meta.valueEnd)
  const tag = members(inner).find(({ key }) => key === 'tag')
  const tagged = tag
    ? `${inner.slice(0, tag.valueEnd - 1)}${inner.charAt(tag.valueEnd - 2) === '[' ? '' : ','}${SUBSETTED}${inner.slice(tag.valueEnd - 1)}`
    : `${inner.slice(0, -1)}${inner === '{}' ? '' : ','}"tag":[${SUBSETTED}]}`
  return text.slice(0, meta.valueStart) + tagged + text.slice(meta.valueEnd)
}
