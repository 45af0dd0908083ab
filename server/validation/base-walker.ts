/**
 * Layer 2: a resource against base R4, beyond the shape of its JSON: mandatory elements, choices, required bindings,
 * invariants. Resources inside it (contained, Bundle entries, Parameters) are handed to `nested`.
 */
import type { DecimalTexts } from '../fhir/resource-text.ts'
import { type CodeSet, extensibleCode, membership } from './bindings.ts'
import type { Environment } from './fhirpath/functions.ts'
import type { Invariant } from './invariants.ts'
import type { IssueList } from './issue.ts'
import { isInert } from './narrative.ts'
import { referencedType } from './references.ts'
import type { ElementInfo, KeyInfo, TypeNode, TypeTree } from './type-tree.ts'

type Json = Record<string, unknown>

/** What the walk of one resource carries along. */
export interface Walk {
  env: Environment
  issues: IssueList
  /** number texts as sent, for integers and the rules about sums */
  decimals: DecimalTexts | undefined
  /** false after structural errors: what cannot be evaluated then is no error of its own */
  sound: boolean
}

/** The element that holds an extension. */
export interface Holder {
  /** path in its type, e.g. Patient.contact */
  path: string
  /** path of the definition that its content is taken from, when that is another (Questionnaire.item of Questionnaire.item.item) */
  content?: string
  type: string
}

export interface BaseWalkerParts {
  tree: TypeTree
  bindings(url: string): CodeSet | undefined
  invariantsOf(path: string, keys: readonly string[]): Invariant[]
  /** a resource inside another one */
  nested(resource: Json, at: string, walk: Walk, contained: boolean): void
  /** an extension in an element: its own definition, when it is known; of a primitive `owner` is what stands beside its value */
  extension(extension: Json, at: string, walk: Walk, holder: Holder, owner: Json): void
  /** codes of an extensible binding */
  extensible(url: string): CodeSet | undefined
  /** rules of the text of R4 on a value of a type */
  text(type: string, value: unknown, at: string, walk: Walk): void
}

export type BaseWalker = (node: TypeNode, value: Json, at: string, walk: Walk) => void

export function createBaseWalker(parts: BaseWalkerParts): BaseWalker {
  const { tree, bindings, invariantsOf } = parts
  const elementNode = tree.node('Element')

  /** @param hasValue of a primitive whose id and extensions these are: with a value an id alone is enough (ele-1) */
  function walkObject(node: TypeNode, value: Json, at: string, walk: Walk, holder: Holder, hasValue = false): void {
    let members = 0
    let chosen: string[] | undefined
    for (const key in value) {
      if (key !== 'id') members++
      const info = node.keys.get(key)
      if (!info) continue
      walkKey(info, key, value, `${at}.${info.element.name}`, walk, holder)
      if (info.element.keys.length > 1 && !(info.sibling && value[key.slice(1)] !== undefined)) {
        chosen ??= []
        if (chosen.includes(info.element.name)) twoChosen(info.element, at, walk)
        chosen.push(info.element.name)
      }
    }
    if (members === 0 && walk.sound && !(hasValue && value.id !== undefined))
      walk.issues.add({ severity: 'error', code: 'structure', expression: at, rule: 'ele-1', kind: 'structure' })
    for (const element of node.required) if (!present(element, value)) missing(element, at, walk)
    check(invariantsOf(node.path, node.constraints), value, at, walk)
  }

  function walkKey(info: KeyInfo, key: string, owner: Json, at: string, walk: Walk, holder: Holder): void {
    const value = owner[key]
    if (info.sibling) {
      const here = { path: info.element.path, type: info.type }
      if (Array.isArray(value)) walkSiblings(value, owner[key.slice(1)], at, walk, here)
      else if (elementNode && isObject(value)) walkObject(elementNode, value, at, walk, here, owner[key.slice(1)] != null)
    } else if (Array.isArray(value)) {
      if (info.primitive) alignment(value, owner[`_${key}`], at, walk)
      value.forEach((item, index) => {
        if (info.primitive) literal(info.type, value, index, `${at}[${index}]`, walk)
        walkValue(info, item, `${at}[${index}]`, walk, holder, owner)
      })
    } else {
      if (info.primitive) literal(info.type, owner, key, at, walk)
      walkValue(info, value, at, walk, holder, owner)
    }
  }

  function walkSiblings(list: unknown[], values: unknown, at: string, walk: Walk, holder: Holder): void {
    if (!Array.isArray(values)) alignment([], list, at, walk)
    list.forEach((item, index) => {
      if (elementNode && isObject(item))
        walkObject(elementNode, item, `${at}[${index}]`, walk, holder, Array.isArray(values) && values[index] != null)
    })
  }

  function walkValue(info: KeyInfo, value: unknown, at: string, walk: Walk, holder: Holder, owner: Json): void {
    const { element, type } = info
    if (element.binding) bound(element.binding, type, value, at, walk)
    if (value !== null) parts.text(type, value, at, walk)
    if (info.primitive) {
      if (type === 'xhtml') acting(value, at, walk)
      if (value !== null) check(invariantsOf(element.path, element.constraints), value, at, walk)
      return
    }
    if (!isObject(value)) return
    if (type === 'Resource') {
      parts.nested(value, at, walk, element.name === 'contained')
      return
    }
    const node = info.content()
    if (element.extensible) weaklyBound(element.extensible, type, value, at, walk)
    if (element.targets && type === 'Reference') target(element.targets, value, at, walk)
    if (node) walkObject(node, value, at, walk, { path: element.path, content: node.path, type })
    if (type === 'Extension') parts.extension(value, at, walk, holder, owner)
    if (element.constraints.length > 0) check(invariantsOf(element.path, element.constraints), value, at, walk)
  }

  function bound(url: string, type: string, value: unknown, at: string, walk: Walk): void {
    const set = bindings(url)
    if (!set || value === null || membership(set, type, value) === 'in') return
    if (type !== 'code' && hasOnlyExtension(value)) return
    walk.issues.add({ severity: 'error', code: 'binding', expression: at, rule: set.url, kind: 'structure' })
  }

  function weaklyBound(url: string, type: string, value: unknown, at: string, walk: Walk): void {
    const set = parts.extensible(url)
    const found = set ? membership(set, type, value) : 'open'
    if (!set || found === 'in' || found === 'open' || found === 'absent') return
    const code = found === 'unchecked' ? 'binding-unchecked' : extensibleCode(set, value)
    walk.issues.add({ severity: 'warning', code, expression: at, rule: set.url, kind: 'structure' })
  }

  return (node, value, at, walk) => walkObject(node, value, at, walk, { path: node.path, type: node.path })
}

function target(targets: readonly string[], value: Json, at: string, walk: Walk): void {
  const type = referencedType(value, walk.env.rootResource)
  if (type === undefined || targets.includes(type)) return
  walk.issues.add({
    severity: 'error',
    code: 'reference-type',
    expression: at,
    rule: `Reference(${targets.join(' | ')})`,
    kind: 'text',
  })
}

/** The invariants that do not hold become issues. An expression that cannot be evaluated is one, too. */
export function check(invariants: readonly Invariant[], value: unknown, at: string, walk: Walk, profile?: string): void {
  if (invariants.length === 0) return
  const { env } = walk
  const { context } = env
  // One environment for all: a copy for each element would be most of what an invariant costs.
  env.context = value
  try {
    for (const { key, severity, kind, test, places } of invariants) {
      if (holds(test, value, walk)) continue
      const code = kind === 'data' ? 'facts-disagree' : 'invariant'
      for (const below of places?.(value) ?? [''])
        walk.issues.add({ severity, code, expression: `${at}${below}`, rule: key, kind, ...(profile ? { profile } : {}) })
    }
  } finally {
    env.context = context
  }
}

/** Nothing said (an empty result) is not a violation; an evaluator's failure on sound JSON is one, because then nobody knows. */
function holds(test: Invariant['test'], value: unknown, { env, sound }: Walk): boolean {
  try {
    return test(value, env) !== false
  } catch {
    return !sound
  }
}

const isObject = (value: unknown): value is Json => value !== null && typeof value === 'object' && !Array.isArray(value)

function present(element: ElementInfo, value: Json): boolean {
  for (const key of element.keys) if (value[key] !== undefined || value[`_${key}`] !== undefined) return true
  return false
}

function missing(element: ElementInfo, at: string, walk: Walk): void {
  walk.issues.add({
    severity: 'error',
    code: 'required',
    expression: `${at}.${element.name}`,
    rule: `min ${element.min}`,
    kind: 'structure',
  })
}

function acting(value: unknown, at: string, walk: Walk): void {
  if (typeof value !== 'string' || isInert(value)) return
  walk.issues.add({ severity: 'error', code: 'narrative-active', expression: at, rule: 'txt-1', kind: 'structure' })
}

function twoChosen(element: ElementInfo, at: string, walk: Walk): void {
  walk.issues.add({ severity: 'error', code: 'cardinality', expression: `${at}.${element.name}`, rule: 'max 1', kind: 'structure' })
}

/** `given` and `_given` stand side by side: each place has a value, an extension, or both. */
function alignment(values: unknown[], siblings: unknown, at: string, walk: Walk): void {
  const others = Array.isArray(siblings) ? siblings : []
  const length = Math.max(values.length, others.length)
  for (let index = 0; index < length; index++) {
    if (values[index] != null || others[index] != null) continue
    walk.issues.add({ severity: 'error', code: 'structure', expression: `${at}[${index}]`, rule: 'not empty', kind: 'structure' })
  }
}

/** How an integer is written (R4 datatypes.html#integer); the same number as `1.0` or `1e2` is none. */
const INTEGERS: ReadonlySet<string> = new Set(['integer', 'unsignedInt', 'positiveInt'])
const INTEGER_LITERAL = /^-?(?:0|[1-9]\d*)$/

function literal(type: string, holder: object, key: string | number, at: string, { decimals, issues }: Walk): void {
  if (!decimals || !INTEGERS.has(type) || !Number.isInteger((holder as Record<string | number, unknown>)[key])) return
  if (INTEGER_LITERAL.test(decimals.text(holder, key))) return
  issues.add({ severity: 'error', code: 'value-format', expression: at, rule: type, kind: 'structure' })
}

/** A concept that says by an extension why it has no code. */
function hasOnlyExtension(value: unknown): boolean {
  return isObject(value) && value.extension !== undefined && value.coding === undefined && value.code === undefined
}
